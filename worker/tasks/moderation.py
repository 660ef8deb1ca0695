"""Telling people what became of their proposals and of all else they said, and evaluators what waits for them; looking texts through."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.moderation.services import answering, overdue, reminding, screening, telling
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


# An act may give a hundred proposals their outcome, each with all who support and follow it.
@outbox_task("moderation.tell", limit_s=300)
def tell(session: Session, *, act_id: str | None = None, disposition_id: str | None = None) -> None:
    """Tell authors, supporters and followers of what an act decided; the release before this one names one of its dispositions."""
    with outgoing():
        now = database_now(session)
        if act_id:
            telling.tell(session, act_id=uuid.UUID(act_id), now=now)
        elif disposition_id:
            telling.tell_with(session, disposition_id=uuid.UUID(disposition_id), now=now)


@outbox_task("moderation.tell_reversal")
def tell_reversal(session: Session, *, disposition_id: str) -> None:
    """Tell the same people that it was taken back."""
    with outgoing():
        telling.tell_reversal(session, disposition_id=uuid.UUID(disposition_id), now=database_now(session))


@outbox_task("moderation.tell_read")
def tell_read(session: Session, *, act_id: str | None = None, batch_id: str | None = None) -> None:
    """Tell an author what became of a text that a moderator read first, or the authors of several decided together."""
    with outgoing():
        now = database_now(session)
        if batch_id:
            telling.tell_read_together(session, batch_id=uuid.UUID(batch_id), now=now)
        elif act_id:
            telling.tell_read(session, act_id=uuid.UUID(act_id), now=now)


@outbox_task("moderation.tell_appeal")
def tell_appeal(session: Session, *, appeal_id: str) -> None:
    """Tell other moderators of an appeal, or its author of the answer."""
    with outgoing():
        telling.tell_appeal(session, appeal_id=uuid.UUID(appeal_id), now=database_now(session))


@outbox_task("moderation.tell_overdue")
def tell_overdue(session: Session, *, kind: str, thing_id: str) -> None:
    """Tell managers of what moderators left undecided for two weeks."""
    with outgoing():
        overdue.tell_overdue(session, kind=kind, thing_id=uuid.UUID(thing_id), now=database_now(session))


@outbox_task("moderation.screen")
def screen(session: Session, *, process_id: str, period: int, part: int) -> None:
    """Look through the texts that a process's rules have not seen."""
    screening.screen(session, process_id=uuid.UUID(process_id), period=period, part=part)


@outbox_task("moderation.tell_published")
def tell_published(session: Session, *, version_id: str) -> None:
    """Tell whose words stand in a new version of the position paper."""
    with outgoing():
        answering.tell_published(session, version_id=uuid.UUID(version_id), now=database_now(session))


@outbox_task("moderation.tell_taken_up")
def tell_taken_up(session: Session, *, act_id: str) -> None:
    """Tell whose words stand in a finding that was taken up into an action."""
    with outgoing():
        answering.tell_taken_up(session, act_id=uuid.UUID(act_id), now=database_now(session))


@outbox_task("moderation.tell_given_back")
def tell_given_back(session: Session, *, act_id: str) -> None:
    """Tell those who heard of a link between their words and an action that it was ended."""
    with outgoing():
        answering.tell_given_back(session, act_id=uuid.UUID(act_id), now=database_now(session))


@outbox_task("moderation.tell_action")
def tell_action(session: Session, *, action_id: str, version: int) -> None:
    """Tell everyone whose words an action rests on that it was adopted, withdrawn or taken up again."""
    with outgoing():
        answering.tell_action(session, action_id=uuid.UUID(action_id), version=version, now=database_now(session))


@outbox_task("moderation.remind_evaluators")
def remind_evaluators(session: Session, *, process_id: str) -> None:
    """Remind evaluators of what falls due soon, and tell them what is late."""
    with outgoing():
        reminding.remind(session, process_id=uuid.UUID(process_id), now=database_now(session))


@outbox_task("moderation.tell_evaluated")
def tell_evaluated(session: Session, *, proposal_id: str) -> None:
    """Tell moderators that everyone who was asked about a proposal has answered."""
    with outgoing():
        reminding.tell_evaluated(session, proposal_id=uuid.UUID(proposal_id), now=database_now(session))
