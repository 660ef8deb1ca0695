"""Rows the evidence hands out: frozen, no behaviour beyond small sums."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A quote: where it stands in a source, at which revision, and the hash of its words. Never the words."""

    source_id: str
    start: int
    end: int
    sha256: str
    revision: int

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "source_id": self.source_id,
            "start": self.start,
            "end": self.end,
            "sha256": self.sha256,
            "revision": self.revision,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Place:
        """Back from storage."""
        return cls(value["source_id"], value["start"], value["end"], value["sha256"], value["revision"])


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as pages show it."""

    id: uuid.UUID
    number: int
    state: str
    source_count: int
    prepared_count: int
    reused_count: int
    shard_count: int
    shards_done: int
    theme_count: int | None
    model: str
    requested_by: uuid.UUID | None
    started_at: datetime
    reduced_at: datetime | None
    finished_at: datetime | None
    failure: str
    parked: int = 0

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return self.state in {"preparing", "reducing"}

    @property
    def step(self) -> str:
        """The step it is at: prepare, reduce or the state it ended in."""
        return {"preparing": "prepare", "reducing": "reduce"}.get(self.state, self.state)

    @property
    def done(self) -> int:
        """Sources prepared so far."""
        return self.prepared_count

    @property
    def total(self) -> int:
        """Sources it was started with."""
        return self.source_count


@dataclass(frozen=True, slots=True)
class Count:
    """Voices of one value (a channel, zone or kind) out of all voices of that value."""

    value: str
    voices: int
    of: int


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


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A strategy suggested for a source."""

    source_id: uuid.UUID
    rank: int
    strategy_id: uuid.UUID
    code: str
    title: str
    score: float
    confidence: float
    reasons: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ThemeOfSource:
    """A theme that a source speaks of."""

    source_id: uuid.UUID
    theme_id: uuid.UUID
    label: str
    state: str
    strategy_id: uuid.UUID | None
    share: float


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run leaves to the paper: summaries, changes, numbers, manifest."""

    run_id: uuid.UUID
    number: int
    summaries: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]
    duplicates: tuple[dict[str, Any], ...]
    counts: dict[str, Any]
    manifest: dict[str, Any]
    inputs: tuple[tuple[str, int, str], ...]
    inputs_sha256: str
