"""Forms of questionnaires: `building` the builder's and the invitations', `answering` the sheet a respondent fills in."""

from consult.listening.surveys.forms.answering import (
    AnswerForm,
    Frame,
    QuestionField,
    answer_form,
    logic,
    sent_values,
    shuffle,
)
from consult.listening.surveys.forms.building import (
    ACCESS,
    FIELDS,
    KINDS,
    PRIVACY,
    InviteForm,
    QuestionForm,
    SettingsForm,
    names_of,
)
from consult.listening.surveys.forms.wording import condition_words, op_words

__all__ = [
    "ACCESS",
    "FIELDS",
    "KINDS",
    "PRIVACY",
    "AnswerForm",
    "Frame",
    "InviteForm",
    "QuestionField",
    "QuestionForm",
    "SettingsForm",
    "answer_form",
    "condition_words",
    "logic",
    "names_of",
    "op_words",
    "sent_values",
    "shuffle",
]
