"""Letters that prove an address, and files of answers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.listening.contributions import services
from consult.ports.storage import storage_for
from worker.celery_app import settings
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("contributions.mail_proof")
def mail_proof(session: Session, *, waiting_id: str) -> None:
    """Mail the link that makes a contribution count."""
    with outgoing() as mailer:
        services.send_proof(session, waiting_id=uuid.UUID(waiting_id), mailer=mailer, secret=settings.secret_key)


@outbox_task("contributions.drop_waiting")
def drop_waiting(session: Session, *, day: str) -> None:
    """Forget contributions whose letter nobody opened."""
    services.drop_waiting(session, now=database_now(session))


@outbox_task("contributions.import_file")
def import_file(session: Session, *, import_id: str) -> None:
    """Import a file of answers."""
    services.run_import(
        session, import_id=uuid.UUID(import_id), storage=storage_for(settings), now=database_now(session)
    )
