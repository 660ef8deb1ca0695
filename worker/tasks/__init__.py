"""Thin tasks, one module a room; importing this package registers them all."""

from __future__ import annotations

from worker.tasks import (
    clock,
    contributions,
    coplanning,
    documents,
    evidence,
    files,
    interviews,
    meetings,
    moderation,
    notices,
    opinions,
    people,
    plan,
    position_paper,
    priorities,
    process,
    surveys,
)

__all__ = [
    "clock",
    "contributions",
    "coplanning",
    "documents",
    "evidence",
    "files",
    "interviews",
    "meetings",
    "moderation",
    "notices",
    "opinions",
    "people",
    "plan",
    "position_paper",
    "priorities",
    "process",
    "surveys",
]
