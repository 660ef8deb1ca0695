"""Phases whose date has come."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.app import CLOSING_GUARDS
from consult.core.clock import database_now
from consult.process import services
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("process.settle")
def settle(session: Session, *, phase_id: str) -> None:
    """Close a phase for good, or tell its people what is left to answer."""
    with outgoing():
        services.settle(session, phase_id=uuid.UUID(phase_id), guards=CLOSING_GUARDS, now=database_now(session))
