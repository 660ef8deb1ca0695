"""What the paper's room keeps about a person: comments in its margins, approvals asked of them, answers to comments on drafts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.discussion.models import Comment
from consult.position_paper.models import CommentAnswer, MarginNote, PaperFileRequest, SectionApproval


class _PersonalData:
    """Implements `core.protocols.PersonalData`: comments and answers stay as part of the review, the names go."""

    name = "commenti_al_position_paper"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """Comments in margins, answers to requests of approval, and what comments on drafts were answered, by the person and to them."""
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
        given = session.execute(
            select(CommentAnswer.comment_id, CommentAnswer.verdict, CommentAnswer.sentence, CommentAnswer.answered_at)
            .where(CommentAnswer.answered_by == account_id)
            .order_by(CommentAnswer.answered_at, CommentAnswer.comment_id)
        )
        got = session.execute(
            select(CommentAnswer.comment_id, CommentAnswer.verdict, CommentAnswer.sentence, CommentAnswer.answered_at)
            .join(Comment, Comment.id == CommentAnswer.comment_id)
            .where(Comment.author_id == account_id)
            .order_by(CommentAnswer.answered_at, CommentAnswer.comment_id)
        )
        told = [("answer_given", row) for row in given] + [("answer_received", row) for row in got]
        return [
            *({"comment": row.text, "written_at": row.created_at.isoformat()} for row in notes),
            *({"approval": row.state, "note": row.note, "asked_at": row.asked_at.isoformat()} for row in answers),
            *(
                {
                    "kind": kind, "about": f"comment/{row.comment_id}", "verdict": row.verdict, "sentence": row.sentence,
                    "at": row.answered_at.isoformat(),
                }
                for kind, row in told
            ),
        ]  # fmt: skip  # one row of values reads better so

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Take the person's name off their comments and answers."""
        session.execute(update(MarginNote).where(MarginNote.author_id == account_id).values(author_name=""))
        session.execute(update(SectionApproval).where(SectionApproval.account_id == account_id).values(account_name=""))
        session.execute(
            update(PaperFileRequest).where(PaperFileRequest.asked_by == account_id).values(asked_by=None)
        )
        session.execute(
            update(CommentAnswer)
            .where(CommentAnswer.answered_by == account_id)
            .values(answered_by=None, answered_name="")
        )


PERSONAL_DATA = _PersonalData()
