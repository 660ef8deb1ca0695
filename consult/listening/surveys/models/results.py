"""What is made of answers: how many are wanted from whom, results made public, files being written."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Target(Base):
    """How many answers are wanted from a zone or from a kind of speaker."""

    __tablename__ = "survey_target"
    __table_args__ = (
        UniqueConstraint("questionnaire_id", "zone_id", "speaker_kind", postgresql_nulls_not_distinct=True),
        CheckConstraint("(zone_id IS NULL) <> (speaker_kind IS NULL)", name="one_group"),
        CheckConstraint("wanted BETWEEN 1 AND 1000000", name="wanted_sensible"),
        # That a smaller group is full would tell that its few members answered.
        CheckConstraint("NOT stops OR wanted >= 5", name="stop_not_telling"),
        {"comment": "How many answers are wanted from whom: shown as coverage while there is time to act."},
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), comment="Questionnaire."
    )
    zone_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("zone.id"), comment="Zone, or empty.")
    speaker_kind: Mapped[str | None] = mapped_column(String(20), comment="Kind of speaker, or empty.")
    wanted: Mapped[int] = mapped_column(Integer, comment="How many answers are wanted.")
    stops: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether no more are taken from this group once they are there."
    )


class SurveyUpload(Base):
    """A file that came with a page of a sheet: its answer may never be sent."""

    __tablename__ = "survey_upload"
    __table_args__ = (
        Index("ix_survey_upload_uploaded_at", "uploaded_at"),
        {
            "comment": "Files that came with sheets (pseudonymous mode); those that no answer and no draft names are removed."
        },
    )

    file_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Stored file.")
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("questionnaire.id", ondelete="CASCADE"), comment="Questionnaire."
    )
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it came.")


class PublishedResult(Base):
    """The counts of one question as they were made public: frozen, small groups already hidden."""

    __tablename__ = "published_result"
    __table_args__ = (
        Index("ix_published_result_questionnaire_id", "questionnaire_id"),
        {"comment": "Results of questions made public, frozen, with small groups hidden."},
    )

    question_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("question.id"), primary_key=True, comment="Question; one result each."
    )
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire.id"), comment="Questionnaire.")
    content: Mapped[dict[str, Any]] = mapped_column(
        comment="Counts with labels, as shown; what is hidden is not in it."
    )
    published_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was made public."
    )


class SurveyFile(Base):
    """A file of answers (or the printed sheet) that the worker writes; its bytes are a stored file."""

    __tablename__ = "survey_file"
    __table_args__ = (
        CheckConstraint("kind IN ('csv', 'codes', 'xlsx', 'json', 'dictionary', 'sheet', 'uploads')", name="kind_known"),
        CheckConstraint("state IN ('waiting', 'writing', 'ready', 'failed')", name="state_known"),
        Index("ix_survey_file_questionnaire_id", "questionnaire_id"),
        {"comment": "Exports and printed sheets being written or ready; deleted after some days."},
    )

    id: Mapped[Key]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire.id"), comment="Questionnaire.")
    kind: Mapped[str] = mapped_column(
        String(20),
        comment="csv (in words), codes (csv in codes), xlsx, json, dictionary (of the columns), sheet (paper) or uploads (files that came).",
    )
    language: Mapped[str] = mapped_column(String(10), comment="Language of its labels.")
    state: Mapped[str] = mapped_column(String(10), default="waiting", comment="waiting, writing, ready or failed.")
    done: Mapped[int] = mapped_column(Integer, default=0, server_default="0", comment="Answers written so far.")
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0", comment="Answers there are.")
    file_id: Mapped[uuid.UUID | None] = mapped_column(
        unique=True, comment="Stored file with the bytes, named by key only."
    )
    size: Mapped[int | None] = mapped_column(BigInteger, comment="Bytes.")
    asked_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that asked for it.")
    asked_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was asked for."
    )
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was ready.")
