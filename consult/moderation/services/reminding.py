"""Telling evaluators what was asked of them, before the deadline and once it has passed; each person once for each deadline.

Moderators are told when everyone who was asked about a proposal has answered.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.core import jobs
from consult.core.vocabulary import Role
from consult.moderation import emails, rules
from consult.moderation.queries import evaluations as queries
from consult.moderation.types import TO_DO, EvaluationState
from consult.notices.services import notify
from consult.process.models import Process
from consult.process.queries import with_roles

TOPIC, EVALUATED = "moderation.remind_evaluators", "moderation.tell_evaluated"


def tell_asked(session: Session, *, process_id: uuid.UUID, due_at: datetime, question: str, now: datetime) -> int:
    """Tell whoever was asked at this moment, in one notice each, how many proposals wait for them; returns how many were told."""
    return _tell(session, process_id, "asked", now, asked_at=now, due_at=due_at, question=question)


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Ask for the day's reminders in each process where something falls due soon or fell due."""
    until = now + timedelta(days=rules.REMIND_DAYS)
    for process_id in queries.processes_with_due(session, until=until):
        day = now.date().isoformat()
        jobs.enqueue(session, TOPIC, key=f"{process_id}:{day}", process_id=process_id)


def remind(session: Session, *, process_id: uuid.UUID, now: datetime) -> int:
    """Remind people of what falls due within days, and tell them what is late; returns how many were told.

    The notice's key names the deadline, so a person hears of each deadline once before and once after, however often this runs.
    """
    told = 0
    for due_at in queries.deadlines(session, process_id=process_id, until=now + timedelta(days=rules.REMIND_DAYS)):
        told += _tell(session, process_id, "late" if due_at <= now else "soon", now, due_at=due_at)
    return told


def ask_to_look(session: Session, *, proposal_id: uuid.UUID, now: datetime) -> None:
    """Ask to look whether all that was asked about a proposal is answered now.

    The look comes after this transaction: of two who deliver at the same moment, whoever commits last is seen by the look they asked for.
    """
    jobs.enqueue(session, EVALUATED, key=f"{proposal_id}:{now.isoformat()}", proposal_id=proposal_id)


def tell_evaluated(session: Session, *, proposal_id: uuid.UUID, now: datetime) -> int:
    """Tell the moderators of the process that all evaluations of a proposal are there, once for each round of asking; returns how many.

    Not where somebody was asked anew, the proposal was decided or taken away meanwhile.
    """
    numbers = queries.states_of(session, proposal_id=proposal_id)
    row = session.execute(
        select(Proposal.number, Proposal.process_id, Process.slug)
        .join(Process, Process.id == Proposal.process_id)
        .where(Proposal.id == proposal_id, *queries.OPEN)
    ).one_or_none()
    if row is None or not numbers.get(EvaluationState.delivered) or any(numbers.get(state) for state in TO_DO):
        return 0
    # Who is asked anew delivers a round of its own; a correction of what was delivered is no news.
    latest = queries.latest_asking(session, proposal_id=proposal_id)
    delivered, declined = numbers[EvaluationState.delivered], numbers.get(EvaluationState.declined, 0)
    return notify(
        session,
        account_ids=with_roles(session, process_id=row.process_id, roles=(Role.moderator,)),
        kind="evaluated",
        words=lambda language: (
            emails.evaluated_subject(row.number, language),
            emails.evaluated_body(delivered, declined, language),
        ),
        link_endpoint="evaluation_desk.side_by_side",
        link_values={"slug": row.slug, "proposal_id": proposal_id},
        process_id=row.process_id,
        key=f"evaluated:{proposal_id}:{latest.isoformat()}",
        now=now,
    )


def _tell(
    session: Session,
    process_id: uuid.UUID,
    what: str,
    now: datetime,
    *,
    due_at: datetime,
    asked_at: datetime | None = None,
    question: str = "",
) -> int:
    people = queries.people_to_tell(session, process_id=process_id, due_at=due_at, asked_at=asked_at)
    title, slug = session.execute(select(Process.title, Process.slug).where(Process.id == process_id)).one()
    moment = (asked_at or due_at).isoformat()

    def words(language: str, number: int) -> tuple[str, str]:
        due = format_date(due_at, "long", locale=language)
        return (
            emails.evaluation_subject(what, number=number, language=language),
            emails.evaluation_body(process=title, question=question, due=due, language=language),
        )

    told = 0
    for number in sorted({number for _id, number in people}):
        told += notify(
            session,
            account_ids=[key for key, waiting in people if waiting == number],
            kind="evaluation",
            words=partial(words, number=number),
            link_endpoint="evaluations.worklist",
            link_values={"slug": slug},
            process_id=process_id,
            key=f"evaluations:{process_id}:{what}:{moment}",
            now=now,
        )
    return told
