"""The states of a dated round."""

from __future__ import annotations

from enum import StrEnum


class RoundState(StrEnum):
    """Where a round stands. A closed one is counted for good by the worker and keeps no names; a cancelled one is never counted."""

    draft = "draft"
    open = "open"
    closed = "closed"
    cancelled = "cancelled"
