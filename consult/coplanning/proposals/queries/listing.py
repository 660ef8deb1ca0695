"""The public list: search, filters, four orders, keyset pages. One statement a page, one for the number."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal, ProposalSupport, ProposalZone
from consult.coplanning.proposals.queries.cards import AUTHOR, LISTED, ZONE_CODES
from consult.coplanning.proposals.types import ProposalState, Sort
from consult.core.paging import Page, cursor_key, cursor_moment, cursor_number, cut_page, decode_cursor
from consult.core.ready import Ready
from consult.core.vocabulary import Outcome
from consult.framework.models import Zone
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
    origin: str
    supported: bool


def seed_of(cursor: str | None) -> int | None:
    """The seed a page of the shuffled order was drawn with, out of its cursor."""
    values = decode_cursor(cursor, 3)
    return cursor_number(values[0]) if values else None


class _Shape(NamedTuple):
    """Which conditions a statement has, without their values: statements of one shape are built once."""

    configuration: str = ""
    number: str = ""
    strategies: bool = False
    zone: bool = False
    author_kind: bool = False
    state: str = ""


#: What any shape may ask for: a statement takes what its conditions name.
_FILTERED = ("process_id", "words", "number", "strategy_ids", "zone_id", "author_kind")
_GIVEN: dict[str, Any] = dict.fromkeys(("size", "seed", "viewer_id", "last_rank", "last_id"))


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
    shape, values = _shape(process_id, filters)
    values |= {"size": size + 1, "seed": seed, "viewer_id": viewer_id}
    after = decode_cursor(cursor, 3)
    if after:
        values["last_rank"] = cursor_moment(after[1]) if sort == Sort.newest else cursor_number(after[1])
        values["last_id"] = cursor_key(after[2])
    rows = _page_statement(shape, sort, viewer_id is not None, bool(after)).rows(session, **_GIVEN | values)
    page = cut_page(rows, size, lambda row: (seed, row[-1].isoformat() if sort == Sort.newest else row[-1], row[0]))
    return Page([ListRow(*row[:-1]) for row in page.rows], page.next_cursor)


def by_zone(session: Session, *, process_id: uuid.UUID, filters: Filters) -> dict[str, int]:
    """How many proposals the filters leave in each zone, by its code; under an empty code those for the whole territory.

    A proposal that names several zones counts in each of them.
    """
    shape, values = _shape(process_id, filters)
    statement = _zones_statement(shape._replace(zone=False))
    return {code or "": int(number) for code, number in session.execute(statement, values)}


@lru_cache(maxsize=64)
def _zones_statement(shape: _Shape) -> Any:
    statement: Any = (
        select(Zone.code, func.count())
        .select_from(Proposal)
        .outerjoin(ProposalZone, ProposalZone.proposal_id == Proposal.id)
        .outerjoin(Zone, Zone.id == ProposalZone.zone_id)
        .where(*_conditions(shape))
        .group_by(Zone.code)
    )
    return statement


@dataclass(frozen=True, slots=True)
class PointRow:
    """A proposal about a precise point."""

    id: uuid.UUID
    number: int
    title: str
    latitude: float
    longitude: float


#: How many points a map shows: more would cover it.
MOST_POINTS = 300


def points(session: Session, *, process_id: uuid.UUID, filters: Filters) -> list[PointRow]:
    """The proposals about a precise point that the filters leave, the latest first, as many as a map can show."""
    shape, values = _shape(process_id, filters)
    return [PointRow(*row) for row in session.execute(_points_statement(shape), values)]


@lru_cache(maxsize=64)
def _points_statement(shape: _Shape) -> Any:
    statement: Any = (
        select(Proposal.id, Proposal.number, Proposal.title, Proposal.latitude, Proposal.longitude)
        .where(*_conditions(shape), Proposal.latitude.is_not(None))
        .order_by(Proposal.number.desc())
        .limit(MOST_POINTS)
    )
    return statement


def count(session: Session, *, process_id: uuid.UUID, filters: Filters) -> int:
    """How many proposals the filters leave."""
    shape, values = _shape(process_id, filters)
    return int(_count_statement(shape).rows(session, **values)[0][0])


def _shape(process_id: uuid.UUID, filters: Filters) -> tuple[_Shape, dict[str, Any]]:
    number = filters.words.removeprefix("#").strip()
    is_number = number.isascii() and number.isdigit() and len(number) < 7
    shape = _Shape(
        configuration=CONFIGURATIONS.get(filters.language, "italian") if filters.words else "",
        number=("only" if filters.words.startswith("#") else "too") if is_number else "",
        strategies=bool(filters.strategy_ids),
        zone=filters.zone_id is not None,
        author_kind=bool(filters.author_kind),
        state=filters.state,
    )
    values = {
        "process_id": process_id,
        "words": filters.words,
        "number": int(number) if is_number else 0,
        "strategy_ids": list(filters.strategy_ids),
        "zone_id": filters.zone_id,
        "author_kind": filters.author_kind,
    }
    return shape, values


@lru_cache(maxsize=256)
def _count_statement(shape: _Shape) -> Ready:
    return Ready(select(func.count()).select_from(Proposal).where(*_conditions(shape)), *_FILTERED)


@lru_cache(maxsize=512)
def _page_statement(shape: _Shape, sort: Sort, somebody: bool, continued: bool) -> Ready:
    supported: ColumnElement[bool] = literal_column("false")
    if somebody:
        mine = ProposalSupport.account_id == bindparam("viewer_id", type_=Uuid())
        supported = exists().where(ProposalSupport.proposal_id == Proposal.id, mine)
    rank: Any = {
        Sort.newest: Proposal.created_at,
        Sort.most_supported: Proposal.supports_count,
        Sort.most_discussed: Proposal.comments_count,
        # The fewest comments first: written with a sign, so that all orders go down.
        Sort.needs_opinions: 0 - Proposal.comments_count,
        Sort.shuffled: func.uuid_hash_extended(Proposal.id, bindparam("seed", type_=BigInteger()), type_=BigInteger()),
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
            Proposal.origin,
            supported,
            rank,
        )
        .outerjoin(Account, Account.id == Proposal.author_id)
        .where(*_conditions(shape))
        .order_by(rank.desc(), Proposal.id.desc())
        .limit(bindparam("size"))
    )
    if continued:
        last = tuple_(bindparam("last_rank", type_=rank.type), bindparam("last_id", type_=Uuid()))
        statement = statement.where(tuple_(rank, Proposal.id) < last)
    return Ready(statement, *_FILTERED, *_GIVEN)


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Proposal.process_id == bindparam("process_id", type_=Uuid()), LISTED]
    if shape.number == "only":
        conditions.append(Proposal.number == bindparam("number"))
    elif shape.configuration:
        query = func.websearch_to_tsquery(literal_column(f"'{shape.configuration}'"), bindparam("words"))
        matches: ColumnElement[bool] = Proposal.search.op("@@")(query)
        conditions.append(or_(matches, Proposal.number == bindparam("number")) if shape.number else matches)
    if shape.strategies:
        conditions.append(Proposal.strategy_id == func.any(bindparam("strategy_ids", type_=ARRAY(Uuid()))))
    if shape.zone:
        here = ProposalZone.zone_id == bindparam("zone_id", type_=Uuid())
        conditions.append(exists().where(ProposalZone.proposal_id == Proposal.id, here))
    if shape.author_kind:
        conditions.append(Proposal.author_kind == bindparam("author_kind"))
    if shape.state == OPEN:
        conditions.append(and_(Proposal.outcome.is_(None), Proposal.state == ProposalState.published))
    elif shape.state == MERGED:
        conditions.append(or_(Proposal.state == ProposalState.merged, Proposal.outcome == Outcome.merged))
    elif shape.state:
        conditions.append(Proposal.outcome == shape.state)
    return conditions
