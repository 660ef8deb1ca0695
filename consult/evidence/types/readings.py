"""What the machine read in single sources."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any


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
