"""Who comes: registration, waiting list, tables, attendance, letters, and forgetting addresses afterwards."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import ThingKind
from consult.listening.meetings import emails
from consult.listening.meetings.models import Meeting, MeetingRegistration, MeetingTable
from consult.listening.meetings.rules import KEEP_ADDRESSES, REMIND_BEFORE, may_register
from consult.listening.meetings.services.locking import locked
from consult.ports.mail import Mailer, MailRefused
from consult.process.models import Process
from consult.process.services import remember_notice


def _count(session: Session, meeting_id: uuid.UUID) -> int:
    return int(
        session.execute(
            select(func.count())
            .select_from(MeetingRegistration)
            .where(MeetingRegistration.meeting_id == meeting_id, MeetingRegistration.state == "registered")
        ).scalar_one()
    )


def register(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    email: str,
    name: str,
    organisation: str,
    notice_id: uuid.UUID | None,
    actor: Actor,
    now: datetime,
    table_id: uuid.UUID | None = None,
    locale: str = "it",
) -> str:
    """Register for a meeting, or wait for a place; returns which: `registered` or `waiting`. Letters are in `locale`.

    The answer depends on the room only: it never tells whether an address had registered before. Who had gets their letter again.
    Raises Invalid where nobody may register now, or the table chosen is full.
    """
    meeting = locked(session, process_id, meeting_id)
    if not may_register(state=meeting.state, registration=meeting.registration, starts_at=meeting.starts_at, now=now):
        raise Invalid("Per questo incontro non ci si può iscrivere adesso.")
    full = meeting.capacity is not None and _count(session, meeting_id) >= meeting.capacity
    known = session.execute(
        select(MeetingRegistration.id, MeetingRegistration.state).where(
            MeetingRegistration.meeting_id == meeting_id, MeetingRegistration.email == email
        )
    ).one_or_none()
    state = "waiting" if full else "registered"
    if known is not None:
        _write_to(session, known.id, known.state, f"again:{now.date()}")
        return state
    if table_id is not None:
        _check_table(session, meeting_id, table_id)
    registration_id = session.execute(
        insert(MeetingRegistration)
        .values(
            meeting_id=meeting_id, account_id=actor.account_id, email=email, name=name, organisation=organisation, state=state,
            table_id=table_id, notice_id=notice_id, registered_at=now, locale=locale,
        )
        .returning(MeetingRegistration.id)
    ).scalar_one()  # fmt: skip  # one row of values reads better so
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.meeting, now=now)
    _write_to(session, registration_id, state, "first")
    session.flush()
    return state


def _check_table(session: Session, meeting_id: uuid.UUID, table_id: uuid.UUID) -> None:
    """Refuse a table of another meeting, or one whose places are taken."""
    table = session.execute(
        select(MeetingTable.seats).where(MeetingTable.id == table_id, MeetingTable.meeting_id == meeting_id)
    ).one_or_none()
    if table is None:
        raise Invalid("Questo tavolo non c’è.", {"table": "Scegli uno dei tavoli dell’elenco."})
    if table.seats is None:
        return
    taken = session.execute(
        select(func.count()).select_from(MeetingRegistration).where(MeetingRegistration.table_id == table_id)
    ).scalar_one()
    if taken >= table.seats:
        raise Invalid(
            "A questo tavolo i posti sono finiti.", {"table": "A questo tavolo i posti sono finiti: scegline un altro."}
        )


def _write_to(session: Session, registration_id: uuid.UUID, what: str, period: str) -> None:
    """Ask for one letter; a second asking in the same period asks for nothing more."""
    jobs.enqueue(
        session,
        "meetings.mail_registration",
        key=f"{registration_id}:{what}:{period}",
        registration_id=registration_id,
        what=what,
    )


def fill_places(session: Session, meeting: Meeting, *, now: datetime) -> int:
    """Give free places to who waits longest, and tell them; returns how many. The caller holds the meeting's lock."""
    if meeting.state != "published" or meeting.starts_at <= now:
        return 0
    waiting = (
        session.execute(
            select(MeetingRegistration)
            .where(MeetingRegistration.meeting_id == meeting.id, MeetingRegistration.state == "waiting")
            .order_by(MeetingRegistration.registered_at, MeetingRegistration.id)
        )
        .scalars()
        .all()
    )
    if not waiting:
        return 0
    free = len(waiting) if meeting.capacity is None else max(0, meeting.capacity - _count(session, meeting.id))
    for row in waiting[:free]:
        row.state = "registered"
        _write_to(session, row.id, "promoted", "once")
    session.flush()
    return min(free, len(waiting))


def withdraw(session: Session, *, registration_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Take one's own registration back; the row is deleted and the place goes to who waits. Raises NotFound."""
    meeting_id, process_id = _meeting_of(session, registration_id)
    meeting = locked(session, process_id, meeting_id)
    _remove(session, meeting, registration_id, actor=actor, now=now)


def _meeting_of(session: Session, registration_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    row = session.execute(
        select(MeetingRegistration.meeting_id, Meeting.process_id)
        .join(Meeting, Meeting.id == MeetingRegistration.meeting_id)
        .where(MeetingRegistration.id == registration_id)
    ).one_or_none()
    if row is None:
        raise NotFound("Questa iscrizione non c’è più.")
    return row[0], row[1]


def remove_registration(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    registration_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Delete a registration at the person's request; the place goes to who waits."""
    _remove(session, locked(session, process_id, meeting_id), registration_id, actor=actor, now=now)


def _remove(session: Session, meeting: Meeting, registration_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    session.execute(
        delete(MeetingRegistration).where(
            MeetingRegistration.id == registration_id, MeetingRegistration.meeting_id == meeting.id
        )
    )
    record(
        session,
        actor=actor,
        action="meeting.registration_removed",
        kind=ThingKind.meeting,
        object_id=meeting.id,
        process_id=meeting.process_id,
    )
    fill_places(session, meeting, now=now)
    session.flush()


def note_attendance(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    came: set[uuid.UUID],
    actor: Actor,
    now: datetime,
    shown: set[uuid.UUID] | None = None,
) -> int:
    """Tick the attendance list: those in `came` came, the others of those `shown` (of all) did not. Returns how many came.

    Who was not on the page that was ticked, since it is on another one or was added meanwhile, stays as it was.
    Raises Invalid before it begins.
    """
    meeting = locked(session, process_id, meeting_id)
    if meeting.starts_at > now:
        raise Invalid("Le presenze si segnano quando l’incontro è cominciato.")
    ticked = MeetingRegistration.meeting_id == meeting_id
    if shown is not None:
        ticked &= MeetingRegistration.id.in_(sorted(shown))
    session.execute(update(MeetingRegistration).where(ticked).values(came=MeetingRegistration.id.in_(sorted(came))))
    record(
        session,
        actor=actor,
        action="meeting.attendance_noted",
        kind=ThingKind.meeting,
        object_id=meeting_id,
        process_id=process_id,
        came=len(came),
    )
    session.flush()
    return len(came)


def add_attendee(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    name: str,
    organisation: str,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Put somebody on the list who came without registering; no address is asked. Raises Invalid without name and organisation."""
    meeting = locked(session, process_id, meeting_id)
    if not name and not organisation:
        raise Invalid("Serve un nome o un’organizzazione.", {"name": "Scrivi il nome o l’organizzazione."})
    row = MeetingRegistration(
        meeting_id=meeting.id, email=None, name=name, organisation=organisation, came=True, registered_at=now
    )
    session.add(row)
    session.flush()
    return row.id


def tell_all(session: Session, meeting: Meeting, *, what: str, period: str) -> None:
    """Ask for one letter to everybody who registered with an address."""
    ids = session.execute(
        select(MeetingRegistration.id)
        .where(MeetingRegistration.meeting_id == meeting.id, MeetingRegistration.email.is_not(None))
        .order_by(MeetingRegistration.id)
    ).scalars()
    jobs.enqueue_all(
        session,
        "meetings.mail_registration",
        {f"{key}:{what}:{period}": {"registration_id": key, "what": what} for key in ids},
    )


def ask_for_reminder(session: Session, meeting: Meeting) -> None:
    """Ask for the day before: one job for this meeting at this time; one that was asked for another time then finds nothing to do."""
    jobs.enqueue(
        session,
        "meetings.remind",
        key=f"{meeting.id}:{meeting.starts_at.isoformat()}",
        not_before=meeting.starts_at - REMIND_BEFORE,
        meeting_id=meeting.id,
        starts_at=meeting.starts_at.isoformat(),
    )


def remind(session: Session, *, meeting_id: uuid.UUID, starts_at: datetime, now: datetime) -> None:
    """Write to everybody who registered, where the meeting still is at this time and has not begun."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None or meeting.state != "published" or meeting.starts_at != starts_at or starts_at <= now:
        return
    tell_all(session, meeting, what="reminder", period=starts_at.isoformat())


def send_letter(
    session: Session, *, registration_id: uuid.UUID, what: str, mailer: Mailer, secret: str, now: datetime
) -> None:
    """Send one letter about a registration. Nothing is sent to who withdrew since, or whose state is another by now."""
    row = session.execute(
        select(MeetingRegistration, Meeting, Process.slug, MeetingTable.number)
        .join(Meeting, Meeting.id == MeetingRegistration.meeting_id)
        .join(Process, Process.id == Meeting.process_id)
        .outerjoin(MeetingTable, MeetingTable.id == MeetingRegistration.table_id)
        .where(MeetingRegistration.id == registration_id)
    ).one_or_none()
    if row is None:
        return
    registration, meeting, slug, table = row
    to = registration.email
    if to is None:
        return
    if what in {"registered", "waiting"} and registration.state != what:
        return
    if what in {"registered", "waiting", "promoted", "changed", "cancelled"} and meeting.starts_at <= now:
        return
    if what == "review" and meeting.minutes_published_at is not None:
        return
    if what == "reminder" and (registration.state != "registered" or meeting.starts_at <= now):
        return
    letter = emails.about_registration(
        what,
        meeting=meeting,
        slug=slug,
        to=to,
        registration_id=registration.id,
        table=table,
        secret=secret,
        language=registration.locale,
    )
    try:
        mailer.send(letter)
    except MailRefused:
        record(
            session, actor=SYSTEM, action="meeting.letter_refused", kind=ThingKind.meeting, object_id=meeting.id,
            process_id=meeting.process_id, what=what,
        )  # fmt: skip  # one row of values reads better so


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Once a day: forget the addresses of meetings that are long over."""
    jobs.enqueue(session, "meetings.forget_addresses", key=str(now.date()), day=str(now.date()))


def forget_addresses(session: Session, *, now: datetime) -> int:
    """Empty names and addresses thirty days after a meeting; organisations and the count of who came stay. Returns how many."""
    ended = select(Meeting.id).where(
        func.greatest(
            func.coalesce(Meeting.ends_at, Meeting.starts_at), func.coalesce(Meeting.review_until, Meeting.starts_at)
        )
        < now - KEEP_ADDRESSES
    )
    done = session.execute(
        update(MeetingRegistration)
        .where(
            MeetingRegistration.meeting_id.in_(ended),
            (MeetingRegistration.email.is_not(None)) | (MeetingRegistration.name != ""),
        )
        .values(email=None, name="", account_id=None)
        .returning(MeetingRegistration.id)
    ).all()
    session.flush()
    return len(done)
