"""Reading a draft together: comments in the margin of findings and sections."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.position_paper import rules
from consult.position_paper.models import Finding, MarginNote, Paper, Section
from consult.position_paper.types import Sentence


def write_note(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID | None = None,
    section_id: uuid.UUID | None = None,
    sentence: int | None = None,
    text: str,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Write a comment in the margin of a finding (of one of its sentences) or of a section; returns its key."""
    if not text.strip():
        raise Invalid("Un commento ha bisogno di qualche parola.", {"text": "Scrivi qualche parola."})
    quoted = ""
    if finding_id is not None:
        sentences = session.execute(
            select(Finding.sentences).where(Finding.id == finding_id, Finding.process_id == process_id)
        ).scalar_one_or_none()
        if sentences is None:
            raise NotFound("Questa risultanza non c’è.")
        if sentence is not None and 1 <= sentence <= len(sentences):
            # Without the words of its quotes: a withdrawal must reach them here too.
            quoted = rules.without_marks(Sentence.from_json(sentences[sentence - 1]))[:300]
        else:
            sentence = None
    elif not section_of(session, process_id, section_id):
        raise NotFound("Questa sezione non c’è.")
    note = MarginNote(
        process_id=process_id, finding_id=finding_id, section_id=section_id if finding_id is None else None, sentence=sentence,
        quoted=quoted, text=text, author_id=actor.account_id, author_name=actor.name[:120], created_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(note)
    session.flush()
    record(
        session, actor=actor, action="margin.noted", kind=ThingKind.paper, object_id=finding_id or section_id or note.id,
        process_id=process_id,
    )  # fmt: skip  # one row of values reads better so
    return note.id


def settle_note(
    session: Session, *, process_id: uuid.UUID, note_id: uuid.UUID, settled: bool, actor: Actor, now: datetime
) -> MarginNote:
    """Say that a comment was dealt with, or open it again; returns it."""
    values: dict[str, Any] = {
        "settled_by": actor.account_id if settled else None,
        "settled_at": now if settled else None,
    }
    note = session.execute(
        update(MarginNote)
        .where(MarginNote.id == note_id, MarginNote.process_id == process_id)
        .values(**values)
        .returning(MarginNote)
    ).scalar_one_or_none()
    if note is None:
        raise NotFound("Questo commento non c’è.")
    record(
        session, actor=actor, action="margin.settled" if settled else "margin.reopened", kind=ThingKind.paper, object_id=note_id,
        process_id=process_id,
    )  # fmt: skip  # one row of values reads better so
    return note


def section_of(session: Session, process_id: uuid.UUID, section_id: uuid.UUID | None) -> Section | None:
    """A section of the paper of a process, or None."""
    return session.execute(
        select(Section)
        .join(Paper, Paper.id == Section.paper_id)
        .where(Section.id == section_id, Paper.process_id == process_id)
    ).scalar_one_or_none()
