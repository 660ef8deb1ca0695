"""Writes on meetings: the meeting, its state, its tables, its files."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.files.services import keep
from consult.files.types import Upload
from consult.listening.meetings.models import (
    Meeting,
    MeetingBallot,
    MeetingFile,
    MeetingNote,
    MeetingTable,
    MeetingZone,
)
from consult.listening.meetings.rules import STATES
from consult.listening.meetings.services.attending import ask_for_reminder, fill_places, tell_all
from consult.listening.meetings.services.locking import locked
from consult.ports.storage import Storage
from consult.process.queries import slug_of


@dataclass(frozen=True, slots=True)
class MeetingFields:
    """What can be typed about a meeting."""

    title: str
    starts_at: datetime
    place: str
    ends_at: datetime | None = None
    summary: str = ""
    address: str = ""
    agenda: str = ""
    minutes: str = ""
    registration: bool = False
    capacity: int | None = None
    picks: int = 5
    zone_ids: Collection[uuid.UUID] = ()


_COLUMNS = (
    "title",
    "starts_at",
    "place",
    "ends_at",
    "summary",
    "address",
    "agenda",
    "minutes",
    "registration",
    "capacity",
    "picks",
)
_TITLES = {"title": "Titolo", "place": "Luogo", "summary": "Presentazione", "agenda": "Programma", "minutes": "Verbale"}


def _set_zones(session: Session, meeting_id: uuid.UUID, zone_ids: Collection[uuid.UUID]) -> None:
    session.execute(delete(MeetingZone).where(MeetingZone.meeting_id == meeting_id))
    if zone_ids:
        session.execute(
            insert(MeetingZone), [{"meeting_id": meeting_id, "zone_id": zone} for zone in sorted(set(zone_ids))]
        )


def create_meeting(
    session: Session, *, process_id: uuid.UUID, fields: MeetingFields, actor: Actor, now: datetime
) -> uuid.UUID:
    """Enter a meeting, not yet public. Raises Invalid where it would end before it begins."""
    _check(fields)
    meeting = Meeting(process_id=process_id, created_at=now, **{name: getattr(fields, name) for name in _COLUMNS})
    session.add(meeting)
    session.flush()
    _set_zones(session, meeting.id, fields.zone_ids)
    record(
        session,
        actor=actor,
        action="meeting.entered",
        kind=ThingKind.meeting,
        object_id=meeting.id,
        process_id=process_id,
    )
    session.flush()
    return meeting.id


def edit_meeting(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    version: int,
    fields: MeetingFields,
    actor: Actor,
    now: datetime,
) -> None:
    """Save an edited meeting. Raises Conflict where somebody saved since `version` was read."""
    _check(fields)
    before = locked(session, process_id, meeting_id)
    moved = (before.starts_at, before.place, before.address) != (fields.starts_at, fields.place, fields.address)
    values = {name: getattr(fields, name) for name in _COLUMNS}
    done = session.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.process_id == process_id, Meeting.version == version)
        .values(version=version + 1, **values)
        .returning(Meeting.id)
    ).scalar_one_or_none()
    if done is None:
        current = before
        raise Conflict(
            "Qualcun altro ha salvato questo incontro mentre lo modificavi.",
            link_endpoint="meetings.edit",
            link_values={"slug": slug_of(session, process_id=process_id), "meeting_id": str(meeting_id)},
            differences=tuple(
                Difference(label, str(getattr(current, name)), str(values[name]))
                for name, label in _TITLES.items()
                if getattr(current, name) != values[name]
            ),
            current_version=current.version,
        )
    _set_zones(session, meeting_id, fields.zone_ids)
    meeting = locked(session, process_id, meeting_id)
    if meeting.state == "published" and meeting.starts_at > now:
        if moved:
            tell_all(session, meeting, what="changed", period=str(meeting.version))
            ask_for_reminder(session, meeting)
        # A larger room has places for who waits.
        fill_places(session, meeting, now=now)
    record(
        session,
        actor=actor,
        action="meeting.edited",
        kind=ThingKind.meeting,
        object_id=meeting_id,
        process_id=process_id,
    )
    session.flush()


def _check(fields: MeetingFields) -> None:
    if fields.ends_at is not None and fields.ends_at <= fields.starts_at:
        raise Invalid("L’incontro finirebbe prima di iniziare.", {"ends_at": "La fine deve venire dopo l’inizio."})


def set_state(
    session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, state: str, actor: Actor, now: datetime
) -> None:
    """Publish, cancel or take back into draft. Raises Invalid for an unknown state."""
    if state not in STATES:
        raise Invalid("Questo stato non esiste.")
    meeting = locked(session, process_id, meeting_id)
    if meeting.state != state:
        meeting.state = state
        if state == "published" and meeting.starts_at > now:
            ask_for_reminder(session, meeting)
        if state == "cancelled" and meeting.starts_at > now:
            tell_all(session, meeting, what="cancelled", period=str(meeting.version))
        record(
            session,
            actor=actor,
            action=f"meeting.{state}",
            kind=ThingKind.meeting,
            object_id=meeting_id,
            process_id=process_id,
        )
    session.flush()


def save_table(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    table_id: uuid.UUID | None,
    number: int,
    title: str,
    zone_id: uuid.UUID | None,
    facilitator_id: uuid.UUID | None,
    seats: int | None,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Set up a working table, or change it (`table_id`); returns its key. Raises Invalid where another table bears the number."""
    locked(session, process_id, meeting_id)
    taken = session.execute(
        select(MeetingTable.id).where(MeetingTable.meeting_id == meeting_id, MeetingTable.number == number)
    ).scalar_one_or_none()
    if taken is not None and taken != table_id:
        raise Invalid("C’è già un tavolo con questo numero.", {"number": "C’è già un tavolo con questo numero."})
    known = session.execute(
        select(MeetingTable).where(MeetingTable.id == table_id, MeetingTable.meeting_id == meeting_id)
    ).scalar_one_or_none()
    if table_id is not None and known is None:
        raise NotFound("Questo tavolo non c’è.")
    table = known or MeetingTable(meeting_id=meeting_id)
    session.add(table)
    table.number, table.title, table.zone_id = number, title, zone_id
    table.facilitator_id, table.seats = facilitator_id, seats
    record(
        session,
        actor=actor,
        action="meeting.table_set",
        kind=ThingKind.meeting,
        object_id=meeting_id,
        process_id=process_id,
        number=number,
    )
    session.flush()
    return table.id


def remove_table(
    session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, table_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Take a table away; who chose it keeps the place in the room. Raises Invalid where notes or ballots were made at it."""
    locked(session, process_id, meeting_id)
    used = session.execute(
        select(
            or_(
                select(MeetingNote.source_id).where(MeetingNote.table_id == table_id).exists(),
                select(MeetingBallot.id).where(MeetingBallot.table_id == table_id).exists(),
            )
        )
    ).scalar_one()
    if used:
        raise Invalid("A questo tavolo ci sono appunti o scelte: non si può togliere.")
    session.execute(delete(MeetingTable).where(MeetingTable.id == table_id, MeetingTable.meeting_id == meeting_id))
    record(
        session, actor=actor, action="meeting.table_removed", kind=ThingKind.meeting, object_id=meeting_id, process_id=process_id
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def add_file(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    upload: Upload,
    title: str,
    storage: Storage,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Put a file on the page of a meeting; returns its key."""
    locked(session, process_id, meeting_id)
    file_id = keep(session, upload=upload, process_id=process_id, storage=storage, actor=actor, now=now)
    session.add(MeetingFile(meeting_id=meeting_id, file_id=file_id, title=title))
    record(
        session, actor=actor, action="meeting.file_added", kind=ThingKind.meeting, object_id=meeting_id, process_id=process_id, file=file_id
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return file_id


def remove_file(
    session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, file_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Take a file off the page of a meeting; its bytes stay with the process."""
    locked(session, process_id, meeting_id)
    session.execute(delete(MeetingFile).where(MeetingFile.file_id == file_id, MeetingFile.meeting_id == meeting_id))
    record(
        session, actor=actor, action="meeting.file_removed", kind=ThingKind.meeting, object_id=meeting_id, process_id=process_id, file=file_id
    )  # fmt: skip  # one row of values reads better so
    session.flush()
