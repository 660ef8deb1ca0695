"""Findings set against the provisions of existing plans."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Confrontation(Base):
    """What an existing plan already says, or does not say, about a finding."""

    __tablename__ = "confrontation"
    __table_args__ = (
        CheckConstraint("state IN ('covered', 'partly', 'conflicting', 'gap', 'not_competent')", name="state_known"),
        CheckConstraint("origin IN ('suggested', 'human')", name="origin_known"),
        CheckConstraint("provision_id IS NOT NULL OR state IN ('gap', 'not_competent')", name="gap_needs_no_provision"),
        Index(
            "uq_confrontation_provision",
            "finding_id",
            "provision_id",
            unique=True,
            postgresql_where=text("provision_id IS NOT NULL"),
        ),
        Index(
            "uq_confrontation_plan", "finding_id", "plan_id", unique=True, postgresql_where=text("provision_id IS NULL")
        ),
        Index("ix_confrontation_process_id", "process_id", "plan_id"),
        {"comment": "Findings of papers set against provisions of existing plans."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), comment="Finding.")
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reference_plan.id"), comment="Existing plan.")
    provision_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("provision.id"), index=True, comment="Provision; empty where the plan has none on this."
    )
    state: Mapped[str] = mapped_column(String(15), comment="covered, partly, conflicting, gap or not_competent.")
    note: Mapped[str] = mapped_column(Text, default="", comment="Why, in words of who wrote the paper.")
    origin: Mapped[str] = mapped_column(
        String(10),
        default="human",
        comment="suggested: a person accepted a suggestion by likeness; human: found by a person.",
    )
    score: Mapped[float | None] = mapped_column(Float, comment="Likeness of the texts, where it was suggested.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts changes: a stale save is refused."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that changed it last.")
    changed_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was last changed."
    )
    reply: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="Reply of the department that owns the plan."
    )
    replied_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that replied.")
    reply_name: Mapped[str] = mapped_column(
        String(200), default="", server_default="", comment="Department that replied, as it signs."
    )
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it replied.")
