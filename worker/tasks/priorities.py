"""Counting prioritisation rounds, and telling people of them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.coplanning.priorities import services
from consult.core.clock import database_now
from worker.celery_app import settings
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("priorities.count")
def count(session: Session, *, round_id: str) -> None:
    """Count a round whose deadline has passed."""
    services.count_round(session, round_id=uuid.UUID(round_id), now=database_now(session))


@outbox_task("priorities.tell")
def tell(session: Session, *, round_id: str, what: str) -> None:
    """Tell those invited, or those who took part."""
    with outgoing():
        services.tell(
            session, round_id=uuid.UUID(round_id), what=what, timezone=settings.timezone, now=database_now(session)
        )
