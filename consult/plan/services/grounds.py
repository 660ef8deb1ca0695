"""What actions rest on: links to proposals, findings and sources, ended and standing again with the act that made them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core.errors import Conflict
from consult.core.permissions import Actor
from consult.plan import rules
from consult.plan.models import DraftAction, Promotion
from consult.plan.services.history import address, locked, remember, touch
from consult.plan.types import ChangeKind, Ground


def link(
    session: Session,
    *,
    process_id: uuid.UUID,
    action_id: uuid.UUID,
    grounds: Sequence[Ground],
    actor: Actor,
    now: datetime,
) -> None:
    """Let an action rest on these things; a link that is there already stays as it is.

    Raises Conflict where the action is adopted or withdrawn.
    """
    action = locked(session, process_id, action_id)
    if action.state not in rules.OPEN_TO_PROPOSALS:
        raise Conflict(
            "Questa azione è stata adottata o ritirata: non può più accogliere altro.",
            link_endpoint="plan.action",
            link_values=address(session, action),
        )
    added = 0
    for ground in grounds:
        added += (
            session.execute(
                insert(Promotion)
                .values(
                    id=uuid.uuid4(), action_id=action_id, proposal_id=ground.proposal_id, finding_id=ground.finding_id,
                    source_id=ground.source_id, passage=ground.passage, passage_start=ground.start, cause_id=ground.cause_id,
                    reason_code=ground.reason_code, reason=ground.reason, body=ground.body, born_with=ground.born_with,
                    made_at=now, made_by=actor.account_id,
                )
                .on_conflict_do_nothing()
                .returning(Promotion.id)
            ).scalar_one_or_none()
            is not None
        )  # fmt: skip  # one row of values reads better so
    if added:
        touch(action, actor, now)
        keys = [str(g.proposal_id or g.finding_id or g.source_id) for g in grounds]
        remember(session, action, ChangeKind.linked, {}, {"rests_on": keys}, actor, now)
        session.flush()


def unlink(session: Session, *, cause_id: uuid.UUID, actor: Actor, now: datetime, note: str = "") -> list[uuid.UUID]:
    """End the links that an act made, since the act was taken back; returns the actions concerned. The ended links stay on record."""
    links = session.execute(
        select(Promotion)
        .where(Promotion.cause_id == cause_id, Promotion.ended_at.is_(None))
        .order_by(Promotion.action_id, Promotion.id)
    ).scalars()
    keys: dict[uuid.UUID, list[str]] = {}
    for row in list(links):
        row.ended_at, row.ended_by = now, actor.account_id
        keys.setdefault(row.action_id, []).append(str(row.proposal_id or row.finding_id or row.source_id))
    for action_id, things in keys.items():
        action = session.execute(select(DraftAction).where(DraftAction.id == action_id).with_for_update()).scalar_one()
        touch(action, actor, now)
        remember(session, action, ChangeKind.unlinked, {"rests_on": things}, {}, actor, now, note)
    session.flush()
    return list(keys)


def relink(session: Session, *, cause_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Let the links that an act made stand again, since ending them was taken back."""
    links = session.execute(
        select(Promotion)
        .where(Promotion.cause_id == cause_id, Promotion.ended_at.is_not(None))
        .order_by(Promotion.action_id, Promotion.id)
    ).scalars()
    keys: dict[uuid.UUID, list[str]] = {}
    for row in list(links):
        row.ended_at = row.ended_by = None
        keys.setdefault(row.action_id, []).append(str(row.proposal_id or row.finding_id or row.source_id))
    for action_id, things in keys.items():
        action = session.execute(select(DraftAction).where(DraftAction.id == action_id).with_for_update()).scalar_one()
        touch(action, actor, now)
        remember(session, action, ChangeKind.linked, {}, {"rests_on": things}, actor, now)
    session.flush()
