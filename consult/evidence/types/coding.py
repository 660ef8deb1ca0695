"""The codebook and codings, as pages, exports and agreement read them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code in the order of the tree; numbers count merged codes under the one they became part of."""

    id: uuid.UUID
    guid: uuid.UUID
    parent_id: uuid.UUID | None
    depth: int
    path: str
    name: str
    definition: str
    example: str
    colour: str
    codable: bool
    strategy_id: uuid.UUID | None
    strategy_code: str | None
    state: str
    merged_into_id: uuid.UUID | None
    version: int
    codings: int
    sources: int


@dataclass(frozen=True, slots=True)
class CodingRow:
    """A piece of a source under a code. `start` and `end` are where its words stand now; `standing` False: they changed."""

    id: uuid.UUID
    source_id: uuid.UUID
    code_id: uuid.UUID
    code: str
    colour: str
    code_state: str
    coder_id: uuid.UUID | None
    start: int
    end: int
    memo: str
    version: int
    coded_at: datetime
    standing: bool = True


@dataclass(frozen=True, slots=True)
class PassageLine:
    """A passage in the list of the desk: its beginning only."""

    id: uuid.UUID
    position: int
    beginning: str
    codings: int


@dataclass(frozen=True, slots=True)
class UnitRow:
    """An interview in the list of what there is to code."""

    id: uuid.UUID
    title: str
    organisation: str
    held_on: date | None
    passages: int
    coded: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the machine suggests for a passage, and what a person said to it."""

    kind: str
    target_id: uuid.UUID
    label: str
    confidence: float
    verdict: str | None


@dataclass(frozen=True, slots=True)
class NewCodes:
    """New codes of one interview, for saturation; `total` counts all codes so far."""

    unit_id: uuid.UUID
    title: str
    held_on: date | None
    fresh: int
    total: int


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A blind sample; `read` counts finished sources per coder, in the order of the coders."""

    id: uuid.UUID
    name: str
    state: str
    source_ids: tuple[uuid.UUID, ...]
    coder_ids: tuple[uuid.UUID, ...]
    code_ids: tuple[uuid.UUID, ...]
    read: tuple[int, ...]
    made_at: datetime
    closed_at: datetime | None
