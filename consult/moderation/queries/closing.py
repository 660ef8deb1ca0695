"""Whether the phases in which proposals are decided may be closed, and what is left to decide."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal, Regrouping, RegroupingPart
from consult.coplanning.proposals.queries import OBJECTION_WAITS
from consult.core.errors import Conflict
from consult.core.sentences import Sentence
from consult.core.vocabulary import ANSWERING, PhaseKind
from consult.framework.models import Strategy
from consult.process.models import Process

#: Phases that stay open until every proposal has its answer.
GUARDED = ANSWERING
#: Waits for its outcome.
_UNDECIDED = (Proposal.state == literal_column("'published'"), Proposal.outcome.is_(None))
#: Waits for a moderator to read it first: it is owed an answer too, but nobody can decide it before.
_UNREAD = (Proposal.state == literal_column("'waiting'"), Proposal.outcome.is_(None))


class UndecidedProposals:
    """Keeps a phase open while a proposal that anyone can read has no disposition (`core.protocols.ClosingGuard`)."""

    def refusal(self, session: Session, *, process_id: uuid.UUID, kind: PhaseKind) -> Conflict | None:
        """Why the phase has to stay open, with a link to the proposals that wait; None where none does."""
        if kind not in GUARDED:
            return None
        row = session.execute(
            select(Process.slug, func.count().filter(and_(*_UNDECIDED)), func.count().filter(and_(*_UNREAD)))
            .join(Proposal, Proposal.process_id == Process.id)
            .where(Process.id == process_id, or_(and_(*_UNDECIDED), and_(*_UNREAD)))
            .group_by(Process.slug)
        ).one_or_none()
        if row is None:
            return None
        slug, undecided, unread = row
        sentence = Sentence(
            "La fase resta aperta: %(n)s proposte non hanno ancora un esito. Le date non sono cambiate.", n=undecided
        )
        if unread and undecided:
            sentence = Sentence(
                "La fase resta aperta: %(n)s proposte non hanno ancora un esito e %(unread)s aspettano di essere lette. "
                "Le date non sono cambiate.", n=undecided, unread=unread,
            )  # fmt: skip  # one row of values reads better so
        elif unread:
            sentence = Sentence(
                "La fase resta aperta: %(n)s proposte aspettano di essere lette da un moderatore. Le date non sono cambiate.",
                n=unread,
            )
        return Conflict(sentence, link_endpoint="moderation_work.closing", link_values={"slug": slug})


class OpenObjections:
    """Keeps a phase open while an author's objection to a merge or split has no answer: one that is right frees a proposal that then
    wants its own outcome (`core.protocols.ClosingGuard`)."""

    def refusal(self, session: Session, *, process_id: uuid.UUID, kind: PhaseKind) -> Conflict | None:
        """Why the phase has to stay open, with a link to the objections that wait; None where none does."""
        if kind not in GUARDED:
            return None
        row = session.execute(
            select(Process.slug, func.count())
            .join(Regrouping, Regrouping.process_id == Process.id)
            .join(RegroupingPart, RegroupingPart.regrouping_id == Regrouping.id)
            .where(Process.id == process_id, *OBJECTION_WAITS)
            .group_by(Process.slug)
        ).one_or_none()
        if row is None:
            return None
        sentence = Sentence(
            "La fase resta aperta: %(n)s obiezioni a unioni o divisioni aspettano una risposta. Le date non sono cambiate.", n=row[1]
        )
        return Conflict(sentence, link_endpoint="moderation_work.closing", link_values={"slug": row[0]})


@dataclass(frozen=True, slots=True)
class LeftRow:
    """How many proposals of one strategy wait for an outcome."""

    strategy_id: uuid.UUID
    code: str
    title: str
    number: int


def left_by_strategy(session: Session, *, process_id: uuid.UUID) -> list[LeftRow]:
    """Strategies with proposals that wait for an outcome, in the plan's order; in one statement."""
    rows = session.execute(
        select(Strategy.id, Strategy.code, Strategy.title, func.count())
        .join(Proposal, Proposal.strategy_id == Strategy.id)
        .where(Proposal.process_id == process_id, *_UNDECIDED)
        .group_by(Strategy.id)
        .order_by(Strategy.position)
    )
    return [LeftRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A proposal that no moderator has read yet."""

    id: uuid.UUID
    number: int
    title: str
    strategy_code: str
    since: datetime


def unread(session: Session, *, process_id: uuid.UUID, limit: int = 50) -> tuple[int, list[UnreadRow]]:
    """How many proposals wait to be read first, and the longest waiting of them; in one statement."""
    rows = session.execute(
        select(func.count().over(), Proposal.id, Proposal.number, Proposal.title, Strategy.code, Proposal.created_at)
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .where(Proposal.process_id == process_id, *_UNREAD)
        .order_by(Proposal.number)
        .limit(limit)
    ).all()
    return (rows[0][0] if rows else 0), [UnreadRow(*row[1:]) for row in rows]
