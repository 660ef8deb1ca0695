"""Reads of meetings: lists, one meeting, what a person registered for, what a short code leads to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Tuple, and_, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.framework.models import Zone
from consult.listening.meetings.models import Meeting, MeetingRegistration, MeetingZone
from consult.listening.sources.models import Source
from consult.process.models import Process

PER_PAGE = 40
#: Meetings in a feed and in a calendar.
IN_FEED, IN_CALENDAR = 50, 1_000


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting as lists show it."""

    id: uuid.UUID
    title: str
    starts_at: datetime
    ends_at: datetime | None
    place: str
    state: str
    minutes_published_at: datetime | None
    zones: list[str] | None
    notes: int
    summary: str
    address: str
    registration: bool
    capacity: int | None
    registered: int
    created_at: datetime
    review_until: datetime | None

    @property
    def full(self) -> bool:
        """Whether whoever registers now waits for a place."""
        return self.capacity is not None and self.registered >= self.capacity


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """A meeting as its page and its form show it."""

    id: uuid.UUID
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime | None
    place: str
    address: str
    agenda: str
    registration: bool
    capacity: int | None
    state: str
    minutes: str
    minutes_published_at: datetime | None
    version: int
    join_code: str
    picking: bool
    picks: int
    review_from: datetime | None
    review_until: datetime | None
    created_at: datetime
    registered: int
    waiting: int
    zones: tuple[tuple[uuid.UUID, str, str], ...]

    @property
    def full(self) -> bool:
        """Whether whoever registers now waits for a place."""
        return self.capacity is not None and self.registered >= self.capacity


def _registered(state: str) -> ScalarSelect[int]:
    """How many registered, or wait, for the meeting of the outer statement."""
    return (
        select(func.count())
        .select_from(MeetingRegistration)
        .where(MeetingRegistration.meeting_id == Meeting.id, MeetingRegistration.state == state)
        .correlate(Meeting)
        .scalar_subquery()
    )


def _rows(process_id: uuid.UUID, *, public_only: bool) -> Select[*tuple[Any, ...]]:
    zones = (
        select(func.array_agg(aggregate_order_by(Zone.code, Zone.position)))
        .join(MeetingZone, MeetingZone.zone_id == Zone.id)
        .where(MeetingZone.meeting_id == Meeting.id)
        .correlate(Meeting)
        .scalar_subquery()
    )
    notes = (
        select(func.count())
        .select_from(Source)
        .where(Source.unit_id == Meeting.id, Source.state == "live")
        .correlate(Meeting)
        .scalar_subquery()
    )
    statement = select(
        Meeting.id, Meeting.title, Meeting.starts_at, Meeting.ends_at, Meeting.place, Meeting.state, Meeting.minutes_published_at, zones, notes,
        Meeting.summary, Meeting.address, Meeting.registration, Meeting.capacity, _registered("registered"), Meeting.created_at,
        Meeting.review_until,
    ).where(Meeting.process_id == process_id)  # fmt: skip  # the order of MeetingRow's fields
    return statement.where(Meeting.state != "draft") if public_only else statement


def _end() -> ColumnElement[datetime]:
    """When a meeting is over; one without an end is when it has begun."""
    return func.coalesce(Meeting.ends_at, Meeting.starts_at)


def coming(
    session: Session, *, process_id: uuid.UUID, public_only: bool, now: datetime, cursor: str | None = None
) -> Page[MeetingRow]:
    """A page of the meetings that are not over, the next first."""
    statement = _rows(process_id, public_only=public_only).where(_end() >= now)
    after = _place(cursor)
    if after is not None:
        statement = statement.where(tuple_(Meeting.starts_at, Meeting.id) > after)
    return _page(session, statement.order_by(Meeting.starts_at, Meeting.id))


def past(
    session: Session, *, process_id: uuid.UUID, public_only: bool, now: datetime, cursor: str | None = None
) -> Page[MeetingRow]:
    """A page of the meetings that are over, the last first."""
    statement = _rows(process_id, public_only=public_only).where(_end() < now)
    before = _place(cursor)
    if before is not None:
        statement = statement.where(tuple_(Meeting.starts_at, Meeting.id) < before)
    return _page(session, statement.order_by(Meeting.starts_at.desc(), Meeting.id.desc()))


def _place(cursor: str | None) -> Tuple | None:
    found = decode_cursor(cursor, 2)
    return tuple_(literal(cursor_moment(found[0])), literal(cursor_key(found[1]))) if found else None


def _page(session: Session, statement: Select[*tuple[Any, ...]]) -> Page[MeetingRow]:
    rows = [MeetingRow(*row) for row in session.execute(statement.limit(PER_PAGE + 1))]
    return cut_page(rows, PER_PAGE, lambda row: (row.starts_at.isoformat(), row.id))


def announced(session: Session, *, process_id: uuid.UUID, newest_first: bool = False) -> list[MeetingRow]:
    """Public meetings for calendars, by date, or for feeds, the last that changed first; as many as those programs take."""
    statement = _rows(process_id, public_only=True)
    if newest_first:
        changed = func.coalesce(Meeting.minutes_published_at, Meeting.created_at)
        statement = statement.order_by(changed.desc(), Meeting.id).limit(IN_FEED)
    else:
        # Where there are too many, the oldest stay out.
        statement = statement.order_by(Meeting.starts_at.desc(), Meeting.id.desc()).limit(IN_CALENDAR)
    rows = [MeetingRow(*row) for row in session.execute(statement)]
    return rows if newest_first else rows[::-1]


def titles(session: Session, *, process_id: uuid.UUID, limit: int = 300) -> list[tuple[uuid.UUID, str]]:
    """Keys and titles of meetings to choose from, the last first."""
    rows = session.execute(
        select(Meeting.id, Meeting.title)
        .where(Meeting.process_id == process_id)
        .order_by(Meeting.starts_at.desc(), Meeting.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def one_row(session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID) -> MeetingRow | None:
    """A public meeting as lists show it, or None."""
    row = session.execute(_rows(process_id, public_only=True).where(Meeting.id == meeting_id)).one_or_none()
    return MeetingRow(*row) if row else None


def meeting(session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID) -> MeetingPage | None:
    """One meeting of a process with its zones and how many registered, or None."""
    row = session.execute(
        select(
            Meeting.id, Meeting.title, Meeting.summary, Meeting.starts_at, Meeting.ends_at, Meeting.place, Meeting.address, Meeting.agenda,
            Meeting.registration, Meeting.capacity, Meeting.state, Meeting.minutes, Meeting.minutes_published_at, Meeting.version,
            Meeting.join_code, Meeting.picking, Meeting.picks, Meeting.review_from, Meeting.review_until, Meeting.created_at,
            _registered("registered").label("registered"), _registered("waiting").label("waiting"),
        ).where(Meeting.id == meeting_id, Meeting.process_id == process_id)
    ).one_or_none()  # fmt: skip  # the order of MeetingPage's fields
    if row is None:
        return None
    zones = session.execute(
        select(Zone.id, Zone.code, Zone.name)
        .join(MeetingZone, MeetingZone.zone_id == Zone.id)
        .where(MeetingZone.meeting_id == meeting_id)
        .order_by(Zone.position, Zone.id)
    )
    facts: dict[str, Any] = dict(row._mapping)
    return MeetingPage(**facts, zones=tuple((z[0], z[1], z[2]) for z in zones))


@dataclass(frozen=True, slots=True)
class OwnRegistration:
    """A registration as the person who made it finds it."""

    process_slug: str
    meeting_id: uuid.UUID
    title: str
    starts_at: datetime
    place: str
    state: str
    told: bool
    """Whether the minutes are public."""


def own_registrations(session: Session, *, account_id: uuid.UUID) -> list[OwnRegistration]:
    """The meetings a person registered for, by date."""
    statement = (
        select(
            Process.slug, Meeting.id, Meeting.title, Meeting.starts_at, Meeting.place, MeetingRegistration.state,
            and_(Meeting.minutes_published_at.is_not(None), Meeting.state == "published"),
        )
        .join(Meeting, Meeting.process_id == Process.id)
        .join(MeetingRegistration, MeetingRegistration.meeting_id == Meeting.id)
        .where(MeetingRegistration.account_id == account_id)
        .order_by(Meeting.starts_at, Meeting.id)
    )  # fmt: skip  # the order of OwnRegistration's fields
    return [OwnRegistration(*row) for row in session.execute(statement)]


def by_code(session: Session, *, code: str) -> tuple[str, uuid.UUID] | None:
    """The process and meeting that a short code leads to, or None; a draft is not found."""
    row = session.execute(
        select(Process.slug, Meeting.id)
        .join(Process, Process.id == Meeting.process_id)
        .where(Meeting.join_code == code, Meeting.state == "published")
    ).one_or_none()
    return (row[0], row[1]) if row else None
