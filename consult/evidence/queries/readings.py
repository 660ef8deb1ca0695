"""Reads by source: its themes, suggested strategies, marks."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from consult.evidence.models import (
    Assignment,
    SourceReading,
    StrategyLink,
    Theme,
    ThemeDecision,
)
from consult.evidence.queries.counting import ROOT
from consult.evidence.types import LinkRow, ThemeOfSource
from consult.framework.models import Strategy


def themes_for_source(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ThemeOfSource]]:
    """Which themes some sources speak of, the most first; refused themes are left out, merged ones named by what they became."""
    found: dict[uuid.UUID, list[ThemeOfSource]] = {key: [] for key in source_ids}
    root, decision = aliased(Theme), aliased(ThemeDecision)

    statement = (
        select(
            Assignment.source_id, root.id, func.coalesce(decision.label, root.label), func.coalesce(decision.state, "proposed"),
            case((decision.moved.is_(True), decision.strategy_id), else_=root.strategy_id), func.max(Assignment.share),
        )
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(root, root.id == ROOT)
        .outerjoin(decision, decision.theme_id == root.id)
        .where(Assignment.source_id.in_(list(source_ids)), func.coalesce(decision.state, "proposed") != "refused")
        .group_by(Assignment.source_id, root.id, decision.theme_id)
        .order_by(Assignment.source_id, func.max(Assignment.share).desc(), root.id)
    )  # fmt: skip  # one column per name reads better in two lines
    for row in session.execute(statement):
        found[row[0]].append(ThemeOfSource(*row))
    return found


def strategy_links(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[LinkRow]]:
    """Up to three strategies suggested for each of some sources, best first."""
    found: dict[uuid.UUID, list[LinkRow]] = {key: [] for key in source_ids}
    statement = (
        select(
            StrategyLink.source_id, StrategyLink.rank, StrategyLink.strategy_id, Strategy.code, Strategy.title, StrategyLink.score,
            StrategyLink.confidence, StrategyLink.reasons,
        )
        .join(Strategy, Strategy.id == StrategyLink.strategy_id)
        .where(StrategyLink.source_id.in_(list(source_ids)))
        .order_by(StrategyLink.source_id, StrategyLink.rank)
    )  # fmt: skip  # one column per name reads better in two lines
    for row in session.execute(statement):
        found[row[0]].append(LinkRow(row[0], row[1], row[2], row[3], row[4], row[5], row[6], tuple(row[7])))
    return found


def readings(session: Session, *, process_id: uuid.UUID) -> dict[str, int]:
    """How many sources the latest run read, and of them how many fit no strategy, are under no theme, or bear each mark."""
    statement = select(SourceReading.fits, SourceReading.other, SourceReading.marks, SourceReading.duplicate_key).where(
        SourceReading.process_id == process_id
    )
    numbers: dict[str, int] = defaultdict(int)
    for fits, other, marks, copy in session.execute(statement):
        numbers["sources"] += 1
        numbers["fits_none"] += not fits
        numbers["other"] += other
        numbers["copies"] += copy is not None
        for mark in marks:
            numbers[mark] += 1
    return dict(numbers)
