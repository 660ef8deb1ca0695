"""Drafts that anyone may comment between two dates, their findings, and what became of each comment."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class DraftConsultation(Base):
    """A draft as it was put before the public: frozen like a version, open to comments between two dates."""

    __tablename__ = "draft_consultation"
    __table_args__ = (
        UniqueConstraint("paper_id", "number"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        CheckConstraint("audience IN ('accounts', 'readers')", name="audience_known"),
        Index("ix_draft_consultation_process_id", "process_id", "opens_at"),
        {"comment": "Drafts of position papers in public consultation, frozen."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    paper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper.id"), comment="Paper.")
    number: Mapped[int] = mapped_column(Integer, comment="1, 2, 3 ... among the drafts of this paper.")
    content: Mapped[dict[str, Any]] = mapped_column(
        comment="Sections, findings and numbers as they were frozen; quotes by place, never by words."
    )
    manifest: Mapped[dict[str, Any]] = mapped_column(
        comment="Ids and hashes of inputs, methods with versions, parameters."
    )
    words: Mapped[str] = mapped_column(Text, default="", comment="What readers are asked, in words of who opened it.")
    audience: Mapped[str] = mapped_column(
        String(10),
        default="accounts",
        comment="accounts: anyone signed in comments; readers: only people of the process.",
    )
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="From when anyone reads and comments it.")
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="Until when it may be commented.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts changes of its dates: a stale one is refused."
    )
    signed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that opened it.")
    signed_name: Mapped[str] = mapped_column(String(120), comment="Name of who opened it, as it was then.")
    made_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was frozen."
    )


class ConsultedFinding(Base):
    """A finding in a draft under consultation, or the draft as a whole: what comments are about."""

    __tablename__ = "consulted_finding"
    __table_args__ = (
        UniqueConstraint("consultation_id", "finding_id", postgresql_nulls_not_distinct=True),
        Index("ix_consulted_finding_finding_id", "finding_id"),
        {"comment": "Findings of drafts in consultation, and each draft as a whole: targets of comments."},
    )

    id: Mapped[Key]
    consultation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("draft_consultation.id", ondelete="CASCADE"), comment="Draft."
    )
    finding_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("finding.id"), comment="Finding; empty for the draft as a whole."
    )
    position: Mapped[int] = mapped_column(Integer, comment="Order in the draft; 0 for the whole.")
    number: Mapped[int] = mapped_column(Integer, comment="Number of the finding; 0 for the whole.")
    title: Mapped[str] = mapped_column(String(200), comment="Title as it was consulted; empty for the whole.")


class CommentAnswer(Base):
    """What those who write the paper made of a comment, for anyone to read."""

    __tablename__ = "comment_answer"
    __table_args__ = (
        CheckConstraint("verdict IN ('accepted', 'accepted_in_part', 'not_accepted')", name="verdict_known"),
        Index("ix_comment_answer_target_id", "target_id"),
        Index("ix_comment_answer_answered_by", "answered_by"),
        {"comment": "Public answers to comments on drafts in consultation."},
    )

    comment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("comment.id"), primary_key=True, comment="Comment.")
    target_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("consulted_finding.id", ondelete="CASCADE"), comment="What the comment is about."
    )
    verdict: Mapped[str] = mapped_column(String(20), comment="accepted, accepted_in_part or not_accepted.")
    sentence: Mapped[str] = mapped_column(Text, comment="Why, in a public sentence.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts changes: a stale save is refused."
    )
    answered_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that answered; empty after its erasure.")
    answered_name: Mapped[str] = mapped_column(String(120), comment="Name as it was then; empty after erasure.")
    answered_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was last answered."
    )
