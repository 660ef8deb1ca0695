"""What other rooms show of proposals: cards by key, those to decide, those that answer findings, a person's own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, String, case, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal, ProposalFollow, ProposalSupport, ProposalZone
from consult.coplanning.proposals.types import LISTED as LISTED_STATES
from consult.coplanning.proposals.types import READABLE, ProposalOrigin, ProposalState
from consult.core.paging import Page, cursor_key, cursor_moment, cursor_number, cut_page, decode_cursor
from consult.core.vocabulary import ThingKind
from consult.discussion.models import Report
from consult.discussion.types import ReportState
from consult.framework.models import Strategy, Zone
from consult.people.models import Account
from consult.process.models import Process

#: In literal words, as the partial indexes say it: a bound parameter would hide it from the planner.
LISTED = Proposal.state.in_([literal_column(f"'{state}'") for state in LISTED_STATES])
#: The signature: None where the person erased their account, an empty text where they chose to show nothing.
AUTHOR = case(
    (Proposal.origin != ProposalOrigin.web, Proposal.pseudonym),
    (Proposal.author_id.is_(None), None),
    (Proposal.show_name, Account.display_name),
    else_=Proposal.pseudonym,
)
#: Codes of the zones, in the territory's order; empty for the whole territory.
ZONE_CODES = (
    select(
        func.coalesce(
            func.array_agg(aggregate_order_by(Zone.code, Zone.position)), literal_column("'{}'", ARRAY(String))
        )
    )
    .select_from(ProposalZone)
    .join(Zone, Zone.id == ProposalZone.zone_id)
    .where(ProposalZone.proposal_id == Proposal.id)
    .correlate(Proposal)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class ProposalCard:
    """A proposal in a few words, for threads, desks and mails."""

    id: uuid.UUID
    process_id: uuid.UUID
    number: int
    version: int
    state: str
    title: str
    excerpt: str
    strategy_id: uuid.UUID
    strategy_code: str
    strategy_title: str
    finding_id: uuid.UUID | None
    author_id: uuid.UUID | None
    author: str | None
    author_kind: str
    organisation: str
    supports_count: int
    comments_count: int
    outcome: str | None
    outcome_at: datetime | None
    created_at: datetime

    @property
    def readable(self) -> bool:
        """Whether anyone may read it: not while a moderator hides it, nor before one read it where one reads first."""
        return self.state in READABLE


CARD: tuple[Any, ...] = (
    Proposal.id,
    Proposal.process_id,
    Proposal.number,
    Proposal.version,
    Proposal.state,
    Proposal.title,
    Proposal.excerpt,
    Proposal.strategy_id,
    Strategy.code,
    Strategy.title,
    Proposal.finding_id,
    Proposal.author_id,
    AUTHOR,
    Proposal.author_kind,
    Proposal.organisation,
    Proposal.supports_count,
    Proposal.comments_count,
    Proposal.outcome,
    Proposal.outcome_at,
    Proposal.created_at,
)


def _cards() -> Any:
    return (
        select(*CARD)
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .outerjoin(Account, Account.id == Proposal.author_id)
    )


def cards(session: Session, *, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, ProposalCard]:
    """Some proposals by key, hidden ones included: public pages ask `readable` first."""
    if not ids:
        return {}
    rows = session.execute(_cards().where(Proposal.id.in_(ids)).order_by(Proposal.number, Proposal.id))
    return {row[0]: ProposalCard(*row) for row in rows}


def answering(session: Session, *, finding_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ProposalCard]]:
    """Readable proposals that answer some findings, by finding, in order of number."""
    found: dict[uuid.UUID, list[ProposalCard]] = {key: [] for key in finding_ids}
    if not found:
        return found
    rows = session.execute(
        _cards().where(Proposal.finding_id.in_(list(found)), LISTED).order_by(Proposal.number, Proposal.id)
    )
    for row in rows:
        card = ProposalCard(*row)
        if card.finding_id is not None:
            found[card.finding_id].append(card)
    return found


def of_strategy(
    session: Session, *, process_id: uuid.UUID, strategy_id: uuid.UUID, limit: int = 100
) -> list[ProposalCard]:
    """Listed proposals of one strategy, the most supported first."""
    rows = session.execute(
        _cards()
        .where(Proposal.process_id == process_id, Proposal.strategy_id == strategy_id, LISTED)
        .order_by(Proposal.supports_count.desc(), Proposal.number)
        .limit(limit)
    )
    return [ProposalCard(*row) for row in rows]


def written_by(
    session: Session, *, account_id: uuid.UUID, cursor: str | None = None, size: int = 20
) -> Page[ProposalCard]:
    """What a person proposed in any process, newest first, hidden ones included: it is theirs."""
    statement = _cards().where(Proposal.author_id == account_id)
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(
            tuple_(Proposal.created_at, Proposal.id) < tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        )
    rows = session.execute(statement.order_by(Proposal.created_at.desc(), Proposal.id.desc()).limit(size + 1))
    return cut_page([ProposalCard(*row) for row in rows], size, lambda c: (c.created_at.isoformat(), c.id))


def followed_by(session: Session, *, account_id: uuid.UUID, limit: int = 100) -> list[ProposalCard]:
    """Readable proposals a person supports or follows, the latest decided or submitted first."""
    supported = select(ProposalSupport.proposal_id).where(ProposalSupport.account_id == account_id)
    followed = select(ProposalFollow.proposal_id).where(ProposalFollow.account_id == account_id)
    rows = session.execute(
        _cards()
        .where(Proposal.id.in_(supported.union(followed)), Proposal.state.in_(READABLE))
        .order_by(func.coalesce(Proposal.outcome_at, Proposal.created_at).desc(), Proposal.id)
        .limit(limit)
    )
    return [ProposalCard(*row) for row in rows]


def by_receipt(session: Session, *, code_hash: bytes) -> tuple[str, uuid.UUID, bool] | None:
    """The process's name in addresses and the key of the paper proposal that a receipt code stands for, or None.

    The third says whether it still waits for a moderator, so that its page would show nothing.
    """
    row = session.execute(
        select(Process.slug, Proposal.id, Proposal.state == ProposalState.waiting)
        .join(Process, Process.id == Proposal.process_id)
        .where(Proposal.receipt_hash == code_hash)
    ).one_or_none()
    return (row[0], row[1], row[2]) if row else None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A proposal on a moderator's desk: all that is needed to decide it."""

    card: ProposalCard
    html: str
    text: str
    zone_codes: Sequence[str]
    open_reports: int


def for_decision(
    session: Session,
    *,
    process_id: uuid.UUID,
    cursor: str | None = None,
    decided: bool | None = False,
    strategy_id: uuid.UUID | None = None,
    ids: Sequence[uuid.UUID] | None = None,
    size: int = 20,
) -> Page[DecisionRow]:
    """Proposals of a process in order of number, hidden ones included; `decided` None shows all, `ids` only these."""
    reports = (
        select(func.count())
        .select_from(Report)
        .where(
            Report.target_kind == ThingKind.proposal,
            Report.target_id == Proposal.id,
            Report.state == ReportState.open,
        )
        .correlate(Proposal)
        .scalar_subquery()
    )
    statement = (
        _cards().add_columns(Proposal.html, Proposal.text, ZONE_CODES, reports).where(Proposal.process_id == process_id)
    )
    if decided is not None:
        statement = statement.where(Proposal.outcome.is_not(None) if decided else Proposal.outcome.is_(None))
        statement = statement.where(Proposal.state != ProposalState.withdrawn)
    if strategy_id is not None:
        statement = statement.where(Proposal.strategy_id == strategy_id)
    if ids is not None:
        statement = statement.where(Proposal.id.in_(list(ids)))
    after = decode_cursor(cursor, 1)
    if after:
        statement = statement.where(Proposal.number > cursor_number(after[0]))
    rows = session.execute(statement.order_by(Proposal.number).limit(size + 1))
    found = [DecisionRow(ProposalCard(*row[:-4]), *row[-4:]) for row in rows]
    return cut_page(found, size, lambda d: (d.card.number,))


def followers(session: Session, *, proposal_id: uuid.UUID) -> list[uuid.UUID]:
    """Accounts that follow a proposal, without its author."""
    statement = (
        select(ProposalFollow.account_id)
        .join(Proposal, Proposal.id == ProposalFollow.proposal_id)
        .where(
            ProposalFollow.proposal_id == proposal_id, ProposalFollow.account_id.is_distinct_from(Proposal.author_id)
        )
        .order_by(ProposalFollow.account_id)
    )
    return list(session.execute(statement).scalars())


def supporters(session: Session, *, proposal_id: uuid.UUID) -> list[uuid.UUID]:
    """Accounts that support a proposal, without its author and without people who erased their account."""
    statement = (
        select(ProposalSupport.account_id)
        .join(Proposal, Proposal.id == ProposalSupport.proposal_id)
        .where(
            ProposalSupport.proposal_id == proposal_id,
            ProposalSupport.account_id.is_not(None),
            ProposalSupport.account_id.is_distinct_from(Proposal.author_id),
        )
        .order_by(ProposalSupport.account_id)
    )
    return [key for key in session.execute(statement).scalars() if key is not None]
