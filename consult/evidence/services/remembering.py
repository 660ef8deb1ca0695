"""What people do to themes, kept step by step with what was there before, so that each step can be taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.core.permissions import Actor
from consult.evidence.models import Assignment, AssignmentDecision, Theme, ThemeDecision, ThemeStep

#: What a step keeps of an assignment, beside theme and source.
ASSIGNED = ("share", "margin", "spans", "origin")


def as_it_was(decision: ThemeDecision | None) -> dict[str, Any]:
    """A decision before it changes, as plain values; nothing was decided where there is none."""
    if decision is None:
        return {"decision": {"state": "proposed", "label": None, "moved": False, "strategy_id": None, "merged_into_id": None}}
    return {
        "decision": {
            "state": decision.state,
            "label": decision.label,
            "moved": decision.moved,
            "strategy_id": str(decision.strategy_id) if decision.strategy_id else None,
            "merged_into_id": str(decision.merged_into_id) if decision.merged_into_id else None,
        }
    }


def judged(session: Session, *, theme_ids: Sequence[uuid.UUID], source_ids: Sequence[uuid.UUID]) -> list[list[Any]]:
    """Theme, source and verdict of each pair, None where nobody judged it."""
    kept = select(AssignmentDecision.theme_id, AssignmentDecision.source_id, AssignmentDecision.verdict).where(
        AssignmentDecision.theme_id.in_(theme_ids), AssignmentDecision.source_id.in_(source_ids)
    )
    said = {(row[0], row[1]): row[2] for row in session.execute(kept)}
    return [[str(theme), str(source), said.get((theme, source))] for theme in theme_ids for source in source_ids]


def without(
    session: Session, *, theme_ids: Sequence[uuid.UUID], source_ids: Sequence[uuid.UUID], leave: uuid.UUID | None = None
) -> list[list[Any]]:
    """Take sources out of themes; returns their assignments as they were, those to the theme to `leave` too, which stay."""
    mine = (Assignment.theme_id.in_(theme_ids), Assignment.source_id.in_(source_ids))
    columns = (Assignment.theme_id, Assignment.source_id, *(getattr(Assignment, name) for name in ASSIGNED))
    rows = session.execute(select(*columns).where(*mine).order_by(Assignment.theme_id, Assignment.source_id))
    were = [[str(row[0]), str(row[1]), *row[2:]] for row in rows]
    gone = delete(Assignment).where(*mine)
    session.execute(gone if leave is None else gone.where(Assignment.theme_id != leave))
    return were


def remember(
    session: Session, theme: Theme, *, action: str, version: int, before: dict[str, Any], actor: Actor, now: datetime
) -> None:
    """Keep a step. `before` holds only what the step changed."""
    session.add(
        ThemeStep(
            process_id=theme.process_id, theme_id=theme.id, action=action, version=version, before=before, done_by=actor.account_id,
            done_at=now,
        )
    )  # fmt: skip  # one row of values reads better so
    session.flush()
