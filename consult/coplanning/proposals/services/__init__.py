"""Writes on proposals, by subject: `submission` submit, edit, withdraw, over `checks`; `paper` what operators type in; `supporting` support
and follow; `talking` comments, reactions and reports; `states` state and outcome, for the rooms above; `regrouping` merges and splits,
with `carrying` beneath it, `asking` what authors ask of each other and `objecting` what they say against them; `amending` changes that
others propose to the words and `answering_amendments` what the author says to them, with `amendment_rows` beneath both; `ending` the end of
what an author does not answer; `own_data` export and erasure; `telling` and `telling_amendments` what people are told; `suggestions`
strategies suggested for a text."""

from consult.coplanning.proposals.services.amending import (
    change_amendment,
    edit_amendment,
    propose_amendment,
    report_amendment,
    withdraw_amendment,
)
from consult.coplanning.proposals.services.answering_amendments import accept_amendment, decline_amendment
from consult.coplanning.proposals.services.asking import agree, ask_to_merge, decline
from consult.coplanning.proposals.services.ending import ask_for_due, lapse, lapse_amendment
from consult.coplanning.proposals.services.objecting import answer_objection, object_to
from consult.coplanning.proposals.services.own_data import PERSONAL_DATA
from consult.coplanning.proposals.services.paper import EnteredProposal, enter_on_paper
from consult.coplanning.proposals.services.regrouping import merge, merge_anew, split, undo
from consult.coplanning.proposals.services.states import change_state, clear_outcome, record_outcome
from consult.coplanning.proposals.services.submission import edit, submit, withdraw
from consult.coplanning.proposals.services.supporting import follow, support, unfollow, withdraw_support
from consult.coplanning.proposals.services.talking import (
    comment,
    count_comments,
    react,
    reply,
    report,
    report_comment,
    withdraw_comment,
)

__all__ = [
    "PERSONAL_DATA",
    "EnteredProposal",
    "accept_amendment",
    "agree",
    "answer_objection",
    "ask_for_due",
    "ask_to_merge",
    "change_amendment",
    "change_state",
    "clear_outcome",
    "comment",
    "count_comments",
    "decline",
    "decline_amendment",
    "edit",
    "edit_amendment",
    "enter_on_paper",
    "follow",
    "lapse",
    "lapse_amendment",
    "merge",
    "merge_anew",
    "object_to",
    "propose_amendment",
    "react",
    "record_outcome",
    "reply",
    "report",
    "report_amendment",
    "report_comment",
    "split",
    "submit",
    "support",
    "undo",
    "unfollow",
    "withdraw",
    "withdraw_amendment",
    "withdraw_comment",
    "withdraw_support",
]
