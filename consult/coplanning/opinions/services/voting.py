"""Votes: one per person and statement, changeable and withdrawable until the deadline, by the database's clock."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.coplanning.opinions import rules
from consult.coplanning.opinions.models import OpinionBallot, OpinionParticipant, OpinionStatement
from consult.coplanning.opinions.queries import ASKED
from consult.coplanning.opinions.services.preparing import CONVERSATION, COUNT
from consult.coplanning.opinions.types import NUMBERS, OpinionVote
from consult.coplanning.rounds.services import hold_open, note, participant_account
from consult.core import jobs
from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.vocabulary import PhaseKind, ThingKind
from consult.process.services import hold_phase_open, remember_notice


def vote(
    session: Session,
    *,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    votes: Mapping[uuid.UUID, OpinionVote],
    actor: Actor,
    now: datetime,
    notice_id: uuid.UUID | None = None,
) -> None:
    """Say what one thinks of one or several statements; a vote replaces that person's earlier one on the same statement.

    Raises PhaseClosed after the deadline, Forbidden for who has not proved their address, Invalid for a statement that is not asked here.
    """
    hold_phase_open(session, process_id=process_id, kinds=(PhaseKind.co_planning,))
    row = hold_open(session, CONVERSATION, process_id=process_id, round_id=conversation_id)
    account_id = participant_account(session, actor)
    known = session.execute(
        select(func.count()).where(
            OpinionStatement.conversation_id == conversation_id, OpinionStatement.id.in_(list(votes)), ASKED
        )
    ).scalar_one()
    if not votes or known != len(votes):
        raise Invalid("Una delle frasi non c’è più: ecco la prossima.")
    joining = (
        insert(OpinionParticipant)
        .values(id=uuid.uuid4(), conversation_id=conversation_id, account_id=account_id, changed_at=now)
        .on_conflict_do_update(index_elements=["conversation_id", "account_id"], set_={"changed_at": now})
        .returning(OpinionParticipant.id)
    )
    participant_id = session.execute(joining).scalar_one()
    first = (
        session.execute(select(func.count()).where(OpinionBallot.participant_id == participant_id)).scalar_one() == 0
    )
    new = insert(OpinionBallot).values(
        [
            {"participant_id": participant_id, "statement_id": key, "vote": NUMBERS[value]}
            for key, value in sorted(votes.items(), key=lambda v: v[0])
        ]
    )
    session.execute(
        new.on_conflict_do_update(index_elements=["participant_id", "statement_id"], set_={"vote": new.excluded.vote})
    )
    if first:
        # That somebody takes part is on record; each vote is not, since it would tell what was changed when.
        remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.conversation, now=now)
        note(session, CONVERSATION, row, what="joined", actor=actor, changes=False)
    ask_to_count(session, conversation_id=conversation_id, now=now)


def withdraw(
    session: Session,
    *,
    process_id: uuid.UUID,
    conversation_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    statement_id: uuid.UUID | None = None,
) -> int:
    """Take back one's vote on a statement, or all of them, before the deadline; returns how many there were."""
    row = hold_open(session, CONVERSATION, process_id=process_id, round_id=conversation_id)
    mine = session.execute(
        select(OpinionParticipant.id)
        .where(OpinionParticipant.conversation_id == conversation_id, OpinionParticipant.account_id == actor.account_id)
        .with_for_update()
    ).scalar_one_or_none()
    if mine is None:
        return 0
    gone = delete(OpinionBallot).where(OpinionBallot.participant_id == mine)
    if statement_id is not None:
        gone = gone.where(OpinionBallot.statement_id == statement_id)
    number = len(session.execute(gone.returning(OpinionBallot.statement_id)).all())
    left = session.execute(select(func.count()).where(OpinionBallot.participant_id == mine)).scalar_one()
    if not left:
        session.execute(delete(OpinionParticipant).where(OpinionParticipant.id == mine))
        note(session, CONVERSATION, row, what="withdrawn", actor=actor, changes=False)
    if number:
        ask_to_count(session, conversation_id=conversation_id, now=now)
    return number


def ask_to_count(session: Session, *, conversation_id: uuid.UUID, now: datetime, always: bool = False) -> None:
    """Ask for the results once for all that happens within half a minute. `always`: also where few people changed anything."""
    period = int(now.timestamp()) // rules.GATHER_S
    # The clock stands between this transaction and its end: what is written a little after the period is still counted.
    later = datetime.fromtimestamp((period + 1) * rules.GATHER_S, tz=now.tzinfo) + timedelta(seconds=5)
    jobs.enqueue(
        session, COUNT, key=f"{conversation_id}:{period}{':all' if always else ''}", not_before=later, conversation_id=conversation_id,
        **({"always": True} if always else {}),
    )  # fmt: skip  # one call of named values reads better so
