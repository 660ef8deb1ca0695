"""Writes on proposals, by subject: `submission` submit, edit, withdraw; `supporting` support and follow; `talking` comments and
reports; `states` state, merge and outcome, for the rooms above; `own_data` export and erasure; `telling` what followers are told;
`suggestions` strategies suggested for a text."""

from consult.coplanning.proposals.services.own_data import PERSONAL_DATA
from consult.coplanning.proposals.services.states import change_state, clear_outcome, merge, record_outcome, unmerge
from consult.coplanning.proposals.services.submission import edit, submit, withdraw
from consult.coplanning.proposals.services.supporting import follow, support, unfollow, withdraw_support
from consult.coplanning.proposals.services.talking import (
    comment,
    count_comments,
    reply,
    report,
    report_comment,
    withdraw_comment,
)

__all__ = [
    "PERSONAL_DATA",
    "change_state",
    "clear_outcome",
    "comment",
    "count_comments",
    "edit",
    "follow",
    "merge",
    "record_outcome",
    "reply",
    "report",
    "report_comment",
    "submit",
    "support",
    "unfollow",
    "unmerge",
    "withdraw",
    "withdraw_comment",
    "withdraw_support",
]
