"""The order of a paper: sections up and down, findings from one section to another."""

from __future__ import annotations

import uuid
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
    paper_id = session.execute(
        select(Paper.id).where(Paper.process_id == process_id).with_for_update(key_share=True)
    ).scalar_one_or_none()
    order = (
        session.execute(
            select(Section)
            .where(Section.paper_id == paper_id)
            .order_by(Section.position, Section.id)
            .execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )
    here = next((i for i, section in enumerate(order) if section.id == section_id), None)
    if here is None:
        raise NotFound("Questa sezione non c'è.")
    there = here - 1 if up else here + 1
    if not 0 <= there < len(order):
        return
    # Positions may be equal where a frame was loaded again: numbered anew, each is its own.
    places = sorted(section.position for section in order)
    if len(set(places)) < len(places):
        places = [10 * i for i in range(len(order))]
    moved = list(order)
    moved[here], moved[there] = moved[there], moved[here]
    for section, place in zip(moved, places, strict=True):
        section.position = place
    record(
        session,
        actor=actor,
        action="section.moved",
        kind=ThingKind.paper,
        object_id=section_id,
        process_id=process_id,
        up=up,
    )
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
        raise Invalid("Questa sezione non c'è.", {"section_id": "Scegli una delle sezioni dell'elenco."})
    last = session.execute(
        select(func.coalesce(func.max(Finding.position), 0)).where(Finding.section_id == section_id)
    ).scalar_one()
    values: dict[str, Any] = {"section_id": section_id, "position": last + 1}
    if finding.origin == "machine":
        values["origin"] = "edited"
    return change(session, finding, version, values, actor, now, action="moved", yours={})
