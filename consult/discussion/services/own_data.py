"""Comments, reactions and reports in the export and erasure of a person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.discussion.models import Comment, CommentReaction, Report
from consult.process.models import Process


class OwnWords:
    """Comments and reports in the export and erasure of a person; implements `core.protocols.PersonalData`."""

    name = "discussion"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """Comments and reports the person wrote, oldest first."""
        rows: list[Mapping[str, Any]] = []
        comments = session.execute(
            select(Process.slug, Comment)
            .join(Process, Process.id == Comment.process_id)
            .where(Comment.author_id == account_id)
            .order_by(Comment.created_at, Comment.id)
        )
        for slug, row in comments:
            rows.append(
                {
                    "kind": "comment",
                    "process": slug,
                    "about": f"{row.target_kind}/{row.target_id}",
                    "stance": row.stance,
                    "text": row.text,
                    "signed_as": row.pseudonym,
                    "state": row.state,
                    "written_at": row.created_at.isoformat(),
                }
            )
        reports = session.execute(
            select(Process.slug, Report)
            .join(Process, Process.id == Report.process_id)
            .where(Report.reporter_id == account_id)
            .order_by(Report.created_at, Report.id)
        )
        for slug, report_row in reports:
            rows.append(
                {
                    "kind": "report",
                    "process": slug,
                    "about": f"{report_row.target_kind}/{report_row.target_id}",
                    "reason": report_row.reason,
                    "note": report_row.note,
                    "state": report_row.state,
                    "written_at": report_row.created_at.isoformat(),
                }
            )
        marked = session.execute(
            select(Process.slug, CommentReaction.kind, Comment.id)
            .join(Comment, Comment.id == CommentReaction.comment_id)
            .join(Process, Process.id == Comment.process_id)
            .where(CommentReaction.account_id == account_id)
            .order_by(Comment.id, CommentReaction.kind)
        )
        for slug, kind, comment_id in marked:
            rows.append({"kind": "reaction", "process": slug, "about": f"comment/{comment_id}", "said": kind})
        return rows

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Comments stay, without author and signature; reports stay as numbers, without reporter and words."""
        session.execute(update(Comment).where(Comment.author_id == account_id).values(author_id=None, pseudonym=None))
        session.execute(update(CommentReaction).where(CommentReaction.account_id == account_id).values(account_id=None))
        session.execute(update(Report).where(Report.reporter_id == account_id).values(reporter_id=None, note=""))
        session.execute(update(Report).where(Report.closed_by == account_id).values(closed_by=None))


PERSONAL_DATA = OwnWords()
