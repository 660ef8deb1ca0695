"""Writes on meetings: opening, notes, minutes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, ThingKind
from consult.listening.meetings import rules
from consult.listening.meetings.models import Meeting, MeetingZone
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_source, set_facts
from consult.process.models import Process


@dataclass(frozen=True, slots=True)
class MeetingFacts:
    """What is known of a meeting."""

    title: str
    starts_at: datetime
    place: str
    ends_at: datetime | None = None
    address: str = ""
    agenda: str = ""
    people_present: int | None = None
    zone_ids: tuple[uuid.UUID, ...] = ()


def open_meeting(
    session: Session, *, process_id: uuid.UUID, facts: MeetingFacts, actor: Actor, now: datetime
) -> uuid.UUID:
    """Announce a meeting. Raises Invalid where it ends before it starts."""
    _check(facts)
    meeting = Meeting(
        process_id=process_id, title=facts.title, starts_at=facts.starts_at, ends_at=facts.ends_at, place=facts.place,
        address=facts.address, agenda=facts.agenda, people_present=facts.people_present, changed_by=actor.account_id,
    )  # fmt: skip  # one row of values reads better so
    session.add(meeting)
    session.flush()
    _put_zones(session, meeting.id, facts.zone_ids)
    record(
        session,
        actor=actor,
        action="meeting.opened",
        kind=ThingKind.meeting,
        object_id=meeting.id,
        process_id=process_id,
    )
    session.flush()
    return meeting.id


def describe_meeting(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    version: int,
    facts: MeetingFacts,
    actor: Actor,
    now: datetime,
) -> None:
    """Change what is known of a meeting. Raises Conflict where somebody changed it since `version` was shown."""
    _check(facts)
    changed = session.execute(
        update(Meeting)
        .where(Meeting.id == meeting_id, Meeting.process_id == process_id, Meeting.version == version)
        .values(
            title=facts.title, starts_at=facts.starts_at, ends_at=facts.ends_at, place=facts.place, address=facts.address,
            agenda=facts.agenda, people_present=facts.people_present, version=Meeting.version + 1, changed_by=actor.account_id,
        )
        .returning(Meeting.id)
    ).scalar_one_or_none()  # fmt: skip  # one row of values reads better so
    if changed is None:
        meeting = _locked(session, process_id, meeting_id)
        raise Conflict(
            "Qualcun altro ha modificato questo incontro mentre lo leggevi.",
            link_endpoint="meetings.notes",
            link_values={"slug": _slug(session, process_id), "meeting_id": str(meeting_id)},
            current_version=meeting.version,
        )
    session.execute(delete(MeetingZone).where(MeetingZone.meeting_id == meeting_id))
    _put_zones(session, meeting_id, facts.zone_ids)
    record(
        session,
        actor=actor,
        action="meeting.described",
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
    """Note one thing said; it becomes a source, internal until the minutes are published."""
    if not rules.note_is_known(kind):
        raise Invalid("Scegli di che tipo di appunto si tratta.", {"kind": "Scegli una delle voci."})
    if agreed is not None and not 0 <= agreed <= rules.MAX_AGREED:
        raise Invalid("Il numero di persone d'accordo non è possibile.", {"agreed": "Scrivi un numero da 0 a 500."})
    meeting = _locked(session, process_id, meeting_id)
    position = session.execute(
        select(func.coalesce(func.max(Source.position), 0) + 1).where(Source.unit_id == meeting_id)
    ).scalar_one()
    return add_source(
        session,
        process_id=process_id,
        channel=Channel.meeting,
        text=text,
        language=language,
        zone_id=zone_id,
        speaker_kind=speaker_kind,
        unit_kind="meeting",
        unit_id=meeting_id,
        position=position,
        visibility="public" if meeting.minutes_published_at else "internal",
        quotable="anonymous",
        note_kind=kind,
        agreed=agreed,
        said_on=meeting.starts_at.date(),
        actor=actor,
        now=now,
    )


def publish_minutes(
    session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, actor: Actor, now: datetime
) -> int:
    """Let anyone read the notes; returns how many. Raises Invalid where there is none."""
    meeting = _locked(session, process_id, meeting_id)
    notes = (
        session.execute(select(Source.id).where(Source.unit_id == meeting_id, Source.unit_kind == "meeting"))
        .scalars()
        .all()
    )
    if not notes:
        raise Invalid("Non c'è ancora nessun appunto da pubblicare.")
    if meeting.minutes_published_at is None:
        meeting.minutes_published_at = now
        meeting.version += 1
        meeting.changed_by = actor.account_id
        for source_id in notes:
            set_facts(session, source_id=source_id, visibility="public", actor=actor, now=now)
        record(
            session, actor=actor, action="meeting.minutes_published", kind=ThingKind.meeting, object_id=meeting_id, process_id=process_id,
            notes=len(notes),
        )  # fmt: skip  # one row of values reads better so
    session.flush()
    return len(notes)


def _check(facts: MeetingFacts) -> None:
    if facts.ends_at is not None and facts.ends_at <= facts.starts_at:
        raise Invalid("L'incontro deve finire dopo l'inizio.", {"ends_at": "La fine deve venire dopo l'inizio."})


def _put_zones(session: Session, meeting_id: uuid.UUID, zone_ids: Sequence[uuid.UUID]) -> None:
    session.add_all(MeetingZone(meeting_id=meeting_id, zone_id=key) for key in dict.fromkeys(zone_ids))
    session.flush()


def _slug(session: Session, process_id: uuid.UUID) -> str:
    return session.execute(select(Process.slug).where(Process.id == process_id)).scalar_one()


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
