"""Forms of proposals, and the words for this room's codes: `proposals` what is proposed, merged and split; `amendments` changes
proposed to the words of others."""

from consult.coplanning.proposals.forms.amendments import AmendmentAnswerForm, AmendmentForm
from consult.coplanning.proposals.forms.proposals import (
    NAME,
    PSEUDONYM,
    DeclineForm,
    JoinForm,
    MergeForm,
    ObjectionAnswerForm,
    ObjectionForm,
    PaperForm,
    ProposalForm,
    SplitForm,
    UndoForm,
)

__all__ = [
    "NAME",
    "PSEUDONYM",
    "AmendmentAnswerForm",
    "AmendmentForm",
    "DeclineForm",
    "JoinForm",
    "MergeForm",
    "ObjectionAnswerForm",
    "ObjectionForm",
    "PaperForm",
    "ProposalForm",
    "SplitForm",
    "UndoForm",
]
