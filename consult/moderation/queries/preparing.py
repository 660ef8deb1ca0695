"""Proposals to choose from, with how far their evaluation is, and the dispositions in preparation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, String, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal, ProposalZone
from consult.core.paging import Page, cursor_number, cut_page, decode_cursor
from consult.framework.models import Strategy
from consult.moderation.models import DispositionDraft, Evaluation
from consult.moderation.queries.evaluations import OPEN
from consult.moderation.types import TO_DO, EvaluationState
from consult.people.models import Account
from consult.plan.models import DraftAction

PAGE_SIZE = 50
#: How far the evaluation of a proposal is, as addresses spell it.
NOBODY, UNDER_WAY, COMPLETE = "nessuna", "in-corso", "complete"
STAGES = (NOBODY, UNDER_WAY, COMPLETE)
_ASKED = (Evaluation.proposal_id == Proposal.id, Evaluation.state != EvaluationState.withdrawn)
_DELIVERED = (Evaluation.proposal_id == Proposal.id, Evaluation.state == EvaluationState.delivered)
_IN_PREPARATION = exists().where(DispositionDraft.proposal_id == Proposal.id, DispositionDraft.act_id.is_(None))


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a choice of proposals is narrowed to; an empty value narrows nothing."""

    strategy_id: uuid.UUID | None = None
    zone_id: uuid.UUID | None = None
    stage: str = ""
    outcome: str = ""
    without_draft: bool = False


@dataclass(frozen=True, slots=True)
class SelectionRow:
    """A proposal to choose, with how many were asked and answered, and the outcomes they propose."""

    id: uuid.UUID
    number: int
    version: int
    title: str
    strategy_code: str
    supports: int
    asked: int
    delivered: int
    outcomes: Sequence[str]
    drafted: bool


def _narrowed(process_id: uuid.UUID, by: Narrowed) -> list[Any]:
    found: list[Any] = [Proposal.process_id == process_id, *OPEN]
    if by.strategy_id:
        found.append(Proposal.strategy_id == by.strategy_id)
    if by.zone_id:
        found.append(exists().where(ProposalZone.proposal_id == Proposal.id, ProposalZone.zone_id == by.zone_id))
    if by.stage == NOBODY:
        found.append(~exists().where(*_ASKED))
    elif by.stage == UNDER_WAY:
        found.append(exists().where(*_ASKED, Evaluation.state.in_(TO_DO)))
    elif by.stage == COMPLETE:
        found += [exists().where(*_DELIVERED), ~exists().where(*_ASKED, Evaluation.state.in_(TO_DO))]
    if by.outcome:
        found.append(exists().where(*_DELIVERED, Evaluation.outcome == by.outcome))
    if by.without_draft:
        found.append(~_IN_PREPARATION)
    return found


def selection(
    session: Session, *, process_id: uuid.UUID, by: Narrowed, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[SelectionRow]:
    """Undecided proposals in order of number, with their evaluations; in one statement."""

    def count(*conditions: Any) -> Any:
        return select(func.count()).where(*conditions).correlate(Proposal).scalar_subquery()

    outcomes = (
        select(func.array_agg(Evaluation.outcome.distinct()))
        .where(*_DELIVERED, Evaluation.outcome != "")
        .correlate(Proposal)
        .scalar_subquery()
    )
    statement = (
        select(
            Proposal.id, Proposal.number, Proposal.version, Proposal.title, Strategy.code, Proposal.supports_count,
            count(*_ASKED), count(*_DELIVERED), func.coalesce(outcomes, literal([], ARRAY(String))), _IN_PREPARATION,
        )
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .where(*_narrowed(process_id, by))
    )  # fmt: skip  # one column per name reads better so
    after = decode_cursor(cursor, 1)
    if after:
        statement = statement.where(Proposal.number > cursor_number(after[0]))
    rows = [SelectionRow(*row) for row in session.execute(statement.order_by(Proposal.number).limit(size + 1))]
    return cut_page(rows, size, lambda r: (r.number,))


def selected(session: Session, *, process_id: uuid.UUID, by: Narrowed, most: int) -> dict[uuid.UUID, int]:
    """Key and version of all undecided proposals of a choice, at most so many."""
    rows = session.execute(
        select(Proposal.id, Proposal.version)
        .where(*_narrowed(process_id, by))
        .order_by(Proposal.number)
        .limit(most)
    )  # fmt: skip  # one step a line reads better so
    return {row[0]: row[1] for row in rows}


def number_selected(session: Session, *, process_id: uuid.UUID, by: Narrowed) -> int:
    """How many undecided proposals a choice has."""
    return session.execute(select(func.count()).select_from(Proposal).where(*_narrowed(process_id, by))).scalar_one()


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A disposition in preparation. `stale`: the proposal changed, was decided or hidden since it was prepared."""

    proposal_id: uuid.UUID
    number: int
    title: str
    strategy_id: uuid.UUID
    strategy_code: str
    version: int
    proposal_version: int
    outcome: str
    reason_code: str
    public_reason: str
    body: str
    action_id: uuid.UUID | None
    action_code: str | None
    action_title: str
    passage: str
    saved_at: datetime
    saved_by: str | None
    stale: bool


def _drafts(process_id: uuid.UUID) -> Any:
    stale = or_(Proposal.version != DispositionDraft.proposal_version, Proposal.outcome.is_not(None), ~OPEN[0])
    return (
        select(
            Proposal.id, Proposal.number, Proposal.title, Proposal.strategy_id, Strategy.code, DispositionDraft.version,
            DispositionDraft.proposal_version, DispositionDraft.outcome, DispositionDraft.reason_code,
            DispositionDraft.public_reason, DispositionDraft.body, DispositionDraft.action_id, DraftAction.code,
            func.coalesce(DraftAction.title, DispositionDraft.action_title), DispositionDraft.passage,
            DispositionDraft.saved_at, Account.display_name, stale,
        )
        .join(Proposal, Proposal.id == DispositionDraft.proposal_id)
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .outerjoin(DraftAction, DraftAction.id == DispositionDraft.action_id)
        .outerjoin(Account, Account.id == DispositionDraft.saved_by)
        .where(DispositionDraft.process_id == process_id, DispositionDraft.act_id.is_(None))
    )  # fmt: skip  # one column per name reads better so


def drafts(
    session: Session, *, process_id: uuid.UUID, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[DraftRow]:
    """Dispositions in preparation in order of number, in one statement."""
    statement = _drafts(process_id)
    after = decode_cursor(cursor, 1)
    if after:
        statement = statement.where(Proposal.number > cursor_number(after[0]))
    rows = [DraftRow(*row) for row in session.execute(statement.order_by(Proposal.number).limit(size + 1))]
    return cut_page(rows, size, lambda r: (r.number,))


def draft(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID) -> DraftRow | None:
    """The disposition in preparation of one proposal, or None."""
    row = session.execute(_drafts(process_id).where(DispositionDraft.proposal_id == proposal_id)).one_or_none()
    return DraftRow(*row) if row else None


def number_of_drafts(session: Session, *, process_id: uuid.UUID) -> int:
    """How many dispositions of a process are in preparation."""
    statement = select(func.count()).where(DispositionDraft.process_id == process_id, DispositionDraft.act_id.is_(None))
    return session.execute(statement).scalar_one()
