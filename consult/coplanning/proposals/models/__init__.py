"""Tables of proposals: `proposals` what is proposed, supported, followed, merged and split; `amendments` changes others propose to the text."""

from consult.coplanning.proposals.models.amendments import Amendment, AmendmentVersion, ProposalCoauthor
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
    "AmendmentVersion",
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
