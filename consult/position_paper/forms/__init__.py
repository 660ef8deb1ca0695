"""Forms of the paper workshop."""

from consult.position_paper.forms.confrontation import (
    STATES,
    AnswerForm,
    ApprovalForm,
    ConfrontForm,
    NoteForm,
    PlanForm,
    ProvisionFileForm,
    ProvisionForm,
    ReplyForm,
)
from consult.position_paper.forms.consultation import AnswersForm, ConsultationForm, EndForm
from consult.position_paper.forms.editing import (
    CiteForm,
    FindingForm,
    MoveForm,
    NewFindingForm,
    PublishForm,
    SectionForm,
    SentenceForm,
    StateForm,
)

__all__ = [
    "STATES",
    "AnswerForm",
    "AnswersForm",
    "ApprovalForm",
    "CiteForm",
    "ConfrontForm",
    "ConsultationForm",
    "EndForm",
    "FindingForm",
    "MoveForm",
    "NewFindingForm",
    "NoteForm",
    "PlanForm",
    "ProvisionFileForm",
    "ProvisionForm",
    "PublishForm",
    "ReplyForm",
    "SectionForm",
    "SentenceForm",
    "StateForm",
]
