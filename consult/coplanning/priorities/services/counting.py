"""The count: once for each round, after its deadline; what was said is parted from who said it before anything is shown."""

from __future__ import annotations

import random
import uuid
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.priorities import rules
from consult.coplanning.priorities.models import PriorityBallot, PriorityOption, PriorityRound, PriorityTurnout
from consult.coplanning.rounds.rules import is_over
from consult.coplanning.rounds.services import close_for_good
from consult.coplanning.rounds.types import RoundState
from consult.core import jobs
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import ThingKind
from consult.framework.models import Zone


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Ask for the count of the rounds whose deadline has passed; looking often asks once for each."""
    due = session.execute(
        select(PriorityRound.id)
        .where(
            PriorityRound.counted_at.is_(None),
            PriorityRound.closes_at <= now,
            PriorityRound.state.in_([RoundState.open, RoundState.closed]),
        )
        .order_by(PriorityRound.id)
    ).scalars()
    for key in due:
        jobs.enqueue(session, "priorities.count", key=key, round_id=key)
    older = session.execute(
        select(PriorityRound.id)
        .where(
            PriorityRound.counted_at.is_not(None),
            PriorityRound.results["counted_as"].astext.is_distinct_from(rules.METHOD),
        )
        .order_by(PriorityRound.id)
    ).scalars()
    for key in older:
        jobs.enqueue(session, "priorities.count", key=f"{key}:{rules.METHOD}", round_id=key)


def count_round(session: Session, *, round_id: uuid.UUID, now: datetime) -> bool:
    """Close a round whose deadline has passed, part ballots from people, and write the results; False where it is not due or done.

    One that an older rule counted is counted anew from its ballots, which are nobody's any more.

    Who is casting at this moment holds the row: the count waits, and counts that ballot too.
    """
    row = session.execute(
        select(PriorityRound)
        .where(PriorityRound.id == round_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None or not (row.counted_at or is_over(row.state, row.closes_at, now)):
        return False
    if row.counted_at and (row.results or {}).get("counted_as") == rules.METHOD:
        return False
    ballots = session.execute(
        select(
            PriorityBallot.account_id,
            PriorityBallot.zone_id,
            PriorityBallot.speaker_kind,
            PriorityBallot.choices,
            Zone.code,
        )
        .outerjoin(Zone, Zone.id == PriorityBallot.zone_id)
        .where(PriorityBallot.round_id == round_id)
        .order_by(PriorityBallot.id)
    ).all()
    options = [
        str(key)
        for key in session.execute(
            select(PriorityOption.id).where(PriorityOption.round_id == round_id).order_by(PriorityOption.position)
        ).scalars()
    ]
    said = [rules.Said(b.choices, b.code or "", b.speaker_kind) for b in ballots]
    row.results = rules.count(row.method, options, said)
    if row.counted_at:
        # Counted before, by a rule that told more of small groups: the ballots are parted already and everybody has been told.
        session.flush()
        return True
    people = [{"round_id": round_id, "account_id": b.account_id} for b in ballots if b.account_id]
    anonymous = [
        {"id": uuid.uuid4(), "round_id": round_id, "account_id": None, "zone_id": b.zone_id, "speaker_kind": b.speaker_kind, "choices": b.choices}
        for b in ballots
    ]  # fmt: skip  # one row of values reads better so
    # Neither the order of writing nor the keys lead back to the people; the order comes from the system's own source of chance.
    random.SystemRandom().shuffle(anonymous)
    session.execute(delete(PriorityBallot).where(PriorityBallot.round_id == round_id))
    if anonymous:
        session.execute(insert(PriorityBallot), anonymous)
    if people:
        session.execute(insert(PriorityTurnout), sorted(people, key=lambda p: str(p["account_id"])))
    close_for_good(row)
    row.counted_at = now
    record(
        session, actor=SYSTEM, action="priority_round.counted", kind=ThingKind.priority_round, object_id=round_id,
        process_id=row.process_id, number=len(ballots),
    )  # fmt: skip  # one row of values reads better so
    jobs.enqueue(session, "priorities.tell", key=f"{round_id}:results", round_id=round_id, what="results")
    session.flush()
    return True
