"""Telling people what became of their proposals, and evaluators what waits for them; looking texts through."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.moderation.services import reminding, screening, telling
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("moderation.tell")
def tell(session: Session, *, disposition_id: str) -> None:
    """Tell author, supporters and followers of a disposition that stands."""
    with outgoing():
        telling.tell(session, disposition_id=uuid.UUID(disposition_id), now=database_now(session))


@outbox_task("moderation.tell_reversal")
def tell_reversal(session: Session, *, disposition_id: str) -> None:
    """Tell the same people that it was taken back."""
    with outgoing():
        telling.tell_reversal(session, disposition_id=uuid.UUID(disposition_id), now=database_now(session))


@outbox_task("moderation.tell_read")
def tell_read(session: Session, *, act_id: str) -> None:
    """Tell an author what became of a text that a moderator read first."""
    with outgoing():
        telling.tell_read(session, act_id=uuid.UUID(act_id), now=database_now(session))


@outbox_task("moderation.screen")
def screen(session: Session, *, process_id: str, period: int, part: int) -> None:
    """Look through the texts that a process's rules have not seen."""
    screening.screen(session, process_id=uuid.UUID(process_id), period=period, part=part)


@outbox_task("moderation.remind_evaluators")
def remind_evaluators(session: Session, *, process_id: str) -> None:
    """Remind evaluators of what falls due soon, and tell them what is late."""
    with outgoing():
        reminding.remind(session, process_id=uuid.UUID(process_id), now=database_now(session))
