"""Reads of meetings: lists, one meeting, its notes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.framework.models import Zone
from consult.listening.meetings.models import Meeting, MeetingZone
from consult.listening.sources.models import Source


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting with the codes and names of its zones."""

    id: uuid.UUID
    title: str
    starts_at: datetime
    ends_at: datetime | None
    place: str
    address: str
    agenda: str
    people_present: int | None
    minutes_published_at: datetime | None
    version: int
    zones: tuple[str, ...]
    zone_ids: tuple[uuid.UUID, ...]
    notes: int


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One thing noted at a meeting."""

    id: uuid.UUID
    position: int
    text: str
    note_kind: str | None
    speaker_kind: str | None
    zone_code: str | None
    zone_name: str | None
    agreed: int | None
    state: str


def _statement(process_id: uuid.UUID):  # type: ignore[no-untyped-def]  # The tuple type of this select has thirteen places; it stays within this module.
    zones = (
        select(func.coalesce(func.array_agg(aggregate_order_by(Zone.code + " " + Zone.name, Zone.position)), []))
        .join(MeetingZone, MeetingZone.zone_id == Zone.id)
        .where(MeetingZone.meeting_id == Meeting.id)
        .scalar_subquery()
    )
    keys = (
        select(func.coalesce(func.array_agg(cast(MeetingZone.zone_id, String)), []))
        .where(MeetingZone.meeting_id == Meeting.id)
        .scalar_subquery()
    )
    notes = (
        select(func.count())
        .where(Source.unit_id == Meeting.id, Source.unit_kind == "meeting", Source.state == "live")
        .correlate(Meeting)
        .scalar_subquery()
    )
    return select(
        Meeting.id, Meeting.title, Meeting.starts_at, Meeting.ends_at, Meeting.place, Meeting.address, Meeting.agenda,
        Meeting.people_present, Meeting.minutes_published_at, Meeting.version, zones, keys, notes,
    ).where(Meeting.process_id == process_id)  # fmt: skip  # one column per name reads better in two lines


def _row(row: tuple) -> MeetingRow:  # type: ignore[type-arg]  # A row of the statement above.
    return MeetingRow(*row[:10], zones=tuple(row[10]), zone_ids=tuple(uuid.UUID(k) for k in row[11]), notes=row[12])


def meetings(session: Session, *, process_id: uuid.UUID) -> list[MeetingRow]:
    """All meetings of a process by date; there are some dozens at most."""
    return [_row(tuple(r)) for r in session.execute(_statement(process_id).order_by(Meeting.starts_at, Meeting.id))]


def meeting(session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID) -> MeetingRow | None:
    """One meeting of a process, or None."""
    row = session.execute(_statement(process_id).where(Meeting.id == meeting_id)).one_or_none()
    return _row(tuple(row)) if row else None


def notes(session: Session, *, meeting_id: uuid.UUID, public_only: bool) -> list[NoteRow]:
    """The notes of a meeting in the order they were taken."""
    statement = (
        select(
            Source.id, Source.position, Source.text, Source.note_kind, Source.speaker_kind, Zone.code, Zone.name, Source.agreed, Source.state,
        )
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .where(Source.unit_id == meeting_id, Source.unit_kind == "meeting", Source.state == "live")
        .order_by(Source.position, Source.id)
        .limit(1000)
    )  # fmt: skip  # one column per name reads better in two lines
    if public_only:
        statement = statement.where(Source.visibility == "public")
    return [NoteRow(*row) for row in session.execute(statement)]
