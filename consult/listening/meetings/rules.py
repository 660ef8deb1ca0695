"""Closed lists of meetings and what they allow. Pure."""

from __future__ import annotations

from datetime import datetime

NOTE_KINDS = ("need", "proposal", "criticism", "agreement")
STATES = ("draft", "published", "cancelled")


def may_register(*, state: str, registration: bool, starts_at: datetime, now: datetime) -> bool:
    """Whether people may register now: a published meeting that asks for it and has not begun."""
    return state == "published" and registration and starts_at > now
