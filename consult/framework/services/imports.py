"""Writes on frames and territories: importing them, again and again, without breaking what already points at them.

Codes are the keys: a second import of the same frame or territory changes words and numbers by code and adds what is new. What the
new file no longer holds stays, since proposals, sources and papers may cite it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.framework.models import (
    Axis,
    Frame,
    Municipality,
    Provision,
    ReferencePlan,
    Strategy,
    Territory,
    Zone,
)
from consult.framework.rules import fold_name, read_frame, read_outlines, read_territory
from consult.framework.types import MunicipalityReport, ReadFrame, ReadMunicipality, ReadTerritory


def import_frame(
    session: Session,
    *,
    data: Any,
    actor: Actor,
    now: datetime,
    descriptions: Mapping[str, Mapping[str, Any]] | None = None,
) -> uuid.UUID:
    """Import a frame (axes, strategies, reference plans, phases) from the values of its JSON file; returns its key.

    `descriptions` maps strategy codes to {"description", "keywords"} for files that lack them.
    Raises Invalid with the place of every problem; nothing is written then.
    """
    read = read_frame(data, descriptions)
    _one_at_a_time(session, "frame", read.slug)
    frame = session.execute(select(Frame).where(Frame.slug == read.slug)).scalar_one_or_none()
    again = frame is not None
    if frame is None:
        frame = Frame(slug=read.slug, title=read.title)
        session.add(frame)
    frame.title, frame.name, frame.vision = read.title, read.name, read.vision
    frame.language, frame.source = read.language, read.source
    frame.start_year, frame.end_year = read.start_year, read.end_year
    if read.phases or not again:
        frame.phases = [{**asdict(phase), "kind": str(phase.kind)} for phase in read.phases]
    session.flush()
    _write_axes(session, frame.id, read)
    _write_plans(session, frame.id, read)
    action = "frame.imported_again" if again else "frame.imported"
    record(session, actor=actor, action=action, kind=ThingKind.frame, object_id=frame.id, axes=len(read.axes))
    session.flush()
    return frame.id


def _write_axes(session: Session, frame_id: uuid.UUID, read: ReadFrame) -> None:
    axes = {a.number: a for a in session.execute(select(Axis).where(Axis.frame_id == frame_id)).scalars()}
    strategies = {s.code: s for s in session.execute(select(Strategy).where(Strategy.frame_id == frame_id)).scalars()}
    for each in read.axes:
        axis = axes.get(each.number)
        if axis is None:
            axis = axes[each.number] = Axis(frame_id=frame_id, number=each.number)
            session.add(axis)
        axis.title, axis.objective = each.title, each.objective
    session.flush()
    position = 0
    for each in read.axes:
        for one in each.strategies:
            strategy = strategies.get(one.code)
            if strategy is None:
                strategy = Strategy(frame_id=frame_id, code=one.code, description="", keywords=[])
                session.add(strategy)
            strategy.axis_id, strategy.position, strategy.title = axes[each.number].id, position, one.title
            strategy.description = one.description or strategy.description
            strategy.keywords = one.keywords or strategy.keywords
            position += 1
    session.flush()


def _write_plans(session: Session, frame_id: uuid.UUID, read: ReadFrame) -> None:
    found = session.execute(select(ReferencePlan).where(ReferencePlan.frame_id == frame_id)).scalars()
    plans = {plan.code: plan for plan in found}
    for each in read.plans:
        plan = plans.get(each.code)
        if plan is None:
            plan = plans[each.code] = ReferencePlan(frame_id=frame_id, code=each.code, version="")
            session.add(plan)
        plan.title, plan.version = each.title, each.version or plan.version
    session.flush()
    keys = [plan.id for plan in plans.values()]
    known = session.execute(select(Provision).where(Provision.plan_id.in_(keys))).scalars()
    provisions = {(p.plan_id, p.code): p for p in known}
    for each in read.plans:
        plan_id = plans[each.code].id
        for position, one in enumerate(each.provisions):
            provision = provisions.get((plan_id, one.code))
            if provision is None:
                provision = Provision(plan_id=plan_id, code=one.code)
                session.add(provision)
            provision.text, provision.page, provision.position = one.text, one.page, position
    session.flush()


def import_territory(
    session: Session, *, data: Any, actor: Actor, now: datetime, name: str = "", complete: bool = False
) -> uuid.UUID:
    """Import a territory (zones, and the municipalities the file names) from the values of its file; returns its key.

    `name` stands where the file gives none; `complete` says that the file names every municipality.
    Raises Invalid with the place of every problem; nothing is written then.
    """
    read = read_territory(data, name=name)
    _one_at_a_time(session, "territory", read.slug)
    territory = session.execute(select(Territory).where(Territory.slug == read.slug)).scalar_one_or_none()
    again = territory is not None
    if territory is None:
        territory = Territory(slug=read.slug, name=read.name, partial=True)
        session.add(territory)
    territory.name, territory.source = read.name, read.source or territory.source or ""
    territory.partial = territory.partial and not complete
    session.flush()
    _write_zones(session, territory.id, read)
    _added, _changed, _same, refused = _write_municipalities(session, territory.id, read.municipalities)
    if refused:
        raise Invalid("Il file non si può importare così com’è: niente è stato cambiato.", dict(refused))
    action = "territory.imported_again" if again else "territory.imported"
    record(session, actor=actor, action=action, kind=ThingKind.territory, object_id=territory.id, zones=len(read.zones))
    session.flush()
    return territory.id


def _write_zones(session: Session, territory_id: uuid.UUID, read: ReadTerritory) -> None:
    zones = {z.code: z for z in session.execute(select(Zone).where(Zone.territory_id == territory_id)).scalars()}
    for position, each in enumerate(read.zones):
        zone = zones.get(each.code)
        if zone is None:
            zone = Zone(territory_id=territory_id, code=each.code)
            session.add(zone)
        zone.name, zone.position = each.name, position
        zone.residents = each.residents if each.residents is not None else zone.residents
        if each.municipality_count is not None:
            zone.municipality_count = each.municipality_count
        zone.tile_row, zone.tile_column = each.tile_row, each.tile_column
    session.flush()


def import_outlines(
    session: Session, *, territory_id: uuid.UUID, data: Any, actor: Actor, now: datetime
) -> tuple[int, int]:
    """Give zones their outlines from the values of a GeoJSON file; returns how many zones have one now, and how many there are.

    Zones that the file does not name keep what they had. Raises NotFound for an unknown territory, Invalid with every problem.
    """
    if session.get(Territory, territory_id, with_for_update=True) is None:
        raise NotFound("Questo territorio non c’è.")
    zones = list(
        session.execute(select(Zone).where(Zone.territory_id == territory_id).order_by(Zone.position)).scalars()
    )
    found = read_outlines(data, {zone.code: zone.name for zone in zones})
    for zone in zones:
        if zone.code in found:
            zone.geometry = {"type": "MultiPolygon", "coordinates": [[ring] for ring in found[zone.code]]}
    record(
        session, actor=actor, action="territory.outlines", kind=ThingKind.territory, object_id=territory_id, zones=len(found)
    )  # fmt: skip  # One row of values reads better so.
    session.flush()
    return sum(zone.geometry is not None for zone in zones), len(zones)


def import_municipalities(
    session: Session,
    *,
    territory_id: uuid.UUID,
    rows: Sequence[ReadMunicipality],
    complete: bool,
    actor: Actor,
    now: datetime,
) -> MunicipalityReport:
    """Add municipalities to a territory, or change those it has; good rows are kept, the others are in the report.

    A row is the same municipality as one we have by its ISTAT code, else by its name without accents.
    Raises NotFound for an unknown territory.
    """
    territory = session.get(Territory, territory_id, with_for_update=True)
    if territory is None:
        raise NotFound("Questo territorio non c’è.")
    added, changed, same, refused = _write_municipalities(session, territory_id, rows)
    territory.partial = not complete
    record(
        session, actor=actor, action="territory.municipalities", kind=ThingKind.territory, object_id=territory_id,
        added=added, changed=changed, refused=len(refused),
    )  # fmt: skip  # One row of values reads better so.
    session.flush()
    return MunicipalityReport(added, changed, same, tuple(refused))


def _write_municipalities(
    session: Session, territory_id: uuid.UUID, rows: Sequence[ReadMunicipality]
) -> tuple[int, int, int, list[tuple[str, str]]]:
    found = session.execute(select(Zone.code, Zone.id).where(Zone.territory_id == territory_id))
    zones = {row.code: row.id for row in found}
    own = session.execute(
        select(Municipality).where(Municipality.zone_id.in_(list(zones.values()))).order_by(Municipality.id)
    ).scalars()
    by_istat: dict[str, Municipality] = {}
    by_name: dict[str, Municipality] = {}
    for town in own:
        by_name[fold_name(town.name)] = town
        if town.istat_code:
            by_istat[town.istat_code] = town
    codes = [row.istat_code for row in rows if row.istat_code]
    elsewhere = set(
        session.execute(
            select(Municipality.istat_code).where(
                Municipality.istat_code.in_(codes), Municipality.zone_id.not_in(list(zones.values()))
            )
        ).scalars()
    )
    added = changed = same = 0
    refused: list[tuple[str, str]] = []
    for row in rows:
        if row.zone_code not in zones:
            refused.append(
                (row.place, Sentence("La zona «%(code)s» non c’è in questo territorio.", code=row.zone_code))
            )
            continue
        if row.istat_code in elsewhere:
            refused.append(
                (row.place, Sentence("Il codice ISTAT %(code)s è già di un altro territorio.", code=row.istat_code))
            )
            continue
        known = by_istat.get(row.istat_code or "") or by_name.get(fold_name(row.name))
        if known is not None and known.istat_code and row.istat_code and known.istat_code != row.istat_code:
            refused.append(
                (
                    row.place,
                    Sentence(
                        "«%(name)s» ha già un altro codice ISTAT, %(code)s.", name=row.name, code=known.istat_code
                    ),
                )
            )
            continue
        values = {"name": row.name, "zone_id": zones[row.zone_code]}
        values |= {"istat_code": row.istat_code} if row.istat_code else {}
        values |= {"residents": row.residents} if row.residents is not None else {}
        if known is None:
            known = Municipality(**values)
            session.add(known)
            added += 1
        elif all(getattr(known, field) == value for field, value in values.items()):
            same += 1
        else:
            for field, value in values.items():
                setattr(known, field, value)
            changed += 1
        by_name[fold_name(row.name)] = known
        if row.istat_code:
            by_istat[row.istat_code] = known
    session.flush()
    return added, changed, same, refused


def _one_at_a_time(session: Session, what: str, slug: str) -> None:
    """Two imports of the same name wait for each other, so that neither meets half of the other's."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{what}:{slug}", 0))))
