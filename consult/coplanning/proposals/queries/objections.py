"""Objections of authors to a merge or split: which of them wait for an answer, and how many for one person."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, literal, or_, select

from consult.coplanning.proposals.models import Proposal, Regrouping, RegroupingPart
from consult.coplanning.proposals.types import READABLE, RegroupingState

#: Objections to merges and splits that stand, which wait for an answer. One about a hidden proposal is not shown, and waits for nobody.
OBJECTION_WAITS = (
    RegroupingPart.proposal_id == Proposal.id,
    Proposal.state.in_([str(state) for state in sorted(READABLE)]),
    Regrouping.state == RegroupingState.standing,
    RegroupingPart.objected_at.is_not(None),
    RegroupingPart.answered_at.is_(None),
)


def objections_part(code: str, *, process_ids: Sequence[uuid.UUID], account_id: uuid.UUID | None, before: datetime | None = None) -> Any:
    """(process, code, how many, since when) of the objections that this person may answer, for one statement of several; `before`: only
    those that came before this moment."""
    statement = (
        select(
            Regrouping.process_id.label("process_id"), cast(literal(code), String).label("code"), func.count().label("number"),
            func.min(RegroupingPart.objected_at).label("since"),
        )
        .join(RegroupingPart, RegroupingPart.regrouping_id == Regrouping.id)
        .where(
            Regrouping.process_id.in_(process_ids), *OBJECTION_WAITS,
            or_(Regrouping.asked_by.is_(None), Regrouping.asked_by != account_id),
            or_(Proposal.author_id.is_(None), Proposal.author_id != account_id),
        )
        .group_by(Regrouping.process_id)
    )  # fmt: skip  # one column per name reads better so
    return statement if before is None else statement.where(RegroupingPart.objected_at <= before)
