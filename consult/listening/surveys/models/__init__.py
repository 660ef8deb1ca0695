"""Tables of questionnaires: `building` what is asked, `answering` who may answer and what was answered,
`importing` answers collected elsewhere."""

from consult.listening.surveys.models.answering import (
    Answer,
    AnswerCount,
    AnswerDraft,
    AnswerKey,
    Ballot,
    Invitation,
    StagedAnswer,
)
from consult.listening.surveys.models.building import (
    Question,
    Questionnaire,
    QuestionnairePage,
    QuestionRevision,
    RemovedPart,
)
from consult.listening.surveys.models.importing import AnswerImport, ImportedAnswer

__all__ = [
    "Answer",
    "AnswerCount",
    "AnswerDraft",
    "AnswerImport",
    "AnswerKey",
    "Ballot",
    "ImportedAnswer",
    "Invitation",
    "Question",
    "QuestionRevision",
    "Questionnaire",
    "QuestionnairePage",
    "RemovedPart",
    "StagedAnswer",
]
