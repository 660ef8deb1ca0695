"""Telling evaluators what was asked of them, before the deadline and once it has passed; each person once for each deadline."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.moderation import emails, rules
from consult.moderation.queries import evaluations as queries
from consult.notices.services import notify
from consult.process.models import Process

TOPIC = "moderation.remind_evaluators"


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
    told = 0
    for language, number in sorted({(locale, number) for _id, locale, number in people}):
        told += notify(
            session,
            account_ids=[key for key, locale, n in people if (locale, n) == (language, number)],
            kind="evaluation",
            subject=emails.evaluation_subject(what, number=number, language=language),
            body=emails.evaluation_body(
                process=title, question=question, due=format_date(due_at, "long", locale=language), language=language
            ),
            link_endpoint="evaluations.worklist",
            link_values={"slug": slug},
            process_id=process_id,
            key=f"evaluations:{process_id}:{what}:{moment}",
            now=now,
        )
    return told
