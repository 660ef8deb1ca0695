"""Documents and the pages of their passages."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key


class Document(Base):
    """One document of the preliminary phase."""

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_process_id", "process_id"),
        {"comment": "Analyses and plans read in the preliminary phase; their passages are sources."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    title: Mapped[str] = mapped_column(String(300), comment="Title.")
    author: Mapped[str] = mapped_column(String(200), default="", comment="Body or person that wrote it.")
    dated_on: Mapped[date | None] = mapped_column(Date, comment="Date on the document.")
    language: Mapped[str] = mapped_column(String(5), default="it", comment="Language.")


class DocumentPassage(Base):
    """The page a passage stands on."""

    __tablename__ = "document_passage"
    __table_args__ = ({"comment": "Pages of citable passages; the words are the source's."},)

    source_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("source.id"), primary_key=True, comment="Source that holds the words."
    )
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), index=True, comment="Document.")
    page: Mapped[int | None] = mapped_column(Integer, comment="Page, where the document has pages.")
