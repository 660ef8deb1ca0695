"""Reads of proposals, by subject: `cards` what other rooms show; `listing` the public list; `single` one proposal's page;
`similar` the nearest ones; `exporting` all of them for files and feeds; `regroupings` merges and splits.
Hidden ones are in none but `cards`, `written_by`, `for_decision`."""

from consult.coplanning.proposals.queries.attached import AttachedFile, attached, may_open
from consult.coplanning.proposals.queries.cards import (
    DecisionRow,
    ProposalCard,
    answering,
    by_receipt,
    cards,
    followed_by,
    followers,
    for_decision,
    of_strategy,
    supporters,
    undecided,
    written_by,
)
from consult.coplanning.proposals.queries.confirmed import confirmed_texts
from consult.coplanning.proposals.queries.exporting import ExportRow, FeedRow, feed, rows_for_export
from consult.coplanning.proposals.queries.listing import Filters, ListRow, by_zone, count, listing, seed_of
from consult.coplanning.proposals.queries.regroupings import (
    ConcernedProposal,
    ShownRegrouping,
    inherited_supports,
    questions_about,
    regrouping,
    regrouping_reach,
    regroupings,
    versions_of,
)
from consult.coplanning.proposals.queries.similar import SimilarRow, similar
from consult.coplanning.proposals.queries.single import (
    EditableProposal,
    Relative,
    ShownProposal,
    ShownVersion,
    for_editing,
    show,
    versions,
)

__all__ = [
    "AttachedFile",
    "ConcernedProposal",
    "DecisionRow",
    "EditableProposal",
    "ExportRow",
    "FeedRow",
    "Filters",
    "ListRow",
    "ProposalCard",
    "Relative",
    "ShownProposal",
    "ShownRegrouping",
    "ShownVersion",
    "SimilarRow",
    "answering",
    "attached",
    "by_receipt",
    "by_zone",
    "cards",
    "confirmed_texts",
    "count",
    "feed",
    "followed_by",
    "followers",
    "for_decision",
    "for_editing",
    "inherited_supports",
    "listing",
    "may_open",
    "of_strategy",
    "questions_about",
    "regrouping",
    "regrouping_reach",
    "regroupings",
    "rows_for_export",
    "seed_of",
    "show",
    "similar",
    "supporters",
    "undecided",
    "versions",
    "versions_of",
    "written_by",
]
