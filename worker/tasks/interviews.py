"""Embargoes of interviews that end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.listening.interviews import services
from worker.jobs import outbox_task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("interviews.lift_embargoes")
def lift_embargoes(session: Session, *, day: str) -> None:
    """Make quotable what may be quoted from today."""
    services.lift_embargoes(session, now=database_now(session))
