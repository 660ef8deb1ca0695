"""Bytes that no row names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.files import services
from consult.ports.storage import storage_for
from worker.celery_app import settings
from worker.jobs import outbox_task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("files.sweep")
def sweep(session: Session, *, day: str) -> None:
    """Remove what uploads cut short and forgotten files left in the storage."""
    services.sweep(session, storage=storage_for(settings), now=database_now(session))
