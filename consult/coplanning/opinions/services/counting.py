"""Results: worked out anew as votes come, and once more at the end, when votes are parted from people."""

from __future__ import annotations

import random
import uuid
from datetime import datetime

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.opinions import rules
from consult.coplanning.opinions.models import (
    OpinionBallot,
    OpinionConversation,
    OpinionParticipant,
    OpinionStatement,
    OpinionTurnout,
)
from consult.coplanning.opinions.queries import ASKED
from consult.coplanning.opinions.services.preparing import COUNT
from consult.coplanning.rounds.rules import is_over
from consult.coplanning.rounds.services import close_for_good
from consult.coplanning.rounds.types import RoundState
from consult.core import jobs
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import ThingKind


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Ask for the last count of conversations whose deadline has passed, and for a count where enough people changed something since."""
    c, p = OpinionConversation, OpinionParticipant
    changed = (
        select(func.count())
        .where(p.conversation_id == c.id, or_(c.counted_at.is_(None), p.changed_at > c.counted_at))
        .correlate(c)
        .scalar_subquery()
    )
    rows = session.execute(
        select(c.id, c.closes_at <= now)
        .where(
            c.finished_at.is_(None),
            or_(
                and_(c.state == RoundState.open, or_(c.closes_at <= now, changed >= rules.RECOUNT_AFTER)),
                c.state == RoundState.closed,
            ),
        )
        .order_by(c.id)
    )
    for key, over in rows:
        period = int(now.timestamp()) // rules.GATHER_S
        jobs.enqueue(session, COUNT, key=f"{key}:last" if over else f"{key}:look:{period}", conversation_id=key)


def count(session: Session, *, conversation_id: uuid.UUID, now: datetime, always: bool = False) -> bool:
    """Work out a conversation's results and what to ask next; False where nothing is to be done.

    While it runs, only once five people voted or changed something since the last time (or `always`, where a statement went or came).
    After its end it is counted for the last time, and votes are written anew without their people.
    """
    row = _read(session, conversation_id, alone=False)
    if row is not None and is_over(row.state, row.closes_at, now):
        # Who is voting at this moment holds the row: the last count waits, and counts that vote too.
        row = _read(session, conversation_id, alone=True)
    if row is None or row.finished_at or row.state not in (RoundState.open, RoundState.closed):
        return False
    over = is_over(row.state, row.closes_at, now)
    if not over and not always and _changed(session, row) < rules.RECOUNT_AFTER:
        return False
    statements = [
        str(key)
        for key in session.execute(
            select(OpinionStatement.id)
            .where(OpinionStatement.conversation_id == conversation_id, ASKED)
            .order_by(OpinionStatement.number)
        ).scalars()
    ]
    people = _votes(session, conversation_id)
    found = rules.count(statements, [own for _key, _account, own in people], before=row.results)
    # While it runs nothing is held, so that nobody waits for the sums; what is over was held, and is never written over by a late count.
    session.execute(
        update(OpinionConversation)
        .where(OpinionConversation.id == conversation_id, OpinionConversation.finished_at.is_(None))
        .values(results=found.results, asking=found.asking, counted_at=now)
    )
    if over:
        _part(session, row, people)
        close_for_good(row)
        row.finished_at = now
        record(
            session, actor=SYSTEM, action="opinion_conversation.counted", kind=ThingKind.conversation, object_id=conversation_id,
            process_id=row.process_id, number=len(people),
        )  # fmt: skip  # one row of values reads better so
        jobs.enqueue(session, "opinions.tell", key=conversation_id, conversation_id=conversation_id)
    session.flush()
    return True


def _read(session: Session, conversation_id: uuid.UUID, *, alone: bool) -> OpinionConversation | None:
    asked = select(OpinionConversation).where(OpinionConversation.id == conversation_id)
    return session.execute(
        (asked.with_for_update() if alone else asked).execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _changed(session: Session, row: OpinionConversation) -> int:
    """How many people voted or changed something since the last count."""
    p = OpinionParticipant
    asked = select(func.count()).where(p.conversation_id == row.id)
    if row.counted_at is not None:
        asked = asked.where(p.changed_at > row.counted_at)
    return int(session.execute(asked).scalar_one())


_Person = tuple[uuid.UUID, uuid.UUID | None, dict[str, int]]


def _votes(session: Session, conversation_id: uuid.UUID) -> list[_Person]:
    """Each participant with what they said, by statement."""
    p, b = OpinionParticipant, OpinionBallot
    rows = session.execute(
        select(p.id, p.account_id, b.statement_id, b.vote)
        .join(b, b.participant_id == p.id)
        .where(p.conversation_id == conversation_id)
        .order_by(p.id, b.statement_id)
    )
    found: dict[uuid.UUID, _Person] = {}
    for key, account_id, statement_id, vote in rows:
        found.setdefault(key, (key, account_id, {}))[2][str(statement_id)] = vote
    return list(found.values())


def _part(session: Session, row: OpinionConversation, people: list[_Person]) -> None:
    """Write votes anew in an order of chance, under new keys, without their people; who took part is noted apart."""
    session.execute(delete(OpinionParticipant).where(OpinionParticipant.conversation_id == row.id))
    anonymous = [(uuid.uuid4(), own) for _key, _account, own in people]
    # Neither the order of writing nor the keys lead back to the people; the order comes from the system's own source of chance.
    random.SystemRandom().shuffle(anonymous)
    if anonymous:
        session.execute(
            insert(OpinionParticipant),
            [{"id": key, "conversation_id": row.id, "account_id": None, "changed_at": None} for key, _own in anonymous],
        )
        session.execute(
            insert(OpinionBallot),
            [
                {"participant_id": key, "statement_id": uuid.UUID(statement), "vote": value}
                for key, own in anonymous
                for statement, value in own.items()
            ],
        )
    known = sorted((account for _key, account, _own in people if account), key=str)
    if known:
        session.execute(insert(OpinionTurnout), [{"conversation_id": row.id, "account_id": key} for key in known])
