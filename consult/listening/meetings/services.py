"""Writes on meetings: the meeting, its state, registrations, notes, minutes."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, ThingKind
from consult.listening.meetings.models import Meeting, MeetingRegistration, MeetingZone
from consult.listening.meetings.queries import own_registrations
from consult.listening.meetings.rules import NOTE_KINDS, STATES, may_register
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_source, change_source, set_facts
from consult.process.models import Process
from consult.process.services import remember_notice


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
)
_TITLES = {"title": "Titolo", "place": "Luogo", "summary": "Presentazione", "agenda": "Programma", "minutes": "Verbale"}


def _locked(session: Session, process_id: uuid.UUID, meeting_id: uuid.UUID) -> Meeting:
    found = session.execute(
        select(Meeting)
        .where(Meeting.id == meeting_id, Meeting.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questo incontro non c'è.")
    return found


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
    values = {name: getattr(fields, name) for name in _COLUMNS}
    done = session.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.process_id == process_id, Meeting.version == version)
        .values(version=version + 1, **values)
        .returning(Meeting.id)
    ).scalar_one_or_none()
    if done is None:
        current = _locked(session, process_id, meeting_id)
        raise Conflict(
            "Qualcun altro ha salvato questo incontro mentre lo modificavi.",
            link_endpoint="meetings.edit",
            link_values={
                "slug": session.execute(select(Process.slug).where(Process.id == process_id)).scalar_one(),
                "meeting_id": str(meeting_id),
            },
            differences=tuple(
                Difference(label, str(getattr(current, name)), str(values[name]))
                for name, label in _TITLES.items()
                if getattr(current, name) != values[name]
            ),
            current_version=current.version,
        )
    _set_zones(session, meeting_id, fields.zone_ids)
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
        raise Invalid("L'incontro finirebbe prima di iniziare.", {"ends_at": "La fine deve venire dopo l'inizio."})


def set_state(
    session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, state: str, actor: Actor, now: datetime
) -> None:
    """Publish, cancel or take back into draft. Raises Invalid for an unknown state."""
    if state not in STATES:
        raise Invalid("Questo stato non esiste.")
    meeting = _locked(session, process_id, meeting_id)
    if meeting.state != state:
        meeting.state = state
        record(
            session,
            actor=actor,
            action=f"meeting.{state}",
            kind=ThingKind.meeting,
            object_id=meeting_id,
            process_id=process_id,
        )
    session.flush()


def publish_minutes(
    session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, public: bool, actor: Actor, now: datetime
) -> None:
    """Publish the minutes, which makes every note public, or take both back. Raises Invalid while there is no note."""
    meeting = _locked(session, process_id, meeting_id)
    ids = (
        session.execute(select(Source.id).where(Source.unit_id == meeting_id).order_by(Source.position, Source.id))
        .scalars()
        .all()
    )
    if public and not ids:
        raise Invalid("Prima di pubblicare il verbale serve almeno un appunto.")
    if public and meeting.state == "draft":
        raise Invalid("Prima del verbale va pubblicato l'incontro.")
    if public == (meeting.minutes_published_at is not None):
        return
    meeting.minutes_published_at = now if public else None
    for source_id in ids:
        set_facts(session, source_id=source_id, visibility="public" if public else "internal", actor=actor, now=now)
    action = "meeting.minutes_published" if public else "meeting.minutes_withdrawn"
    record(session, actor=actor, action=action, kind=ThingKind.meeting, object_id=meeting_id, process_id=process_id)
    session.flush()


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
) -> None:
    """Register for a meeting. A second registration of an address changes nothing and is answered alike. Raises Invalid when full."""
    meeting = _locked(session, process_id, meeting_id)
    if not may_register(state=meeting.state, registration=meeting.registration, starts_at=meeting.starts_at, now=now):
        raise Invalid("Per questo incontro non ci si può iscrivere adesso.")
    here = select(func.count()).select_from(MeetingRegistration).where(MeetingRegistration.meeting_id == meeting_id)
    known = session.execute(here.where(MeetingRegistration.email == email)).scalar_one()
    if not known and meeting.capacity is not None and session.execute(here).scalar_one() >= meeting.capacity:
        raise Invalid("I posti sono finiti. Si può venire lo stesso se in sala ne restano.")
    session.execute(
        insert(MeetingRegistration)
        .values(
            meeting_id=meeting_id, account_id=actor.account_id, email=email, name=name, organisation=organisation,
            notice_id=notice_id, registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=["meeting_id", "email"])
    )  # fmt: skip  # one row of values reads better so
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.meeting, now=now)
    session.flush()


def remove_registration(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    registration_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Delete a registration at the person's request."""
    _locked(session, process_id, meeting_id)
    session.execute(
        delete(MeetingRegistration).where(
            MeetingRegistration.id == registration_id, MeetingRegistration.meeting_id == meeting_id
        )
    )
    record(
        session,
        actor=actor,
        action="meeting.registration_removed",
        kind=ThingKind.meeting,
        object_id=meeting_id,
        process_id=process_id,
    )
    session.flush()


def add_note(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    text: str,
    kind: str,
    actor: Actor,
    now: datetime,
    speaker_kind: str | None = None,
    zone_id: uuid.UUID | None = None,
    agreed: int | None = None,
    language: str | None = None,
) -> uuid.UUID:
    """Write down one thing that was said at a meeting; returns its source. `agreed`: how many at the table agreed."""
    if kind not in NOTE_KINDS:
        raise Invalid("Scegli che cosa è: bisogno, proposta, critica o accordo.", {"kind": "Scegli una voce."})
    meeting = _locked(session, process_id, meeting_id)
    last = session.execute(
        select(func.coalesce(func.max(Source.position), 0)).where(Source.unit_id == meeting_id)
    ).scalar_one()
    return add_source(
        session,
        process_id=process_id,
        channel=Channel.meeting,
        text=text,
        unit_kind=str(ThingKind.meeting),
        unit_id=meeting_id,
        position=last + 1,
        note_kind=kind,
        agreed=agreed,
        speaker_kind=speaker_kind,
        zone_id=zone_id,
        language=language,
        visibility="public" if meeting.minutes_published_at else "internal",
        said_on=meeting.starts_at.date(),
        actor=actor,
        now=now,
    )


def edit_note(
    session: Session,
    *,
    process_id: uuid.UUID,
    source_id: uuid.UUID,
    seen_revision: int,
    text: str,
    kind: str,
    speaker_kind: str | None,
    zone_id: uuid.UUID | None,
    agreed: int | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Correct a note, with history. Raises Conflict where somebody changed it since `seen_revision`."""
    if kind not in NOTE_KINDS:
        raise Invalid("Scegli che cosa è: bisogno, proposta, critica o accordo.", {"kind": "Scegli una voce."})
    before = session.execute(
        select(Source.text, Source.revision).where(
            Source.id == source_id, Source.process_id == process_id, Source.channel == Channel.meeting
        )
    ).one_or_none()
    if before is None:
        raise NotFound("Questo appunto non c'è.")
    if before.text != text or before.revision != seen_revision:
        change_source(
            session, process_id=process_id, source_id=source_id, change="correct", text=text, reason_code="typing_error",
            seen_revision=seen_revision, actor=actor, now=now,
        )  # fmt: skip  # one row of values reads better so
    set_facts(
        session,
        source_id=source_id,
        note_kind=kind,
        speaker_kind=speaker_kind,
        zone_id=zone_id,
        agreed=agreed,
        actor=actor,
        now=now,
    )


class OwnRegistrations:
    """A person's registrations, for export and erasure (`core.protocols.PersonalData`)."""

    name = "iscrizioni agli incontri"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """The meetings the person registered for."""
        return [
            {"incontro": row.title, "quando": row.starts_at.isoformat(), "dove": row.place}
            for row in own_registrations(session, account_id=account_id)
        ]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Remove who registered: name, organisation, address and account; the place stays counted."""
        session.execute(
            update(MeetingRegistration)
            .where(MeetingRegistration.account_id == account_id)
            .values(
                account_id=None,
                name="",
                organisation="",
                email=func.concat("erased-", MeetingRegistration.id, "@invalid"),
            )
        )
        session.flush()


PERSONAL_DATA = OwnRegistrations()
