"""Rows that travel between the rooms of listening and above: frozen, no behaviour."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date

from consult.core.vocabulary import ThingKind


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source about to be written. `language` None: found from the text."""

    channel: str
    text: str
    language: str | None = None
    zone_id: uuid.UUID | None = None
    municipality_id: uuid.UUID | None = None
    speaker_kind: str | None = None
    unit_kind: str | None = None
    unit_id: uuid.UUID | None = None
    voice_id: uuid.UUID | None = None
    position: int = 0
    visibility: str = "internal"
    quotable: str = "anonymous"
    attribution: str = ""
    note_kind: str | None = None
    agreed: int | None = None
    said_on: date | None = None
    import_key: str | None = None
    import_id: uuid.UUID | None = None
    asked: str = ""
    #: live, or waiting where a moderator reads it first.
    state: str = "live"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How a withdrawn source went: each time somebody took it, why and who (None: the program, or somebody without an account).

    `before` is the state it comes back in: the one it had, unless it was hidden, or let be read again, since. `consented`: whether who
    said it lets it be read now.
    """

    takings: tuple[tuple[str, uuid.UUID | None], ...]
    before: str
    consented: bool = True


@dataclass(frozen=True, slots=True)
class AggregationRow:
    """A live source as the aggregation reads it; `voice` is equal for pieces said by one voice."""

    id: uuid.UUID
    text: str
    channel: str
    zone_code: str | None
    speaker_kind: str | None
    unit_id: uuid.UUID | None
    language: str
    revision: int
    voice: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class SourceCard:
    """A source as pages show it. In public cards `text` and `attribution` are empty where they may not be shown."""

    id: uuid.UUID
    process_id: uuid.UUID
    text: str
    channel: str
    zone_id: uuid.UUID | None
    zone_code: str | None
    zone_name: str | None
    municipality: str | None
    speaker_kind: str | None
    language: str
    visibility: str
    quotable: str
    attribution: str
    state: str
    said_on: date | None
    revision: int
    unit_kind: str | None
    unit_id: uuid.UUID | None
    position: int
    note_kind: str | None
    agreed: int | None
    voice_id: uuid.UUID | None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Denominator:
    """How many live sources and voices a channel has, for one zone and kind of speaker. Never add up channels."""

    channel: str
    zone_code: str | None
    speaker_kind: str | None
    sources: int
    voices: int


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of a file of answers, as mapped by the person who imports it."""

    line: int
    text: str
    zone: str | None = None
    speaker: str | None = None
    language: str | None = None
    said_on: date | None = None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken, with its line in the file and the reason."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: new sources, rows already there, rows not taken."""

    added: int
    already_there: int
    bad: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt code leads to: which kind of thing, where, and the sources made from it."""

    kind: ThingKind
    process_id: uuid.UUID
    process_slug: str
    process_title: str
    title: str
    source_ids: tuple[uuid.UUID, ...] = ()
    given_on: date | None = None
    waiting: bool = False
    #: No moderator has read it yet, where one reads first.
    unread: bool = False
    published: bool = False
    extra: dict[str, str] = field(default_factory=dict)
