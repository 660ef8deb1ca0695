"""Mails about notices: one at once, or digests."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.notices import services
from worker.celery_app import settings
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("notices.send")
def send(session: Session, *, notification_id: str) -> None:
    """Mail one notice."""
    with outgoing() as mailer:
        services.send_notice(
            session,
            notification_id=uuid.UUID(notification_id),
            mailer=mailer,
            secret=settings.secret_key,
            now=database_now(session),
        )


@outbox_task("notices.digest")
def digest(session: Session, *, digest: str, period: str) -> None:
    """Ask for one letter per person of this digest."""
    services.ask_for_digests(session, digest=digest, period=period, now=database_now(session))


@outbox_task("notices.send_digest")
def send_digest(session: Session, *, account_id: str, digest: str, period: str) -> None:
    """Mail one person's digest."""
    with outgoing() as mailer:
        services.send_digest(
            session,
            account_id=uuid.UUID(account_id),
            digest=digest,
            period=period,
            mailer=mailer,
            secret=settings.secret_key,
            now=database_now(session),
        )


@outbox_task("notices.unveiled")
def unveiled(session: Session, *, thing: str, since: str) -> None:
    """Ask to mail what was silent while a text was hidden."""
    services.mail_unveiled(session, thing=thing, since=datetime.fromisoformat(since), now=database_now(session))
