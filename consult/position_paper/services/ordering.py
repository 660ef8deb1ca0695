"""The order of a paper: sections up and down, findings from one section to another."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.position_paper.models import Finding, Paper, Section
from consult.position_paper.services.editing import change, load


def move_section(
    session: Session, *, process_id: uuid.UUID, section_id: uuid.UUID, up: bool, actor: Actor, now: datetime
) -> None:
    """Change places with the section before, or after; at either end nothing happens. Moves of two people follow one another."""
    order = _in_order(session, process_id)
    here = _place_of(order, section_id)
    there = here - 1 if up else here + 1
    if 0 <= there < len(order):
        moved = list(order)
        moved[here], moved[there] = moved[there], moved[here]
        _number(session, order, moved, process_id, section_id, actor)


def place_section(
    session: Session, *, process_id: uuid.UUID, section_id: uuid.UUID, before_id: uuid.UUID | None, actor: Actor, now: datetime
) -> None:
    """Put a section before another one, or at the end; before itself nothing happens. Moves of two people follow one another."""
    order = _in_order(session, process_id)
    mine = order[_place_of(order, section_id)]
    if before_id == section_id:
        return
    moved = [section for section in order if section is not mine]
    moved.insert(len(moved) if before_id is None else _place_of(moved, before_id), mine)
    if moved != order:
        _number(session, order, moved, process_id, section_id, actor)


def _in_order(session: Session, process_id: uuid.UUID) -> list[Section]:
    """The sections of the paper as they are read, held for this transaction."""
    paper_id = session.execute(
        select(Paper.id).where(Paper.process_id == process_id).with_for_update(key_share=True)
    ).scalar_one_or_none()
    listed = (
        select(Section)
        .where(Section.paper_id == paper_id)
        .order_by(Section.position, Section.id)
        .execution_options(populate_existing=True)
    )
    return list(session.execute(listed).scalars())


def _place_of(order: Sequence[Section], section_id: uuid.UUID) -> int:
    place = next((i for i, section in enumerate(order) if section.id == section_id), None)
    if place is None:
        raise NotFound("Questa sezione non c’è.")
    return place


def _number(
    session: Session, order: Sequence[Section], moved: Sequence[Section], process_id: uuid.UUID, section_id: uuid.UUID, actor: Actor
) -> None:
    """Give the places there are to the sections in their new order."""
    # Positions may be equal where a frame was loaded again: numbered anew, each is its own.
    places = sorted(section.position for section in order)
    if len(set(places)) < len(places):
        places = [10 * i for i in range(len(order))]
    for section, place in zip(moved, places, strict=True):
        section.position = place
    record(
        session, actor=actor, action="section.moved", kind=ThingKind.paper, object_id=section_id, process_id=process_id,
        place=_place_of(moved, section_id) + 1,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def move_finding(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID,
    version: int,
    section_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> int:
    """Put a finding at the end of another section of the same paper; returns its new version. A later draft leaves it there."""
    finding = load(session, process_id, finding_id)
    section = session.execute(
        select(Section.id).where(Section.id == section_id, Section.paper_id == finding.paper_id)
    ).scalar_one_or_none()
    if section is None:
        raise Invalid("Questa sezione non c’è.", {"section_id": "Scegli una delle sezioni dell’elenco."})
    last = session.execute(
        select(func.coalesce(func.max(Finding.position), 0)).where(Finding.section_id == section_id)
    ).scalar_one()
    values: dict[str, Any] = {"section_id": section_id, "position": last + 1}
    if finding.origin == "machine":
        values["origin"] = "edited"
    return change(session, finding, version, values, actor, now, action="moved", yours={})
