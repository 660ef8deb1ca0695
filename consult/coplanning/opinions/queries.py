"""Reads of conversations. One in preparation or given up is found only where drafts are asked for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from consult.coplanning.opinions import rules
from consult.coplanning.opinions.models import (
    OpinionBallot,
    OpinionConversation,
    OpinionParticipant,
    OpinionStatement,
    OpinionTurnout,
)
from consult.coplanning.opinions.types import StatementOrigin, StatementState
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import READABLE, ProposalState
from consult.coplanning.rounds.queries import PAGE_SIZE, DatedRow, columns, one_of, page_of, public
from consult.core.paging import Page
from consult.people.models import Account
from consult.position_paper import queries as paper

_PUBLIC = public(OpinionConversation)
_origin = aliased(Proposal)
#: Statements people are asked: shown, and not drawn from a proposal that a moderator hides, whose words would live on in them.
ASKED = and_(
    OpinionStatement.state == StatementState.shown,
    or_(
        OpinionStatement.proposal_id.is_(None),
        select(_origin.id)
        .where(_origin.id == OpinionStatement.proposal_id, _origin.state.in_([str(state) for state in READABLE]))
        .correlate(OpinionStatement)
        .exists(),
    ),
)


@dataclass(frozen=True, slots=True)
class ConversationRow(DatedRow):
    """A conversation as lists and its page show it; `people` are those who voted."""

    participants_add: bool
    results_shown: str
    finished_at: datetime | None
    statements: int

    @property
    def shows_results(self) -> bool:
        """Whether anyone may read results now."""
        return rules.shows_results(self.state, self.results_shown, self.counted_at, self.finished_at)


def _rows() -> Any:
    c = OpinionConversation
    statements = (
        select(func.count()).where(OpinionStatement.conversation_id == c.id, ASKED).correlate(c).scalar_subquery()
    )
    people = (
        select(func.count())
        .select_from(OpinionParticipant)
        .where(OpinionParticipant.conversation_id == c.id)
        .correlate(c)
        .scalar_subquery()
    )
    return select(*columns(c, people), c.participants_add, c.results_shown, c.finished_at, statements)


def conversations(
    session: Session, *, process_id: uuid.UUID, drafts: bool = False, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[ConversationRow]:
    """Conversations of a process, the latest first; with `drafts` also those in preparation or given up."""
    return page_of(
        session, _rows(), OpinionConversation, ConversationRow, process_id=process_id, drafts=drafts, cursor=cursor, size=size
    )  # fmt: skip  # one call of named values reads better so


def one(
    session: Session, *, process_id: uuid.UUID, conversation_id: uuid.UUID, drafts: bool = False
) -> ConversationRow | None:
    """One conversation; None where there is none to see."""
    return one_of(
        session, _rows(), OpinionConversation, ConversationRow, process_id=process_id, round_id=conversation_id, drafts=drafts
    )  # fmt: skip  # one call of named values reads better so


def results(session: Session, *, conversation_id: uuid.UUID) -> dict[str, Any] | None:
    """The last results worked out, for anyone or not."""
    return session.execute(
        select(OpinionConversation.results).where(OpinionConversation.id == conversation_id)
    ).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement with what it is drawn from; a proposal that is hidden is not named."""

    id: uuid.UUID
    number: int
    version: int
    text: str
    state: str
    origin: str
    finding_id: uuid.UUID | None
    proposal_id: uuid.UUID | None
    proposal_number: int | None
    vote: int | None

    @property
    def key(self) -> str:
        """Its key as results spell it."""
        return str(self.id)


def statements(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    account_id: uuid.UUID | None = None,
    every: bool = False,
) -> list[StatementRow]:
    """The statements people are asked, in order, with the votes of one person; with `every` also those waiting and hidden. One statement.

    A conversation has at most a few hundred of them, so they are not paged.
    """
    s, mine = OpinionStatement, OpinionParticipant
    readable = [str(state) for state in READABLE]
    statement = (
        select(
            s.id, s.number, s.version, s.text, s.state, s.origin, s.finding_id, Proposal.id, Proposal.number, OpinionBallot.vote,
        )
        .outerjoin(Proposal, and_(Proposal.id == s.proposal_id, Proposal.state.in_(readable)))
        .outerjoin(mine, and_(mine.conversation_id == s.conversation_id, mine.account_id == literal(account_id)))
        .outerjoin(OpinionBallot, and_(OpinionBallot.participant_id == mine.id, OpinionBallot.statement_id == s.id))
        .where(s.conversation_id == conversation_id)
        .order_by(s.number)
    )  # fmt: skip  # one column per name reads better so
    rows: Any = session.execute(statement if every else statement.where(ASKED))
    return [StatementRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Participation:
    """How a person stands to a conversation."""

    verified: bool
    participant_id: uuid.UUID | None
    took_part: bool
    written: int


def participation(session: Session, *, conversation_id: uuid.UUID, account_id: uuid.UUID) -> Participation:
    """How a person stands to a conversation, in one statement."""
    row = session.execute(
        select(
            Account.email_verified_at.is_not(None),
            OpinionParticipant.id,
            exists().where(OpinionTurnout.conversation_id == conversation_id, OpinionTurnout.account_id == account_id),
            select(func.count())
            .where(
                OpinionStatement.conversation_id == conversation_id,
                OpinionStatement.author_id == account_id,
                OpinionStatement.origin == StatementOrigin.participant,
            )
            .scalar_subquery(),
        )
        .outerjoin(
            OpinionParticipant,
            and_(
                OpinionParticipant.account_id == Account.id,
                OpinionParticipant.conversation_id == literal(conversation_id),
            ),
        )
        .where(Account.id == account_id)
    ).one()
    return Participation(bool(row[0]), row[1], bool(row[2]), int(row[3]))


def asking(session: Session, *, conversation_id: uuid.UUID) -> dict[str, float]:
    """How much is learnt by asking each statement next, as last worked out."""
    found = session.execute(
        select(OpinionConversation.asking).where(OpinionConversation.id == conversation_id)
    ).scalar_one()
    return {key: float(value) for key, value in found.items()}


def texts_of(session: Session, *, conversation_id: uuid.UUID) -> dict[str, str]:
    """The words of the statements people are asked, by key."""
    return {row.key: row.text for row in statements(session, conversation_id=conversation_id)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A statement of a public conversation with what it is drawn from; `results_shown`: whether anyone may read how people answered."""

    id: uuid.UUID
    conversation_id: uuid.UUID
    text: str
    finding_id: uuid.UUID | None
    proposal_id: uuid.UUID | None
    results_shown: bool


def _drawn(session: Session, *conditions: Any, limit: int) -> list[Drawn]:
    s, c = OpinionStatement, OpinionConversation
    rows = session.execute(
        select(s.id, c.id, s.text, s.finding_id, s.proposal_id, c.state, c.results_shown, c.counted_at, c.finished_at)
        .join(c, c.id == s.conversation_id)
        .where(*conditions, ASKED, _PUBLIC)
        .order_by(c.created_at.desc(), s.number)
        .limit(limit)
    )
    return [Drawn(*row[:5], rules.shows_results(*row[5:])) for row in rows]


def drawn_from(
    session: Session, *, finding_id: uuid.UUID | None = None, proposal_id: uuid.UUID | None = None, limit: int = 20
) -> list[Drawn]:
    """Statements of public conversations that are drawn from a finding or a proposal, the latest conversation first; one statement."""
    s = OpinionStatement
    return _drawn(session, s.finding_id == finding_id if finding_id else s.proposal_id == proposal_id, limit=limit)


def asked(session: Session, *, process_id: uuid.UUID, statement_id: uuid.UUID) -> Drawn | None:
    """One statement of a public conversation; None where nobody is asked it."""
    s = OpinionStatement
    return next(iter(_drawn(session, s.id == statement_id, s.process_id == process_id, limit=1)), None)


@dataclass(frozen=True, slots=True)
class Origin:
    """Something statements may be drawn from."""

    key: str
    number: int
    title: str
    supports: int | None = None


def origins(session: Session, *, process_id: uuid.UUID, conversation_id: uuid.UUID) -> list[Origin]:
    """Published findings and the most supported proposals from which this conversation has no statement yet; three statements."""
    s = OpinionStatement
    taken = session.execute(select(s.finding_id, s.proposal_id).where(s.conversation_id == conversation_id)).all()
    findings, proposals = {row[0] for row in taken}, {row[1] for row in taken}
    found = [
        Origin(f"finding:{card.id}", card.number, card.title)
        for card in paper.published_findings(session, process_id=process_id)
        if card.id not in findings
    ]
    rows = session.execute(
        select(Proposal.id, Proposal.number, Proposal.title, Proposal.supports_count)
        .where(Proposal.process_id == process_id, Proposal.state == ProposalState.published)
        .order_by(Proposal.supports_count.desc(), Proposal.number)
        .limit(60)
    )
    found += [Origin(f"proposal:{key}", number, title, n) for key, number, title, n in rows if key not in proposals]
    return found


@dataclass(frozen=True, slots=True)
class StatementCard:
    """A statement for the moderation desk."""

    id: uuid.UUID
    process_id: uuid.UUID
    conversation_id: uuid.UUID
    conversation: str
    number: int
    version: int
    text: str
    state: str
    origin: str
    author_id: uuid.UUID | None
    created_at: datetime


def cards(session: Session, *, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, StatementCard]:
    """Statements by key, whatever their state."""
    if not ids:
        return {}
    s, c = OpinionStatement, OpinionConversation
    rows = session.execute(
        select(
            s.id, s.process_id, c.id, c.title, s.number, s.version, s.text, s.state, s.origin, s.author_id, s.created_at
        )
        .join(c, c.id == s.conversation_id)
        .where(s.id.in_(list(ids)))
    )
    return {row[0]: StatementCard(*row) for row in rows}
