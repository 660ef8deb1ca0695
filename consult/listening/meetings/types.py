"""Short codes of meetings, and the rows that travel between its modules."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from consult.listening.sources.types import SourceCard

#: Letters and figures that nobody mistakes for one another when they are read from a screen.
CODE_LETTERS = "ACDEFHJKMNPQRTUVWXY34679"


def new_join_code() -> str:
    """Six letters to type on a phone: 191 million codes, and a limit on guesses at the door."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(6))


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note: its source, and what is known of it beside."""

    card: SourceCard
    table_id: uuid.UUID | None
    table_number: int | None
    table_title: str
    strategy_id: uuid.UUID | None
    strategy_code: str | None
    strategy_title: str | None
    stance: str | None
    round: int

    @property
    def id(self) -> uuid.UUID:
        """Key of the source."""
        return self.card.id


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the minutes: the notes of a table in the first session, those on a strategy in the second."""

    round: int
    table_number: int | None
    table_title: str
    strategy_code: str | None
    strategy_title: str | None
    notes: tuple[NoteRow, ...]


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note as it is typed."""

    text: str
    kind: str
    speaker_kind: str | None = None
    zone_id: uuid.UUID | None = None
    agreed: int | None = None
    language: str | None = None
    table_id: uuid.UUID | None = None
    strategy_id: uuid.UUID | None = None
    stance: str | None = None
    round: int = 1


@dataclass(frozen=True, slots=True)
class TableRow:
    """A working table, with how many chose it."""

    id: uuid.UUID
    number: int
    title: str
    zone_id: uuid.UUID | None
    zone_code: str | None
    zone_name: str | None
    facilitator_id: uuid.UUID | None
    facilitator: str | None
    seats: int | None
    taken: int

    @property
    def full(self) -> bool:
        """Whether nobody else can choose it."""
        return self.seats is not None and self.taken >= self.seats


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """Somebody who registered, waits or came, as the facilitator sees them."""

    id: uuid.UUID
    name: str
    email: str | None
    organisation: str
    state: str
    table_number: int | None
    came: bool | None
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class RemarkRow:
    """A remark on minutes in review."""

    id: uuid.UUID
    source_id: uuid.UUID | None
    text: str
    name: str
    state: str
    answer: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class BallotRow:
    """A ballot with its strategies, first the one that matters most."""

    id: uuid.UUID
    by_table: bool
    table_id: uuid.UUID | None
    zone_id: uuid.UUID | None
    people: int | None
    strategies: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class FileOfMeeting:
    """A file to read before or after a meeting."""

    file_id: uuid.UUID
    title: str
    kind: str
    size: int
