"""Comments in the margin and approvals asked by section."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class MarginNote(Base):
    """A comment in the margin of a finding or section, by who writes the paper or was invited to read it."""

    __tablename__ = "margin_note"
    __table_args__ = (
        CheckConstraint("num_nonnulls(finding_id, section_id) = 1", name="one_place"),
        Index("ix_margin_note_finding_id", "finding_id", "created_at"),
        Index("ix_margin_note_section_id", "section_id", "created_at"),
        {"comment": "Comments in the margin of papers being written; seen by those who see the workshop."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), index=True, comment="Process.")
    finding_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("finding.id", ondelete="CASCADE"), comment="Finding."
    )
    section_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("section.id", ondelete="CASCADE"), comment="Section."
    )
    sentence: Mapped[int | None] = mapped_column(Integer, comment="Sentence it is about, from 1; empty: the whole.")
    quoted: Mapped[str] = mapped_column(
        String(300),
        default="",
        comment="First words of that sentence as they were, to know it again; never of a source.",
    )
    text: Mapped[str] = mapped_column(Text, comment="What it says.")
    author_id: Mapped[uuid.UUID] = mapped_column(comment="Account that wrote it.")
    author_name: Mapped[str] = mapped_column(String(120), comment="Name as it was then.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was written."
    )
    settled_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that settled it.")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was settled; empty while open.")


class SectionApproval(Base):
    """A person asked to approve a section, and what they answered of which text."""

    __tablename__ = "section_approval"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'approved', 'changes')", name="state_known"),
        Index("ix_section_approval_section_id", "section_id", "asked_at"),
        Index("ix_section_approval_account", "account_id", "state"),
        {"comment": "Approvals of sections asked of people, with the fingerprint of the text they answered on."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), index=True, comment="Process.")
    section_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("section.id", ondelete="CASCADE"), comment="Section.")
    account_id: Mapped[uuid.UUID] = mapped_column(comment="Account that is asked.")
    account_name: Mapped[str] = mapped_column(String(120), comment="Name as it was then.")
    asked_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that asked.")
    asked_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was asked."
    )
    state: Mapped[str] = mapped_column(String(10), default="asked", comment="asked, approved or changes.")
    note: Mapped[str] = mapped_column(Text, default="", comment="What the person answered.")
    text_sha256: Mapped[str] = mapped_column(
        String(64), default="", comment="Fingerprint of the section's texts when it was answered."
    )
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was answered.")
