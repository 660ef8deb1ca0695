"""Stored files."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class StoredFile(Base):
    """A file that somebody uploaded; its bytes lie in the storage under `storage_key`."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size_not_negative"),
        Index("ix_stored_file_process_id", "process_id"),
        {"comment": "Uploaded files; the bytes lie outside the database."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID | None] = mapped_column(comment="Process it belongs to, named by key only.")
    storage_key: Mapped[str] = mapped_column(String(32), unique=True, comment="Where the bytes lie; made by us.")
    name: Mapped[str] = mapped_column(String(200), comment="Name it is downloaded under, cleaned.")
    kind: Mapped[str] = mapped_column(String(20), comment="What it is, judged by its content.")
    size: Mapped[int] = mapped_column(BigInteger, comment="Bytes.")
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), comment="SHA-256 of the bytes.")
    uploaded_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that uploaded it; empty after erasure.")
    uploaded_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was uploaded."
    )
