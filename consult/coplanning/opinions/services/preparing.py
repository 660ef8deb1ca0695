"""Preparing and leading a conversation: managers and facilitators."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.coplanning.opinions import rules
from consult.coplanning.opinions.models import OpinionConversation, OpinionStatement
from consult.coplanning.opinions.queries import ASKED
from consult.coplanning.opinions.types import ConversationFields
from consult.coplanning.rounds import services as rounds
from consult.coplanning.rounds.rules import words_faults
from consult.coplanning.rounds.services import RoundKind, locked, note
from consult.coplanning.rounds.types import RoundState
from consult.core import jobs
from consult.core.errors import Difference, Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind

COUNT = "opinions.count"


def _ask_for_last_count(session: Session, conversation_id: uuid.UUID) -> None:
    jobs.enqueue(session, COUNT, key=f"{conversation_id}:last", conversation_id=conversation_id)


CONVERSATION = RoundKind(
    model=OpinionConversation,
    thing=ThingKind.conversation,
    recorded_as="opinion_conversation",
    desk_endpoint="opinions.desk_one",
    parameter="conversation_id",
    missing=Sentence("Questa conversazione non c’è."),
    changed=Sentence("Qualcun altro ha appena cambiato questa conversazione: guarda come è ora."),
    over=Sentence("La conversazione è già finita."),
    shut=Sentence("Questa conversazione è chiusa: non si può più rispondere."),
    ask_for_last_count=_ask_for_last_count,
)


def prepare(
    session: Session, *, process_id: uuid.UUID, fields: ConversationFields, actor: Actor, now: datetime
) -> uuid.UUID:
    """Prepare a conversation, without statements and not yet open; returns its key. Raises Invalid with a sentence for each field."""
    _check(fields)
    row = OpinionConversation(
        id=uuid.uuid4(), process_id=process_id, state=str(RoundState.draft), title=fields.title, question=fields.question,
        participants_add=fields.participants_add, results_shown=str(fields.results_shown), created_at=now, created_by=actor.account_id,
        asking={},
    )  # fmt: skip  # one row of values reads better so
    session.add(row)
    session.flush()
    note(session, CONVERSATION, row, what="prepared", actor=actor, changes=False)
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
    row = locked(
        session, CONVERSATION, process_id=process_id, round_id=conversation_id, version=version, state=RoundState.draft,
        differences=lambda saved: _differences(saved, fields),
    )  # fmt: skip  # one call of named values reads better so
    row.title, row.question = fields.title, fields.question
    row.participants_add, row.results_shown = fields.participants_add, str(fields.results_shown)
    note(session, CONVERSATION, row, what="changed", actor=actor)


def open_up(
    session: Session,
    *,
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    version: int,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Open a conversation until a deadline. Raises Invalid where it has too few statements to tell opinions apart."""
    row = locked(
        session, CONVERSATION, process_id=process_id, round_id=round_id, version=version, state=RoundState.draft
    )
    number = session.execute(
        select(func.count()).where(OpinionStatement.conversation_id == round_id, ASKED)
    ).scalar_one()
    if number < rules.FEWEST_STATEMENTS:
        sentence = Sentence("Servono almeno %(n)s frasi: aggiungile, poi apri.", n=rules.FEWEST_STATEMENTS)
        raise Invalid("Le frasi non bastano.", {"closes_at": sentence})
    rounds.open_up(session, kind=CONVERSATION, row=row, closes_at=closes_at, actor=actor, now=now)


extend = partial(rounds.extend, kind=CONVERSATION)
close = partial(rounds.close, kind=CONVERSATION)
cancel = partial(rounds.cancel, kind=CONVERSATION)


def _check(fields: ConversationFields) -> None:
    wrong = words_faults(fields.title, fields.question)
    if wrong:
        raise Invalid("Alla conversazione manca qualcosa.", wrong)


def _differences(row: OpinionConversation, typed: ConversationFields) -> tuple[Difference, ...]:
    pairs = (("Titolo", row.title, typed.title), ("Di che cosa si parla", row.question, typed.question))
    return tuple(Difference(label, theirs, yours) for label, theirs, yours in pairs if theirs != yours)
