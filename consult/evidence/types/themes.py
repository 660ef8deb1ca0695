"""Themes, their numbers, members and quotes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consult.evidence.types.places import Place


@dataclass(frozen=True, slots=True)
class Count:
    """Voices of one value (a channel, zone or kind) out of all voices of that value."""

    value: str
    voices: int
    of: int


@dataclass(frozen=True, slots=True)
class ThemeName:
    """A theme without its numbers. `stands` is its state, or that of the theme it was merged into."""

    id: uuid.UUID
    label: str
    state: str
    stands: str


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """A theme as it stands: the machine's proposal with people's decisions over it. `strategy_id` None: fits none."""

    id: uuid.UUID
    key: str
    label: str
    proposed_label: str
    keywords: tuple[str, ...]
    definition: str
    definition_quotes: tuple[Place, ...]
    strategy_id: uuid.UUID | None
    strategy_code: str | None
    strategy_title: str | None
    axis_number: int | None
    state: str
    version: int
    renamed: bool
    moved: bool
    merged_into_id: uuid.UUID | None
    decided_by: uuid.UUID | None
    decided_at: datetime | None
    present: bool
    origin: str
    concentrated: str | None
    representation: tuple[dict[str, Any], ...]
    sources: int
    voices: int
    by_channel: tuple[Count, ...]
    by_zone: tuple[Count, ...]
    by_speaker: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A source under a theme, without its text."""

    theme_id: uuid.UUID
    source_id: uuid.UUID
    share: float
    margin: float
    spans: tuple[tuple[int, int], ...]
    origin: str
    channel: str
    zone_code: str | None
    speaker_kind: str | None
    voice: uuid.UUID
    note_kind: str | None
    kind: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """Where a representative piece stands; its words are read from the source when they are shown."""

    theme_id: uuid.UUID
    source_id: uuid.UUID
    revision: int
    start: int
    end: int
    sha256: str
    minority: bool
