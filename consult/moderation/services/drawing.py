"""What follows an act on a text: the lot that may send it to a second reading, and appeals that it settles or opens again."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Integer, func, insert, literal, select, update
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.core.vocabulary import ThingKind
from consult.moderation import rules
from consult.moderation.models import ModerationAct, ModerationAppeal, ModerationPolicy, ModerationReading
from consult.moderation.types import AppealState, Policy, Verb


def draw(session: Session, *, process_id: uuid.UUID, act_id: uuid.UUID, verb: Verb, now: datetime) -> None:
    """Put a decision among those to be read again, where the lot falls on it; always one statement, so that nobody sees it by the time."""
    if verb not in rules.READ_AGAIN:
        return
    share = (
        select(ModerationPolicy.second_percent)
        .where(ModerationPolicy.process_id == process_id)
        .order_by(ModerationPolicy.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    drawn = select(literal(uuid.uuid4()), literal(process_id), literal(act_id), literal("waiting"), literal(now)).where(
        func.coalesce(share, Policy().second_percent) > literal(rules.lot(act_id), Integer)
    )
    session.execute(insert(ModerationReading).from_select(["id", "process_id", "act_id", "state", "drawn_at"], drawn))


def settle_appeals(session: Session, *, kind: ThingKind, thing_id: uuid.UUID, act_id: uuid.UUID, now: datetime) -> None:
    """Settle open appeals about a text, since this act showed it again; their authors are told."""
    about = select(ModerationAct.id).where(ModerationAct.thing_kind == str(kind), ModerationAct.thing_id == thing_id)
    settled = session.execute(
        update(ModerationAppeal)
        .where(ModerationAppeal.act_id.in_(about), ModerationAppeal.state == AppealState.open)
        .values(state=str(AppealState.settled), decided_at=now, restoring_act_id=act_id)
        .returning(ModerationAppeal.id)
    ).scalars()
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    for key in settled:
        jobs.enqueue(session, "moderation.tell_appeal", key=f"{key}:{now.isoformat()}", not_before=later, appeal_id=key)


def reopen_appeals(session: Session, *, act_id: uuid.UUID) -> None:
    """Appeals that this act settled are open again, since it was undone."""
    session.execute(
        update(ModerationAppeal)
        .where(ModerationAppeal.restoring_act_id == act_id, ModerationAppeal.state == AppealState.settled)
        .values(state=str(AppealState.open), decided_at=None, restoring_act_id=None)
    )
