"""Answers collected elsewhere: which file they came from, so that an import can be undone."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class AnswerImport(Base):
    """A file of answers: being mapped, looked through or taken in (a large one by the worker), taken in, or undone."""

    __tablename__ = "answer_import"
    __table_args__ = (
        CheckConstraint("state IN ('reading', 'refused', 'mapping', 'looking', 'taking', 'done', 'undoing', 'undone')", name="state_known"),
        Index("ix_answer_import_questionnaire_id", "questionnaire_id"),
        {"comment": "Files of answers collected elsewhere."},
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), comment="Questionnaire."
    )
    file_id: Mapped[uuid.UUID | None] = mapped_column(
        comment="The file, or the plain rows a large workbook was read as, until it was taken in; then it is deleted."
    )
    name: Mapped[str] = mapped_column(String(200), comment="Name of the file.")
    state: Mapped[str] = mapped_column(
        String(10), default="mapping", comment="mapping; reading, looking, taking or undoing while the worker is at it; refused, done or undone."
    )
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="What each column answers, by its number.")
    incomplete: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether rows are taken that lack a required answer."
    )
    beyond: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether rows are taken of groups whose target that stops is reached."
    )
    looked: Mapped[dict[str, Any] | None] = mapped_column(
        comment="What these columns would give, as it was last looked at: how many rows are good, already there, refused."
    )
    asked: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="How often the worker was asked to look or to take in."
    )
    seen: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Rows that the worker has been through."
    )
    total: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Rows it has to go through, where it has counted them."
    )
    failure: Mapped[list[Any] | None] = mapped_column(comment="Why the worker could not do it: a sentence in parts.")
    refused: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Lines that were not taken; the first of them stand in bad."
    )
    added: Mapped[int] = mapped_column(Integer, default=0, comment="Answers it added.")
    already: Mapped[int] = mapped_column(Integer, default=0, comment="Answers that were there already.")
    bad: Mapped[list[Any]] = mapped_column(
        default=list, comment="The first lines that were not taken, each with its reason."
    )
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
