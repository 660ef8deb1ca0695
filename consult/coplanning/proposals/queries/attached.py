"""The files of a proposal, as readable as the proposal itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal, ProposalFile
from consult.coplanning.proposals.types import READABLE, ProposalState
from consult.files.models import StoredFile


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that came with a proposal."""

    id: uuid.UUID
    name: str
    kind: str
    size: int


def attached(session: Session, *, proposal_id: uuid.UUID) -> list[AttachedFile]:
    """The files of a proposal, in the order in which they were chosen; the caller has asked whether it may be read."""
    rows = session.execute(
        select(StoredFile.id, StoredFile.name, StoredFile.kind, StoredFile.size)
        .join(ProposalFile, ProposalFile.file_id == StoredFile.id)
        .where(ProposalFile.proposal_id == proposal_id)
        .order_by(ProposalFile.position, StoredFile.id)
    )
    return [AttachedFile(*row) for row in rows]


def may_open(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    file_id: uuid.UUID,
    viewer_id: uuid.UUID | None = None,
    hidden_too: bool = False,
) -> bool:
    """Whether this file came with this proposal of this process, and the proposal may be read; `hidden_too` for who moderates.

    While it waits for a moderator, its author (`viewer_id`) opens it too.
    """
    statement = (
        select(ProposalFile.file_id)
        .join(Proposal, Proposal.id == ProposalFile.proposal_id)
        .where(
            ProposalFile.file_id == file_id, ProposalFile.proposal_id == proposal_id, Proposal.process_id == process_id
        )
    )
    if not hidden_too:
        own = and_(Proposal.state == ProposalState.waiting, Proposal.author_id == viewer_id)
        statement = statement.where(or_(Proposal.state.in_(READABLE), own))
    return session.execute(statement).scalar_one_or_none() is not None
