"""The public list: search, filters, four orders, keyset pages. One statement a page, one for the number."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Uuid, and_, exists, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal, ProposalSupport, ProposalZone
from consult.coplanning.proposals.queries.cards import AUTHOR, LISTED, ZONE_CODES
from consult.coplanning.proposals.types import ProposalState, Sort
from consult.core.paging import Page, cursor_key, cursor_moment, cursor_number, cut_page, decode_cursor
from consult.core.vocabulary import Outcome
from consult.people.models import Account

PAGE_SIZE = 15
#: Filter on the state besides the outcomes' own codes: not decided yet, or carried on by another.
OPEN, MERGED = "aperte", "unite"
#: Text search configurations of the database by language; every other language is read as Italian.
CONFIGURATIONS = {"it": "italian", "en": "english", "fr": "french"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; an empty value narrows nothing."""

    words: str = ""
    strategy_ids: Sequence[uuid.UUID] = ()
    zone_id: uuid.UUID | None = None
    state: str = ""
    author_kind: str = ""
    language: str = "it"

    @property
    def active(self) -> bool:
        """Whether anything is narrowed."""
        return bool(self.words or self.strategy_ids or self.zone_id or self.state or self.author_kind)


@dataclass(frozen=True, slots=True)
class ListRow:
    """A proposal in the list."""

    id: uuid.UUID
    number: int
    title: str
    excerpt: str
    state: str
    strategy_id: uuid.UUID
    zone_codes: Sequence[str]
    author: str | None
    author_kind: str
    organisation: str
    supports_count: int
    comments_count: int
    outcome: str | None
    outcome_at: datetime | None
    created_at: datetime
    supported: bool


def seed_of(cursor: str | None) -> int | None:
    """The seed a page of the shuffled order was drawn with, out of its cursor."""
    values = decode_cursor(cursor, 3)
    return cursor_number(values[0]) if values else None


def listing(
    session: Session,
    *,
    process_id: uuid.UUID,
    filters: Filters,
    sort: Sort,
    viewer_id: uuid.UUID | None,
    cursor: str | None = None,
    seed: int = 0,
    size: int = PAGE_SIZE,
) -> Page[ListRow]:
    """One page of the list. `seed` orders the shuffled list, the same for all pages of one visitor."""
    supported: ColumnElement[bool] = literal_column("false")
    if viewer_id is not None:
        supported = exists().where(ProposalSupport.proposal_id == Proposal.id, ProposalSupport.account_id == viewer_id)
    rank: Any = {
        Sort.newest: Proposal.created_at,
        Sort.most_supported: Proposal.supports_count,
        Sort.most_discussed: Proposal.comments_count,
        Sort.shuffled: func.uuid_hash_extended(Proposal.id, seed),
    }[sort]
    statement = (
        select(
            Proposal.id,
            Proposal.number,
            Proposal.title,
            Proposal.excerpt,
            Proposal.state,
            Proposal.strategy_id,
            ZONE_CODES,
            AUTHOR,
            Proposal.author_kind,
            Proposal.organisation,
            Proposal.supports_count,
            Proposal.comments_count,
            Proposal.outcome,
            Proposal.outcome_at,
            Proposal.created_at,
            supported,
            rank,
        )
        .outerjoin(Account, Account.id == Proposal.author_id)
        .where(*_conditions(process_id, filters))
        .order_by(rank.desc(), Proposal.id.desc())
        .limit(size + 1)
    )
    after = decode_cursor(cursor, 3)
    if after:
        last = cursor_moment(after[1]) if sort == Sort.newest else cursor_number(after[1])
        statement = statement.where(
            tuple_(rank, Proposal.id) < tuple_(literal(last, rank.type), literal(cursor_key(after[2]), Uuid()))
        )
    rows = session.execute(statement).all()
    page = cut_page(rows, size, lambda row: (seed, row[-1].isoformat() if sort == Sort.newest else row[-1], row[0]))
    return Page([ListRow(*row[:-1]) for row in page.rows], page.next_cursor)


def count(session: Session, *, process_id: uuid.UUID, filters: Filters) -> int:
    """How many proposals the filters leave."""
    return int(
        session.execute(
            select(func.count()).select_from(Proposal).where(*_conditions(process_id, filters))
        ).scalar_one()
    )


def _conditions(process_id: uuid.UUID, filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Proposal.process_id == process_id, LISTED]
    if filters.words:
        query = func.websearch_to_tsquery(
            literal_column(f"'{CONFIGURATIONS.get(filters.language, 'italian')}'"), filters.words
        )
        matches: ColumnElement[bool] = Proposal.search.op("@@")(query)
        number = filters.words.removeprefix("#").strip()
        if number.isascii() and number.isdigit() and len(number) < 7:
            matches = or_(matches, Proposal.number == int(number))
        conditions.append(matches)
    if filters.strategy_ids:
        conditions.append(Proposal.strategy_id.in_(list(filters.strategy_ids)))
    if filters.zone_id is not None:
        here = exists().where(ProposalZone.proposal_id == Proposal.id, ProposalZone.zone_id == filters.zone_id)
        conditions.append(here)
    if filters.author_kind:
        conditions.append(Proposal.author_kind == filters.author_kind)
    if filters.state == OPEN:
        conditions.append(and_(Proposal.outcome.is_(None), Proposal.state == ProposalState.published))
    elif filters.state == MERGED:
        conditions.append(or_(Proposal.state == ProposalState.merged, Proposal.outcome == Outcome.merged))
    elif filters.state:
        conditions.append(Proposal.outcome == filters.state)
    return conditions
