"""Reads of who comes: tables, registrations, attendance, files."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, literal, select, tuple_
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.files.models import StoredFile
from consult.framework.models import Zone
from consult.listening.meetings.models import Meeting, MeetingFile, MeetingRegistration, MeetingTable
from consult.listening.meetings.types import FileOfMeeting, RegistrationRow, TableRow
from consult.people.models import Account
from consult.process.models import Process

PEOPLE_PER_PAGE = 100


def tables(session: Session, *, meeting_id: uuid.UUID) -> list[TableRow]:
    """The working tables by number, each with how many chose it."""
    taken = (
        select(func.count())
        .select_from(MeetingRegistration)
        .where(MeetingRegistration.table_id == MeetingTable.id)
        .correlate(MeetingTable)
        .scalar_subquery()
    )
    statement = (
        select(
            MeetingTable.id, MeetingTable.number, MeetingTable.title, Zone.id, Zone.code, Zone.name, MeetingTable.facilitator_id,
            Account.display_name, MeetingTable.seats, taken,
        )
        .outerjoin(Zone, Zone.id == MeetingTable.zone_id)
        .outerjoin(Account, Account.id == MeetingTable.facilitator_id)
        .where(MeetingTable.meeting_id == meeting_id)
        .order_by(MeetingTable.number)
    )  # fmt: skip  # the order of TableRow's fields
    return [TableRow(*row) for row in session.execute(statement)]


#: Who registered stands first, by name; who waits stands in the order of waiting.
_WAITS = MeetingRegistration.state == "waiting"
_NAME = case((_WAITS, ""), else_=func.lower(MeetingRegistration.name))
_ORDER = (_WAITS, _NAME, MeetingRegistration.registered_at, MeetingRegistration.id)


def _registrations(meeting_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            MeetingRegistration.id, MeetingRegistration.name, MeetingRegistration.email, MeetingRegistration.organisation,
            MeetingRegistration.state, MeetingTable.number, MeetingRegistration.came, MeetingRegistration.registered_at, _NAME.label("place"),
        )
        .outerjoin(MeetingTable, MeetingTable.id == MeetingRegistration.table_id)
        .where(MeetingRegistration.meeting_id == meeting_id)
        .order_by(*_ORDER)
    )  # fmt: skip  # the order of RegistrationRow's fields, then what pages are cut by


def registrations(session: Session, *, meeting_id: uuid.UUID) -> list[RegistrationRow]:
    """Who registered, by name, then who waits, in the order of waiting: all of them, for the list to print."""
    return [RegistrationRow(*row[:-1]) for row in session.execute(_registrations(meeting_id))]


def registrations_page(session: Session, *, meeting_id: uuid.UUID, cursor: str | None = None) -> Page[RegistrationRow]:
    """A page of who registered, by name, then of who waits, in the order of waiting."""
    statement = _registrations(meeting_id).limit(PEOPLE_PER_PAGE + 1)
    after = decode_cursor(cursor, 4)
    if after:
        start = (after[0] == "waiting", after[1] or "", cursor_moment(after[2]), cursor_key(after[3]))
        statement = statement.where(tuple_(*_ORDER) > tuple_(*map(literal, start)))
    rows = session.execute(statement).all()
    page = cut_page(rows, PEOPLE_PER_PAGE, lambda row: (row.state, row.place, row.registered_at.isoformat(), row.id))
    return Page([RegistrationRow(*row[:-1]) for row in page.rows], page.next_cursor)


@dataclass(frozen=True, slots=True)
class Attendance:
    """How many came, and which organisations; never names of people."""

    came: int
    organisations: tuple[str, ...]


def attendance(session: Session, *, meeting_id: uuid.UUID) -> Attendance:
    """Who came, as the public may know it."""
    rows = (
        session.execute(
            select(MeetingRegistration.organisation).where(
                MeetingRegistration.meeting_id == meeting_id, MeetingRegistration.came.is_(True)
            )
        )
        .scalars()
        .all()
    )
    return Attendance(len(rows), tuple(sorted({name for name in rows if name}, key=str.casefold)))


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration as the person who made it sees it."""

    id: uuid.UUID
    process_id: uuid.UUID
    slug: str
    meeting_id: uuid.UUID
    title: str
    starts_at: datetime
    place: str
    state: str
    meeting_state: str
    table_number: int | None
    before: int


def registration(
    session: Session,
    *,
    registration_id: uuid.UUID | None = None,
    meeting_id: uuid.UUID | None = None,
    account_id: uuid.UUID | None = None,
) -> Registration | None:
    """One registration: by its key, or an account's own for a meeting. `before`: how many wait longer."""
    waiting = MeetingRegistration.__table__.alias("w")
    before = (
        select(func.count())
        .select_from(waiting)
        .where(
            waiting.c.meeting_id == MeetingRegistration.meeting_id,
            waiting.c.state == "waiting",
            waiting.c.registered_at < MeetingRegistration.registered_at,
        )
        .correlate(MeetingRegistration)
        .scalar_subquery()
    )
    statement = (
        select(
            MeetingRegistration.id, Process.id, Process.slug, Meeting.id, Meeting.title, Meeting.starts_at, Meeting.place,
            MeetingRegistration.state, Meeting.state, MeetingTable.number, before,
        )
        .join(Meeting, Meeting.id == MeetingRegistration.meeting_id)
        .join(Process, Process.id == Meeting.process_id)
        .outerjoin(MeetingTable, MeetingTable.id == MeetingRegistration.table_id)
        .order_by(MeetingRegistration.registered_at, MeetingRegistration.id)
        .limit(1)
    )  # fmt: skip  # the order of Registration's fields
    if registration_id is not None:
        statement = statement.where(MeetingRegistration.id == registration_id)
    else:
        statement = statement.where(
            MeetingRegistration.meeting_id == meeting_id, MeetingRegistration.account_id == account_id
        )
    row = session.execute(statement).one_or_none()
    return Registration(*row) if row else None


def files(session: Session, *, meeting_id: uuid.UUID) -> list[FileOfMeeting]:
    """The files of a meeting, by title."""
    statement = (
        select(StoredFile.id, MeetingFile.title, StoredFile.kind, StoredFile.size)
        .join(MeetingFile, MeetingFile.file_id == StoredFile.id)
        .where(MeetingFile.meeting_id == meeting_id)
        .order_by(MeetingFile.title, StoredFile.id)
    )
    return [FileOfMeeting(*row) for row in session.execute(statement)]
