"""Reading the sources, and being seen on the desks."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core.errors import NotFound
from consult.core.permissions import Actor
from consult.evidence.models import Presence, SourceRead
from consult.evidence.services.finishing import note_progress
from consult.listening.sources.models import Source


def mark_read(
    session: Session, *, process_id: uuid.UUID, source_id: uuid.UUID, read: bool, actor: Actor, now: datetime
) -> None:
    """Say that this person has read a source as it stands now, or has not after all."""
    revision = session.execute(
        select(Source.revision).where(Source.id == source_id, Source.process_id == process_id)
    ).scalar_one_or_none()
    if revision is None:
        raise NotFound("Questa fonte non c’è più.")
    if not read:
        session.execute(
            delete(SourceRead).where(SourceRead.source_id == source_id, SourceRead.account_id == actor.account_id)
        )
        note_progress(session, process_id=process_id, source_id=source_id, actor=actor, now=now)
        return
    values = {"revision": revision, "read_at": now}
    session.execute(
        insert(SourceRead)
        .values(source_id=source_id, account_id=actor.account_id, process_id=process_id, **values)
        .on_conflict_do_update(index_elements=["source_id", "account_id"], set_=values)
    )
    note_progress(session, process_id=process_id, source_id=source_id, actor=actor, now=now)
    session.flush()


def be_seen(
    session: Session, *, process_id: uuid.UUID, kind: str, thing_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Say where this person is; the place they were at before is forgotten."""
    values = {"kind": kind[:20], "thing_id": thing_id, "seen_at": func.clock_timestamp()}
    session.execute(
        insert(Presence)
        .values(process_id=process_id, account_id=actor.account_id, **values)
        .on_conflict_do_update(index_elements=["process_id", "account_id"], set_=values)
    )
    session.flush()
