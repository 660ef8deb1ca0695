"""Statements: drawn and written by those who lead a conversation, added by participants, hidden and shown by moderators."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.opinions import rules
from consult.coplanning.opinions.models import OpinionStatement
from consult.coplanning.opinions.services.preparing import CONVERSATION
from consult.coplanning.opinions.services.voting import ask_to_count
from consult.coplanning.opinions.types import NewStatement, StatementOrigin, StatementState
from consult.coplanning.proposals import queries as proposals
from consult.coplanning.rounds.services import held, hold_open, note, participant_account
from consult.coplanning.rounds.types import RoundState
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import PhaseKind, ThingKind
from consult.position_paper import queries as paper
from consult.process.services import hold_phase_open, remember_notice


def add_statements(
    session: Session,
    *,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    statements: Sequence[NewStatement],
    actor: Actor,
    now: datetime,
) -> list[uuid.UUID]:
    """Add statements by who leads the conversation, also while it is open; returns their keys.

    Raises Invalid with the sentence under `text-<place>` for each that can't be taken; none is added then.
    """
    # Held while a number is given, so that two statements never get one.
    row = held(session, CONVERSATION, process_id=process_id, round_id=conversation_id)
    if row.state not in (RoundState.draft, RoundState.open):
        raise Conflict("La conversazione è finita: non si aggiungono più frasi.")
    number = _room_for(session, conversation_id, len(statements))
    wrong: dict[str, str] = {f"text-{i}": fault for i, s in enumerate(statements) if (fault := text_fault(s.text))}
    findings = paper.finding_cards(session, ids=[s.finding_id for s in statements if s.finding_id])
    cards = proposals.cards(session, ids=[s.proposal_id for s in statements if s.proposal_id])
    for i, s in enumerate(statements):
        known = (
            s.finding_id is None or (s.finding_id in findings and findings[s.finding_id].process_id == process_id)
        ) and (
            s.proposal_id is None
            or (
                s.proposal_id in cards
                and cards[s.proposal_id].process_id == process_id
                and cards[s.proposal_id].readable
            )
        )
        if not known:
            wrong[f"text-{i}"] = Sentence("La risultanza o la proposta non è di questo processo, o non è pubblica.")
    if wrong:
        raise Invalid("Una delle frasi non va bene.", wrong)
    keys = []
    for place, s in enumerate(statements, number + 1):
        keys.append(uuid.uuid4())
        origin = (
            StatementOrigin.finding
            if s.finding_id
            else StatementOrigin.proposal
            if s.proposal_id
            else StatementOrigin.facilitator
        )
        session.add(
            OpinionStatement(
                id=keys[-1], process_id=process_id, conversation_id=conversation_id, number=place, text=one_line(s.text),
                state=str(StatementState.shown), origin=str(origin), finding_id=s.finding_id, proposal_id=s.proposal_id,
                author_id=actor.account_id, created_at=now,
            )
        )  # fmt: skip  # one row of values reads better so
    session.flush()
    note(session, CONVERSATION, row, what="statements_added", actor=actor, changes=False, number=len(keys))
    return keys


def suggest_statement(
    session: Session,
    *,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    notice_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """A participant's own statement, where the conversation allows it; it waits for a moderator. Returns its key.

    Raises Forbidden where participants add nothing or for who has not proved their address, Invalid with a sentence.
    """
    hold_phase_open(session, process_id=process_id, kinds=(PhaseKind.co_planning,))
    row = hold_open(session, CONVERSATION, process_id=process_id, round_id=conversation_id, alone=True)
    account_id = participant_account(session, actor)
    if not row.participants_add:
        raise Forbidden("In questa conversazione le frasi le scrive chi la conduce.")
    fault = text_fault(text)
    if fault:
        raise Invalid("La frase non va ancora bene.", {"text": fault})
    written = session.execute(
        select(func.count()).where(
            OpinionStatement.conversation_id == conversation_id,
            OpinionStatement.author_id == account_id,
            OpinionStatement.origin == StatementOrigin.participant,
        )
    ).scalar_one()
    if written >= rules.MOST_OWN:
        raise Invalid(
            "La frase non va ancora bene.",
            {"text": Sentence("Ognuno può aggiungere al massimo %(n)s frasi.", n=rules.MOST_OWN)},
        )
    line = one_line(text)
    twin = session.execute(
        select(OpinionStatement.id).where(
            OpinionStatement.conversation_id == conversation_id, func.lower(OpinionStatement.text) == line.lower()
        )
    ).first()
    if twin:
        raise Invalid("La frase non va ancora bene.", {"text": Sentence("Questa frase c’è già: rispondi a quella.")})
    made = OpinionStatement(
        id=uuid.uuid4(), process_id=process_id, conversation_id=conversation_id, number=_room_for(session, conversation_id, 1) + 1,
        text=line, state=str(StatementState.waiting), origin=str(StatementOrigin.participant), author_id=account_id, created_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(made)
    session.flush()
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.statement, now=now)
    record(
        session, actor=actor, action="opinion_statement.suggested", kind=ThingKind.statement, object_id=made.id, process_id=process_id
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return made.id


def move_statement(
    session: Session,
    *,
    process_id: uuid.UUID,
    statement_id: uuid.UUID,
    state: StatementState,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    **meta: Any,
) -> None:
    """Hide a statement, show it, or let it wait again; `meta` (a reason's code) goes into the record.

    Raises NotFound, and Conflict where `version` is no longer current.
    """
    row = session.execute(
        select(OpinionStatement)
        .where(OpinionStatement.id == statement_id, OpinionStatement.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa frase non c’è.")
    if version is not None and row.version != version:
        raise Conflict(
            "Qualcun altro ha appena deciso su questa frase: guarda come è ora.", current_version=row.version
        )
    if row.state == state:
        return
    row.state = str(state)
    row.version += 1
    record(
        session, actor=actor, action=f"opinion_statement.{state}", kind=ThingKind.statement, object_id=statement_id,
        process_id=process_id, version=row.version, **meta,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    ask_to_count(session, conversation_id=row.conversation_id, now=now, always=True)


def take_out(
    session: Session,
    *,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    statement_id: uuid.UUID,
    out: bool,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a statement out of its conversation, or put it back, by who leads it; answers to it stay, and count again once it is back.

    Raises NotFound for participants' own statements, which are the moderators' to decide.
    """
    # Held while a number is given, so that two statements never get one.
    row = held(session, CONVERSATION, process_id=process_id, round_id=conversation_id)
    if row.state not in (RoundState.draft, RoundState.open):
        raise Conflict("La conversazione è finita: le frasi non cambiano più.")
    found = session.execute(
        select(OpinionStatement.origin, OpinionStatement.state).where(
            OpinionStatement.id == statement_id, OpinionStatement.conversation_id == conversation_id
        )
    ).one_or_none()
    if found is None or found.origin == StatementOrigin.participant or found.state == StatementState.hidden:
        raise NotFound("Questa frase non c’è, o la decidono i moderatori.")
    state = StatementState.out if out else StatementState.shown
    move_statement(
        session, process_id=process_id, statement_id=statement_id, state=state, actor=actor, now=now, version=version
    )


def one_line(text: str) -> str:
    """A statement as it is kept: one line, single blanks."""
    return " ".join(text.split())


def text_fault(text: str) -> Sentence | None:
    """What is wrong with the words of a statement."""
    if not rules.MIN_TEXT <= len(one_line(text)) <= rules.MAX_TEXT:
        return Sentence("Servono da %(min)d a %(max)d caratteri.", min=rules.MIN_TEXT, max=rules.MAX_TEXT)
    return None


def _room_for(session: Session, conversation_id: uuid.UUID, more: int) -> int:
    number = session.execute(
        select(func.coalesce(func.max(OpinionStatement.number), 0)).where(
            OpinionStatement.conversation_id == conversation_id
        )
    ).scalar_one()
    if not more > 0 or number + more > rules.MOST_STATEMENTS:
        sentence = Sentence("Una conversazione può avere al massimo %(n)s frasi.", n=rules.MOST_STATEMENTS)
        raise Invalid(
            "Le frasi non vanno bene.", {"text": sentence if more else Sentence("Scegli o scrivi almeno una frase.")}
        )
    return int(number)
