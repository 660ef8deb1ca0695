"""Closed lists and plain shapes of conversations of statements."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum


class StatementState(StrEnum):
    """Whether people are asked a statement. One that a participant wrote waits for a moderator first.

    Out: who leads the conversation took it out, and may put it back. Hidden: a moderator hides it.
    """

    waiting = "waiting"
    shown = "shown"
    out = "out"
    hidden = "hidden"


class StatementOrigin(StrEnum):
    """Where a statement comes from."""

    facilitator = "facilitator"
    finding = "finding"
    proposal = "proposal"
    participant = "participant"


class OpinionVote(StrEnum):
    """What a person says of a statement."""

    agree = "agree"
    disagree = "disagree"
    passed = "passed"


class ResultsShown(StrEnum):
    """When anyone may read the results: while people still vote, or once the conversation is closed."""

    always = "always"
    closed = "closed"


#: In numbers, for counting: agree is +1 everywhere in this house.
NUMBERS: dict[OpinionVote, int] = {OpinionVote.agree: 1, OpinionVote.disagree: -1, OpinionVote.passed: 0}


@dataclass(frozen=True, slots=True)
class ConversationFields:
    """What a conversation is, as it was typed."""

    title: str
    question: str
    participants_add: bool
    results_shown: ResultsShown


@dataclass(frozen=True, slots=True)
class NewStatement:
    """A statement to be added, with what it is drawn from."""

    text: str
    finding_id: uuid.UUID | None = None
    proposal_id: uuid.UUID | None = None
