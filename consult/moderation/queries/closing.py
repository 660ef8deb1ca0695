"""Whether the phases in which proposals are decided may be closed, and what is left to decide."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.core.errors import Conflict
from consult.core.sentences import Sentence
from consult.core.vocabulary import ANSWERING, PhaseKind
from consult.framework.models import Strategy
from consult.process.models import Process

#: Phases that stay open until every proposal has its answer.
GUARDED = ANSWERING
#: One that still waits for a moderator is owed an answer too.
_LEFT = (Proposal.state.in_([literal_column("'published'"), literal_column("'waiting'")]), Proposal.outcome.is_(None))


class UndecidedProposals:
    """Keeps a phase open while a proposal that anyone can read has no disposition (`core.protocols.ClosingGuard`)."""

    def refusal(self, session: Session, *, process_id: uuid.UUID, kind: PhaseKind) -> Conflict | None:
        """Why the phase has to stay open, with a link to the proposals that wait; None where none does."""
        if kind not in GUARDED:
            return None
        row = session.execute(
            select(Process.slug, func.count(Proposal.id))
            .join(Proposal, Proposal.process_id == Process.id)
            .where(Process.id == process_id, *_LEFT)
            .group_by(Process.slug)
        ).one_or_none()
        if row is None:
            return None
        return Conflict(
            Sentence(
                "La fase resta aperta: %(n)s proposte non hanno ancora un esito. Le date non sono cambiate.", n=row[1]
            ),
            link_endpoint="moderation_work.closing",
            link_values={"slug": row[0]},
        )


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
        .where(Proposal.process_id == process_id, *_LEFT)
        .group_by(Strategy.id)
        .order_by(Strategy.position)
    )
    return [LeftRow(*row) for row in rows]
