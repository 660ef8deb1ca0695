"""Reads of imports of answers, and of files that came with answers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.listening.surveys.models import Answer, AnswerImport, Question


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A file of answers that was brought."""

    id: uuid.UUID
    name: str
    state: str
    mapping: dict[str, Any]
    added: int
    already: int
    bad: list[Any]
    begun_at: datetime


def imports(session: Session, *, questionnaire_id: uuid.UUID) -> list[ImportRow]:
    """Files that were brought, the last first."""
    rows = session.execute(
        select(
            AnswerImport.id, AnswerImport.name, AnswerImport.state, AnswerImport.mapping, AnswerImport.added, AnswerImport.already,
            AnswerImport.bad, AnswerImport.begun_at,
        )
        .where(AnswerImport.questionnaire_id == questionnaire_id)
        .order_by(AnswerImport.begun_at.desc(), AnswerImport.id)
        .limit(100)
    )  # fmt: skip  # the order of ImportRow's fields
    return [ImportRow(*tuple(row)) for row in rows]


def is_answered_with(session: Session, *, questionnaire_id: uuid.UUID, file_id: uuid.UUID) -> bool:
    """Whether some answer of a questionnaire came with this file."""
    asked = session.execute(
        select(Question.id)
        .where(Question.questionnaire_id == questionnaire_id, Question.kind == "file")
        .order_by(Question.position)
    ).scalars()
    return any(
        session.execute(
            select(Answer.id)
            .where(Answer.questionnaire_id == questionnaire_id, Answer.values[str(key)]["file"].astext == str(file_id))
            .limit(1)
        ).scalar_one_or_none()
        for key in asked.all()
    )
