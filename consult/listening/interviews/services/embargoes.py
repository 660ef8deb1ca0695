"""What a date or a missed event changes in consent: looked for by the clock, so that nothing depends on somebody saving something."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.core.permissions import SYSTEM
from consult.listening.interviews.models import Interview
from consult.listening.interviews.services.planning import follow
from consult.listening.sources.models import Source

TOPIC = "interviews.follow_dates"


def ask_for_due(session: Session, *, timezone: str, now: datetime) -> None:
    """Where passages are not quotable as their interview says today, ask that they become so.

    What is due again a minute after it was followed is asked for again: consent may change twice in an hour. Where such a job still
    waits, or failed less than an hour ago, nothing is asked for.
    """
    due = _due(session, _today(timezone, now))
    if not due:
        return
    undone = (
        select(jobs.OutboxJob.id)
        .where(
            jobs.OutboxJob.topic == TOPIC,
            jobs.OutboxJob.done_at.is_(None),
            jobs.OutboxJob.created_at > now - timedelta(hours=1),
        )
        .limit(1)
    )
    if session.execute(undone).first() is None:
        which = hashlib.sha256("".join(key.hex for key, _process_id in due).encode()).hexdigest()[:20]
        jobs.enqueue(session, TOPIC, key=f"{now:%Y-%m-%dT%H:%M}:{which}")


def follow_dates(session: Session, *, timezone: str, now: datetime) -> int:
    """Make passages quotable whose embargo has ended, and none whose embargo runs or whose consent is gone; returns how many
    interviews were touched. Safe to run again."""
    today = _today(timezone, now)
    due = _due(session, today)
    for interview_id, process_id in due:
        follow(session, process_id=process_id, interview_id=interview_id, today=today, actor=SYSTEM, now=now)
    return len(due)


def _today(timezone: str, now: datetime) -> date:
    """The day it is where the authority sits: an embargo ends with its midnight, not with that of the database."""
    return now.astimezone(ZoneInfo(timezone)).date()


def _due(session: Session, today: date) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Interviews and their processes, by key, with a passage that is not as their consent says: in use or quotable and should not be,
    or should be and is not."""
    ended = or_(Interview.embargo_until.is_(None), Interview.embargo_until <= today)
    opens = and_(
        ended, Interview.embargo_until.is_not(None), Interview.consent_quote != "none", Source.quotable == "none"
    )
    closes = and_(or_(Interview.embargo_until > today, Interview.consent_quote == "none"), Source.quotable != "none")
    used = Source.consented != and_(Interview.consent_transcribe, Interview.consent_code)
    statement = (
        select(Interview.id, Interview.process_id)
        .join(Source, Source.unit_id == Interview.id)
        .where(or_(opens, closes, used))
        .distinct()
        .order_by(Interview.id)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]
