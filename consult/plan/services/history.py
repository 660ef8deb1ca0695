"""An action under lock, as it was and as it becomes: what every write of the plan begins and ends with."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, NotFound
from consult.core.permissions import Actor
from consult.framework.models import Provision, Strategy, Zone
from consult.people import queries as people
from consult.plan.models import ActionChange, ActionConnection, ActionProvision, ActionZone, DraftAction
from consult.plan.types import ActionFields, ChangeKind
from consult.process.queries import slug_of

TEXTS = ("title", "text", "competence", "lead_body", "partners", "period", "funding", "objective_code")


def locked(session: Session, process_id: uuid.UUID, action_id: uuid.UUID) -> DraftAction:
    """An action of a process, to be changed. Raises NotFound."""
    action = session.execute(
        select(DraftAction)
        .where(DraftAction.id == action_id, DraftAction.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if action is None:
        raise NotFound("Questa azione non c’è.")
    return action


def touch(action: DraftAction, actor: Actor, now: datetime) -> None:
    """Raise the version of an action that changes, with who changes it."""
    action.version += 1
    action.changed_at, action.changed_by = now, actor.account_id


def remember(
    session: Session,
    action: DraftAction,
    kind: ChangeKind,
    before: dict[str, Any],
    after: dict[str, Any],
    actor: Actor,
    now: datetime,
    note: str = "",
) -> None:
    """Put a change of an action into its history."""
    session.add(
        ActionChange(
            action_id=action.id, version=action.version, kind=str(kind), before=before, after=after, note=note,
            changed_at=now, changed_by=actor.account_id,
        )
    )  # fmt: skip  # one row of values reads better so


def as_written(session: Session, action: DraftAction) -> dict[str, Any]:
    """The action as its history keeps it: words, and the codes of what it is linked to."""
    zones = select(Zone.code).join(ActionZone, ActionZone.zone_id == Zone.id).where(ActionZone.action_id == action.id)
    others = (
        select(Strategy.code)
        .join(ActionConnection, ActionConnection.strategy_id == Strategy.id)
        .where(ActionConnection.action_id == action.id)
    )
    provisions = (
        select(Provision.code)
        .join(ActionProvision, ActionProvision.provision_id == Provision.id)
        .where(ActionProvision.action_id == action.id)
    )
    return {
        **{name: getattr(action, name) for name in TEXTS},
        "zones": list(session.execute(zones.order_by(Zone.position)).scalars()),
        "connections": list(session.execute(others.order_by(Strategy.position)).scalars()),
        "provisions": list(session.execute(provisions.order_by(Provision.code)).scalars()),
    }


def as_typed(session: Session, action: DraftAction, fields: ActionFields) -> dict[str, Any]:
    """What a stale edit wanted to save, in the same shape."""
    zones = select(Zone.code).where(Zone.id.in_(fields.zone_ids)).order_by(Zone.position)
    others = select(Strategy.code).where(Strategy.id.in_(fields.strategy_ids), Strategy.id != action.strategy_id)
    provisions = select(Provision.code).where(Provision.id.in_(fields.provision_ids)).order_by(Provision.code)
    typed = {name: value for name, value in asdict(fields).items() if name in TEXTS}
    return {
        **typed,
        "zones": list(session.execute(zones).scalars()),
        "connections": list(session.execute(others.order_by(Strategy.position)).scalars()),
        "provisions": list(session.execute(provisions).scalars()),
    }


def address(session: Session, action: DraftAction) -> dict[str, str]:
    """What the address of an action's pages holds."""
    slug = slug_of(session, process_id=action.process_id)
    return {"slug": slug, "code": action.code}


def stale(session: Session, action: DraftAction, differing: tuple[Any, ...]) -> Conflict:
    """The refusal of a change made on an older version: who changed it meanwhile, and the differences."""
    return Conflict(
        "Qualcun altro ha salvato questa azione mentre la stavi modificando. Niente è andato perso: qui sotto c’è quello che hai scritto.",
        link_endpoint="plan.desk_action",
        link_values=address(session, action),
        differences=differing,
        changed_by=people.name_of(session, account_id=action.changed_by),
        current_version=action.version,
    )
