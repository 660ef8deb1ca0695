"""Minutes: put together from the notes, read by who was there for some days, then published. Readers remark, staff edits."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.listening.meetings.models import MeetingRemark
from consult.listening.meetings.services.attending import tell_all
from consult.listening.meetings.services.locking import locked
from consult.listening.sources.models import Source
from consult.listening.sources.services import set_facts

#: Remarks on one minutes: beyond, somebody is playing.
MOST_REMARKS = 500


def _notes(session: Session, meeting_id: uuid.UUID) -> list[uuid.UUID]:
    statement = select(Source.id).where(Source.unit_id == meeting_id).order_by(Source.position, Source.id)
    return list(session.execute(statement).scalars())


def start_review(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    until: datetime,
    actor: Actor,
    now: datetime,
) -> None:
    """Give the minutes to who was there until a day, and write to them; a later day may be set again. Raises Invalid."""
    meeting = locked(session, process_id, meeting_id)
    if meeting.state != "published" or meeting.starts_at > now:
        raise Invalid("Il verbale si rilegge dopo l’incontro.")
    if meeting.minutes_published_at is not None:
        raise Invalid("Il verbale è già pubblicato.")
    if not _notes(session, meeting_id):
        raise Invalid("Prima di far rileggere il verbale serve almeno un appunto.")
    if until <= now + timedelta(hours=1):
        raise Invalid("La rilettura dura almeno un giorno.", {"until": "Scegli un giorno che deve ancora venire."})
    first = meeting.review_from is None
    meeting.review_from, meeting.review_until = meeting.review_from or now, until
    if first:
        tell_all(session, meeting, what="review", period="once")
    record(
        session,
        actor=actor,
        action="meeting.review_started",
        kind=ThingKind.meeting,
        object_id=meeting_id,
        process_id=process_id,
        until=until.isoformat(),
    )
    session.flush()


def remark(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    source_id: uuid.UUID | None,
    text: str,
    name: str,
    now: datetime,
) -> uuid.UUID:
    """Take a remark of somebody who was there; the minutes stay as they are. Raises Invalid outside the days of review."""
    meeting = locked(session, process_id, meeting_id)
    if meeting.review_until is None or meeting.review_until <= now or meeting.minutes_published_at is not None:
        raise Invalid("I giorni per la rilettura sono passati. Il testo è qui sotto: si può copiare.")
    if source_id is not None and source_id not in _notes(session, meeting_id):
        raise Invalid("Questo appunto non c’è nel verbale.", {"note": "Scegli un appunto dell’elenco."})
    known = session.execute(
        select(func.count()).select_from(MeetingRemark).where(MeetingRemark.meeting_id == meeting_id)
    ).scalar_one()
    if known >= MOST_REMARKS:
        raise Invalid("Le osservazioni su questo verbale sono già molte: scrivi a chi cura l’incontro.")
    row = MeetingRemark(meeting_id=meeting_id, source_id=source_id, text=text, name=name, made_at=now)
    session.add(row)
    session.flush()
    return row.id


def answer_remark(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    remark_id: uuid.UUID,
    taken: bool,
    answer: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Say what was done about a remark: taken into the minutes or not, and why. Raises NotFound, Invalid without an answer to a refusal."""
    locked(session, process_id, meeting_id)
    row = session.execute(
        select(MeetingRemark).where(MeetingRemark.id == remark_id, MeetingRemark.meeting_id == meeting_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa osservazione non c’è.")
    if not taken and not answer.strip():
        raise Invalid("A chi ha scritto serve un perché.", {"answer": "Scrivi perché il verbale resta com’è."})
    row.state, row.answer = ("taken" if taken else "not_taken"), answer
    record(
        session,
        actor=actor,
        action=f"meeting.remark_{row.state}",
        kind=ThingKind.meeting,
        object_id=meeting_id,
        process_id=process_id,
        remark=remark_id,
    )
    session.flush()


def publish_minutes(
    session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, public: bool, actor: Actor, now: datetime
) -> None:
    """Publish the minutes, which makes every note public, or take both back.

    Raises Invalid while there is no note, while the review goes on, or while a remark has no answer.
    """
    meeting = locked(session, process_id, meeting_id)
    ids = _notes(session, meeting_id)
    if public:
        if not ids:
            raise Invalid("Prima di pubblicare il verbale serve almeno un appunto.")
        if meeting.state == "draft":
            raise Invalid("Prima del verbale va pubblicato l’incontro.")
        if meeting.review_until is not None and meeting.review_until > now:
            raise Invalid("Chi c’era sta ancora rileggendo il verbale: si pubblica quando i giorni sono passati.")
        waiting = (
            select(MeetingRemark.id)
            .where(MeetingRemark.meeting_id == meeting_id, MeetingRemark.state == "open")
            .limit(1)
        )
        if session.execute(waiting).scalar_one_or_none() is not None:
            raise Invalid("Prima di pubblicare il verbale ogni osservazione ha bisogno di una risposta.")
    if public == (meeting.minutes_published_at is not None):
        return
    meeting.minutes_published_at = now if public else None
    for source_id in ids:
        set_facts(session, source_id=source_id, visibility="public" if public else "internal", actor=actor, now=now)
    action = "meeting.minutes_published" if public else "meeting.minutes_withdrawn"
    record(session, actor=actor, action=action, kind=ThingKind.meeting, object_id=meeting_id, process_id=process_id)
    session.flush()
