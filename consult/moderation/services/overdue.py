"""Telling managers of what moderators left undecided for two weeks: appeals, and decisions on which two of them differ."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core import settling
from consult.moderation import emails
from consult.moderation.models import ModerationAct, ModerationAppeal, ModerationReading
from consult.moderation.types import AppealState, ReadingState
from consult.notices.services import notify
from consult.process.queries import slug_of, who_settles


def tell_overdue(session: Session, *, kind: str, thing_id: uuid.UUID, now: datetime) -> int:
    """Tell whoever may settle it now that an appeal, or a reading two moderators differ on, still waits; returns how many were told."""
    found = _appeal(session, thing_id) if kind == "appeal" else _reading(session, thing_id)
    if found is None:
        return 0
    process_id, since, involved = found
    if now < settling.answer_by(since):
        return 0
    people = who_settles(session, process_id=process_id, involved=involved, late=True)
    slug = slug_of(session, process_id=process_id)
    endpoint, values = people.link_for(slug, "second_look.index", elenco="ricorsi" if kind == "appeal" else "riletture")
    return notify(
        session,
        account_ids=people.account_ids,
        kind="moderation",
        words=lambda language: (emails.overdue_subject(kind, language), emails.overdue_body(people.role, language)),
        link_endpoint=endpoint,
        link_values=values,
        process_id=process_id,
        key=f"overdue:{kind}:{thing_id}:{since.isoformat()}",
        now=now,
    )


def _appeal(session: Session, key: uuid.UUID) -> tuple[uuid.UUID, datetime, list[uuid.UUID | None]] | None:
    row = session.execute(
        select(ModerationAppeal.process_id, ModerationAppeal.filed_at, ModerationAct.acted_by, ModerationAppeal.appellant_id)
        .join(ModerationAct, ModerationAct.id == ModerationAppeal.act_id)
        .where(ModerationAppeal.id == key, ModerationAppeal.state == AppealState.open, ModerationAct.undone_at.is_(None))
    ).one_or_none()
    return (row.process_id, row.filed_at, [row.acted_by, row.appellant_id]) if row else None


def _reading(session: Session, key: uuid.UUID) -> tuple[uuid.UUID, datetime, list[uuid.UUID | None]] | None:
    row = session.execute(
        select(ModerationReading.process_id, ModerationReading.second_at, ModerationAct.acted_by, ModerationReading.second_by)
        .join(ModerationAct, ModerationAct.id == ModerationReading.act_id)
        .where(
            ModerationReading.id == key, ModerationReading.state == ReadingState.disputed, ModerationAct.undone_at.is_(None)
        )
    ).one_or_none()
    return (row.process_id, row.second_at, [row.acted_by, row.second_by]) if row and row.second_at else None
