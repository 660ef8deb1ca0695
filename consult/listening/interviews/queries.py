"""Reads of interviews."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_number, cut_page, decode_cursor
from consult.files.models import StoredFile
from consult.framework.models import Axis, Strategy, Zone
from consult.listening.interviews.models import (
    ConsentChange,
    GuideQuestion,
    Interview,
    InterviewOriginal,
    InterviewPassage,
)
from consult.listening.interviews.rules import Turn, door_hash
from consult.listening.sources.models import Source, SourceRevision
from consult.listening.sources.queries import cards
from consult.listening.sources.types import SourceCard
from consult.process.models import Process

#: Passages of a transcript on one page, and interviews of the list.
PER_PAGE, INTERVIEWS_PER_PAGE = 100, 60
#: Stands for the place of no zone.
LAST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class InterviewRow:
    """An interview as the list shows it."""

    id: uuid.UUID
    status: str
    role: str
    organisation: str
    zone_code: str | None
    zone_name: str | None
    speaker_kind: str | None
    held_on: date | None
    consent_quote: str
    passages: int


@dataclass(frozen=True, slots=True)
class InterviewPage:
    """An interview as its page and form show it."""

    id: uuid.UUID
    status: str
    role: str
    organisation: str
    person_name: str
    zone_id: uuid.UUID | None
    zone_code: str | None
    zone_name: str | None
    speaker_kind: str | None
    language: str
    held_on: date | None
    consent_record: bool
    consent_transcribe: bool
    consent_code: bool
    consent_quote: str
    consent_text: str
    consent_on: date | None
    embargo_until: date | None
    notes: str
    version: int
    email: str
    meets_at: datetime | None
    place: str
    invitations: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """One turn: what was asked, or the card of what was said; `at` in milliseconds."""

    position: int
    speaker: str
    asked: str | None
    card: SourceCard | None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class OriginalRow:
    """A file of a transcript; `waiting` while what was read in it is not confirmed, `closed` where it holds words that were taken back."""

    id: uuid.UUID
    file_id: uuid.UUID
    name: str
    layout: str
    sure: bool
    turns: tuple[Turn, ...]
    left_out: tuple[str, ...]
    read_at: datetime
    imported_at: datetime | None
    closed: bool = False

    @property
    def waiting(self) -> bool:
        """Whether a person has yet to confirm it."""
        return self.imported_at is None


def interviews(
    session: Session, *, process_id: uuid.UUID, status: str = "", zone: str = "", cursor: str | None = None
) -> Page[InterviewRow]:
    """A page of the interviews of a process, by zone and role, with how many passages each gave."""
    passages = (
        select(func.count())
        .select_from(Source)
        .where(Source.unit_id == Interview.id, Source.state == "live")
        .correlate(Interview)
        .scalar_subquery()
    )
    # Zones stand in their order, and whoever speaks for none of them last.
    place = func.coalesce(Zone.position, LAST)
    statement = (
        select(
            Interview.id, Interview.status, Interview.role, Interview.organisation, Zone.code, Zone.name, Interview.speaker_kind,
            Interview.held_on, Interview.consent_quote, passages, place,
        )
        .outerjoin(Zone, Zone.id == Interview.zone_id)
        .where(Interview.process_id == process_id)
        .order_by(place, Interview.role, Interview.id)
        .limit(INTERVIEWS_PER_PAGE + 1)
    )  # fmt: skip  # the order of InterviewRow's fields, then the place that pages are cut by
    if status:
        statement = statement.where(Interview.status == status)
    if zone:
        statement = statement.where(Zone.code == zone)
    after = decode_cursor(cursor, 3)
    if after:
        start = (min(cursor_number(after[0]), LAST), after[1] or "", cursor_key(after[2]))
        statement = statement.where(tuple_(place, Interview.role, Interview.id) > tuple_(*map(literal, start)))
    rows = session.execute(statement).all()
    page = cut_page(rows, INTERVIEWS_PER_PAGE, lambda row: (row[-1], row.role, row.id))
    return Page([InterviewRow(*row[:-1]) for row in page.rows], page.next_cursor)


def standing(session: Session, *, process_id: uuid.UUID) -> list[tuple[str | None, str | None, str]]:
    """Zone, kind of voice and status of every interview of a process: for its coverage, which is of all pages."""
    rows = session.execute(
        select(Zone.code, Interview.speaker_kind, Interview.status)
        .outerjoin(Zone, Zone.id == Interview.zone_id)
        .where(Interview.process_id == process_id)
        .order_by(Interview.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def interview(session: Session, *, process_id: uuid.UUID, interview_id: uuid.UUID) -> InterviewPage | None:
    """One interview of a process, or None."""
    row = session.execute(
        select(
            Interview.id, Interview.status, Interview.role, Interview.organisation, Interview.person_name, Interview.zone_id, Zone.code,
            Zone.name, Interview.speaker_kind, Interview.language, Interview.held_on, Interview.consent_record, Interview.consent_transcribe,
            Interview.consent_code, Interview.consent_quote, Interview.consent_text, Interview.consent_on, Interview.embargo_until,
            Interview.notes, Interview.version, Interview.email, Interview.meets_at, Interview.place, Interview.invitations,
        )
        .outerjoin(Zone, Zone.id == Interview.zone_id)
        .where(Interview.id == interview_id, Interview.process_id == process_id)
    ).one_or_none()  # fmt: skip  # the order of InterviewPage's fields
    if row is None:
        return None
    facts: Any = tuple(row)
    return InterviewPage(*facts)


def passages(
    session: Session, *, interview_id: uuid.UUID, since: int = 0, limit: int | None = None
) -> list[PassageRow]:
    """The transcript in order from a position on, in two statements; `limit` cuts it, for pages."""
    statement = (
        select(
            InterviewPassage.position,
            InterviewPassage.speaker,
            InterviewPassage.asked,
            InterviewPassage.source_id,
            InterviewPassage.at_ms,
        )
        .where(InterviewPassage.interview_id == interview_id, InterviewPassage.position >= since)
        .order_by(InterviewPassage.position)
        .limit(limit)
    )
    rows = session.execute(statement).all()
    found = cards(session, ids=[row.source_id for row in rows if row.source_id], public_only=False)
    return [PassageRow(r.position, r.speaker, r.asked, found.get(r.source_id), r.at_ms) for r in rows]


def _taken_from() -> ColumnElement[bool]:
    """Whether a passage that was withdrawn, or redacted for privacy, stands in a file; of a passage without a file nobody knows."""
    redacted = exists().where(SourceRevision.source_id == Source.id, SourceRevision.text.is_(None))
    taken = exists(
        select(1)
        .select_from(InterviewPassage)
        .join(Source, Source.id == InterviewPassage.source_id)
        .where(
            InterviewPassage.interview_id == InterviewOriginal.interview_id,
            or_(InterviewPassage.original_id == InterviewOriginal.id, InterviewPassage.original_id.is_(None)),
            or_(Source.state == "withdrawn", redacted),
        )
        .correlate(InterviewOriginal)
    )
    return and_(InterviewOriginal.imported_at.is_not(None), taken)


def closed_files(session: Session, *, interview_id: uuid.UUID) -> set[uuid.UUID]:
    """Files of an interview that nobody may open: they hold words that were taken back since."""
    rows = session.execute(
        select(InterviewOriginal.id).where(InterviewOriginal.interview_id == interview_id, _taken_from()).order_by(InterviewOriginal.id)
    )
    return set(rows.scalars())


def originals(session: Session, *, interview_id: uuid.UUID) -> list[OriginalRow]:
    """Files of an interview's transcript, the newest first."""
    rows = session.execute(
        select(InterviewOriginal, StoredFile.name, _taken_from())
        .join(StoredFile, StoredFile.id == InterviewOriginal.file_id)
        .where(InterviewOriginal.interview_id == interview_id)
        .order_by(InterviewOriginal.read_at.desc(), InterviewOriginal.id)
    )
    return [
        OriginalRow(
            row.id, row.file_id, name, row.layout, row.sure, tuple(Turn(*turn) for turn in row.turns), tuple(row.left_out),
            row.read_at, row.imported_at, closed,
        )
        for row, name, closed in rows
    ]  # fmt: skip  # one row of values reads better so


@dataclass(frozen=True, slots=True)
class GuideRow:
    """A question of the guide with what it asks about: `mark` as it is typed, `about` in words."""

    text: str
    mark: str
    about: str


def guide(session: Session, *, process_id: uuid.UUID) -> list[GuideRow]:
    """The questions of the interview guide, in order."""
    statement = (
        select(GuideQuestion.text, Strategy.code, Strategy.title, Axis.number, Axis.title)
        .outerjoin(Strategy, Strategy.id == GuideQuestion.strategy_id)
        .outerjoin(Axis, Axis.id == GuideQuestion.axis_id)
        .where(GuideQuestion.process_id == process_id)
        .order_by(GuideQuestion.position)
    )
    found = []
    for text, code, title, number, axis in session.execute(statement):
        mark = code or (str(number) if number is not None else "")
        found.append(GuideRow(text, mark, f"{mark} {title or axis}" if mark else ""))
    return found


@dataclass(frozen=True, slots=True)
class Door:
    """What a personal page opens: the interview and its process."""

    interview_id: uuid.UUID
    process_id: uuid.UUID
    process_title: str
    process_slug: str


def door(session: Session, *, token: str) -> Door | None:
    """The interview that a personal link leads to, or None."""
    row = session.execute(
        select(Interview.id, Process.id, Process.title, Process.slug)
        .join(Process, Process.id == Interview.process_id)
        .where(Interview.door_hash == door_hash(token))
    ).one_or_none()
    return Door(*row) if row else None


def consent_history(session: Session, *, interview_id: uuid.UUID) -> list[ConsentChange]:
    """What the person consented to over time, the newest first."""
    statement = select(ConsentChange).where(ConsentChange.interview_id == interview_id)
    return list(session.execute(statement.order_by(ConsentChange.changed_at.desc(), ConsentChange.id)).scalars())
