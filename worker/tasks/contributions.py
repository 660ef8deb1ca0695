"""Letters that prove an address, and files of answers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import Actor
from consult.listening.contributions import services
from consult.ports.storage import storage_for
from worker.celery_app import settings
from worker.jobs import outbox_task, sessions
from worker.letters import outgoing

if TYPE_CHECKING:
    from collections.abc import Callable

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


def _import_failed(session: Session, *, import_id: str, by: str) -> None:
    services.fail_import(session, import_id=uuid.UUID(import_id), now=database_now(session))


def _through(session: Session, work: Callable[..., None], *, import_id: str, by: str) -> None:
    """Read or import a file; how far it is stands in transactions of their own."""
    key = uuid.UUID(import_id)

    def told(seen: int, total: int) -> None:
        with unit_of_work(sessions()) as own:
            services.note_rows(own, import_id=key, seen=seen, total=total)

    now = database_now(session)
    try:
        actor = Actor(account_id=uuid.UUID(by))
        work(session, import_id=key, storage=storage_for(settings), actor=actor, now=now, told=told)
    except BaseException:
        session.rollback()
        with unit_of_work(sessions()) as own:
            _import_failed(own, import_id=import_id, by=by)
        raise


@outbox_task("contributions.read_file", limit_s=300, when_lost=_import_failed)
def read_file(session: Session, *, import_id: str, by: str) -> None:
    """Read a large file of answers, to be mapped."""
    _through(session, services.run_reading, import_id=import_id, by=by)


@outbox_task("contributions.import_file", limit_s=900, when_lost=_import_failed)
def import_file(session: Session, *, import_id: str, by: str) -> None:
    """Import a file of answers."""
    _through(session, services.run_import, import_id=import_id, by=by)


def _undo_failed(session: Session, *, import_id: str, by: str) -> None:
    services.fail_undo(session, import_id=uuid.UUID(import_id))


@outbox_task("contributions.undo_import", limit_s=300, when_lost=_undo_failed)
def undo_import(session: Session, *, import_id: str, by: str) -> None:
    """Take back a large import."""
    try:
        actor = Actor(account_id=uuid.UUID(by))
        services.run_undo(session, import_id=uuid.UUID(import_id), actor=actor, now=database_now(session))
    except BaseException:
        session.rollback()
        with unit_of_work(sessions()) as own:
            _undo_failed(own, import_id=import_id, by=by)
        raise
