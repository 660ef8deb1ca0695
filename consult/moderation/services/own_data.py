"""What staff wrote about proposals, in the export and erasure of a person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.moderation.models import (
    DispositionDraft,
    Evaluation,
    EvaluationOfficeMember,
    InternalNote,
    ModerationAppeal,
    ModerationAssignment,
    ModerationReading,
)
from consult.moderation.types import TO_DO, EvaluationState


class OwnWork:
    """Evaluations and internal notes of one person; implements `core.protocols.PersonalData`."""

    name = "moderation"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """What the person wrote as a member of staff, oldest first."""
        notes = session.execute(
            select(Proposal.number, InternalNote.text, InternalNote.written_at)
            .join(Proposal, Proposal.id == InternalNote.proposal_id)
            .where(InternalNote.author_id == account_id, InternalNote.taken_back_at.is_(None))
            .order_by(InternalNote.written_at, InternalNote.id)
        )
        rows: list[Mapping[str, Any]] = [
            {"kind": "internal_note", "proposal": number, "text": text, "written_at": at.isoformat()}
            for number, text, at in notes
        ]
        given = session.execute(
            select(Proposal.number, Evaluation)
            .join(Proposal, Proposal.id == Evaluation.proposal_id)
            .where(or_(Evaluation.account_id == account_id, Evaluation.saved_by == account_id))
            .order_by(Evaluation.asked_at, Evaluation.id)
        )
        rows += [
            {
                "kind": "evaluation",
                "proposal": number,
                "state": row.state,
                "competence": row.competence,
                "feasibility": row.feasibility,
                "opinion": row.opinion,
                "proposed_outcome": row.outcome,
                "saved_at": row.saved_at.isoformat() if row.saved_at else None,
            }
            for number, row in given
        ]
        appealed = session.execute(
            select(ModerationAppeal)
            .where(ModerationAppeal.appellant_id == account_id)
            .order_by(ModerationAppeal.filed_at, ModerationAppeal.id)
        ).scalars()
        rows += [
            {
                "kind": "appeal",
                "words": a.words,
                "state": a.state,
                "answer": a.answer,
                "filed_at": a.filed_at.isoformat(),
            }
            for a in appealed
        ]
        return rows

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """What was delivered and noted stays with the office, without the person; what still waited for them is asked no more."""
        session.execute(
            update(Evaluation)
            .where(Evaluation.account_id == account_id, Evaluation.state.in_(TO_DO))
            .values(state=str(EvaluationState.withdrawn))
        )
        for column in (Evaluation.account_id, Evaluation.asked_by, Evaluation.saved_by):
            session.execute(update(Evaluation).where(column == account_id).values({column.key: None}))
        session.execute(update(InternalNote).where(InternalNote.author_id == account_id).values(author_id=None))
        session.execute(update(DispositionDraft).where(DispositionDraft.saved_by == account_id).values(saved_by=None))
        # An appeal's words are the person's own; that there was one, and how it ended, stays in the public numbers.
        session.execute(
            update(ModerationAppeal)
            .where(ModerationAppeal.appellant_id == account_id)
            .values(appellant_id=None, words="")
        )
        session.execute(
            update(ModerationAppeal).where(ModerationAppeal.decided_by == account_id).values(decided_by=None)
        )
        for reader in (ModerationReading.second_by, ModerationReading.third_by):
            session.execute(update(ModerationReading).where(reader == account_id).values({reader.key: None}))
        session.execute(delete(EvaluationOfficeMember).where(EvaluationOfficeMember.account_id == account_id))
        session.execute(delete(ModerationAssignment).where(ModerationAssignment.account_id == account_id))


PERSONAL_DATA = OwnWork()
