"""Forms of questionnaires: `building` the builder's and the invitations', `answering` the sheet a respondent fills in."""

from consult.listening.surveys.forms.answering import (
    AnswerForm,
    QuestionField,
    ResumeForm,
    answer_form,
    logic,
    sent_answers,
    shuffle,
)
from consult.listening.surveys.forms.building import (
    ACCESS,
    FIELDS,
    KINDS,
    PRIVACY,
    ImportForm,
    InviteForm,
    PageForm,
    QuestionForm,
    ResponsesForm,
    SettingsForm,
    names_of,
)
from consult.listening.surveys.forms.conditions import ConditionForm, condition_form, read_condition, suggestions
from consult.listening.surveys.forms.wording import condition_words, op_words

__all__ = [
    "ACCESS",
    "FIELDS",
    "KINDS",
    "PRIVACY",
    "AnswerForm",
    "ConditionForm",
    "ImportForm",
    "InviteForm",
    "PageForm",
    "QuestionField",
    "QuestionForm",
    "ResponsesForm",
    "ResumeForm",
    "SettingsForm",
    "answer_form",
    "condition_form",
    "condition_words",
    "logic",
    "names_of",
    "op_words",
    "read_condition",
    "sent_answers",
    "shuffle",
    "suggestions",
]
