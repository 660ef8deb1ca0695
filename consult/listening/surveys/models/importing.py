"""Answers collected elsewhere: which file they came from, so that an import can be undone."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class AnswerImport(Base):
    """A file of answers: being mapped, taken in, or undone."""

    __tablename__ = "answer_import"
    __table_args__ = (
        CheckConstraint("state IN ('mapping', 'done', 'undone')", name="state_known"),
        Index("ix_answer_import_questionnaire_id", "questionnaire_id"),
        {"comment": "Files of answers collected elsewhere."},
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), comment="Questionnaire."
    )
    file_id: Mapped[uuid.UUID | None] = mapped_column(comment="The file, until it was taken in; then it is deleted.")
    name: Mapped[str] = mapped_column(String(200), comment="Name of the file.")
    state: Mapped[str] = mapped_column(String(10), default="mapping", comment="mapping, done or undone.")
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="What each column answers, by its number.")
    added: Mapped[int] = mapped_column(Integer, default=0, comment="Answers it added.")
    already: Mapped[int] = mapped_column(Integer, default=0, comment="Answers that were there already.")
    bad: Mapped[list[Any]] = mapped_column(default=list, comment="Lines that were not taken, each with its reason.")
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When the file was brought.")
    begun_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that brought it.")


class ImportedAnswer(Base):
    """Which answers an import added. No foreign key to the answer: the last sweep rewrites answers under their keys."""

    __tablename__ = "imported_answer"
    __table_args__ = (
        Index("ix_imported_answer_import_id", "import_id"),
        {"comment": "Answers that came from files."},
    )

    answer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Answer.")
    import_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("answer_import.id", ondelete="CASCADE"), comment="Import it came with."
    )
