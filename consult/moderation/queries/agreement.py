"""How far moderators agree where a decision was read twice, and what became of appeals, in numbers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from consult.analytics.agreement import agreement
from consult.analytics.suppression import not_shown
from consult.moderation import rules
from consult.moderation.models import ModerationAct, ModerationAppeal, ModerationReading
from consult.moderation.types import AppealState


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far first and second readings agree, and what thirds said. Kappa and alpha are None where neither reader ever varied."""

    read: int
    agreed: int
    kappa: float | None
    alpha: float | None
    settled: int
    for_the_second: int


def agreed(session: Session, *, process_id: uuid.UUID) -> Agreement:
    """Agreement on whether a text should be visible, over all decisions read twice; in one statement."""
    rows = session.execute(
        select(ModerationAct.verb, ModerationReading.second_reason, ModerationReading.third_reason)
        .join(ModerationAct, ModerationAct.id == ModerationReading.act_id)
        .where(
            ModerationReading.process_id == process_id,
            ModerationReading.second_at.is_not(None),
            ModerationAct.undone_at.is_(None),
        )
        .order_by(ModerationReading.id)
    ).all()
    away = frozenset({"away"})
    units = [
        (away if verb in rules.TAKING_AWAY else frozenset[str](), away if second else frozenset[str]())
        for verb, second, _third in rows
    ]
    both = agreement(units, ["away"])[0] if units else None
    thirds = [(bool(second), bool(third)) for _verb, second, third in rows if third is not None]
    return Agreement(
        len(units), sum(first == second for first, second in units), both.kappa if both else None, both.alpha if both else None,
        len(thirds), sum(second == third for second, third in thirds),
    )  # fmt: skip  # one row of values reads better so


@dataclass(frozen=True, slots=True)
class AppealLog:
    """Appeals in public numbers: (state, how many); None stands where a number is too small to be shown."""

    total: int | None
    rows: Sequence[tuple[str, int | None]]


def appeal_log(session: Session, *, process_id: uuid.UUID) -> AppealLog:
    """How many appeals there were and what became of them, small numbers left out; in one statement."""
    found = dict(
        session.execute(
            select(ModerationAppeal.state, func.count())
            .join(ModerationAct, and_(ModerationAct.id == ModerationAppeal.act_id, ModerationAct.undone_at.is_(None)))
            .where(ModerationAppeal.process_id == process_id)
            .group_by(ModerationAppeal.state)
        ).all()
    )
    counts = [int(found.get(str(state), 0)) for state in AppealState]
    dark = not_shown(counts)
    total = sum(counts)
    return AppealLog(
        total if total == 0 or total >= rules.SMALLEST_SHOWN else None,
        [(str(state), None if i in dark else n) for i, (state, n) in enumerate(zip(AppealState, counts, strict=True))],
    )
