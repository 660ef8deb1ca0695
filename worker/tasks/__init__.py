"""Thin tasks, one module a room; importing this package registers them all."""

from __future__ import annotations

from worker.tasks import clock, moderation, notices, people

__all__ = ["clock", "moderation", "notices", "people"]
