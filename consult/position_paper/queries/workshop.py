"""The workshop at a glance: counts by SQL, findings page by page."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, case, cast, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from consult.evidence import queries as evidence
from consult.listening.sources.models import Source
from consult.position_paper.models import Finding, FindingSource, Section
from consult.position_paper.queries.paper import NO_CODES, cited_sources, finding_row, finding_rows
from consult.position_paper.rules import publishable
from consult.position_paper.types import FindingRow

#: Findings on a page of the workshop.
FINDINGS_PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Glance:
    """How many findings there are in each state, how many must be read again, how many may be published as they stand."""

    by_state: dict[str, int]
    stale: int
    ready: int
    blocked: frozenset[uuid.UUID]


def _moved(paper_id: uuid.UUID) -> Any:
    """Whether a source that a finding cites changed, was coded otherwise or was withdrawn since.

    Such findings are gathered once and then looked up.
    """
    citing = aliased(Finding)
    sources = select(FindingSource.source_id).join(Finding, Finding.id == FindingSource.finding_id)
    coded = evidence.coded(sources.where(Finding.paper_id == paper_id)).subquery()
    recoded = FindingSource.codes != func.coalesce(coded.c.codes, NO_CODES)
    return Finding.id.in_(
        select(citing.id)
        .join(FindingSource, FindingSource.finding_id == citing.id)
        .join(Source, Source.id == FindingSource.source_id)
        .outerjoin(coded, coded.c.source_id == FindingSource.source_id)
        .where(
            citing.paper_id == paper_id,
            or_(Source.state != "live", Source.revision != FindingSource.revision, recoded),
        )
    )


def glance(session: Session, *, paper_id: uuid.UUID) -> Glance:
    """The whole paper in four statements, whatever its size."""
    counted = select(Finding.state, func.count()).where(Finding.paper_id == paper_id).group_by(Finding.state)
    by_state = {row[0]: row[1] for row in session.execute(counted)}
    standing = (Finding.paper_id == paper_id, Finding.state.in_(["proposed", "accepted"]))
    news = cast(Finding.news, String) != literal("{}")
    stale = session.execute(select(func.count()).where(*standing, or_(news, _moved(paper_id)))).scalar_one()
    supported = exists().where(
        FindingSource.finding_id == Finding.id,
        FindingSource.support == "supporting",
        Source.id == FindingSource.source_id,
        Source.state == "live",
    )
    accepted = session.execute(
        select(Finding.id, Finding.origin, Finding.theme_id, case((supported, 1), else_=0))
        .where(Finding.paper_id == paper_id, Finding.state == "accepted")
        .order_by(Finding.id)
    ).all()
    themes = evidence.states(session, theme_ids=[row.theme_id for row in accepted if row.theme_id is not None])
    blocked = frozenset(
        row[0]
        for row in accepted
        if not publishable(
            state="accepted",
            origin=row[1],
            theme_state=themes.get(row[2]) if row[2] is not None else None,
            supporting=row[3],
        )
    )
    return Glance(by_state, stale, len(accepted) - len(blocked), blocked)


@dataclass(frozen=True, slots=True)
class StandingState:
    """How a finding stands, without its text."""

    id: uuid.UUID
    number: int
    title: str
    state: str
    version: int


def standing_state(session: Session, *, process_id: uuid.UUID, finding_id: uuid.UUID) -> StandingState | None:
    """How a finding of a process stands, or None."""
    row = session.execute(
        select(Finding.id, Finding.number, Finding.title, Finding.state, Finding.version).where(
            Finding.id == finding_id, Finding.process_id == process_id
        )
    ).one_or_none()
    return StandingState(*row) if row else None


def neighbours(
    session: Session, *, paper_id: uuid.UUID, finding_id: uuid.UUID
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The proposed or accepted findings before and after one, in the order of the paper; one statement."""
    place = (Section.position, Section.id, Finding.position, Finding.number)
    ordered = (
        select(
            Finding.id.label("id"),
            func.lag(Finding.id).over(order_by=place).label("before"),
            func.lead(Finding.id).over(order_by=place).label("after"),
        )
        .join(Section, Section.id == Finding.section_id)
        .where(Finding.paper_id == paper_id, or_(Finding.state.in_(["proposed", "accepted"]), Finding.id == finding_id))
        .subquery()
    )
    row = session.execute(select(ordered.c.before, ordered.c.after).where(ordered.c.id == finding_id)).one_or_none()
    return (row.before, row.after) if row else (None, None)


def findings_page(
    session: Session,
    *,
    paper_id: uuid.UUID,
    states: Collection[str],
    section_id: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    only: Collection[uuid.UUID] | None = None,
) -> tuple[list[FindingRow], uuid.UUID | None]:
    """Findings in the order of the paper with their sources, and the key that the next page begins after; three statements.

    `only` leaves those out that are not named.
    """
    place = (Section.position, Section.id, Finding.position, Finding.number)
    statement = (
        finding_rows()
        .join(Section, Section.id == Finding.section_id)
        .where(Finding.paper_id == paper_id, Finding.state.in_(list(states)))
        .order_by(*place)
        .limit(FINDINGS_PER_PAGE + 1)
    )
    if section_id is not None:
        statement = statement.where(Finding.section_id == section_id)
    if only is not None:
        statement = statement.where(Finding.id.in_(list(only)))
    if after is not None:
        here = session.execute(
            select(*place).join(Section, Section.id == Finding.section_id).where(Finding.id == after)
        ).one_or_none()
        if here is not None:
            statement = statement.where(tuple_(*place) > tuple_(*(literal(value) for value in here)))
    rows = [finding_row(*row) for row in session.execute(statement)]
    shown = rows[:FINDINGS_PER_PAGE]
    cited = cited_sources(session, finding_ids=[row.id for row in shown])
    found = [row.with_sources(tuple(cited.get(row.id, ()))) for row in shown]
    return found, shown[-1].id if len(rows) > len(shown) else None
