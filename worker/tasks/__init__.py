"""Thin tasks, one module a room; importing this package registers them all."""

from __future__ import annotations

from worker.tasks import clock, notices, people

__all__ = ["clock", "notices", "people"]
