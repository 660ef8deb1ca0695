"""What is asked: questionnaires, their pages and questions, earlier texts, parts taken out."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Questionnaire(Base):
    """A questionnaire."""

    __tablename__ = "questionnaire"
    __table_args__ = (
        CheckConstraint("privacy IN ('pseudonymous', 'anonymous')", name="privacy_known"),
        CheckConstraint("access IN ('invitation', 'registered', 'open')", name="access_known"),
        CheckConstraint("state IN ('draft', 'published', 'closed')", name="state_known"),
        Index("ix_questionnaire_process_id", "process_id"),
        {
            "comment": "Questionnaires. The privacy mode is fixed once one is published or somebody is invited (trigger)."
        },
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it is part of.")
    title: Mapped[str] = mapped_column(String(200), comment="Title.")
    intro: Mapped[str] = mapped_column(Text, default="", comment="What the respondent reads first.")
    thanks: Mapped[str] = mapped_column(Text, default="", comment="What the respondent reads last.")
    privacy: Mapped[str] = mapped_column(String(20), default="pseudonymous", comment="pseudonymous or anonymous.")
    access: Mapped[str] = mapped_column(
        String(20), default="invitation", comment="invitation, registered (people with an account), or open to anyone."
    )
    state: Mapped[str] = mapped_column(String(20), default="draft", comment="draft, published or closed.")
    closes_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="First instant it is closed; empty: with the phase."
    )
    keys_deleted_on: Mapped[date | None] = mapped_column(
        Date, comment="Day the table of who answered is deleted (pseudonymous)."
    )
    ballots_minted: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Ballots ever minted; more than people: surplus."
    )
    swept: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether the last sweep after closing was done."
    )
    may_edit: Mapped[bool] = mapped_column(
        default=True, server_default="true", comment="Whether answers may be corrected until closing (pseudonymous)."
    )
    languages: Mapped[list[Any]] = mapped_column(
        default=lambda: ["it"],
        server_default='["it"]',
        comment="Languages it is written in; the first is the original.",
    )
    texts: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", comment="Title, introduction and thanks in the other languages."
    )
    stops: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether some target stops answers once it is reached."
    )
    aside: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether it was put aside: a draft or a closed one that the desk no longer lists."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts edits: a stale save is refused."
    )
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was published.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was begun."
    )


class QuestionnairePage(Base):
    """A page of a questionnaire: title, words before its questions, and the condition under which it is shown."""

    __tablename__ = "questionnaire_page"
    __table_args__ = (
        UniqueConstraint("questionnaire_id", "number", deferrable=True, initially="DEFERRED"),
        {
            "comment": "Pages of questionnaires that have a title, an introduction or a condition; others are just a number."
        },
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), comment="Questionnaire."
    )
    number: Mapped[int] = mapped_column(Integer, comment="Its place among the pages, from 1.")
    title: Mapped[str] = mapped_column(String(200), default="", comment="Title; empty: none.")
    intro: Mapped[str] = mapped_column(Text, default="", comment="Words before its questions.")
    condition: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="When it is shown; empty: always."
    )
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="Title and introduction in other languages.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts edits: a stale save is refused."
    )


class Question(Base):
    """A question. Its structure is fixed once the first answer is there; its texts may be corrected."""

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("questionnaire_id", "position", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("questionnaire_id", "code", deferrable=True, initially="DEFERRED"),
        CheckConstraint(
            "kind IN ('short', 'long', 'single', 'multiple', 'yes_no', 'scale', 'likert', 'matrix', 'matrix_multiple', 'ranking', 'points', "
            "'number', 'date', 'place', 'speaker', 'strategy', 'axis', 'file', 'display', 'consent')",
            name="kind_known",
        ),
        {"comment": "Questions of questionnaires."},
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), comment="Questionnaire."
    )
    code: Mapped[str] = mapped_column(String(40), comment="Its name in conditions, exports and files.")
    page: Mapped[int] = mapped_column(Integer, default=1, comment="Step in which it is asked.")
    position: Mapped[int] = mapped_column(Integer, comment="Order.")
    kind: Mapped[str] = mapped_column(String(20), comment="Kind of question.")
    text: Mapped[str] = mapped_column(Text, comment="Question.")
    help: Mapped[str] = mapped_column(Text, default="", comment="Help shown under it.")
    purpose: Mapped[str] = mapped_column(Text, default="", comment="Why it is asked, shown to the respondent.")
    required: Mapped[bool] = mapped_column(default=False, comment="Whether it must be answered.")
    options: Mapped[list[Any]] = mapped_column(default=list, comment="Answers to choose from: code and label.")
    rows: Mapped[list[Any]] = mapped_column(
        default=list, server_default="[]", comment="Rows of a matrix: code and label."
    )
    settings: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="Of its kind: ends of a scale and their labels, most choices, length, unit, points."
    )
    condition: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="When it is shown; empty: always."
    )
    texts: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", comment="Its texts in the other languages."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts edits: a stale save is refused."
    )


class QuestionRevision(Base):
    """What a question said before a correction."""

    __tablename__ = "question_revision"
    __table_args__ = (
        Index("ix_question_revision_question_id", "question_id"),
        {"comment": "Earlier texts of published questions."},
    )

    id: Mapped[Key]
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), comment="Question.")
    text: Mapped[str] = mapped_column(Text, comment="Its text then.")
    help: Mapped[str] = mapped_column(Text, comment="Its help then.")
    content: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", comment="All its words then: purpose, options, rows, other languages."
    )
    changed_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was corrected."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that corrected it.")


class TextRevision(Base):
    """What the questionnaire or one of its pages said before a correction."""

    __tablename__ = "questionnaire_text_revision"
    __table_args__ = (
        Index("ix_questionnaire_text_revision_questionnaire_id", "questionnaire_id"),
        {
            "comment": "Earlier texts of published questionnaires and of their pages; those of questions stand by the question."
        },
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), comment="Questionnaire."
    )
    page: Mapped[int | None] = mapped_column(
        Integer, comment="Number of the page then; empty: the questionnaire itself."
    )
    content: Mapped[dict[str, Any]] = mapped_column(
        comment="Its words then: title, introduction, thanks, other languages."
    )
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it was corrected.")
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that corrected it.")


class DeskMark(Base):
    """Where somebody is at work on a questionnaire, and what they have typed there and not saved."""

    __tablename__ = "questionnaire_desk_mark"
    __table_args__ = (
        {"comment": "Who is at work on which part of a questionnaire, with their unsaved words; gone when saved."},
    )

    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), primary_key=True, comment="Questionnaire."
    )
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id"), primary_key=True, index=True, comment="Who is at work."
    )
    place: Mapped[str] = mapped_column(
        String(60), primary_key=True, comment="Part: builder, settings, p-number, d-question, n-kind of a new question."
    )
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When they were last there.")
    values: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="What is typed and not saved, by field; empty: nothing."
    )
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When that was kept.")


class RemovedPart(Base):
    """A question or a whole page that was taken out, kept so that it can be put back."""

    __tablename__ = "questionnaire_removed_part"
    __table_args__ = (
        Index("ix_questionnaire_removed_part_questionnaire_id", "questionnaire_id"),
        {"comment": "Parts taken out of questionnaires, as they were, until the questionnaire takes its first answer."},
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), comment="Questionnaire."
    )
    content: Mapped[dict[str, Any]] = mapped_column(comment="Page and questions with their keys and places.")
    removed_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it was taken out.")
    removed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that took it out.")
