"""Tables of questionnaires: `building` what is asked, `answering` who may answer and what was answered."""

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

__all__ = [
    "Answer",
    "AnswerCount",
    "AnswerDraft",
    "AnswerKey",
    "Ballot",
    "Invitation",
    "Question",
    "QuestionRevision",
    "Questionnaire",
    "QuestionnairePage",
    "RemovedPart",
    "StagedAnswer",
]
