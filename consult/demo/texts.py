"""The data files of the demonstration, read as typed rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said: what becomes a source."""

    id: str
    channel: str
    unit: str | None
    zone: str
    municipality: str | None
    speaker: str
    language: str
    text: str
    respondent: str | None = None
    kind: str | None = None
    agreed: int | None = None


@dataclass(frozen=True, slots=True)
class Interviewee:
    """Who is interviewed: a role, never a name."""

    key: str
    role: str
    zone: str
    speaker: str
    language: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a proposal, with at most one reply by its author."""

    stance: str
    text: str
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Idea:
    """A proposal of the co-planning phase."""

    id: str
    title: str
    text: str
    strategy: str
    zones: tuple[str, ...]
    author_kind: str
    organisation: str | None
    supports: int
    comments: tuple[Remark, ...] = field(default_factory=tuple)


def _lines(pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(DATA.glob(pattern)):
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                yield json.loads(line)


def said() -> list[Said]:
    """Everything said in the listening phase, by file and line."""
    names = set(Said.__dataclass_fields__)
    return [Said(**{k: v for k, v in row.items() if k in names}) for row in _lines("sources_axis*.jsonl")]


def interviewees() -> list[Interviewee]:
    """The people interviewed."""
    return [Interviewee(**row) for row in _lines("interviews_axis*.jsonl")]


def ideas() -> list[Idea]:
    """The proposals with their comments."""
    return [
        Idea(**{**row, "zones": tuple(row["zones"]), "comments": tuple(Remark(**c) for c in row["comments"])})
        for row in _lines("proposals_axis*.jsonl")
    ]


def frame() -> dict[str, Any]:
    """The plan's frame: axes, strategies, phases, reference plans."""
    data: dict[str, Any] = json.loads((DATA / "frame.json").read_text("utf-8"))
    return data


def territory() -> dict[str, Any]:
    """Zones and the places that are certain."""
    data: dict[str, Any] = json.loads((DATA / "territory.json").read_text("utf-8"))
    return data


def descriptions() -> dict[str, dict[str, Any]]:
    """What each strategy is about, in everyday words."""
    data: dict[str, dict[str, Any]] = json.loads((DATA / "strategy_descriptions.json").read_text("utf-8"))
    return data
