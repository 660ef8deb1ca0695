"""Reads of documents."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.listening.documents.models import Document, DocumentPassage
from consult.listening.sources.models import Source


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document with the number of its passages."""

    id: uuid.UUID
    title: str
    author: str
    dated_on: date | None
    passages: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A citable passage."""

    id: uuid.UUID
    text: str
    page: int | None


def documents(session: Session, *, process_id: uuid.UUID) -> list[DocumentRow]:
    """All documents of a process by title."""
    n = select(func.count()).where(DocumentPassage.document_id == Document.id).correlate(Document).scalar_subquery()
    statement = (
        select(Document.id, Document.title, Document.author, Document.dated_on, n)
        .where(Document.process_id == process_id)
        .order_by(Document.title, Document.id)
    )
    return [DocumentRow(*row) for row in session.execute(statement)]


def document(session: Session, *, process_id: uuid.UUID, document_id: uuid.UUID) -> DocumentRow | None:
    """One document of a process, or None."""
    n = select(func.count()).where(DocumentPassage.document_id == Document.id).correlate(Document).scalar_subquery()
    row = session.execute(
        select(Document.id, Document.title, Document.author, Document.dated_on, n).where(
            Document.id == document_id, Document.process_id == process_id
        )
    ).one_or_none()
    return DocumentRow(*row) if row else None


def passages(session: Session, *, document_id: uuid.UUID) -> list[PassageRow]:
    """The passages of a document, in order."""
    statement = (
        select(Source.id, Source.text, DocumentPassage.page)
        .join(DocumentPassage, DocumentPassage.source_id == Source.id)
        .where(DocumentPassage.document_id == document_id, Source.state == "live")
        .order_by(Source.position, Source.id)
        .limit(2000)
    )
    return [PassageRow(*row) for row in session.execute(statement)]
