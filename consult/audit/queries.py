"""Reads of the record, newest first."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.models import AuditEvent
from consult.core.paging import Page, cut_page, decode_cursor


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the record."""

    id: int
    at: datetime
    actor_id: uuid.UUID | None
    actor_kind: str
    action: str
    object_kind: str
    object_id: str
    meta: dict[str, Any]


_COLUMNS = (
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.actor_id,
    AuditEvent.actor_kind,
    AuditEvent.action,
    AuditEvent.object_kind,
    AuditEvent.object_id,
    AuditEvent.meta,
)


def events(
    session: Session, *, process_id: uuid.UUID | None = None, cursor: str | None = None, size: int = 50
) -> Page[EventRow]:
    """A page of the record, newest first, of one process or of all."""
    statement = select(*_COLUMNS).order_by(AuditEvent.id.desc()).limit(size + 1)
    if process_id is not None:
        statement = statement.where(AuditEvent.process_id == process_id)
    after = decode_cursor(cursor, 1)
    if after and after[0]:
        statement = statement.where(AuditEvent.id < int(after[0]))
    rows = [EventRow(*row) for row in session.execute(statement)]
    return cut_page(rows, size, lambda r: (r.id,))
