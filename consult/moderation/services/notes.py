"""Notes among staff about a proposal: threaded one level deep, never public, never in a public file."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals.models import Proposal
from consult.core.errors import Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.moderation import emails
from consult.moderation.models import InternalNote
from consult.moderation.queries import notes as queries
from consult.notices.services import notify
from consult.process.queries import slug_of

MAX_NOTE = 3_000


def write_note(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    parent_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Write a note, or answer one; who wrote on this proposal before is told. Returns its key.

    Raises Invalid for an empty or endless text, NotFound for a proposal or note that is not there. A reply to a reply goes under
    the note that began the thread: it is one level deep.
    """
    if not text.strip() or len(text) > MAX_NOTE:
        raise Invalid("La nota non va bene.", {"text": Sentence("Servono da 1 a %(n)s caratteri.", n=MAX_NOTE)})
    number = session.execute(
        select(Proposal.number).where(Proposal.id == proposal_id, Proposal.process_id == process_id)
    ).scalar_one_or_none()
    if number is None:
        raise NotFound("Questa proposta non c’è.")
    if parent_id is not None:
        parent = session.execute(
            select(InternalNote.id, InternalNote.parent_id).where(
                InternalNote.id == parent_id, InternalNote.proposal_id == proposal_id
            )
        ).one_or_none()
        if parent is None:
            raise NotFound("La nota a cui rispondi non c’è.")
        parent_id = parent.parent_id or parent.id
    near = [key for key in queries.near(session, proposal_id=proposal_id) if key != actor.account_id]
    key = uuid.uuid4()
    session.add(
        InternalNote(
            id=key, process_id=process_id, proposal_id=proposal_id, parent_id=parent_id, author_id=actor.account_id,
            text=text, written_at=now,
        )
    )  # fmt: skip  # one row of values reads better so
    record(
        session, actor=actor, action="note.written", kind=ThingKind.proposal, object_id=proposal_id, process_id=process_id,
        note=key,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    slug = slug_of(session, process_id=process_id)
    notify(
        session,
        account_ids=near,
        kind="note",
        # The words stay on the desk: a mail may be forwarded.
        words=lambda language: (emails.note_subject(number, language), emails.note_body(actor.name, language)),
        link_endpoint="evaluation_desk.side_by_side",
        link_values={"slug": slug, "proposal_id": str(proposal_id)},
        process_id=process_id,
        key=f"note:{key}",
        now=now,
    )
    return key


def take_back_note(session: Session, *, process_id: uuid.UUID, note_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Take one's own note back: its words go, its place stays where somebody answered. Raises Forbidden for another's."""
    note = session.execute(
        select(InternalNote).where(InternalNote.id == note_id, InternalNote.process_id == process_id).with_for_update()
    ).scalar_one_or_none()
    if note is None or note.taken_back_at:
        raise NotFound("Questa nota non c’è.")
    if actor.account_id is None or note.author_id != actor.account_id:
        raise Forbidden("Si può ritirare solo una propria nota.")
    note.text, note.taken_back_at = "", now
    record(
        session, actor=actor, action="note.taken_back", kind=ThingKind.proposal, object_id=note.proposal_id,
        process_id=process_id, note=note_id,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
