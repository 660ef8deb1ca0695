"""Reads of frame and territory: small, ordered, frozen."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from consult.analytics.types import FrameTarget
from consult.core.keeping import Kept, database_of
from consult.core.ready import Ready
from consult.framework.models import (
    Axis,
    Frame,
    Municipality,
    Provision,
    ProvisionStrategy,
    ReferencePlan,
    Strategy,
    Territory,
    Zone,
)
from consult.framework.rules import OutlineMap, draw, lies_inside


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """A zone as pages show it."""

    id: uuid.UUID
    code: str
    name: str
    residents: int | None
    municipality_count: int | None
    tile_row: int | None
    tile_column: int | None


@dataclass(frozen=True, slots=True)
class MunicipalityRow:
    """A municipality with its zone."""

    id: uuid.UUID
    name: str
    zone_id: uuid.UUID
    zone_code: str
    zone_name: str


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """A strategy with the axis it belongs to."""

    id: uuid.UUID
    code: str
    title: str
    description: str
    keywords: list[str]
    axis_id: uuid.UUID
    axis_number: int
    axis_title: str
    axis_objective: str

    @property
    def target(self) -> FrameTarget:
        """The strategy as the analytics compares texts with it."""
        return FrameTarget(
            code=self.code,
            title=self.title,
            axis_code=str(self.axis_number),
            axis_title=self.axis_title,
            axis_objective=self.axis_objective,
            description=self.description,
            keywords=tuple(self.keywords),
        )


@dataclass(frozen=True, slots=True)
class AxisRow:
    """An axis with its strategies, in order."""

    id: uuid.UUID
    number: int
    title: str
    objective: str
    strategies: tuple[StrategyRow, ...]


@dataclass(frozen=True, slots=True)
class ReferencePlanRow:
    """An existing plan."""

    id: uuid.UUID
    code: str
    title: str
    version: str


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A frame or territory, to choose from."""

    id: uuid.UUID
    slug: str
    title: str


# Built once: these are asked on most pages, and building a statement costs more than running it.
_ZONES = Ready(
    select(Zone.id, Zone.code, Zone.name, Zone.residents, Zone.municipality_count, Zone.tile_row, Zone.tile_column)
    .where(Zone.territory_id == bindparam("territory_id"))
    .order_by(Zone.position, Zone.id),
    "territory_id",
)
_OUTLINES = (
    select(Zone.id, Zone.code, Zone.name, Zone.geometry)
    .where(Zone.territory_id == bindparam("territory_id"), func.jsonb_typeof(Zone.geometry) == "object")
    .order_by(Zone.position, Zone.id)
)
_PARTIAL = select(Territory.partial).where(Territory.id == bindparam("territory_id"))
_MUNICIPALITIES = (
    select(Municipality.id, Municipality.name, Zone.id, Zone.code, Zone.name)
    .join(Zone, Zone.id == Municipality.zone_id)
    .where(Zone.territory_id == bindparam("territory_id"))
    .order_by(Municipality.name, Municipality.id)
)
_STRATEGIES = Ready(
    select(
        Strategy.id, Strategy.code, Strategy.title, Strategy.description, Strategy.keywords,
        Axis.id, Axis.number, Axis.title, Axis.objective,
    )
    .join(Axis, Axis.id == Strategy.axis_id)
    .where(Strategy.frame_id == bindparam("frame_id"))
    .order_by(Axis.number, Strategy.position, Strategy.id),
    "frame_id",
)  # fmt: skip  # one column per name reads better in two lines


def zones(session: Session, *, territory_id: uuid.UUID) -> list[ZoneRow]:
    """All zones of a territory, in order."""
    return [ZoneRow(*row) for row in _ZONES.rows(session, territory_id=territory_id)]


def outline_map(session: Session, *, territory_id: uuid.UUID) -> OutlineMap | None:
    """The zones' outlines on one sheet; None where none was imported, and a schematic map stands in their place."""
    rows = session.execute(_OUTLINES, {"territory_id": territory_id}).all()
    if not rows:
        return None
    return draw([(r.id, r.code, r.name, [ring for shape in r.geometry["coordinates"] for ring in shape]) for r in rows])


def holds_point(session: Session, *, territory_id: uuid.UUID, latitude: float, longitude: float) -> bool:
    """Whether a point lies in a territory, as far as is known: where a zone has no outline, any point may."""
    found = session.execute(
        select(Zone.geometry).where(Zone.territory_id == territory_id).order_by(Zone.position, Zone.id)
    ).scalars()
    outlines = list(found)
    if not outlines or not all(outlines):
        return True
    # Zone by zone: the border that two zones share is no hole.
    return any(
        lies_inside(
            [ring for shape in outline["coordinates"] for ring in shape], latitude=latitude, longitude=longitude
        )
        for outline in outlines
    )


def municipalities(session: Session, *, territory_id: uuid.UUID) -> list[MunicipalityRow]:
    """All loaded municipalities of a territory, by name."""
    return [MunicipalityRow(*row) for row in session.execute(_MUNICIPALITIES, {"territory_id": territory_id})]


def territory_is_partial(session: Session, *, territory_id: uuid.UUID) -> bool:
    """Whether only part of the municipalities is loaded, which pages say."""
    return bool(session.execute(_PARTIAL, {"territory_id": territory_id}).scalar_one_or_none())


def strategies(session: Session, *, frame_id: uuid.UUID) -> list[StrategyRow]:
    """All strategies of a frame with their axes, in order."""
    return [StrategyRow(*row) for row in _STRATEGIES.rows(session, frame_id=frame_id)]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a form offers of a frame and a territory."""

    strategies: tuple[StrategyRow, ...]
    zones: tuple[ZoneRow, ...]
    municipalities: tuple[MunicipalityRow, ...]
    #: Only part of the municipalities is loaded.
    partial: bool
    #: The zones' outlines, where they were imported.
    outlines: OutlineMap | None
    #: Tells one reading from another: what was drawn from this one is not what another would give.
    mark: int = 0


#: Seconds for which a form offers what was read before. What is sent is always compared with the database itself.
_RECENT_S = 10.0
_SURROUNDINGS = Kept()
_MARKS = count(1)


def recent_surroundings(session: Session, *, frame_id: uuid.UUID, territory_id: uuid.UUID) -> Surroundings:
    """Strategies, zones and municipalities as they were some seconds ago, for lists to choose from."""
    key = database_of(session), frame_id, territory_id
    found: Surroundings | None = _SURROUNDINGS.get(key, younger_than=_RECENT_S)
    if found is None:
        found = Surroundings(
            tuple(strategies(session, frame_id=frame_id)),
            tuple(zones(session, territory_id=territory_id)),
            tuple(municipalities(session, territory_id=territory_id)),
            territory_is_partial(session, territory_id=territory_id),
            outline_map(session, territory_id=territory_id),
            next(_MARKS),
        )
        _SURROUNDINGS.put(key, found)
    return found


def axes(session: Session, *, frame_id: uuid.UUID) -> list[AxisRow]:
    """All axes with their strategies, in order; axes without strategies included."""
    by_axis: dict[uuid.UUID, list[StrategyRow]] = {}
    for strategy in strategies(session, frame_id=frame_id):
        by_axis.setdefault(strategy.axis_id, []).append(strategy)
    statement = (
        select(Axis.id, Axis.number, Axis.title, Axis.objective).where(Axis.frame_id == frame_id).order_by(Axis.number)
    )
    return [AxisRow(*row, strategies=tuple(by_axis.get(row[0], ()))) for row in session.execute(statement)]


def reference_plans(session: Session, *, frame_id: uuid.UUID) -> list[ReferencePlanRow]:
    """Existing plans read with this frame, by code."""
    statement = (
        select(ReferencePlan.id, ReferencePlan.code, ReferencePlan.title, ReferencePlan.version)
        .where(ReferencePlan.frame_id == frame_id)
        .order_by(ReferencePlan.code)
    )
    return [ReferencePlanRow(*row) for row in session.execute(statement)]


def frames(session: Session) -> list[NamedRow]:
    """All frames, by title."""
    return [
        NamedRow(*row)
        for row in session.execute(select(Frame.id, Frame.slug, Frame.title).order_by(Frame.title, Frame.id))
    ]


def territories(session: Session) -> list[NamedRow]:
    """All territories, by name."""
    return [
        NamedRow(*r)
        for r in session.execute(
            select(Territory.id, Territory.slug, Territory.name).order_by(Territory.name, Territory.id)
        )
    ]


def vision(session: Session, *, frame_id: uuid.UUID) -> str:
    """The plan's vision, or an empty text."""
    return session.execute(select(Frame.vision).where(Frame.id == frame_id)).scalar_one_or_none() or ""


def zone_choices(session: Session) -> list[tuple[str, str]]:
    """Zones of all territories as (code, name), to choose where one lives; a code that two territories share stands once."""
    rows = session.execute(
        select(Zone.code, Zone.name)
        .join(Territory, Territory.id == Zone.territory_id)
        .order_by(Territory.name, Zone.position, Zone.id)
    )
    found: dict[str, str] = {}
    for code, name in rows:
        found.setdefault(code, name)
    return list(found.items())


@dataclass(frozen=True, slots=True)
class FrameRow:
    """A frame as its own page shows it, with the phases its file proposes."""

    id: uuid.UUID
    slug: str
    title: str
    name: str
    vision: str
    source: str
    start_year: int | None
    end_year: int | None
    phases: list[Any]


def frame(session: Session, *, frame_id: uuid.UUID) -> FrameRow | None:
    """One frame by key, or None."""
    row = session.execute(
        select(
            Frame.id,
            Frame.slug,
            Frame.title,
            Frame.name,
            Frame.vision,
            Frame.source,
            Frame.start_year,
            Frame.end_year,
            Frame.phases,
        ).where(Frame.id == frame_id)
    ).one_or_none()
    return FrameRow(*row) if row else None


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    """A territory as its own page shows it."""

    id: uuid.UUID
    slug: str
    name: str
    partial: bool
    source: str


def territory(session: Session, *, territory_id: uuid.UUID) -> TerritoryRow | None:
    """One territory by key, or None."""
    row = session.execute(
        select(Territory.id, Territory.slug, Territory.name, Territory.partial, Territory.source).where(
            Territory.id == territory_id
        )
    ).one_or_none()
    return TerritoryRow(*row) if row else None


@dataclass(frozen=True, slots=True)
class ProvisionView:
    """A provision of an existing plan with the strategies it speaks of."""

    id: uuid.UUID
    plan_id: uuid.UUID
    plan_code: str
    code: str
    text: str
    page: int | None
    strategies: tuple[str, ...]


def provisions(session: Session, *, frame_id: uuid.UUID, plan_id: uuid.UUID | None = None) -> list[ProvisionView]:
    """Provisions of a frame's existing plans, or of one, in the order of the plans; two statements."""
    statement = (
        select(Provision.id, Provision.plan_id, ReferencePlan.code, Provision.code, Provision.text, Provision.page)
        .join(ReferencePlan, ReferencePlan.id == Provision.plan_id)
        .where(ReferencePlan.frame_id == frame_id)
        .order_by(ReferencePlan.code, Provision.position, Provision.code)
    )
    if plan_id is not None:
        statement = statement.where(Provision.plan_id == plan_id)
    links: dict[uuid.UUID, list[str]] = {}
    linked = (
        select(ProvisionStrategy.provision_id, Strategy.code)
        .join(Strategy, Strategy.id == ProvisionStrategy.strategy_id)
        .where(Strategy.frame_id == frame_id)
        .order_by(Strategy.position)
    )
    for key, code in session.execute(linked):
        links.setdefault(key, []).append(code)
    return [ProvisionView(*row, tuple(links.get(row.id, ()))) for row in session.execute(statement)]
