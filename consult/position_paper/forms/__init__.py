"""Forms of the paper workshop."""

from consult.position_paper.forms.editing import (
    CiteForm,
    FindingForm,
    NewFindingForm,
    PublishForm,
    SectionForm,
    SentenceForm,
    StateForm,
)

__all__ = [
    "CiteForm",
    "FindingForm",
    "NewFindingForm",
    "PublishForm",
    "SectionForm",
    "SentenceForm",
    "StateForm",
]
