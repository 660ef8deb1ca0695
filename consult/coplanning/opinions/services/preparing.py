"""Preparing and leading a conversation: managers and facilitators."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.opinions import rules
from consult.coplanning.opinions.models import OpinionConversation, OpinionStatement
from consult.coplanning.opinions.queries import ASKED
from consult.coplanning.opinions.types import ConversationFields, ConversationState
from consult.core import jobs
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.process.models import Process

COUNT = "opinions.count"


def prepare(
    session: Session, *, process_id: uuid.UUID, fields: ConversationFields, actor: Actor, now: datetime
) -> uuid.UUID:
    """Prepare a conversation, without statements and not yet open; returns its key. Raises Invalid with a sentence for each field."""
    _check(fields)
    row = OpinionConversation(
        id=uuid.uuid4(), process_id=process_id, state=str(ConversationState.draft), title=fields.title, question=fields.question,
        participants_add=fields.participants_add, results_shown=str(fields.results_shown), created_at=now, created_by=actor.account_id,
        asking={},
    )  # fmt: skip  # one row of values reads better so
    session.add(row)
    session.flush()
    note(session, row, "prepared", actor)
    return row.id


def change(
    session: Session,
    *,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    version: int,
    fields: ConversationFields,
    actor: Actor,
    now: datetime,
) -> None:
    """Change a conversation that is not open yet. Raises Conflict, with the difference, where somebody changed or opened it first."""
    _check(fields)
    row = _locked(session, process_id, conversation_id, version, ConversationState.draft, typed=fields)
    row.title, row.question = fields.title, fields.question
    row.participants_add, row.results_shown = fields.participants_add, str(fields.results_shown)
    note(session, row, "changed", actor)


def open_up(
    session: Session,
    *,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    version: int,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Open a conversation until a deadline. Raises Invalid where it has too few statements to tell opinions apart."""
    row = _locked(session, process_id, conversation_id, version, ConversationState.draft)
    number = session.execute(
        select(func.count()).where(OpinionStatement.conversation_id == conversation_id, ASKED)
    ).scalar_one()
    if number < rules.FEWEST_STATEMENTS:
        sentence = Sentence("Servono almeno %(n)s frasi: aggiungile, poi apri.", n=rules.FEWEST_STATEMENTS)
        raise Invalid("Le frasi non bastano.", {"closes_at": sentence})
    row.closes_at = _deadline(closes_at, now)
    row.state, row.opened_at = str(ConversationState.open), now
    note(session, row, "opened", actor)


def extend(
    session: Session,
    *,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    version: int,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Move the deadline of an open conversation further away; never nearer, since people were told of it."""
    row = _locked(session, process_id, conversation_id, version, ConversationState.open)
    later = _deadline(closes_at, now)
    if row.closes_at is None or row.closes_at <= now:
        raise Conflict("La conversazione è già finita.", **_address(session, row))
    if later <= row.closes_at:
        raise Invalid(
            "La scadenza si può solo allontanare.", {"closes_at": "Scegli un momento dopo la scadenza di adesso."}
        )
    row.closes_at = later
    note(session, row, "extended", actor)


def close(
    session: Session, *, process_id: uuid.UUID, conversation_id: uuid.UUID, version: int, actor: Actor, now: datetime
) -> None:
    """Close an open conversation before its deadline; it is counted for the last time at once."""
    row = _locked(session, process_id, conversation_id, version, ConversationState.open)
    row.state, row.closed_at = str(ConversationState.closed), now
    note(session, row, "closed", actor)
    jobs.enqueue(session, COUNT, key=f"{row.id}:last", conversation_id=row.id)


def cancel(
    session: Session, *, process_id: uuid.UUID, conversation_id: uuid.UUID, version: int, actor: Actor, now: datetime
) -> None:
    """Give up a conversation that was not opened."""
    row = _locked(session, process_id, conversation_id, version, ConversationState.draft)
    row.state = str(ConversationState.cancelled)
    note(session, row, "cancelled", actor)


def note(session: Session, row: OpinionConversation, what: str, actor: Actor, **meta: Any) -> None:
    """Put into the record what was done with a conversation; a change of what it asks raises its version."""
    if what not in ("prepared", "statements_added", "joined", "withdrawn"):
        row.version += 1
    record(
        session, actor=actor, action=f"opinion_conversation.{what}", kind=ThingKind.conversation, object_id=row.id,
        process_id=row.process_id, version=row.version, **meta,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def _check(fields: ConversationFields) -> None:
    wrong: dict[str, str] = {}
    if not rules.MIN_TITLE <= len(fields.title) <= rules.MAX_TITLE:
        wrong["title"] = Sentence("Servono da %(min)d a %(max)d caratteri.", min=rules.MIN_TITLE, max=rules.MAX_TITLE)
    if len(fields.question) > rules.MAX_QUESTION:
        wrong["question"] = Sentence("Il testo può avere al massimo %(max)d caratteri.", max=rules.MAX_QUESTION)
    if wrong:
        raise Invalid("Alla conversazione manca qualcosa.", wrong)


def _deadline(closes_at: datetime | None, now: datetime) -> datetime:
    if closes_at is None or closes_at <= now:
        raise Invalid("La scadenza deve essere nel futuro.", {"closes_at": "Scegli un giorno e un'ora nel futuro."})
    return closes_at


def _locked(
    session: Session,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    version: int,
    state: ConversationState,
    typed: ConversationFields | None = None,
) -> OpinionConversation:
    row = session.execute(
        select(OpinionConversation)
        .where(OpinionConversation.id == conversation_id, OpinionConversation.process_id == process_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa conversazione non c'è.")
    if row.version != version or row.state != state:
        raise Conflict(
            "Qualcun altro ha appena cambiato questa conversazione: guarda come è ora.",
            current_version=row.version,
            differences=_differences(row, typed) if typed else (),
            **_address(session, row),
        )
    return row


def _differences(row: OpinionConversation, typed: ConversationFields) -> tuple[Difference, ...]:
    pairs = (("Titolo", row.title, typed.title), ("Di che cosa si parla", row.question, typed.question))
    return tuple(Difference(label, theirs, yours) for label, theirs, yours in pairs if theirs != yours)


def _address(session: Session, row: OpinionConversation) -> dict[str, Any]:
    slug = session.execute(select(Process.slug).where(Process.id == row.process_id)).scalar_one()
    return {"link_endpoint": "opinions.desk_one", "link_values": {"slug": slug, "conversation_id": str(row.id)}}
