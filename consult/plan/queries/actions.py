"""Reads of the plan. Proposals that are hidden are counted nowhere and named nowhere; findings appear as they were published."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, case, cast, func, literal, literal_column, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.framework.models import Axis, Provision, ReferencePlan, Strategy, Zone
from consult.listening.sources.models import Source
from consult.people.models import Account
from consult.plan.models import ActionChange, ActionConnection, ActionProvision, ActionZone, DraftAction, Promotion
from consult.plan.queries.cards import CARD, LIVE, SHOWN, ActionCard
from consult.plan.types import ActionState
from consult.position_paper.models import PublishedFinding

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action in the outline of the plan, with how much it rests on."""

    id: uuid.UUID
    code: str
    title: str
    text: str
    strategy_id: uuid.UUID
    state: str
    origin: str
    competence: str
    lead_body: str
    changed_at: datetime
    proposals: int
    findings: int
    notes: int

    @property
    def rests_on_nothing(self) -> bool:
        """Whether nobody's words stand behind it."""
        return not (self.proposals or self.findings or self.notes)


@dataclass(frozen=True, slots=True)
class ActionDetail:
    """One action whole."""

    id: uuid.UUID
    process_id: uuid.UUID
    strategy_id: uuid.UUID
    strategy_code: str
    strategy_title: str
    axis_number: int
    axis_title: str
    code: str
    title: str
    text: str
    competence: str
    lead_body: str
    partners: str
    period: str
    funding: str
    objective_code: str
    origin: str
    state: str
    version: int
    created_at: datetime
    changed_at: datetime
    zones: tuple[tuple[uuid.UUID, str, str], ...] = ()
    connections: tuple[tuple[uuid.UUID, str, str], ...] = ()
    provisions: tuple[tuple[uuid.UUID, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GroundRow:
    """One thing an action rests on. `title` is empty where the proposal is hidden."""

    action_id: uuid.UUID
    kind: str
    thing_id: uuid.UUID
    number: int | None
    title: str
    passage: str
    outcome: str | None
    reason: str
    supports: int | None
    finding_id: uuid.UUID | None
    hidden: bool
    made_at: datetime
    cause_id: uuid.UUID | None
    body: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line of an action's history."""

    version: int
    kind: str
    before: dict[str, Any]
    after: dict[str, Any]
    note: str
    at: datetime
    by: str | None


_PUBLISHED = select(PublishedFinding.finding_id).distinct().subquery("published")


def _weights() -> Any:
    """Per action: how many visible proposals, published findings (named directly or answered by a proposal) and meeting notes."""
    finding = func.coalesce(Promotion.finding_id, case((SHOWN, Proposal.finding_id)))
    return (
        select(
            Promotion.action_id,
            func.count(Promotion.proposal_id.distinct()).filter(SHOWN).label("proposals"),
            func.count(finding.distinct()).filter(_PUBLISHED.c.finding_id.is_not(None)).label("findings"),
            func.count(Promotion.source_id.distinct()).label("notes"),
        )
        .outerjoin(Proposal, Proposal.id == Promotion.proposal_id)
        .outerjoin(_PUBLISHED, _PUBLISHED.c.finding_id == finding)
        .where(LIVE)
        .group_by(Promotion.action_id)
        .subquery()
    )


def _rows() -> Any:
    weights = _weights()
    zero = literal(0)
    return select(
        DraftAction.id, DraftAction.code, DraftAction.title, DraftAction.text, DraftAction.strategy_id, DraftAction.state,
        DraftAction.origin, DraftAction.competence, DraftAction.lead_body, DraftAction.changed_at,
        func.coalesce(weights.c.proposals, zero), func.coalesce(weights.c.findings, zero), func.coalesce(weights.c.notes, zero),
    ).outerjoin(weights, weights.c.action_id == DraftAction.id)  # fmt: skip  # one column per name reads better so


def outline(session: Session, *, process_id: uuid.UUID, with_withdrawn: bool = False) -> list[ActionRow]:
    """All actions of a plan in the order of strategies and numbers, in one statement."""
    statement = (
        _rows()
        .join(Strategy, Strategy.id == DraftAction.strategy_id)
        .where(DraftAction.process_id == process_id)
        .order_by(Strategy.position, DraftAction.number)
    )
    if not with_withdrawn:
        statement = statement.where(DraftAction.state != ActionState.withdrawn)
    return [ActionRow(*row) for row in session.execute(statement)]


def desk(
    session: Session,
    *,
    process_id: uuid.UUID,
    strategy_id: uuid.UUID | None = None,
    state: str | None = None,
    resting_on_nothing: bool = False,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[ActionRow]:
    """A page of actions for the editing desk, last changed first."""
    statement = _rows().where(DraftAction.process_id == process_id)
    if strategy_id:
        statement = statement.where(DraftAction.strategy_id == strategy_id)
    if state:
        statement = statement.where(DraftAction.state == state)
    if resting_on_nothing:
        linked = select(Promotion.id).where(Promotion.action_id == DraftAction.id, LIVE).exists()
        statement = statement.where(~linked, DraftAction.state != ActionState.withdrawn)
    after = decode_cursor(cursor, 2)
    if after:
        place = tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        statement = statement.where(tuple_(DraftAction.changed_at, DraftAction.id) < place)
    ordered = statement.order_by(DraftAction.changed_at.desc(), DraftAction.id.desc()).limit(size + 1)
    rows = [ActionRow(*row) for row in session.execute(ordered)]
    return cut_page(rows, size, lambda r: (r.changed_at.isoformat(), r.id))


def by_code(session: Session, *, process_id: uuid.UUID, code: str) -> ActionDetail | None:
    """One action by its code, with zones, connected strategies and provisions; two statements."""
    row: Any = session.execute(
        select(
            DraftAction.id, DraftAction.process_id, Strategy.id, Strategy.code, Strategy.title, Axis.number, Axis.title,
            DraftAction.code, DraftAction.title, DraftAction.text, DraftAction.competence, DraftAction.lead_body, DraftAction.partners,
            DraftAction.period, DraftAction.funding, DraftAction.objective_code, DraftAction.origin, DraftAction.state,
            DraftAction.version, DraftAction.created_at, DraftAction.changed_at,
        )
        .join(Strategy, Strategy.id == DraftAction.strategy_id)
        .join(Axis, Axis.id == Strategy.axis_id)
        .where(DraftAction.process_id == process_id, DraftAction.code == code)
    ).one_or_none()  # fmt: skip  # one column per name reads better so
    if row is None:
        return None
    text = cast(literal(""), String)
    links = union_all(
        select(literal("zone").label("kind"), Zone.id, Zone.code, Zone.name.label("name"), Zone.position.label("place"))
        .join(ActionZone, ActionZone.zone_id == Zone.id)
        .where(ActionZone.action_id == row[0]),
        select(literal("strategy"), Strategy.id, Strategy.code, Strategy.title, Strategy.position)
        .join(ActionConnection, ActionConnection.strategy_id == Strategy.id)
        .where(ActionConnection.action_id == row[0]),
        select(
            literal("provision"),
            Provision.id,
            ReferencePlan.code + literal(" ") + Provision.code,
            func.coalesce(func.left(Provision.text, 200), text),
            Provision.position,
        )
        .join(ActionProvision, ActionProvision.provision_id == Provision.id)
        .join(ReferencePlan, ReferencePlan.id == Provision.plan_id)
        .where(ActionProvision.action_id == row[0]),
    ).subquery()
    found: dict[str, list[tuple[uuid.UUID, str, str]]] = {"zone": [], "strategy": [], "provision": []}
    for kind, key, code_, name, _place in session.execute(select(links).order_by(links.c.kind, links.c.place)):
        found[kind].append((key, code_, name))
    zones, connections, provisions = (tuple(found[kind]) for kind in ("zone", "strategy", "provision"))
    return replace(ActionDetail(*row), zones=zones, connections=connections, provisions=provisions)


def grounds(session: Session, *, action_ids: Sequence[uuid.UUID], ended: bool = False) -> list[GroundRow]:
    """What some actions rest on, in the order it was linked, in one statement.

    Hidden proposals come without words, and so do notes that are not public, or that no longer say what was taken from them.
    """
    if not action_ids:
        return []
    hidden = and_(Promotion.proposal_id.is_not(None), ~SHOWN)
    kept = and_(
        Source.state == "live", Source.visibility == "public", func.strpos(Source.text, Promotion.passage) > literal(0)
    )
    silent = or_(hidden, and_(Promotion.source_id.is_not(None), ~func.coalesce(kept, literal_column("false"))))
    kind = case(
        (Promotion.proposal_id.is_not(None), "proposal"), (Promotion.finding_id.is_not(None), "finding"), else_="source"
    )
    statement = (
        select(
            Promotion.action_id,
            kind,
            func.coalesce(Promotion.proposal_id, Promotion.finding_id, Promotion.source_id),
            case((~hidden, Proposal.number)),
            case((hidden, ""), else_=func.coalesce(Proposal.title, "")),
            case((silent, ""), else_=Promotion.passage),
            Proposal.outcome,
            func.coalesce(Proposal.outcome_reason, Promotion.reason),
            Proposal.supports_count,
            case((~hidden, Proposal.finding_id)),
            hidden,
            Promotion.made_at,
            Promotion.cause_id,
            func.coalesce(Proposal.outcome_body, Promotion.body),
        )
        .outerjoin(Proposal, Proposal.id == Promotion.proposal_id)
        .outerjoin(Source, Source.id == Promotion.source_id)
        .where(Promotion.action_id.in_(action_ids))
        .order_by(Promotion.action_id, Promotion.made_at, Promotion.id)
    )
    if not ended:
        statement = statement.where(LIVE)
    return [GroundRow(*row) for row in session.execute(statement)]


def history(session: Session, *, action_id: uuid.UUID) -> list[ChangeRow]:
    """All that happened to an action, oldest first."""
    rows = session.execute(
        select(
            ActionChange.version, ActionChange.kind, ActionChange.before, ActionChange.after, ActionChange.note,
            ActionChange.changed_at, Account.display_name,
        )
        .outerjoin(Account, Account.id == ActionChange.changed_by)
        .where(ActionChange.action_id == action_id)
        .order_by(ActionChange.version)
    )  # fmt: skip  # one column per name reads better so
    return [ChangeRow(*row) for row in rows]


def resting_on_nothing(session: Session, *, process_id: uuid.UUID, limit: int = 200) -> list[ActionCard]:
    """Actions behind which nobody's words stand."""
    weights = _weights()
    statement = (
        select(*CARD)
        .outerjoin(weights, weights.c.action_id == DraftAction.id)
        .where(
            DraftAction.process_id == process_id,
            DraftAction.state != ActionState.withdrawn,
            or_(weights.c.action_id.is_(None), weights.c.proposals + weights.c.findings + weights.c.notes == 0),
        )
        .order_by(DraftAction.strategy_id, DraftAction.number)
        .limit(limit)
    )
    return [ActionCard(*row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class ProvisionChoice:
    """A provision of an existing plan, to choose from."""

    id: uuid.UUID
    words: str


def provisions(session: Session, *, frame_id: uuid.UUID, limit: int = 300) -> list[ProvisionChoice]:
    """Provisions of the existing plans read with a frame, by plan and order."""
    rows = session.execute(
        select(Provision.id, ReferencePlan.code, Provision.code, func.left(Provision.text, 90))
        .join(ReferencePlan, ReferencePlan.id == Provision.plan_id)
        .where(ReferencePlan.frame_id == frame_id)
        .order_by(ReferencePlan.code, Provision.position, Provision.id)
        .limit(limit)
    )
    return [ProvisionChoice(key, f"{plan} {code}: {words}") for key, plan, code, words in rows]
