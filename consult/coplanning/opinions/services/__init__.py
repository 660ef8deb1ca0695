"""Writes on conversations, by subject: `preparing` prepare, change, open, extend, close, cancel; `statements` draw, suggest, move; `voting`
vote and withdraw; `counting` results and the last count; `telling` notices; `own_data` export and erasure."""

from consult.coplanning.opinions.services.counting import ask_for_due, count
from consult.coplanning.opinions.services.own_data import PERSONAL_DATA
from consult.coplanning.opinions.services.preparing import cancel, change, close, extend, open_up, prepare
from consult.coplanning.opinions.services.statements import (
    add_statements,
    move_statement,
    suggest_statement,
    take_out,
)
from consult.coplanning.opinions.services.telling import tell
from consult.coplanning.opinions.services.voting import vote, withdraw

__all__ = [
    "PERSONAL_DATA",
    "add_statements",
    "ask_for_due",
    "cancel",
    "change",
    "close",
    "count",
    "extend",
    "move_statement",
    "open_up",
    "prepare",
    "suggest_statement",
    "take_out",
    "tell",
    "vote",
    "withdraw",
]
