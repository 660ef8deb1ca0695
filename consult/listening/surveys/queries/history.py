"""What was: earlier texts, and parts taken out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.listening.surveys.models import QuestionRevision, RemovedPart
from consult.listening.surveys.queries.building import facts
from consult.people.models import Account


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """What a question said before a correction, and who corrected it."""

    text: str
    help: str
    content: dict[str, Any]
    changed_at: datetime
    changed_by: str | None


def revisions(session: Session, *, question_id: uuid.UUID) -> list[RevisionRow]:
    """Earlier texts of a question, newest first."""
    rows = session.execute(
        select(
            QuestionRevision.text,
            QuestionRevision.help,
            QuestionRevision.content,
            QuestionRevision.changed_at,
            Account.display_name,
        )
        .outerjoin(Account, Account.id == QuestionRevision.changed_by)
        .where(QuestionRevision.question_id == question_id)
        .order_by(QuestionRevision.changed_at.desc(), QuestionRevision.id)
        .limit(50)
    )
    return [RevisionRow(*facts(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class RemovedRow:
    """A part that can be put back: the text of its first question, and how many there are."""

    id: uuid.UUID
    text: str
    page: bool
    questions: int
    removed_at: datetime


def removed_parts(session: Session, *, questionnaire_id: uuid.UUID) -> list[RemovedRow]:
    """Parts taken out, the last first."""
    rows = session.execute(
        select(RemovedPart)
        .where(RemovedPart.questionnaire_id == questionnaire_id)
        .order_by(RemovedPart.removed_at.desc(), RemovedPart.id)
        .limit(20)
    ).scalars()
    return [
        RemovedRow(
            row.id,
            (row.content["page"] or {}).get("title") or next((q["text"] for q in row.content["questions"]), ""),
            row.content["page"] is not None,
            len(row.content["questions"]),
            row.removed_at,
        )
        for row in rows
    ]
