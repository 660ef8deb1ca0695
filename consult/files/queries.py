"""Reads of stored files."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.files.models import StoredFile
from consult.files.types import FileKind, FileRow


def one(session: Session, *, file_id: uuid.UUID, process_id: uuid.UUID | None) -> FileRow | None:
    """A stored file of a process (None: of no process), or None: another process's file is not found."""
    return several(session, file_ids=[file_id], process_id=process_id).get(file_id)


def several(
    session: Session, *, file_ids: Collection[uuid.UUID], process_id: uuid.UUID | None
) -> dict[uuid.UUID, FileRow]:
    """The stored files of a process (None: of no process) among these, in one statement."""
    rows = session.execute(
        select(
            StoredFile.id,
            StoredFile.process_id,
            StoredFile.storage_key,
            StoredFile.name,
            StoredFile.kind,
            StoredFile.size,
            StoredFile.uploaded_at,
        )
        .where(StoredFile.id.in_(file_ids), StoredFile.process_id.is_not_distinct_from(process_id))
        .order_by(StoredFile.id)
    )
    return {
        row.id: FileRow(row.id, row.process_id, row.storage_key, row.name, FileKind(row.kind), row.size, row.uploaded_at)
        for row in rows
    }
