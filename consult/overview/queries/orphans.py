"""Where the thread is broken, both ways: claims without evidence, voices without an answer, actions resting on nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import READABLE
from consult.core.vocabulary import Channel
from consult.evidence.models import Assignment, Theme, ThemeDecision
from consult.framework.models import Strategy
from consult.listening.sources.models import Source
from consult.plan import queries as plan
from consult.plan.models import DraftAction, Promotion
from consult.plan.types import ActionState
from consult.position_paper.models import Finding, FindingSource
from consult.process.models import Process

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

    sources_in_nothing: int
    findings_without_sources: OrphanList
    themes_in_no_finding: OrphanList
    findings_without_answer: OrphanList
    proposals_without_finding: OrphanList
    proposals_without_outcome: OrphanList
    actions_resting_on_nothing: OrphanList
    strategies_without_actions: OrphanList


def orphans(session: Session, *, process_id: uuid.UUID) -> Orphans:
    """Everything that is out of the thread, eight statements, at most SHOWN of each with the total."""
    alive = (Finding.process_id == process_id, Finding.state.in_(["proposed", "accepted"]))
    source = aliased(Source)
    cites = (
        select(FindingSource.source_id)
        .join(source, source.id == FindingSource.source_id)
        .where(FindingSource.finding_id == Finding.id, source.state == "live", FindingSource.support == "supporting")
        .exists()
    )
    answered = or_(
        select(Proposal.id).where(Proposal.finding_id == Finding.id, Proposal.state.in_(READABLE)).exists(),
        select(Promotion.id).where(Promotion.finding_id == Finding.id, Promotion.ended_at.is_(None)).exists(),
    )
    carried = select(Finding.id).where(Finding.theme_id == Theme.id, Finding.state != "refused").exists()
    published = (Proposal.process_id == process_id, Proposal.state == literal_column("'published'"))
    bare = plan.resting_on_nothing(session, process_id=process_id)
    spoken_of = (
        select(Assignment.source_id).where(Assignment.source_id == Source.id).exists(),
        select(FindingSource.source_id).where(FindingSource.source_id == Source.id).exists(),
        select(Promotion.id).where(Promotion.source_id == Source.id, Promotion.ended_at.is_(None)).exists(),
    )
    voiceless = select(func.count()).where(
        Source.process_id == process_id, Source.state == "live", Source.channel != Channel.document, ~or_(*spoken_of)
    )
    acted_on = (
        select(DraftAction.id)
        .where(
            DraftAction.strategy_id == Strategy.id,
            DraftAction.process_id == process_id,
            DraftAction.state != ActionState.withdrawn,
        )
        .exists()
    )
    return Orphans(
        sources_in_nothing=int(session.execute(voiceless).scalar_one()),
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
        strategies_without_actions=_listed(
            session,
            select(Strategy.id, Strategy.code, Strategy.title, func.count().over())
            .join(Process, Process.frame_id == Strategy.frame_id)
            .where(Process.id == process_id, ~acted_on)
            .order_by(Strategy.position),
        ),
    )


def _findings() -> Any:
    return select(Finding.id, Finding.number, Finding.title, func.count().over()).order_by(Finding.number)


def _proposals() -> Any:
    return select(Proposal.id, Proposal.number, Proposal.title, func.count().over()).order_by(Proposal.number)


def _listed(session: Session, statement: Any) -> OrphanList:
    rows = session.execute(statement.limit(SHOWN)).all()
    return OrphanList([Orphan(row[0], str(row[1]), row[2]) for row in rows], int(rows[0][3]) if rows else 0)
