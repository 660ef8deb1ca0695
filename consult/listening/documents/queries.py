"""Reads of documents."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_number, cut_page, decode_cursor
from consult.listening.documents.models import Document, DocumentParagraph, DocumentPassage
from consult.listening.sources.models import Source
from consult.listening.sources.queries import page_of_unit
from consult.listening.sources.types import SourceCard

DOCUMENTS_PER_PAGE = 60


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
    reading: bool
    seen: int
    total: int
    failure: list[Any] | None


def _rows(process_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
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
    return select(
        Document.id,
        Document.title,
        Document.author,
        Document.dated,
        Document.version,
        passages,
        Document.file_id,
        paragraphs,
        Document.coming_id.is_not(None),
        Document.seen,
        Document.total,
        Document.failure,
    ).where(Document.process_id == process_id)


def documents(
    session: Session, *, process_id: uuid.UUID, cursor: str | None = None, size: int = DOCUMENTS_PER_PAGE
) -> Page[DocumentRow]:
    """A page of the documents of a process, by title."""
    statement = _rows(process_id).order_by(Document.title, Document.id).limit(size + 1)
    after = decode_cursor(cursor, 2)
    if after:
        start = (after[0] or "", cursor_key(after[1]))
        statement = statement.where(tuple_(Document.title, Document.id) > tuple_(*map(literal, start)))
    return cut_page([DocumentRow(*row) for row in session.execute(statement)], size, lambda row: (row.title, row.id))


def document(session: Session, *, process_id: uuid.UUID, document_id: uuid.UUID) -> DocumentRow | None:
    """One document of a process, or None."""
    row = session.execute(_rows(process_id).where(Document.id == document_id)).one_or_none()
    return DocumentRow(*row) if row else None


def passages(
    session: Session, *, document_id: uuid.UUID, live_only: bool, cursor: str | None = None
) -> Page[tuple[SourceCard, str]]:
    """A page of the passages in order, each with its page in the document."""
    cards = page_of_unit(session, unit_id=document_id, live_only=live_only, cursor=cursor)
    rows = session.execute(
        select(DocumentPassage.source_id, DocumentPassage.page)
        .where(DocumentPassage.source_id.in_([card.id for card in cards.rows]))
        .order_by(DocumentPassage.source_id)
    )
    pages = {row.source_id: row.page for row in rows}
    return Page([(card, pages.get(card.id, "")) for card in cards.rows], cards.next_cursor)


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
