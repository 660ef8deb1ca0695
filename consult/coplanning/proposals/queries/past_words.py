"""The words of a proposal as they were, version by version, and who changed them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import (
    Amendment,
    Proposal,
    ProposalVersion,
)
from consult.coplanning.proposals.types import READABLE
from consult.framework.models import Strategy

#: How many versions a page shows: each is compared with the one before it.
VERSIONS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """The words of a proposal at one time."""

    number: int
    title: str
    html: str
    text: str
    strategy_id: uuid.UUID
    strategy_code: str
    written_at: datetime
    #: The amendment that made these words, where one did and it may be read.
    amendment_id: uuid.UUID | None = None


def _made_by(version: Any) -> Any:
    return (
        select(Amendment.id)
        .where(
            Amendment.proposal_id == Proposal.id,
            Amendment.accepted_version == version,
            Amendment.state == literal_column("'accepted'"),
        )
        .correlate(Proposal, ProposalVersion)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class PastWords:
    """Some versions of a proposal's words, latest first, with the title it has now and the number of its latest version.

    `before` is the version that came before the last of them, to be compared with it; `next_cursor` leads to it and those before it.
    """

    title: str
    latest: int
    rows: list[ShownVersion]
    before: ShownVersion | None

    @property
    def next_cursor(self) -> str | None:
        """Where the page that follows begins."""
        return str(self.before.number) if self.before else None


def versions(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    cursor: str | None = None,
    size: int = VERSIONS_SHOWN,
) -> PastWords | None:
    """The words of a readable proposal at each time, latest first, some at a time; None where there is none to see. One statement."""
    readable = (Proposal.id == proposal_id, Proposal.process_id == process_id, Proposal.state.in_(READABLE))
    now: Any = (
        select(
            Proposal.title.label("title_now"), Proposal.text_version.label("latest"), Proposal.text_version.label("number"),
            Proposal.title, Proposal.html, Proposal.text, Proposal.strategy_id, Strategy.code,
            func.coalesce(Proposal.edited_at, Proposal.created_at).label("written_at"), _made_by(Proposal.text_version).label("made_by"),
        )
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .where(*readable)
    )  # fmt: skip  # one column per name reads better so
    before: Any = (
        select(
            Proposal.title, Proposal.text_version, ProposalVersion.number, ProposalVersion.title, ProposalVersion.html,
            ProposalVersion.text, ProposalVersion.strategy_id, Strategy.code, ProposalVersion.written_at, _made_by(ProposalVersion.number),
        )
        .join(Proposal, Proposal.id == ProposalVersion.proposal_id)
        .join(Strategy, Strategy.id == ProposalVersion.strategy_id)
        .where(*readable)
    )  # fmt: skip  # one column per name reads better so
    every = now.union_all(before).subquery()
    statement = select(every).order_by(every.c.number.desc()).limit(size + 1)
    if cursor and cursor.isascii() and cursor.isdigit() and len(cursor) < 9:
        statement = statement.where(every.c.number <= int(cursor))
    rows = session.execute(statement).all()
    if not rows:
        return None
    found = [ShownVersion(*row[2:]) for row in rows]
    return PastWords(rows[0].title_now, rows[0].latest, found[:size], next(iter(found[size:]), None))


@dataclass(frozen=True, slots=True)
class WordsThen:
    """Title and text of a proposal at one moment, whatever its state."""

    title: str
    text: str
    html: str


def words_then(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, at: datetime) -> WordsThen | None:
    """What a proposal said at one moment: for who looks again at a decision made then. None where it says the same today, or is not there."""
    v = ProposalVersion
    row = session.execute(
        select(v.title, v.text, v.html)
        .join(Proposal, Proposal.id == v.proposal_id)
        .where(
            Proposal.id == proposal_id, Proposal.process_id == process_id, v.written_at <= at,
            func.coalesce(Proposal.edited_at, Proposal.created_at) > at,
        )
        .order_by(v.number.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip  # one condition per name reads better so
    return WordsThen(*row) if row else None
