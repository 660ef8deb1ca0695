"""Runs and their shards, vectors, the machine's themes and readings, and people's decisions beside them."""

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
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime

RUNNING = ("preparing", "reducing")


class Run(Base):
    """One aggregation of a process's sources: map over shards, then reduce."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("process_id", "number"),
        CheckConstraint("state IN ('preparing', 'reducing', 'done', 'cancelled', 'failed')", name="state_known"),
        # One run of a process at a time: two would propose over each other.
        Index("uq_run_running", "process_id", unique=True, postgresql_where=text("state IN ('preparing', 'reducing')")),
        {"comment": "Aggregations of sources into themes; what they propose, people accept."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("process.id"), comment="Process whose sources it aggregates."
    )
    number: Mapped[int] = mapped_column(Integer, comment="1, 2, 3 ... within the process.")
    state: Mapped[str] = mapped_column(
        String(20), default="preparing", comment="preparing, reducing, done, cancelled or failed."
    )
    through_queue: Mapped[bool] = mapped_column(
        default=True, comment="True when workers do it; false when a command does it by itself."
    )
    parameters: Mapped[dict[str, Any]] = mapped_column(comment="Parameters of the method, seed included.")
    model: Mapped[str] = mapped_column(
        String(120), default="", comment="Name and version of what made the vectors; set by the reduce."
    )
    source_count: Mapped[int] = mapped_column(Integer, comment="Sources it was started with.")
    prepared_count: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Of them, read and prepared so far."
    )
    reused_count: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Of them, prepared by an earlier run and not computed again."
    )
    shard_count: Mapped[int] = mapped_column(Integer, comment="Parts the work was cut into.")
    theme_count: Mapped[int | None] = mapped_column(Integer, comment="Themes found; empty until it is done.")
    requested_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that started it; empty for a command.")
    started_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was started."
    )
    reduced_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When the last part was ready and merging began."
    )
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it ended, in whatever state.")
    failure: Mapped[str] = mapped_column(
        String(200), default="", server_default="", comment="Why it failed, in a word without content."
    )


class RunShard(Base):
    """A part of a run: the sources one job prepares."""

    __tablename__ = "run_shard"
    __table_args__ = (
        UniqueConstraint("run_id", "number"),
        {"comment": "Parts of a run; each is prepared by one job, at most once."},
    )

    id: Mapped[Key]
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), comment="Run.")
    number: Mapped[int] = mapped_column(Integer, comment="Order within the run.")
    source_ids: Mapped[list[str]] = mapped_column(comment="Sources of this part.")
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was ready.")


class RunResult(Base):
    """What belongs to a run as a whole: manifest, inputs, counts, summaries, changes, and the model that assigns new sources."""

    __tablename__ = "run_result"
    __table_args__ = ({"comment": "Results of a run that belong to no single theme or source."},)

    run_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, comment="Run."
    )
    inputs: Mapped[list[Any]] = mapped_column(
        comment="For each source used: id, revision, hash of its normalised text."
    )
    inputs_sha256: Mapped[str] = mapped_column(
        String(64), comment="Hash over all inputs in order: equal for equal inputs."
    )
    manifest: Mapped[dict[str, Any]] = mapped_column(comment="Method names and versions, parameters, seed, durations.")
    counts: Mapped[dict[str, Any]] = mapped_column(comment="Voices by channel, zone and kind of speaker.")
    summaries: Mapped[list[Any]] = mapped_column(
        comment="Short texts on themes, strategies, axes and zones, by sentence with source ids."
    )
    changes: Mapped[list[Any]] = mapped_column(comment="What happened to each theme since the run before.")
    duplicates: Mapped[list[Any]] = mapped_column(
        comment="Groups of nearly equal texts: key, source ids, whether exactly equal."
    )
    theme_model: Mapped[dict[str, Any]] = mapped_column(
        comment="Keys, strategies and labels of the themes, in the order of the centroids."
    )
    centres: Mapped[bytes] = mapped_column(
        LargeBinary, comment="Mean vectors, float32 rows: of all texts, then by language."
    )
    centroids: Mapped[bytes] = mapped_column(LargeBinary, comment="One float32 row per theme.")


class SourceVector(Base):
    """A source's text prepared and embedded once, for a revision and a model: every later run reuses it."""

    __tablename__ = "source_vector"
    __table_args__ = (
        {"comment": "Prepared texts and vectors of sources, one row per source and model, for its latest revision."},
    )

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    model: Mapped[str] = mapped_column(
        String(120), primary_key=True, comment="Name and version of what made the vectors."
    )
    revision: Mapped[int] = mapped_column(Integer, comment="Revision of the source that was read.")
    digest: Mapped[str] = mapped_column(String(64), comment="Hash of the normalised text.")
    language: Mapped[str] = mapped_column(String(5), comment="Language found.")
    prepared: Mapped[dict[str, Any]] = mapped_column(
        comment="Sentences, marks, suggested kind, places of personal data: offsets, never text."
    )
    signature: Mapped[bytes] = mapped_column(LargeBinary, comment="MinHash, to find nearly equal texts.")
    vectors: Mapped[bytes] = mapped_column(LargeBinary, comment="float16 rows: the whole text, then its sentences.")
    dimensions: Mapped[int] = mapped_column(Integer, comment="Numbers in a row.")


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


class StrategyLink(Base):
    """A strategy suggested for a source, with its reason."""

    __tablename__ = "strategy_link"
    __table_args__ = (
        CheckConstraint("rank BETWEEN 1 AND 3", name="rank_one_to_three"),
        Index("ix_strategy_link_strategy_id", "strategy_id", "rank"),
        {"comment": "Up to three strategies suggested for each source, best first."},
    )

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    rank: Mapped[int] = mapped_column(Integer, primary_key=True, comment="1 is best.")
    strategy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy.id"), comment="Strategy.")
    score: Mapped[float] = mapped_column(Float, comment="Score of the method.")
    confidence: Mapped[float] = mapped_column(Float, comment="Calibrated probability that it is the right one.")
    reasons: Mapped[list[Any]] = mapped_column(
        default=list, comment="Kind and offsets of the words or sentences that decided."
    )


class SourceReading(Base):
    """What the latest run made of a source by itself."""

    __tablename__ = "source_reading"
    __table_args__ = (
        Index("ix_source_reading_process_id", "process_id", "source_id"),
        {"comment": "How the latest run read each source."},
    )

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("run.id"), comment="Run.")
    fits: Mapped[bool] = mapped_column(comment="False where none of the frame's strategies seems to fit.")
    none_confidence: Mapped[float] = mapped_column(Float, comment="Probability that none fits.")
    kind: Mapped[str | None] = mapped_column(
        String(20), comment="need, proposal, criticism or question, where the words say so."
    )
    marks: Mapped[list[str]] = mapped_column(default=list, comment="empty, off_topic, personal_data, evidence.")
    other: Mapped[bool] = mapped_column(default=False, comment="True when it is under no theme.")
    duplicate_key: Mapped[str | None] = mapped_column(String(80), comment="Group of nearly equal texts it is in.")
