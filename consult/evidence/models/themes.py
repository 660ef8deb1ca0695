"""The machine's themes, and people's decisions beside them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Theme(Base):
    """A theme as the machine last saw it, or as a person made it. Its key is stable between runs."""

    __tablename__ = "theme"
    __table_args__ = (
        UniqueConstraint("process_id", "key"),
        Index("ix_theme_process_order", "process_id", "strategy_id", "id"),
        {"comment": "Themes: what the machine proposes. What people decided is in theme_decision."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    key: Mapped[str] = mapped_column(String(80), comment="Stable name between runs.")
    run_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("run.id"), index=True, comment="Latest run that found it; empty for one made by hand."
    )
    present: Mapped[bool] = mapped_column(
        default=True, server_default="true", comment="False when the latest run no longer found it."
    )
    strategy_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("strategy.id"), index=True, comment="Strategy it is proposed under; empty when it fits none."
    )
    label: Mapped[str] = mapped_column(String(200), comment="Proposed label.")
    keywords: Mapped[list[str]] = mapped_column(default=list, comment="Words that set it apart.")
    definition: Mapped[str] = mapped_column(
        Text, default="", comment="A sentence that says what it is about; ⟦0⟧ where a source's own words stand."
    )
    definition_quotes: Mapped[list[Any]] = mapped_column(
        default=list, comment="Where the words of the definition stand in sources, when they are a source's own."
    )
    representation: Mapped[list[Any]] = mapped_column(
        default=list, comment="Zones and kinds that raise it more or less than others, with the test."
    )
    coverage: Mapped[float] = mapped_column(
        Float, default=0.0, comment="Share of its content that its quotes stand for, 0 to 1."
    )
    concentrated: Mapped[str | None] = mapped_column(
        String(40), comment="Why it may be one voice: copies, one_speaker_kind or one_zone."
    )
    origin: Mapped[str] = mapped_column(String(10), default="machine", comment="machine or human.")


class ThemeQuote(Base):
    """A representative piece of a theme, by offsets: the words stay in the source."""

    __tablename__ = "theme_quote"
    __table_args__ = (
        UniqueConstraint("theme_id", "position"),
        {"comment": "Representative pieces of themes: where they stand in their sources."},
    )

    id: Mapped[Key]
    theme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("theme.id", ondelete="CASCADE"), comment="Theme.")
    position: Mapped[int] = mapped_column(Integer, comment="Most representative first.")
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), index=True, comment="Source.")
    revision: Mapped[int] = mapped_column(Integer, comment="Revision of the source it was read in.")
    quote_start: Mapped[int] = mapped_column(Integer, comment="First character.")
    quote_end: Mapped[int] = mapped_column(Integer, comment="After the last character.")
    quote_sha256: Mapped[str] = mapped_column(
        String(64), comment="Hash of the words, to know whether they still stand there."
    )
    minority: Mapped[bool] = mapped_column(
        default=False, comment="Chosen for a zone, kind or view that the others do not show."
    )


class ThemeTest(Base):
    """Where zones and kinds of speaker were tested to speak otherwise of a theme than the others: how sure each test is, and its two quotes."""

    __tablename__ = "theme_test"
    __table_args__ = (
        {"comment": "Tests of themes for what zones and kinds of speaker say otherwise; done again when what they rest on changes."},
    )

    theme_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True, comment="Theme."
    )
    heard: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid), comment="Sources that its voices were read from.")
    until: Mapped[str] = mapped_column(
        String(64), default="", comment="Hash of the first text, in order of hashes, that was not read; empty where all were."
    )
    tests: Mapped[list[Any]] = mapped_column(
        default=list, comment="Each group that was tested with its p-value and where what both sides say stands."
    )


class ThemeDecision(Base):
    """What people decided about a theme; no run touches it."""

    __tablename__ = "theme_decision"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'accepted', 'refused', 'merged')", name="state_known"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_has_target"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> theme_id", name="not_into_itself"),
        {"comment": "What people decided about themes: survives every run."},
    )

    theme_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True, comment="Theme."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts decisions: a stale save is refused."
    )
    state: Mapped[str] = mapped_column(String(10), comment="proposed, accepted, refused or merged.")
    label: Mapped[str | None] = mapped_column(
        String(200), comment="Label given by a person; empty for the proposed one."
    )
    moved: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether a person chose its strategy."
    )
    strategy_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("strategy.id"), index=True, comment="Strategy a person chose; empty and moved: fits none."
    )
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("theme.id"), index=True, comment="Theme it became part of."
    )
    decided_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that decided last.")
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class ThemeRetelling(Base):
    """What a language model made of a theme's label and quotes, where an authority configured one. Never more than a second wording."""

    __tablename__ = "theme_retelling"
    __table_args__ = (
        {"comment": "Labels and summaries of themes as a language model words them, checked by sentence."},
    )

    theme_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True, comment="Theme."
    )
    run_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("run.id", ondelete="CASCADE"), index=True, comment="Run whose summary it words."
    )
    model: Mapped[str] = mapped_column(String(120), comment="Name and version of the language model.")
    label: Mapped[str] = mapped_column(String(200), default="", comment="Label it proposes; empty where none passed.")
    sentences: Mapped[list[Any]] = mapped_column(
        default=list, comment="Sentences that passed the checks, each with the sources and revisions it rests on."
    )
    dropped: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="How many sentences failed, by reason.")
    told_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class Assignment(Base):
    """A source under a theme, as it stands: the machine's proposal with people's decisions applied."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index("ix_assignment_source_id", "source_id"),
        {"comment": "Which source speaks of which theme, and how much."},
    )

    theme_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True, comment="Theme."
    )
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    share: Mapped[float] = mapped_column(Float, comment="Part of the source that speaks of it, 0 to 1.")
    margin: Mapped[float] = mapped_column(
        Float, default=0.0, comment="How clearly it belongs here rather than elsewhere, 0 to 1."
    )
    spans: Mapped[list[Any]] = mapped_column(default=list, comment="Sentences that speak of it, as pairs of offsets.")
    origin: Mapped[str] = mapped_column(String(10), default="machine", comment="machine or human.")


class AssignmentDecision(Base):
    """A source that a person put under a theme or took out of it; applied again after each run."""

    __tablename__ = "assignment_decision"
    __table_args__ = (
        CheckConstraint("verdict IN ('in', 'out')", name="verdict_known"),
        Index("ix_assignment_decision_source_id", "source_id"),
        {"comment": "Sources that people put under themes or took out: survives every run."},
    )

    theme_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True, comment="Theme."
    )
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    verdict: Mapped[str] = mapped_column(String(3), comment="in or out.")
    decided_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that decided.")
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")
