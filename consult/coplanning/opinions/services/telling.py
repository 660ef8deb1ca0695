"""Telling people that the conversation they took part in is over and its results are public."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.opinions import emails
from consult.coplanning.opinions.models import OpinionConversation, OpinionTurnout
from consult.notices.services import notify
from consult.process.models import Process


def tell(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> int:
    """Tell those who took part in a conversation that is over; each once. Returns how many were told."""
    row = session.execute(
        select(OpinionConversation, Process.slug)
        .join(Process, Process.id == OpinionConversation.process_id)
        .where(OpinionConversation.id == conversation_id, OpinionConversation.finished_at.is_not(None))
    ).one_or_none()
    if row is None:
        return 0
    found, slug = row
    people = select(OpinionTurnout.account_id).where(OpinionTurnout.conversation_id == conversation_id)
    return notify(
        session,
        account_ids=session.execute(people).scalars().all(),
        kind="priorities",
        words=lambda language: (emails.subject(found.title, language), emails.body(language)),
        link_endpoint="opinions.results",
        link_values={"slug": slug, "conversation_id": conversation_id},
        process_id=found.process_id,
        key=f"opinions:{conversation_id}",
        now=now,
    )
