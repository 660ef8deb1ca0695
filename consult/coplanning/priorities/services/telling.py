"""Telling people that they are invited, and that the results of a round they took part in are public."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.priorities import emails
from consult.coplanning.priorities.models import PriorityInvitation, PriorityRound, PriorityTurnout
from consult.coplanning.rounds.types import RoundState
from consult.notices.services import notify
from consult.process.models import Process


def tell(session: Session, *, round_id: uuid.UUID, what: str, timezone: str, now: datetime) -> int:
    """Tell those invited to an open round, or those who took part in a counted one; each once. Returns how many were told."""
    row = session.execute(
        select(PriorityRound, Process.slug)
        .join(Process, Process.id == PriorityRound.process_id)
        .where(PriorityRound.id == round_id)
    ).one_or_none()
    if row is None or row[0].state != (RoundState.open if what == "invited" else RoundState.closed):
        return 0
    found, slug = row
    people: Any = PriorityInvitation if what == "invited" else PriorityTurnout

    def words(language: str) -> tuple[str, str]:
        closes = (
            format_datetime(found.closes_at, "long", tzinfo=ZoneInfo(timezone), locale=language)
            if found.closes_at
            else ""
        )
        subject = emails.subject(what, title=found.title, language=language)
        return subject, emails.body(what, closes=closes, language=language)

    return notify(
        session,
        account_ids=session.execute(select(people.account_id).where(people.round_id == round_id)).scalars().all(),
        kind="priorities",
        words=words,
        link_endpoint="priorities.show",
        link_values={"slug": slug, "round_id": round_id},
        process_id=found.process_id,
        key=f"priorities:{round_id}:{what}",
        now=now,
    )
