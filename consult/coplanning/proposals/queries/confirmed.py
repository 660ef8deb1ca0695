"""Proposals whose strategy was confirmed by their outcome: they show the machine what belongs where."""

from __future__ import annotations

import uuid
from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.queries.cards import LISTED
from consult.core.vocabulary import Outcome

#: Outcomes with which whoever decided took a proposal as one for its strategy.
TAKEN = (Outcome.adopted, Outcome.adopted_in_part, Outcome.already_planned)
#: Proposals of one strategy, and characters of each, that are read.
MOST, LONGEST = 6, 600


def confirmed_texts(session: Session, *, process_id: uuid.UUID) -> dict[uuid.UUID, tuple[str, ...]]:
    """Title and words of proposals that were taken up, by strategy, the earliest first."""
    statement = (
        select(Proposal.strategy_id, func.left(Proposal.title + ". " + Proposal.text, LONGEST))
        .where(Proposal.process_id == process_id, Proposal.outcome.in_(TAKEN), LISTED)
        .order_by(Proposal.strategy_id, Proposal.number)
    )
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for strategy_id, text in session.execute(statement):
        if len(found[strategy_id]) < MOST:
            found[strategy_id].append(text)
    return {key: tuple(texts) for key, texts in found.items()}
