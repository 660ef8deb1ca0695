"""What the paper's room keeps about a person: comments in its margins, approvals asked of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.position_paper.models import MarginNote, SectionApproval


class _PersonalData:
    """Implements `core.protocols.PersonalData`: comments and answers stay as part of the review, the names go."""

    name = "commenti_al_position_paper"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """Comments the person wrote, and their answers to requests of approval."""
        notes = session.execute(
            select(MarginNote.text, MarginNote.created_at)
            .where(MarginNote.author_id == account_id)
            .order_by(MarginNote.created_at, MarginNote.id)
        )
        answers = session.execute(
            select(SectionApproval.state, SectionApproval.note, SectionApproval.asked_at)
            .where(SectionApproval.account_id == account_id)
            .order_by(SectionApproval.asked_at, SectionApproval.id)
        )
        return [
            *({"comment": row.text, "written_at": row.created_at.isoformat()} for row in notes),
            *({"approval": row.state, "note": row.note, "asked_at": row.asked_at.isoformat()} for row in answers),
        ]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Take the person's name off their comments and answers."""
        session.execute(update(MarginNote).where(MarginNote.author_id == account_id).values(author_name=""))
        session.execute(update(SectionApproval).where(SectionApproval.account_id == account_id).values(account_name=""))


PERSONAL_DATA = _PersonalData()
