"""Reads of imports of answers, and of files that came with answers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.listening.surveys.models import Answer, AnswerImport, Question

IMPORTS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A file of answers that was brought. `looked`: what its columns would give; `bad`: the first of the `refused` lines."""

    id: uuid.UUID
    name: str
    state: str
    mapping: dict[str, Any]
    incomplete: bool
    beyond: bool
    looked: dict[str, Any] | None
    seen: int
    total: int
    failure: list[Any] | None
    added: int
    already: int
    refused: int
    bad: list[Any]
    begun_at: datetime

    @property
    def running(self) -> bool:
        """Whether the worker is at it."""
        return self.state in {"reading", "looking", "taking", "undoing"}


_ROWS = select(
    AnswerImport.id, AnswerImport.name, AnswerImport.state, AnswerImport.mapping, AnswerImport.incomplete, AnswerImport.beyond,
    AnswerImport.looked, AnswerImport.seen, AnswerImport.total, AnswerImport.failure, AnswerImport.added, AnswerImport.already, AnswerImport.refused,
    AnswerImport.bad, AnswerImport.begun_at,
)  # fmt: skip  # the order of ImportRow's fields


def imports(session: Session, *, questionnaire_id: uuid.UUID, cursor: str | None = None) -> Page[ImportRow]:
    """A page of the files that were brought, the last first."""
    statement = (
        _ROWS.where(AnswerImport.questionnaire_id == questionnaire_id)
        .order_by(AnswerImport.begun_at.desc(), AnswerImport.id)
        .limit(IMPORTS_PER_PAGE + 1)
    )
    after = decode_cursor(cursor, 2)
    if after:
        begun, key = cursor_moment(after[0]), cursor_key(after[1])
        statement = statement.where(
            or_(AnswerImport.begun_at < begun, and_(AnswerImport.begun_at == begun, AnswerImport.id > key))
        )
    rows = [ImportRow(*tuple(row)) for row in session.execute(statement)]
    return cut_page(rows, IMPORTS_PER_PAGE, lambda row: (row.begun_at.isoformat(), row.id))


def one_import(session: Session, *, questionnaire_id: uuid.UUID, import_id: uuid.UUID) -> ImportRow | None:
    """One of the files that were brought, or None."""
    row = session.execute(
        _ROWS.where(AnswerImport.questionnaire_id == questionnaire_id, AnswerImport.id == import_id)
    ).one_or_none()
    return ImportRow(*tuple(row)) if row else None


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
