"""Writes on prioritisation rounds, by subject: `preparing` prepare, open, extend, close, cancel, invite; `casting` ballots; `counting` the
count; `telling` notices; `own_data` export and erasure."""

from consult.coplanning.priorities.services.casting import cast, withdraw_ballot
from consult.coplanning.priorities.services.counting import ask_for_due, count_round
from consult.coplanning.priorities.services.own_data import PERSONAL_DATA
from consult.coplanning.priorities.services.preparing import (
    cancel_round,
    change_round,
    close_round,
    extend_round,
    invite,
    open_round,
    prepare_round,
)
from consult.coplanning.priorities.services.telling import tell

__all__ = [
    "PERSONAL_DATA",
    "ask_for_due",
    "cancel_round",
    "cast",
    "change_round",
    "close_round",
    "count_round",
    "extend_round",
    "invite",
    "open_round",
    "prepare_round",
    "tell",
    "withdraw_ballot",
]
