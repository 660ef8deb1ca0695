"""Reads of documents."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_number, cut_page, decode_cursor
from consult.listening.documents.models import Document, DocumentParagraph, DocumentPassage
from consult.listening.sources.models import Source
from consult.listening.sources.queries import of_unit
from consult.listening.sources.types import SourceCard


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as lists and pages show it."""

    id: uuid.UUID
    title: str
    author: str
    dated: date | None
    version: int
    passages: int
    file_id: uuid.UUID | None
    paragraphs: int


def _rows(session: Session, *, process_id: uuid.UUID, document_id: uuid.UUID | None) -> list[DocumentRow]:
    passages = (
        select(func.count())
        .select_from(Source)
        .where(Source.unit_id == Document.id, Source.state == "live")
        .correlate(Document)
        .scalar_subquery()
    )
    paragraphs = (
        select(func.count())
        .select_from(DocumentParagraph)
        .where(DocumentParagraph.document_id == Document.id)
        .correlate(Document)
        .scalar_subquery()
    )
    statement = select(
        Document.id,
        Document.title,
        Document.author,
        Document.dated,
        Document.version,
        passages,
        Document.file_id,
        paragraphs,
    ).where(Document.process_id == process_id)
    if document_id is not None:
        statement = statement.where(Document.id == document_id)
    return [DocumentRow(*row) for row in session.execute(statement.order_by(Document.title, Document.id))]


def documents(session: Session, *, process_id: uuid.UUID) -> list[DocumentRow]:
    """The documents of a process, by title."""
    return _rows(session, process_id=process_id, document_id=None)


def document(session: Session, *, process_id: uuid.UUID, document_id: uuid.UUID) -> DocumentRow | None:
    """One document of a process, or None."""
    return next(iter(_rows(session, process_id=process_id, document_id=document_id)), None)


def passages(session: Session, *, document_id: uuid.UUID, live_only: bool) -> list[tuple[SourceCard, str]]:
    """Passages in order, each with its page."""
    rows = session.execute(
        select(DocumentPassage.source_id, DocumentPassage.page)
        .where(DocumentPassage.document_id == document_id)
        .order_by(DocumentPassage.source_id)
    )
    pages = {row.source_id: row.page for row in rows}
    return [(card, pages.get(card.id, "")) for card in of_unit(session, unit_id=document_id, live_only=live_only)]


def page_of(session: Session, *, source_id: uuid.UUID) -> str:
    """The page a passage stands on, or an empty text."""
    found = session.execute(
        select(DocumentPassage.page).where(DocumentPassage.source_id == source_id)
    ).scalar_one_or_none()
    return found or ""


@dataclass(frozen=True, slots=True)
class ParagraphRow:
    """A paragraph of a document's file, and the source it was made, if it was."""

    position: int
    page: str
    text: str
    source_id: uuid.UUID | None


def paragraphs(
    session: Session, *, document_id: uuid.UUID, cursor: str | None = None, words: str = "", size: int = 60
) -> Page[ParagraphRow]:
    """A page of the text of a document's file, in order; `words` leaves those that contain them."""
    statement = (
        select(DocumentParagraph.position, DocumentParagraph.page, DocumentParagraph.text, DocumentParagraph.source_id)
        .where(DocumentParagraph.document_id == document_id)
        .order_by(DocumentParagraph.position)
        .limit(size + 1)
    )
    if words:
        statement = statement.where(DocumentParagraph.text.icontains(words, autoescape=True))
    after = decode_cursor(cursor, 1)
    if after:
        statement = statement.where(DocumentParagraph.position > min(cursor_number(after[0]), 2**31 - 1))
    rows = [ParagraphRow(*row) for row in session.execute(statement)]
    return cut_page(rows, size, lambda row: (row.position,))
