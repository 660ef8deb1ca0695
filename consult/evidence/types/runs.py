"""Runs as pages and the paper read them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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
    kind: str = "full"
    parked: int = 0

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return self.state in {"preparing", "paused", "reducing"}

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
class RunOutcome:
    """What a run leaves to the paper: summaries, changes, numbers, manifest. What it rests on, source by source, is told by `run_inputs`."""

    run_id: uuid.UUID
    number: int
    summaries: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]
    duplicates: tuple[dict[str, Any], ...]
    counts: dict[str, Any]
    manifest: dict[str, Any]
    inputs_sha256: str
