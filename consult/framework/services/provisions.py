"""Existing plans that a paper confronts: adding one, importing its provisions again and again, writing one by hand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.framework.models import Provision, ProvisionStrategy, ReferencePlan, Strategy
from consult.framework.rules.provisions import ProvisionRow


def save_plan(
    session: Session, *, frame_id: uuid.UUID, code: str, title: str, version: str, actor: Actor, now: datetime
) -> uuid.UUID:
    """Add an existing plan to a frame, or change the title and version of the one with this code; returns its key."""
    values = {"title": title[:300], "version": version[:60]}
    plan_id = session.execute(
        insert(ReferencePlan)
        .values(id=uuid.uuid4(), frame_id=frame_id, code=code[:40], **values)
        .on_conflict_do_update(index_elements=["frame_id", "code"], set_=values)
        .returning(ReferencePlan.id)
    ).scalar_one()
    record(session, actor=actor, action="plan.saved", kind=ThingKind.frame, object_id=plan_id, code=code[:40])
    session.flush()
    return plan_id


def import_provisions(
    session: Session,
    *,
    frame_id: uuid.UUID,
    plan_id: uuid.UUID,
    rows: Sequence[ProvisionRow],
    actor: Actor,
    now: datetime,
    whole: bool = False,
) -> tuple[int, int]:
    """Write a plan's provisions by code: new ones are added, known ones changed, what the file no longer holds stays.

    A row without strategies leaves those that were linked, unless rows are `whole`, as a form's are.

    Returns how many are new and how many were there. A paper may have been confronted with each, so none is ever taken away.
    """
    _own(session, frame_id, plan_id)
    strategies: dict[str, uuid.UUID] = dict(
        session.execute(select(Strategy.code, Strategy.id).where(Strategy.frame_id == frame_id)).all()
    )
    known: dict[str, uuid.UUID] = dict(
        session.execute(select(Provision.code, Provision.id).where(Provision.plan_id == plan_id)).all()
    )
    last = session.execute(
        select(func.coalesce(func.max(Provision.position), -1)).where(Provision.plan_id == plan_id)
    ).scalar_one()
    links: list[dict[str, uuid.UUID]] = []
    touched: list[uuid.UUID] = []
    for offset, row in enumerate(rows, start=1):
        values = {"text": row.text, "page": row.page}
        key = session.execute(
            insert(Provision)
            .values(id=uuid.uuid4(), plan_id=plan_id, code=row.code, position=last + offset, **values)
            .on_conflict_do_update(index_elements=["plan_id", "code"], set_=values)
            .returning(Provision.id)
        ).scalar_one()
        if row.strategies or whole:
            touched.append(key)
            links += [
                {"provision_id": key, "strategy_id": strategies[code]} for code in row.strategies if code in strategies
            ]
    if touched:
        session.execute(delete(ProvisionStrategy).where(ProvisionStrategy.provision_id.in_(touched)))
    if links:
        session.execute(insert(ProvisionStrategy), links)
    new = len([row for row in rows if row.code not in known])
    record(
        session,
        actor=actor,
        action="provisions.imported",
        kind=ThingKind.frame,
        object_id=plan_id,
        new=new,
        known=len(rows) - new,
    )
    session.flush()
    return new, len(rows) - new


def _own(session: Session, frame_id: uuid.UUID, plan_id: uuid.UUID) -> None:
    found = select(ReferencePlan.id).where(ReferencePlan.id == plan_id, ReferencePlan.frame_id == frame_id)
    if session.execute(found.with_for_update()).scalar_one_or_none() is None:
        raise NotFound("Questo piano non c’è.")


def write_provision(
    session: Session, *, frame_id: uuid.UUID, plan_id: uuid.UUID, row: ProvisionRow, actor: Actor, now: datetime
) -> None:
    """Write one provision by hand. Raises Invalid for a strategy that is not of the frame."""
    known = set(session.execute(select(Strategy.code).where(Strategy.frame_id == frame_id)).scalars())
    if not set(row.strategies) <= known:
        raise Invalid("Questa strategia non è del piano.", {"strategies": "Una di queste strategie non è del piano."})
    import_provisions(session, frame_id=frame_id, plan_id=plan_id, rows=[row], actor=actor, now=now, whole=True)
