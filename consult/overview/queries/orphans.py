"""Where the thread is broken, both ways: claims without evidence, voices without an answer, actions resting on nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import READABLE
from consult.evidence.models import Theme, ThemeDecision
from consult.listening.sources.models import Source
from consult.plan import queries as plan
from consult.position_paper.models import Finding, FindingSource

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Orphan:
    """A thing that hangs on nothing, or that nothing hangs on."""

    id: uuid.UUID
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class OrphanList:
    """Some of them, and how many there are."""

    rows: Sequence[Orphan]
    total: int


@dataclass(frozen=True, slots=True)
class Orphans:
    """All breaks of one process's thread."""

    findings_without_sources: OrphanList
    themes_in_no_finding: OrphanList
    findings_without_answer: OrphanList
    proposals_without_finding: OrphanList
    proposals_without_outcome: OrphanList
    actions_resting_on_nothing: OrphanList


def orphans(session: Session, *, process_id: uuid.UUID) -> Orphans:
    """Everything that is out of the thread, six statements, at most SHOWN of each with the total."""
    alive = (Finding.process_id == process_id, Finding.state.in_(["proposed", "accepted"]))
    source = aliased(Source)
    cites = (
        select(FindingSource.source_id)
        .join(source, source.id == FindingSource.source_id)
        .where(FindingSource.finding_id == Finding.id, source.state == "live", FindingSource.support == "supporting")
        .exists()
    )
    answered = select(Proposal.id).where(Proposal.finding_id == Finding.id, Proposal.state.in_(READABLE)).exists()
    carried = select(Finding.id).where(Finding.theme_id == Theme.id, Finding.state != "refused").exists()
    published = (Proposal.process_id == process_id, Proposal.state == literal_column("'published'"))
    bare = plan.resting_on_nothing(session, process_id=process_id)
    return Orphans(
        findings_without_sources=_listed(session, _findings().where(*alive, ~cites)),
        themes_in_no_finding=_listed(
            session,
            select(Theme.id, literal_column("''"), func.coalesce(ThemeDecision.label, Theme.label), func.count().over())
            .join(ThemeDecision, ThemeDecision.theme_id == Theme.id)
            .where(Theme.process_id == process_id, ThemeDecision.state == "accepted", ~carried)
            .order_by(Theme.label, Theme.id),
        ),
        findings_without_answer=_listed(
            session, _findings().where(Finding.process_id == process_id, Finding.state == "accepted", ~answered)
        ),
        proposals_without_finding=_listed(session, _proposals().where(*published, Proposal.finding_id.is_(None))),
        proposals_without_outcome=_listed(session, _proposals().where(*published, Proposal.outcome.is_(None))),
        actions_resting_on_nothing=OrphanList([Orphan(a.id, a.code, a.title) for a in bare[:SHOWN]], len(bare)),
    )


def _findings() -> Any:
    return select(Finding.id, Finding.number, Finding.title, func.count().over()).order_by(Finding.number)


def _proposals() -> Any:
    return select(Proposal.id, Proposal.number, Proposal.title, func.count().over()).order_by(Proposal.number)


def _listed(session: Session, statement: Any) -> OrphanList:
    rows = session.execute(statement.limit(SHOWN)).all()
    return OrphanList([Orphan(row[0], str(row[1]), row[2]) for row in rows], int(rows[0][3]) if rows else 0)
