"""Documents, the text read out of their files, and where their passages stand."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Document(Base):
    """A document that passages are cited from."""

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_process_id", "process_id"),
        {"comment": "Documents whose passages are sources, never voices."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it is read for.")
    title: Mapped[str] = mapped_column(String(300), comment="Title.")
    author: Mapped[str] = mapped_column(String(200), default="", comment="Author or body.")
    dated: Mapped[date | None] = mapped_column(Date, comment="Date of the document.")
    file_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("stored_file.id"), comment="The document's own file, where it was uploaded."
    )
    coming_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("stored_file.id"), comment="A file that the worker reads now, to take the other's place."
    )
    seen: Mapped[int] = mapped_column(Integer, default=0, server_default="0", comment="Pages that the worker has read.")
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0", comment="Pages of the file.")
    failure: Mapped[list[Any] | None] = mapped_column(
        comment="Why the last file could not be read: a sentence in parts."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts edits: a stale save is refused."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was entered."
    )


class DocumentParagraph(Base):
    """A paragraph read out of a document's file: material to choose passages from, not a source by itself."""

    __tablename__ = "document_paragraph"
    __table_args__ = ({"comment": "Text of documents' files, by paragraph; only what is chosen becomes a source."},)

    document_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("document.id", ondelete="CASCADE"), primary_key=True, comment="Document."
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True, comment="Order in the document.")
    page: Mapped[str] = mapped_column(String(20), default="", comment="Page it stands on, where the file says so.")
    text: Mapped[str] = mapped_column(Text, comment="Its words.")
    source_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("source.id"), comment="Source it was made, once it was chosen."
    )


class DocumentPassage(Base):
    """The page that a passage stands on."""

    __tablename__ = "document_passage"
    __table_args__ = ({"comment": "Pages of passages; their words stand in the source."},)

    source_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("source.id"), primary_key=True, comment="Source that holds its words."
    )
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), index=True, comment="Document.")
    page: Mapped[str] = mapped_column(String(20), default="", comment="Page as printed; empty where it is not known.")
