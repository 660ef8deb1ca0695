"""Reads of stored files."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.files.models import StoredFile
from consult.files.types import FileKind, FileRow


def one(session: Session, *, file_id: uuid.UUID, process_id: uuid.UUID | None) -> FileRow | None:
    """A stored file of a process (None: of no process), or None: another process's file is not found."""
    row = session.execute(
        select(
            StoredFile.id,
            StoredFile.process_id,
            StoredFile.storage_key,
            StoredFile.name,
            StoredFile.kind,
            StoredFile.size,
            StoredFile.uploaded_at,
        ).where(StoredFile.id == file_id, StoredFile.process_id.is_not_distinct_from(process_id))
    ).one_or_none()
    if row is None:
        return None
    return FileRow(row.id, row.process_id, row.storage_key, row.name, FileKind(row.kind), row.size, row.uploaded_at)
