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
    "ApprovalForm",
    "CiteForm",
    "ConfrontForm",
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
