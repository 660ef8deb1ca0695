"""All listed proposals, for files and the feed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.queries.cards import AUTHOR, LISTED, ZONE_CODES
from consult.coplanning.proposals.queries.single import COAUTHORS
from consult.framework.models import Municipality, Strategy
from consult.people.models import Account


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A proposal as the open data give it: only what its page shows."""

    id: uuid.UUID
    number: int
    title: str
    text: str
    strategy_code: str
    strategy_title: str
    finding_id: uuid.UUID | None
    zone_codes: Sequence[str]
    municipality: str | None
    author: str | None
    author_kind: str
    organisation: str
    state: str
    supports_count: int
    comments_count: int
    outcome: str | None
    outcome_reason: str
    outcome_body: str
    outcome_at: datetime | None
    created_at: datetime
    edited_at: datetime | None
    origin: str
    latitude: float | None
    longitude: float | None
    co_authors: Sequence[str | None]


def rows_for_export(session: Session, *, process_id: uuid.UUID) -> Iterator[ExportRow]:
    """All listed proposals in order of number, read in parts of 500."""
    statement = (
        select(
            Proposal.id,
            Proposal.number,
            Proposal.title,
            Proposal.text,
            Strategy.code,
            Strategy.title,
            Proposal.finding_id,
            ZONE_CODES,
            Municipality.name,
            AUTHOR,
            Proposal.author_kind,
            Proposal.organisation,
            Proposal.state,
            Proposal.supports_count,
            Proposal.comments_count,
            Proposal.outcome,
            Proposal.outcome_reason,
            Proposal.outcome_body,
            Proposal.outcome_at,
            Proposal.created_at,
            Proposal.edited_at,
            Proposal.origin,
            Proposal.latitude,
            Proposal.longitude,
            COAUTHORS,
        )
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .outerjoin(Municipality, Municipality.id == Proposal.municipality_id)
        .outerjoin(Account, Account.id == Proposal.author_id)
        .where(Proposal.process_id == process_id, LISTED)
        .order_by(Proposal.number)
        .limit(500)
    )
    last = 0
    while True:
        rows = session.execute(statement.where(Proposal.number > last)).all()
        yield from (ExportRow(*row) for row in rows)
        if len(rows) < 500:
            return
        last = rows[-1].number


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A proposal in the feed."""

    id: uuid.UUID
    number: int
    title: str
    html: str
    author: str | None
    organisation: str
    created_at: datetime
    changed_at: datetime


def feed(session: Session, *, process_id: uuid.UUID, size: int = 30) -> list[FeedRow]:
    """The latest listed proposals, newest first."""
    changed = func.greatest(
        Proposal.created_at, Proposal.edited_at, Proposal.outcome_at, Proposal.state_at, type_=Proposal.created_at.type
    )
    statement = (
        select(
            Proposal.id,
            Proposal.number,
            Proposal.title,
            Proposal.html,
            AUTHOR,
            Proposal.organisation,
            Proposal.created_at,
            changed,
        )
        .outerjoin(Account, Account.id == Proposal.author_id)
        .where(Proposal.process_id == process_id, LISTED)
        .order_by(Proposal.created_at.desc(), Proposal.id.desc())
        .limit(size)
    )
    return [FeedRow(*row) for row in session.execute(statement)]
