"""Tables of proposals: `proposals` what is proposed, supported, followed, merged and split; `amendments` changes others propose to the text."""

from consult.coplanning.proposals.models.amendments import Amendment, ProposalCoauthor
from consult.coplanning.proposals.models.proposals import (
    LISTED,
    Proposal,
    ProposalCounter,
    ProposalFile,
    ProposalFollow,
    ProposalLineage,
    ProposalSupport,
    ProposalVersion,
    ProposalZone,
    Regrouping,
    RegroupingPart,
)

__all__ = [
    "LISTED",
    "Amendment",
    "Proposal",
    "ProposalCoauthor",
    "ProposalCounter",
    "ProposalFile",
    "ProposalFollow",
    "ProposalLineage",
    "ProposalSupport",
    "ProposalVersion",
    "ProposalZone",
    "Regrouping",
    "RegroupingPart",
]
