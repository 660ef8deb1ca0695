"""What is said at a meeting, typed while it is said: each note is a source."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, Stance, ThingKind
from consult.framework.models import Strategy
from consult.listening.meetings.models import MeetingNote, MeetingTable
from consult.listening.meetings.rules import NOTE_KINDS
from consult.listening.meetings.services.locking import locked
from consult.listening.meetings.types import NewNote
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_source, change_source, set_facts
from consult.process.models import Process


def _check(session: Session, process_id: uuid.UUID, meeting_id: uuid.UUID, note: NewNote) -> None:
    """Refuse a kind, table, strategy or stance that is none of those there are."""
    if note.kind not in NOTE_KINDS:
        raise Invalid("Scegli che cosa è: bisogno, proposta, critica o accordo.", {"kind": "Scegli una voce."})
    if note.stance is not None and note.stance not in tuple(Stance):
        raise Invalid("Scegli una posizione dell’elenco.", {"stance": "Scegli una voce."})
    if note.round not in (1, 2):
        raise Invalid("I giri sono due.", {"round": "Scegli una voce."})
    if note.table_id is not None:
        table = select(MeetingTable.id).where(MeetingTable.id == note.table_id, MeetingTable.meeting_id == meeting_id)
        if session.execute(table).scalar_one_or_none() is None:
            raise Invalid("Questo tavolo non c’è.", {"table": "Scegli uno dei tavoli dell’elenco."})
    if note.strategy_id is not None:
        strategy = (
            select(Strategy.id)
            .join(Process, Process.frame_id == Strategy.frame_id)
            .where(Strategy.id == note.strategy_id, Process.id == process_id)
        )
        if session.execute(strategy).scalar_one_or_none() is None:
            raise Invalid("Questa strategia non c’è.", {"strategy": "Scegli una strategia dell’elenco."})


def add_note(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    note: NewNote,
    actor: Actor,
    now: datetime,
    client_key: uuid.UUID | None = None,
) -> uuid.UUID:
    """Write down one thing that was said; returns its source. `client_key`: made by the page, so that a note sent twice is one note."""
    meeting = locked(session, process_id, meeting_id)
    if client_key is not None:
        known = session.execute(
            select(MeetingNote.source_id).where(
                MeetingNote.meeting_id == meeting_id, MeetingNote.client_key == client_key
            )
        ).scalar_one_or_none()
        if known is not None:
            return known
    _check(session, process_id, meeting_id, note)
    last = session.execute(
        select(func.coalesce(func.max(Source.position), 0)).where(Source.unit_id == meeting_id)
    ).scalar_one()
    source_id = add_source(
        session,
        process_id=process_id,
        channel=Channel.meeting,
        text=note.text,
        unit_kind=str(ThingKind.meeting),
        unit_id=meeting_id,
        position=last + 1,
        note_kind=note.kind,
        agreed=note.agreed,
        speaker_kind=note.speaker_kind,
        zone_id=note.zone_id,
        language=note.language,
        visibility="public" if meeting.minutes_published_at else "internal",
        said_on=meeting.starts_at.date(),
        actor=actor,
        now=now,
    )
    session.add(
        MeetingNote(
            source_id=source_id, meeting_id=meeting_id, table_id=note.table_id, strategy_id=note.strategy_id, stance=note.stance,
            round=note.round, client_key=client_key,
        )
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return source_id


def edit_note(
    session: Session,
    *,
    process_id: uuid.UUID,
    source_id: uuid.UUID,
    seen_revision: int,
    note: NewNote,
    actor: Actor,
    now: datetime,
) -> None:
    """Correct a note, with history. Raises Conflict where somebody changed it since `seen_revision`, with both texts."""
    before = session.execute(
        select(Source.text, Source.revision, Source.unit_id, Source.state, Process.slug)
        .join(Process, Process.id == Source.process_id)
        .where(Source.id == source_id, Source.process_id == process_id, Source.channel == Channel.meeting)
        .with_for_update(of=Source)
    ).one_or_none()
    if before is None or before.unit_id is None or before.state == "withdrawn":
        raise NotFound("Questo appunto non c’è, o è stato ritirato.")
    _check(session, process_id, before.unit_id, note)
    if before.revision != seen_revision:
        raise Conflict(
            "Qualcun altro ha modificato questo appunto mentre lo correggevi.",
            link_endpoint="meetings.edit_note",
            link_values={"slug": before.slug, "meeting_id": str(before.unit_id), "source_id": str(source_id)},
            differences=(Difference("Che cosa è stato detto", before.text, note.text),),
            current_version=before.revision,
        )
    if before.text != note.text:
        change_source(
            session, process_id=process_id, source_id=source_id, change="correct", text=note.text, reason_code="typing_error",
            seen_revision=seen_revision, actor=actor, now=now,
        )  # fmt: skip  # one row of values reads better so
    set_facts(
        session,
        source_id=source_id,
        note_kind=note.kind,
        speaker_kind=note.speaker_kind,
        zone_id=note.zone_id,
        agreed=note.agreed,
        actor=actor,
        now=now,
    )
    session.execute(
        update(MeetingNote)
        .where(MeetingNote.source_id == source_id)
        .values(table_id=note.table_id, strategy_id=note.strategy_id, stance=note.stance, round=note.round)
    )
    session.flush()
