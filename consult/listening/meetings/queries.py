"""Reads of meetings."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.framework.models import Zone
from consult.listening.meetings.models import Meeting, MeetingRegistration, MeetingZone
from consult.listening.sources.models import Source
from consult.listening.sources.queries import of_unit
from consult.listening.sources.types import SourceCard
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
    registered: int
    zones: tuple[tuple[uuid.UUID, str, str], ...]

    @property
    def full(self) -> bool:
        """Whether nobody else can register."""
        return self.capacity is not None and self.registered >= self.capacity


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
        Meeting.id, Meeting.title, Meeting.starts_at, Meeting.ends_at, Meeting.place, Meeting.state, Meeting.minutes_published_at, zones, notes
    ).where(Meeting.process_id == process_id)  # fmt: skip  # the order of MeetingRow's fields
    if public_only:
        statement = statement.where(Meeting.state != "draft")
    rows = session.execute(statement.order_by(Meeting.starts_at, Meeting.id)).all()
    return [MeetingRow(*row) for row in rows]


def meeting(session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID) -> MeetingPage | None:
    """One meeting of a process with its zones and how many registered, or None."""
    registered = (
        select(func.count())
        .select_from(MeetingRegistration)
        .where(MeetingRegistration.meeting_id == Meeting.id)
        .correlate(Meeting)
        .scalar_subquery()
        .label("registered")
    )
    row = session.execute(
        select(
            Meeting.id, Meeting.title, Meeting.summary, Meeting.starts_at, Meeting.ends_at, Meeting.place, Meeting.address, Meeting.agenda,
            Meeting.registration, Meeting.capacity, Meeting.state, Meeting.minutes, Meeting.minutes_published_at, Meeting.version, registered,
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


def notes(session: Session, *, meeting_id: uuid.UUID, public_only: bool) -> list[SourceCard]:
    """What was said at a meeting, in order; for the public only what is live and shown."""
    found = of_unit(session, unit_id=meeting_id, live_only=public_only)
    return [card for card in found if card.visibility == "public"] if public_only else found


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """Somebody who registered, as the facilitator sees it."""

    id: uuid.UUID
    name: str
    email: str
    organisation: str
    registered_at: datetime


def registrations(session: Session, *, meeting_id: uuid.UUID) -> list[RegistrationRow]:
    """Who registered, by name."""
    statement = (
        select(
            MeetingRegistration.id, MeetingRegistration.name, MeetingRegistration.email, MeetingRegistration.organisation,
            MeetingRegistration.registered_at,
        )
        .where(MeetingRegistration.meeting_id == meeting_id)
        .order_by(MeetingRegistration.name, MeetingRegistration.id)
    )  # fmt: skip  # the order of RegistrationRow's fields
    return [RegistrationRow(*row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class OwnRegistration:
    """A registration as the person who made it finds it."""

    process_slug: str
    meeting_id: uuid.UUID
    title: str
    starts_at: datetime
    place: str


def own_registrations(session: Session, *, account_id: uuid.UUID) -> list[OwnRegistration]:
    """The meetings a person registered for, by date."""
    statement = (
        select(Process.slug, Meeting.id, Meeting.title, Meeting.starts_at, Meeting.place)
        .join(Meeting, Meeting.process_id == Process.id)
        .join(MeetingRegistration, MeetingRegistration.meeting_id == Meeting.id)
        .where(MeetingRegistration.account_id == account_id)
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [OwnRegistration(*row) for row in session.execute(statement)]
