"""The look at the clock that beat asks for."""

from __future__ import annotations

from consult.coplanning.opinions import services as opinions
from consult.coplanning.priorities import services as priorities
from consult.coplanning.proposals import services as proposals
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.evidence.services import arrivals, bringing, finishing
from consult.files import services as files
from consult.listening.contributions import services as contributions
from consult.listening.interviews import services as interviews
from consult.listening.meetings import services as meetings
from consult.listening.surveys import services as surveys
from consult.moderation.services import reminding, screening
from consult.notices import services as notices
from consult.people import services as people
from consult.position_paper import services as position_paper
from consult.process import services as process
from worker.celery_app import app, settings
from worker.jobs import sessions


@app.task(name="clock.look", shared=False)
def look() -> None:
    """Write what is due into the outbox, once per job and period."""
    with unit_of_work(sessions()) as session:
        now = database_now(session)
        people.ask_for_clean_up(session, timezone=settings.timezone, now=now)
        notices.ask_for_due_digests(session, timezone=settings.timezone, now=now)
        surveys.ask_for_due(session, now=now)
        interviews.ask_for_due(session, timezone=settings.timezone, now=now)
        meetings.ask_for_due(session, now=now)
        contributions.ask_for_due(session, now=now)
        files.ask_for_sweep(session, now=now)
        priorities.ask_for_due(session, now=now)
        opinions.ask_for_due(session, now=now)
        proposals.ask_for_due(session, now=now)
        process.ask_to_settle(session, now=now)
        arrivals.ask_for_due(session, now=now)
        finishing.ask_for_due(session, now=now)
        bringing.ask_for_due(session, now=now)
        position_paper.ask_for_due(session)
        screening.ask_for_due(session, now=now)
        reminding.ask_for_due(session, now=now)
