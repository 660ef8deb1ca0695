"""Tables of questionnaires: `building` what is asked, `answering` who may answer and what was answered, `results` what is made of it,
`importing` answers collected elsewhere."""

from consult.listening.surveys.models.answering import (
    AccountDraft,
    Answer,
    AnswerCount,
    AnswerDraft,
    AnswerKey,
    Ballot,
    Invitation,
    Participation,
    StagedAnswer,
)
from consult.listening.surveys.models.building import (
    DeskMark,
    Question,
    Questionnaire,
    QuestionnairePage,
    QuestionRevision,
    RemovedPart,
    TextRevision,
)
from consult.listening.surveys.models.importing import AnswerImport, ImportedAnswer
from consult.listening.surveys.models.results import PublishedResult, SurveyFile, SurveyUpload, Target

__all__ = [
    "AccountDraft",
    "Answer",
    "AnswerCount",
    "AnswerDraft",
    "AnswerImport",
    "AnswerKey",
    "Ballot",
    "DeskMark",
    "ImportedAnswer",
    "Invitation",
    "Participation",
    "PublishedResult",
    "Question",
    "QuestionRevision",
    "Questionnaire",
    "QuestionnairePage",
    "RemovedPart",
    "StagedAnswer",
    "SurveyFile",
    "SurveyUpload",
    "Target",
    "TextRevision",
]
