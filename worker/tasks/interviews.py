"""Embargoes of interviews that end, and letters of invitation."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.listening.interviews import services
from worker.celery_app import settings
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("interviews.follow_dates")
def follow_dates(session: Session) -> None:
    """Make quotable what may be quoted from today, and nothing else."""
    services.follow_dates(session, timezone=settings.timezone, now=database_now(session))


@outbox_task("interviews.mail_invitation")
def mail_invitation(session: Session, *, interview_id: str, number: int) -> None:
    """Mail one invitation."""
    with outgoing() as mailer:
        services.send_invitation(
            session,
            interview_id=uuid.UUID(interview_id),
            number=number,
            mailer=mailer,
            secret=settings.secret_key,
            now=database_now(session),
        )
