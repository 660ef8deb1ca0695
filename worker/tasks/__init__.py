"""Thin tasks, one module a room; importing this package registers them all."""

from __future__ import annotations

from worker.tasks import (
    clock,
    coplanning,
    evidence,
    files,
    interviews,
    meetings,
    moderation,
    notices,
    people,
    position_paper,
    surveys,
)

__all__ = [
    "clock",
    "coplanning",
    "evidence",
    "files",
    "interviews",
    "meetings",
    "moderation",
    "notices",
    "people",
    "position_paper",
    "surveys",
]
