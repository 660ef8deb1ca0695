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


def versions(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID) -> list[ShownVersion]:
    """The words of a readable proposal at each time, latest first; empty where there is none to see."""
    readable = (Proposal.id == proposal_id, Proposal.process_id == process_id, Proposal.state.in_(READABLE))
    now: Any = (
        select(
            Proposal.text_version,
            Proposal.title,
            Proposal.html,
            Proposal.text,
            Proposal.strategy_id,
            Strategy.code,
            func.coalesce(Proposal.edited_at, Proposal.created_at),
            _made_by(Proposal.text_version),
        )
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .where(*readable)
    )
    before: Any = (
        select(
            ProposalVersion.number,
            ProposalVersion.title,
            ProposalVersion.html,
            ProposalVersion.text,
            ProposalVersion.strategy_id,
            Strategy.code,
            ProposalVersion.written_at,
            _made_by(ProposalVersion.number),
        )
        .join(Proposal, Proposal.id == ProposalVersion.proposal_id)
        .join(Strategy, Strategy.id == ProposalVersion.strategy_id)
        .where(*readable)
    )
    rows = session.execute(now.union_all(before))
    return sorted((ShownVersion(*row) for row in rows), key=lambda v: -v.number)
