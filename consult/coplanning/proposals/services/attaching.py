"""Files of proposals: they come in with the proposal, in its transaction, and go with it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal, ProposalFile
from consult.coplanning.proposals.services.submission import edit, submit
from consult.core.errors import Invalid
from consult.core.permissions import NOBODY, Actor
from consult.files.services import forget, keep
from consult.files.types import Upload
from consult.ports.storage import Storage

MOST_FILES = 3


def submit_with_files(
    session: Session,
    *,
    process_id: uuid.UUID,
    uploads: Sequence[Upload],
    storage: Storage,
    actor: Actor,
    now: datetime,
    **fields: Any,
) -> uuid.UUID:
    """Submit a proposal with files; raises as `submit` does, and Invalid at `files` for more than three."""
    _check(len(uploads))
    key = submit(session, process_id=process_id, actor=actor, now=now, **fields)
    _keep(session, process_id, key, uploads, 0, storage, now)
    return key


def edit_with_files(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    uploads: Sequence[Upload],
    dropped: Collection[uuid.UUID],
    storage: Storage,
    actor: Actor,
    now: datetime,
    **fields: Any,
) -> None:
    """Change one's own proposal, its files too: `dropped` go, `uploads` come. Raises as `edit` does, and Invalid at `files`."""
    edit(session, process_id=process_id, proposal_id=proposal_id, actor=actor, now=now, **fields)
    there = session.execute(
        select(ProposalFile.file_id, ProposalFile.position).where(ProposalFile.proposal_id == proposal_id)
    ).all()
    gone = [row.file_id for row in there if row.file_id in set(dropped)]
    _check(len(there) - len(gone) + len(uploads))
    _forget(session, gone)
    _keep(session, process_id, proposal_id, uploads, max((row.position for row in there), default=-1) + 1, storage, now)


def forget_files(session: Session, *, account_id: uuid.UUID) -> int:
    """Forget the files of everything a person proposed, with their erasure; returns how many."""
    files = list(
        session.execute(
            select(ProposalFile.file_id)
            .join(Proposal, Proposal.id == ProposalFile.proposal_id)
            .where(Proposal.author_id == account_id)
            .order_by(ProposalFile.file_id)
        ).scalars()
    )
    _forget(session, files)
    return len(files)


def _check(number: int) -> None:
    if number > MOST_FILES:
        raise Invalid("I file sono troppi.", {"files": "Al massimo tre file."})


def _keep(
    session: Session,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    uploads: Sequence[Upload],
    first: int,
    storage: Storage,
    now: datetime,
) -> None:
    for place, upload in enumerate(uploads, first):
        # Who uploaded stands with the proposal, and goes with it: the file itself names nobody.
        file_id = keep(session, upload=upload, process_id=process_id, storage=storage, actor=NOBODY, now=now)
        session.add(ProposalFile(proposal_id=proposal_id, file_id=file_id, position=place))
    session.flush()


def _forget(session: Session, file_ids: Sequence[uuid.UUID]) -> None:
    if file_ids:
        session.execute(delete(ProposalFile).where(ProposalFile.file_id.in_(file_ids)))
        forget(session, file_ids=file_ids)
