"""Reads of the register of sources: search, filters, keyset pages, the whole as a stream."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session

from consult.core.paging import Page, cut_page, decode_cursor
from consult.core.vocabulary import ThingKind
from consult.framework.models import Zone
from consult.listening.documents import queries as documents
from consult.listening.meetings import queries as meetings
from consult.listening.sources.models import Source
from consult.listening.sources.queries import select_cards, stream
from consult.listening.sources.types import SourceCard
from consult.listening.surveys import queries as surveys

PAGE_SIZE = 30
# Written as in the index, so that the planner finds it.
_DOCUMENT = func.to_tsvector(literal_column("'italian'"), Source.text)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the register is narrowed to; empty texts narrow nothing."""

    words: str = ""
    channel: str = ""
    zone: str = ""
    speaker: str = ""
    language: str = ""
    state: str = "live"
    unit: uuid.UUID | None = None

    @property
    def active(self) -> bool:
        """Whether anything but the usual state is chosen."""
        chosen = (self.words, self.channel, self.zone, self.speaker, self.language, self.unit)
        return any(chosen) or self.state != "live"


@dataclass(frozen=True, slots=True)
class Register:
    """A page of the register; `exact` when no word form matched and the characters as typed were looked for instead."""

    page: Page[SourceCard]
    exact: bool


def _narrow(
    statement: Select[*tuple[Any, ...]], process_id: uuid.UUID, filters: Filters, *, exact: bool
) -> Select[*tuple[Any, ...]]:
    conditions: list[ColumnElement[bool]] = [Source.process_id == process_id]
    if filters.channel:
        conditions.append(Source.channel == filters.channel)
    if filters.zone == "-":
        conditions.append(Source.zone_id.is_(None))
    elif filters.zone:
        conditions.append(Zone.code == filters.zone)
    if filters.speaker:
        conditions.append(Source.speaker_kind == filters.speaker)
    if filters.language:
        conditions.append(Source.language == filters.language)
    if filters.state != "all":
        conditions.append(Source.state == filters.state)
    if filters.unit:
        conditions.append(Source.unit_id == filters.unit)
    if filters.words and exact:
        conditions.append(Source.text.icontains(filters.words, autoescape=True))
    elif filters.words:
        conditions.append(_DOCUMENT.op("@@")(func.websearch_to_tsquery(literal_column("'italian'"), filters.words)))
    return statement.where(*conditions)


def _count(session: Session, process_id: uuid.UUID, filters: Filters, *, exact: bool) -> int:
    counting: Select[*tuple[Any, ...]] = (
        select(func.count()).select_from(Source).outerjoin(Zone, Zone.id == Source.zone_id)
    )
    return int(session.execute(_narrow(counting, process_id, filters, exact=exact)).scalar_one())


def register(
    session: Session, *, process_id: uuid.UUID, filters: Filters, cursor: str | None = None, size: int = PAGE_SIZE
) -> Register:
    """A page of sources in the order of their random keys: always the same order, and one that tells nothing of when or who.

    Words are looked for in all their Italian forms; where none is found, as the characters typed.
    """
    total = _count(session, process_id, filters, exact=False)
    exact = bool(filters.words) and total == 0
    if exact:
        total = _count(session, process_id, filters, exact=True)
    statement = _narrow(select_cards(), process_id, filters, exact=exact).order_by(Source.id).limit(size + 1)
    after = decode_cursor(cursor, 1)
    if after and after[0]:
        statement = statement.where(Source.id > _key(after[0]))
    cards = [SourceCard(*row) for row in session.execute(statement)]
    return Register(cut_page(cards, size, lambda card: (card.id,), total=total), exact)


def _key(text: str) -> uuid.UUID:
    """The key in a cursor; one that is no key starts the register from the beginning."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def all_rows(session: Session, *, process_id: uuid.UUID, filters: Filters) -> Iterator[SourceCard]:
    """Every source that the filters leave, piece by piece, in the register's order."""
    exact = bool(filters.words) and _count(session, process_id, filters, exact=False) == 0
    statement = _narrow(select_cards(), process_id, filters, exact=exact).order_by(Source.id)
    return stream(session, statement=statement)


def public_source(session: Session, *, process_id: uuid.UUID, source_id: uuid.UUID) -> SourceCard | None:
    """One source of a process as it stands, or None; what may be shown of it is for the page to ask of the rules."""
    row = session.execute(select_cards().where(Source.id == source_id, Source.process_id == process_id)).one_or_none()
    return SourceCard(*row) if row else None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a source is part of: a title, a remark, and the public page of it where there is one."""

    title: str
    remark: str = ""
    endpoint: str = ""
    values: dict[str, str] = field(default_factory=dict)


def origin(session: Session, *, card: SourceCard) -> Origin | None:
    """Where a source came from, as far as anyone may know; None where it stands for itself or its whole is not public."""
    if card.unit_id is None:
        return None
    unit = str(card.unit_id)
    if card.unit_kind == ThingKind.meeting:
        meeting = meetings.meeting(session, process_id=card.process_id, meeting_id=card.unit_id)
        if meeting is None or meeting.state == "draft":
            return None
        return Origin(meeting.title, meeting.place, "meetings.public_page", {"meeting_id": unit})
    if card.unit_kind == ThingKind.document:
        document = documents.document(session, process_id=card.process_id, document_id=card.unit_id)
        page = documents.page_of(session, source_id=card.id)
        return Origin(document.title, page, "documents.public_page", {"document_id": unit}) if document else None
    if card.unit_kind == "question":
        question, questionnaire = surveys.question_titles(session, question_ids=[card.unit_id]).get(
            card.unit_id, ("", "")
        )
        return Origin(questionnaire, question) if questionnaire else None
    # An interview says of itself only what consent lets a quote say: that stands with the words.
    return None
