"""An action in one line, for threads, lists and forms."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import READABLE
from consult.plan.models import DraftAction, Promotion
from consult.plan.rules import OPEN_TO_PROPOSALS


@dataclass(frozen=True, slots=True)
class ActionCard:
    """An action as other rooms name it."""

    id: uuid.UUID
    code: str
    title: str
    state: str
    strategy_id: uuid.UUID


LIVE = Promotion.ended_at.is_(None)


SHOWN = Proposal.state.in_(READABLE)


CARD = (DraftAction.id, DraftAction.code, DraftAction.title, DraftAction.state, DraftAction.strategy_id)


def of_proposals(session: Session, *, proposal_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ActionCard]]:
    """The actions that some proposals are part of now, by code; in one statement."""
    if not proposal_ids:
        return {}
    rows = session.execute(
        select(Promotion.proposal_id, *CARD)
        .join(DraftAction, DraftAction.id == Promotion.action_id)
        .where(Promotion.proposal_id.in_(proposal_ids), LIVE)
        .order_by(DraftAction.code, DraftAction.id)
    )
    return _by_thing(rows)


def of_findings(session: Session, *, finding_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ActionCard]]:
    """The actions that answer some findings, by themselves or through a visible proposal."""
    if not finding_ids:
        return {}
    finding = func.coalesce(Promotion.finding_id, Proposal.finding_id)
    rows = session.execute(
        select(finding, *CARD)
        .join(DraftAction, DraftAction.id == Promotion.action_id)
        .outerjoin(Proposal, and_(Proposal.id == Promotion.proposal_id, SHOWN))
        .where(finding.in_(finding_ids), LIVE)
        .distinct()
        .order_by(finding, DraftAction.code, DraftAction.id)
    )
    return _by_thing(rows)


def of_sources(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ActionCard]]:
    """The actions that some meeting notes were taken up into, by code; in one statement."""
    if not source_ids:
        return {}
    rows = session.execute(
        select(Promotion.source_id, *CARD)
        .join(DraftAction, DraftAction.id == Promotion.action_id)
        .where(Promotion.source_id.in_(source_ids), LIVE)
        .order_by(Promotion.source_id, DraftAction.code, DraftAction.id)
    )
    return _by_thing(rows)


def _by_thing(rows: Iterable[Any]) -> dict[uuid.UUID, list[ActionCard]]:
    found: dict[uuid.UUID, list[ActionCard]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(ActionCard(*row[1:]))
    return found


def open_to_proposals(session: Session, *, process_id: uuid.UUID, strategy_id: uuid.UUID) -> list[ActionCard]:
    """Actions of a strategy that can still take up proposals, in order, for a form."""
    statement = (
        select(*CARD)
        .where(
            DraftAction.process_id == process_id,
            DraftAction.strategy_id == strategy_id,
            DraftAction.state.in_([str(s) for s in OPEN_TO_PROPOSALS]),
        )
        .order_by(DraftAction.number)
    )
    return [ActionCard(*row) for row in session.execute(statement)]
