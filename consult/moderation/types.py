"""Closed lists and plain shapes of moderation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from consult.core.vocabulary import Outcome


class Verb(StrEnum):
    """What a moderator did with a text: hid it, showed it again, or looked at the reports and kept it."""

    hidden = "hidden"
    restored = "restored"
    kept = "kept"


class DispositionState(StrEnum):
    """Whether a disposition stands. A reversed one stays on record with who took it back and why."""

    published = "published"
    reversed = "reversed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with its stable code. `outcomes` says which dispositions it may explain; empty for reasons to hide."""

    code: str
    words: str
    outcomes: frozenset[Outcome] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal chosen for promotion: the version the form was opened on, and the words concerned, verbatim."""

    proposal_id: uuid.UUID
    version: int
    passage: str


@dataclass(frozen=True, slots=True)
class Promoted:
    """What a promotion made: one action, new or not, and one disposition for each proposal."""

    action_id: uuid.UUID
    code: str
    created: bool
    act_id: uuid.UUID
    disposition_ids: tuple[uuid.UUID, ...]


class Flag(StrEnum):
    """Why a text that nobody reported should be looked at all the same."""

    personal_data = "personal_data"
    insult = "insult"
    links = "links"
    burst = "burst"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a process looks for in texts. `insults` are words or groups of words in small letters; 0 for a number means: not looked for."""

    version: int = 0
    words: str = ""
    insults: tuple[str, ...] = ()
    most_links: int = 2
    burst_count: int = 5
    burst_minutes: int = 10
