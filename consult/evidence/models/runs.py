"""Runs and their shards, results, vectors."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime

RUNNING = ("preparing", "paused", "reducing")


class Run(Base):
    """One aggregation of a process's sources: map over shards, then reduce."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("process_id", "number"),
        CheckConstraint(
            "state IN ('preparing', 'paused', 'reducing', 'done', 'cancelled', 'failed')", name="state_known"
        ),
        CheckConstraint("kind IN ('full', 'refresh')", name="kind_known"),
        # One run of a process at a time: two would propose over each other.
        Index(
            "uq_run_running",
            "process_id",
            unique=True,
            postgresql_where=text("state IN ('preparing', 'paused', 'reducing')"),
        ),
        {"comment": "Aggregations of sources into themes; what they propose, people accept."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("process.id"), comment="Process whose sources it aggregates."
    )
    number: Mapped[int] = mapped_column(Integer, comment="1, 2, 3 ... within the process.")
    kind: Mapped[str] = mapped_column(
        String(10),
        default="full",
        server_default="full",
        comment="full: themes are found anew; refresh: only what changed is read into the themes there are.",
    )
    state: Mapped[str] = mapped_column(
        String(20), default="preparing", comment="preparing, paused, reducing, done, cancelled or failed."
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


class RunPart(Base):
    """A step of a run's merge: what it was given and what it found, until the run is done."""

    __tablename__ = "run_part"
    __table_args__ = (
        CheckConstraint("stage IN ('survey', 'link', 'themes', 'branch')", name="stage_known"),
        {"comment": "Steps of merges, each done by one job, at most once; gone when their run is done."},
    )

    run_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, comment="Run."
    )
    stage: Mapped[str] = mapped_column(
        String(10),
        primary_key=True,
        comment="survey: all sources together; link: a part read by itself; themes; branch: those of a strategy.",
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, comment="Order within the stage.")
    given: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="Ids and hashes it works on.")
    body: Mapped[bytes] = mapped_column(
        LargeBinary,
        default=b"",
        server_default=text("''::bytea"),
        comment="What later steps need of it: vectors and offsets, never text.",
    )
    told: Mapped[list[Any]] = mapped_column(
        default=list, server_default="[]", comment="What is stored of it at the end: ids, offsets, numbers, labels."
    )
    rows: Mapped[bytes] = mapped_column(
        LargeBinary,
        default=b"",
        server_default=text("''::bytea"),
        comment="Rows it will have in its table, compressed.",
    )
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was ready.")


class RunResult(Base):
    """What belongs to a run as a whole: manifest, inputs, counts, summaries, changes, and the model that assigns new sources."""

    __tablename__ = "run_result"
    __table_args__ = ({"comment": "Results of a run that belong to no single theme or source."},)

    run_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, comment="Run."
    )
    inputs: Mapped[list[Any]] = mapped_column(
        comment="For each source used: id, revision, hash of its text; beside another run's only what differs, with revision 0 what left."
    )
    beside_run_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("run.id"), comment="Full run whose inputs stand where these name none; empty where these name all."
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
    moved: Mapped[list[Any]] = mapped_column(
        default=list, server_default="[]", comment="Sources that moved between themes: from, to, how many."
    )
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
    prototypes: Mapped[bytes] = mapped_column(
        LargeBinary,
        default=b"",
        server_default=text("''::bytea"),
        comment="One float32 row per strategy: where this consultation's own texts moved it.",
    )


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
