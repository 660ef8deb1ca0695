"""Letters of meetings, reminders, and forgetting who registered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.listening.meetings import services
from worker.celery_app import settings
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("meetings.mail_registration")
def mail_registration(session: Session, *, registration_id: str, what: str) -> None:
    """Mail one letter about a registration."""
    with outgoing() as mailer:
        services.send_letter(
            session,
            registration_id=uuid.UUID(registration_id),
            what=what,
            mailer=mailer,
            secret=settings.secret_key,
            now=database_now(session),
        )


@outbox_task("meetings.remind")
def remind(session: Session, *, meeting_id: str, starts_at: str) -> None:
    """Ask for the reminders of a meeting, where it still is at that time."""
    services.remind(
        session,
        meeting_id=uuid.UUID(meeting_id),
        starts_at=datetime.fromisoformat(starts_at),
        now=database_now(session),
    )


@outbox_task("meetings.forget_addresses")
def forget_addresses(session: Session, *, day: str) -> None:
    """Empty the addresses of meetings that are long over."""
    services.forget_addresses(session, now=database_now(session))
