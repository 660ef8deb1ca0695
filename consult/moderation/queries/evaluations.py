"""Evaluations: what waits for an evaluator, who has how much to do, those of one proposal side by side, offices and people."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_, select, tuple_, union
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals.models import Proposal
from consult.core.paging import Page, cursor_key, cursor_moment, cursor_number, cut_page, decode_cursor
from consult.core.vocabulary import Role
from consult.framework.models import Strategy
from consult.moderation.models import Evaluation, EvaluationOffice, EvaluationOfficeMember, EvaluationOverlap
from consult.moderation.types import TO_DO, EvaluationState
from consult.people.models import Account
from consult.process.models import Membership

PAGE_SIZE = 30


#: A proposal that still can be decided: only then its evaluation is worth anybody's time.
OPEN = (Proposal.state == literal_column("'published'"), Proposal.outcome.is_(None))


_TO_DO = Evaluation.state.in_([literal_column(f"'{state}'") for state in TO_DO])


_Saver = aliased(Account)


#: The name of who was asked: the office's, or the person's.
_ASKED_OF = func.coalesce(EvaluationOffice.name, Account.display_name, "")


def asked_of(account_id: uuid.UUID | None) -> ColumnElement[bool]:
    """Whether an evaluation was asked of this person, or of an office they work in."""
    offices = select(EvaluationOfficeMember.office_id).where(EvaluationOfficeMember.account_id == account_id)
    return or_(Evaluation.account_id == account_id, Evaluation.office_id.in_(offices))


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One line of a worklist."""

    id: uuid.UUID
    proposal_id: uuid.UUID
    number: int
    title: str
    strategy_code: str
    supports: int
    asked_of: str
    state: str
    due_at: datetime
    saved_at: datetime | None
    delivered_at: datetime | None
    ended_why: str
    open: bool


def _lines() -> Any:
    return (
        select(
            Evaluation.id, Evaluation.proposal_id, Proposal.number, Proposal.title, Strategy.code, Proposal.supports_count,
            _ASKED_OF, Evaluation.state, Evaluation.due_at, Evaluation.saved_at, Evaluation.delivered_at, Evaluation.ended_why,
            and_(*OPEN),
        )
        .join(Proposal, Proposal.id == Evaluation.proposal_id)
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .outerjoin(EvaluationOffice, EvaluationOffice.id == Evaluation.office_id)
        .outerjoin(Account, Account.id == Evaluation.account_id)
    )  # fmt: skip  # one column per name reads better so


def worklist(
    session: Session,
    *,
    process_id: uuid.UUID,
    account_id: uuid.UUID | None,
    done: bool = False,
    state: str = "",
    asked: uuid.UUID | None = None,
    now: datetime | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[EvaluationRow]:
    """What one person, or with `account_id` None anybody, has to evaluate: what is late first; with `done`, what is over, latest first.

    For the desk: `state` of one kind, `late` for what is past its deadline; `asked` one person or office.
    """
    statement = _lines().where(Evaluation.process_id == process_id)
    if account_id is not None:
        statement = statement.where(asked_of(account_id), Evaluation.state != EvaluationState.withdrawn)
    if asked is not None:
        statement = statement.where(or_(Evaluation.account_id == asked, Evaluation.office_id == asked))
    if state == "late":
        statement = statement.where(_TO_DO, Evaluation.due_at <= now, *OPEN)
    elif state:
        statement = statement.where(Evaluation.state == state)
    else:
        over = or_(~_TO_DO, ~and_(*OPEN))
        statement = statement.where(over if done else and_(_TO_DO, *OPEN))
    after = decode_cursor(cursor, 3)
    place = tuple_(Evaluation.due_at, Proposal.number, Evaluation.id)
    if after:
        last = tuple_(cursor_moment(after[0]), cursor_number(after[1]), cursor_key(after[2]))
        statement = statement.where(place < last if done else place > last)
    order = [column.desc() if done else column for column in (Evaluation.due_at, Proposal.number, Evaluation.id)]
    rows = [EvaluationRow(*row) for row in session.execute(statement.order_by(*order).limit(size + 1))]
    return cut_page(rows, size, lambda r: (r.due_at.isoformat(), r.number, r.id))


def next_to_do(
    session: Session, *, process_id: uuid.UUID, account_id: uuid.UUID | None, apart_from: uuid.UUID
) -> uuid.UUID | None:
    """The next evaluation that waits for a person, the most urgent first."""
    statement = (
        select(Evaluation.id)
        .join(Proposal, Proposal.id == Evaluation.proposal_id)
        .where(
            Evaluation.process_id == process_id, asked_of(account_id), _TO_DO, *OPEN, Evaluation.id != apart_from
        )
        .order_by(Evaluation.due_at, Proposal.number, Evaluation.id)
        .limit(1)
    )  # fmt: skip  # one condition per name reads better so
    return session.execute(statement).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one evaluator or office has come."""

    key: uuid.UUID | None
    name: str
    to_do: int
    late: int
    delivered: int
    declined: int


def progress(session: Session, *, process_id: uuid.UUID, now: datetime) -> list[Progress]:
    """How far each evaluator and office has come, those with most that is late first; in one statement."""
    open_ = and_(_TO_DO, *OPEN)
    late = func.count().filter(open_, Evaluation.due_at <= now)
    to_do = func.count().filter(open_)
    key = func.coalesce(Evaluation.office_id, Evaluation.account_id)
    rows = session.execute(
        select(
            key, _ASKED_OF, to_do, late,
            func.count().filter(Evaluation.state == EvaluationState.delivered),
            func.count().filter(Evaluation.state == EvaluationState.declined),
        )
        .join(Proposal, Proposal.id == Evaluation.proposal_id)
        .outerjoin(EvaluationOffice, EvaluationOffice.id == Evaluation.office_id)
        .outerjoin(Account, Account.id == Evaluation.account_id)
        .where(Evaluation.process_id == process_id, Evaluation.state != EvaluationState.withdrawn)
        .group_by(key, _ASKED_OF)
        .order_by(late.desc(), to_do.desc(), _ASKED_OF)
    )  # fmt: skip  # one column per name reads better so
    return [Progress(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class ShownEvaluation:
    """One evaluation whole, with the overlaps its evaluator accepted as (kind, key, origin)."""

    id: uuid.UUID
    process_id: uuid.UUID
    proposal_id: uuid.UUID
    asked_of: str
    is_office: bool
    state: str
    version: int
    due_at: datetime
    question: str
    competence: str
    competent_bodies: str
    feasibility: int | None
    feasibility_words: str
    cost_from: int | None
    cost_to: int | None
    cost_words: str
    opinion: str
    outcome: str
    reason_code: str
    ended_why: str
    saved_at: datetime | None
    saved_by: str | None
    delivered_at: datetime | None
    words_changed: bool
    overlaps: Sequence[Sequence[str]]

    @property
    def to_do(self) -> bool:
        """Whether it still waits."""
        return self.state in TO_DO


_OVERLAPS = (
    select(
        func.coalesce(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_array(EvaluationOverlap.kind, EvaluationOverlap.thing_id, EvaluationOverlap.origin),
                    EvaluationOverlap.kind,
                    EvaluationOverlap.thing_id,
                )
            ),
            func.json_build_array(),
        )
    )
    .where(EvaluationOverlap.evaluation_id == Evaluation.id)
    .correlate(Evaluation)
    .scalar_subquery()
)


def _whole() -> Any:
    return (
        select(
            Evaluation.id, Evaluation.process_id, Evaluation.proposal_id, _ASKED_OF, Evaluation.office_id.is_not(None),
            Evaluation.state, Evaluation.version, Evaluation.due_at, Evaluation.question, Evaluation.competence,
            Evaluation.competent_bodies, Evaluation.feasibility, Evaluation.feasibility_words, Evaluation.cost_from,
            Evaluation.cost_to, Evaluation.cost_words, Evaluation.opinion, Evaluation.outcome, Evaluation.reason_code,
            Evaluation.ended_why, Evaluation.saved_at, _Saver.display_name, Evaluation.delivered_at,
            func.coalesce(Evaluation.proposal_version != Proposal.text_version, literal_column("false")), _OVERLAPS,
        )
        .join(Proposal, Proposal.id == Evaluation.proposal_id)
        .outerjoin(EvaluationOffice, EvaluationOffice.id == Evaluation.office_id)
        .outerjoin(Account, Account.id == Evaluation.account_id)
        .outerjoin(_Saver, _Saver.id == Evaluation.saved_by)
    )  # fmt: skip  # one column per name reads better so


def mine(
    session: Session, *, process_id: uuid.UUID, evaluation_id: uuid.UUID, account_id: uuid.UUID | None
) -> ShownEvaluation | None:
    """An evaluation that was asked of this person or their office; None for anybody else's and for withdrawn ones."""
    row = session.execute(
        _whole().where(
            Evaluation.id == evaluation_id,
            Evaluation.process_id == process_id,
            Evaluation.state != EvaluationState.withdrawn,
            asked_of(account_id),
        )
    ).one_or_none()
    return ShownEvaluation(*row) if row else None


def of_proposal(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID) -> list[ShownEvaluation]:
    """All evaluations asked about a proposal, the delivered ones first; in one statement."""
    rows = session.execute(
        _whole()
        .where(
            Evaluation.proposal_id == proposal_id,
            Evaluation.process_id == process_id,
            Evaluation.state != EvaluationState.withdrawn,
        )
        .order_by(Evaluation.delivered_at.nulls_last(), Evaluation.due_at, Evaluation.id)
    )
    return [ShownEvaluation(*row) for row in rows]


def numbers_of(session: Session, *, proposal_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """(asked, delivered) of some proposals; those nobody was asked about are missing."""
    if not proposal_ids:
        return {}
    rows = session.execute(
        select(
            Evaluation.proposal_id,
            func.count(),
            func.count().filter(Evaluation.state == EvaluationState.delivered),
        )
        .where(Evaluation.proposal_id.in_(proposal_ids), Evaluation.state != EvaluationState.withdrawn)
        .group_by(Evaluation.proposal_id)
        .order_by(Evaluation.proposal_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def states_of(session: Session, *, proposal_id: uuid.UUID) -> dict[EvaluationState, int]:
    """How many of the evaluations asked about a proposal are in each state, withdrawn ones left out."""
    rows = session.execute(
        select(Evaluation.state, func.count())
        .where(Evaluation.proposal_id == proposal_id, Evaluation.state != EvaluationState.withdrawn)
        .group_by(Evaluation.state)
        .order_by(Evaluation.state)
    )
    return {EvaluationState(row[0]): row[1] for row in rows}


def latest_asking(session: Session, *, proposal_id: uuid.UUID) -> datetime:
    """When something was last asked about a proposal of which something was asked."""
    return session.execute(
        select(func.max(Evaluation.asked_at)).where(
            Evaluation.proposal_id == proposal_id, Evaluation.state != EvaluationState.withdrawn
        )
    ).scalar_one()


def _due(until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_TO_DO, Evaluation.due_at <= until, *OPEN)


def processes_with_due(session: Session, *, until: datetime) -> list[uuid.UUID]:
    """Processes in which something that is still to be done falls due by then, or is late."""
    statement = (
        select(Evaluation.process_id)
        .join(Proposal, Proposal.id == Evaluation.proposal_id)
        .where(*_due(until))
        .distinct()
        .order_by(Evaluation.process_id)
    )
    return list(session.execute(statement).scalars())


def deadlines(session: Session, *, process_id: uuid.UUID, until: datetime) -> list[datetime]:
    """The deadlines by then, late ones included, of what is still to be done in a process."""
    statement = (
        select(Evaluation.due_at)
        .join(Proposal, Proposal.id == Evaluation.proposal_id)
        .where(Evaluation.process_id == process_id, *_due(until))
        .distinct()
        .order_by(Evaluation.due_at)
    )
    return list(session.execute(statement).scalars())


def people_to_tell(
    session: Session, *, process_id: uuid.UUID, due_at: datetime, asked_at: datetime | None = None
) -> list[tuple[uuid.UUID, int]]:
    """Evaluators with something to do by a deadline, as (person, how many); with `asked_at`, asked for at that moment."""
    wanted: list[Any] = [Evaluation.process_id == process_id, Evaluation.due_at == due_at, _TO_DO, *OPEN]
    if asked_at is not None:
        wanted.append(Evaluation.asked_at == asked_at)
    about = select(Evaluation.id, Evaluation.account_id).join(Proposal, Proposal.id == Evaluation.proposal_id)
    by_person = about.where(*wanted, Evaluation.account_id.is_not(None))
    by_office = (
        select(Evaluation.id, EvaluationOfficeMember.account_id)
        .join(Proposal, Proposal.id == Evaluation.proposal_id)
        .join(EvaluationOfficeMember, EvaluationOfficeMember.office_id == Evaluation.office_id)
        .where(*wanted)
    )
    both = union(by_person, by_office).subquery()
    role = exists().where(
        Membership.process_id == process_id, Membership.account_id == Account.id, Membership.role == str(Role.evaluator)
    )
    rows = session.execute(
        select(Account.id, func.count())
        .join(both, both.c.account_id == Account.id)
        .where(role)
        .group_by(Account.id)
        .order_by(Account.id)
    )
    return [(row[0], row[1]) for row in rows]


def waiting_for(
    session: Session, *, process_ids: Sequence[uuid.UUID], account_id: uuid.UUID
) -> dict[uuid.UUID, tuple[int, datetime]]:
    """How much a person has to evaluate in some processes and the first deadline, in one statement: for the first page of the desk."""
    if not process_ids:
        return {}
    rows = session.execute(
        select(Evaluation.process_id, func.count(), func.min(Evaluation.due_at))
        .join(Proposal, Proposal.id == Evaluation.proposal_id)
        .where(Evaluation.process_id.in_(process_ids), asked_of(account_id), _TO_DO, *OPEN)
        .group_by(Evaluation.process_id)
        .order_by(Evaluation.process_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}
