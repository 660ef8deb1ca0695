"""Long files of documents, read page by page."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.db import unit_of_work
from consult.listening.documents import services
from consult.ports.storage import storage_for
from worker.celery_app import settings
from worker.jobs import outbox_task, sessions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _reading_failed(session: Session, *, document_id: str, file_id: str) -> None:
    services.fail_reading(session, document_id=uuid.UUID(document_id), file_id=uuid.UUID(file_id))


@outbox_task("documents.read_file", limit_s=300, when_lost=_reading_failed)
def read_file(session: Session, *, document_id: str, file_id: str) -> None:
    """Read a long file; how far it is stands in transactions of their own."""
    key, file = uuid.UUID(document_id), uuid.UUID(file_id)

    def told(seen: int, total: int) -> None:
        # Each page of a hundred is enough to see it move.
        if seen % max(1, total // 100) == 0:
            with unit_of_work(sessions()) as own:
                services.note_pages(own, document_id=key, seen=seen, total=total)

    try:
        services.read_file(session, document_id=key, file_id=file, storage=storage_for(settings), told=told)
    except BaseException:
        # Its own transaction may hold the row that says so.
        session.rollback()
        with unit_of_work(sessions()) as own:
            _reading_failed(own, document_id=document_id, file_id=file_id)
        raise
