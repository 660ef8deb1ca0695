"""Notes among staff about one proposal, by thread."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from consult.core.vocabulary import ThingKind
from consult.moderation.models import InternalNote, ModerationAssignment
from consult.people.models import Account


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note as staff reads it; without words where its author took it back."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    author_id: uuid.UUID | None
    author: str | None
    text: str
    written_at: datetime
    taken_back: bool


@dataclass(frozen=True, slots=True)
class NoteThread:
    """A note with its replies, oldest first."""

    note: NoteRow
    replies: Sequence[NoteRow]


def threads(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, most: int = 300) -> list[NoteThread]:
    """The notes about a proposal, oldest first, each with its replies; one that was taken back stays only where it was answered."""
    rows = [
        NoteRow(*row)
        for row in session.execute(
            select(
                InternalNote.id, InternalNote.parent_id, InternalNote.author_id, Account.display_name, InternalNote.text,
                InternalNote.written_at, InternalNote.taken_back_at.is_not(None),
            )
            .outerjoin(Account, Account.id == InternalNote.author_id)
            .where(InternalNote.proposal_id == proposal_id, InternalNote.process_id == process_id)
            .order_by(InternalNote.written_at, InternalNote.id)
            .limit(most)
        )
    ]  # fmt: skip  # one column per name reads better so
    replies: dict[uuid.UUID | None, list[NoteRow]] = {}
    for row in rows:
        if row.parent_id and not row.taken_back:
            replies.setdefault(row.parent_id, []).append(row)
    heads = [row for row in rows if row.parent_id is None and (not row.taken_back or row.id in replies)]
    return [NoteThread(row, replies.get(row.id, [])) for row in heads]


def near(session: Session, *, proposal_id: uuid.UUID) -> list[uuid.UUID]:
    """Who wrote notes about a proposal or takes care of it."""
    wrote = select(InternalNote.author_id.label("account_id")).where(InternalNote.proposal_id == proposal_id)
    cares = select(ModerationAssignment.account_id).where(
        ModerationAssignment.thing_kind == str(ThingKind.proposal), ModerationAssignment.thing_id == proposal_id
    )
    return [key for key in session.execute(union(wrote, cares)).scalars() if key]
