"""Working out opinion groups, and telling people that a conversation is over."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.coplanning.opinions import services
from consult.core.clock import database_now
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("opinions.count")
def count(session: Session, *, conversation_id: str, always: bool = False) -> None:
    """Work out the results of a conversation; once more and for good where it is over."""
    services.count(session, conversation_id=uuid.UUID(conversation_id), now=database_now(session), always=always)


@outbox_task("opinions.tell")
def tell(session: Session, *, conversation_id: str) -> None:
    """Tell those who took part."""
    with outgoing():
        services.tell(session, conversation_id=uuid.UUID(conversation_id), now=database_now(session))
