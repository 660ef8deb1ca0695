"""Thin tasks, one module a room; importing this package registers them all."""

from __future__ import annotations

from worker.tasks import clock, evidence, moderation, notices, people, position_paper

__all__ = ["clock", "evidence", "moderation", "notices", "people", "position_paper"]
