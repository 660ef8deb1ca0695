"""Reads of meetings: lists, one meeting, what a person registered for, what a short code leads to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.framework.models import Zone
from consult.listening.meetings.models import Meeting, MeetingRegistration, MeetingZone
from consult.listening.sources.models import Source
from consult.process.models import Process


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


def meetings(session: Session, *, process_id: uuid.UUID, public_only: bool) -> list[MeetingRow]:
    """The meetings of a process by date, with zones and number of notes, in one statement."""
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
    if public_only:
        statement = statement.where(Meeting.state != "draft")
    rows = session.execute(statement.order_by(Meeting.starts_at, Meeting.id)).all()
    return [MeetingRow(*row) for row in rows]


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
