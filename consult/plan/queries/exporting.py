"""The plan whole, for files: every action with all it says, in the plan's order."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.framework.models import Axis, Provision, ReferencePlan, Strategy, Zone
from consult.plan.models import ActionConnection, ActionProvision, ActionZone, DraftAction
from consult.plan.types import ActionState


@dataclass(frozen=True, slots=True)
class WholeAction:
    """An action with all its fields. Zones, connections and provisions are codes, separated by a comma."""

    id: uuid.UUID
    axis_number: int
    axis_title: str
    strategy_code: str
    strategy_title: str
    code: str
    title: str
    text: str
    competence: str
    lead_body: str
    partners: str
    zones: str
    period: str
    funding: str
    connections: str
    provisions: str
    objective_code: str
    origin: str
    state: str


def _joined(words: Any, order: Any, link: Any, *joins: tuple[Any, Any]) -> Any:
    statement = select(
        func.coalesce(func.string_agg(words, aggregate_order_by(literal(", "), order)), cast(literal(""), String))
    )
    statement = statement.select_from(link)
    for table, condition in joins:
        statement = statement.join(table, condition)
    return statement.where(link.action_id == DraftAction.id).correlate(DraftAction).scalar_subquery()


def whole_plan(session: Session, *, process_id: uuid.UUID) -> list[WholeAction]:
    """All actions but the withdrawn ones, in one statement."""
    other = Strategy.__table__.alias("other_strategy")
    rows: Any = session.execute(
        select(
            DraftAction.id, Axis.number, Axis.title, Strategy.code, Strategy.title, DraftAction.code, DraftAction.title, DraftAction.text,
            DraftAction.competence, DraftAction.lead_body, DraftAction.partners,
            _joined(Zone.code, Zone.position, ActionZone, (Zone, Zone.id == ActionZone.zone_id)),
            DraftAction.period, DraftAction.funding,
            _joined(other.c.code, other.c.position, ActionConnection, (other, other.c.id == ActionConnection.strategy_id)),
            _joined(
                ReferencePlan.code + literal(" ") + Provision.code, Provision.position, ActionProvision,
                (Provision, Provision.id == ActionProvision.provision_id), (ReferencePlan, ReferencePlan.id == Provision.plan_id),
            ),
            DraftAction.objective_code, DraftAction.origin, DraftAction.state,
        )
        .join(Strategy, Strategy.id == DraftAction.strategy_id)
        .join(Axis, Axis.id == Strategy.axis_id)
        .where(DraftAction.process_id == process_id, DraftAction.state != ActionState.withdrawn)
        .order_by(Strategy.position, DraftAction.number)
    )  # fmt: skip  # one column per name reads better so
    return [WholeAction(*row) for row in rows]
