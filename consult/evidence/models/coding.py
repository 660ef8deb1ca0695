"""The codebook, what people coded with it, and the record of every act of coding."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Code(Base):
    """A code of the codebook. Merged and split codes stay, with what they became."""

    __tablename__ = "code"
    __table_args__ = (
        UniqueConstraint("process_id", "guid"),
        CheckConstraint("state IN ('live', 'merged', 'split', 'withdrawn')", name="state_known"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_has_target"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_under_itself"),
        Index("ix_code_process_id", "process_id", "position", "id"),
        {"comment": "Codebooks: hierarchical, with definitions; nothing is deleted."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    guid: Mapped[uuid.UUID] = mapped_column(comment="Name of the code in exchanged files: kept when it came from one.")
    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("code.id"), index=True, comment="Code it stands under; empty at the top."
    )
    position: Mapped[int] = mapped_column(Integer, comment="Order among its siblings.")
    name: Mapped[str] = mapped_column(String(200), comment="Name.")
    definition: Mapped[str] = mapped_column(Text, default="", comment="What it means, when to use it and when not.")
    example: Mapped[str] = mapped_column(Text, default="", comment="Made-up example; words of sources stay in sources.")
    colour: Mapped[str] = mapped_column(String(7), default="", comment="#RRGGBB, or empty.")
    codable: Mapped[bool] = mapped_column(default=True, comment="False for a heading that only groups others.")
    strategy_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("strategy.id"), index=True, comment="Strategy it belongs to, where it does."
    )
    state: Mapped[str] = mapped_column(
        String(10), default="live", comment="live, merged, split, or withdrawn with the import that brought it."
    )
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("code.id"), index=True, comment="Code it became part of."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts edits: a stale save is refused."
    )
    made_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that made it.")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class CodeLineage(Base):
    """From which code another one came, by merging or splitting."""

    __tablename__ = "code_lineage"
    __table_args__ = ({"comment": "Lineage of codes, both ways."},)

    from_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("code.id"), primary_key=True, comment="Code that was.")
    to_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("code.id"), primary_key=True, index=True, comment="Code that it became, or became part of."
    )
    how: Mapped[str] = mapped_column(String(10), comment="merge, split, or unmerge: a merge taken back.")
    moved: Mapped[list[Any]] = mapped_column(
        default=list, server_default="[]", comment="Codes that a merge moved under the other, to be given back with it."
    )
    by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that did it.")
    at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class CodeSet(Base):
    """A set of codes, as other programs exchange them."""

    __tablename__ = "code_set"
    __table_args__ = (UniqueConstraint("process_id", "guid"), {"comment": "Sets of codes, kept for exchange."})

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    guid: Mapped[uuid.UUID] = mapped_column(comment="Name in exchanged files.")
    position: Mapped[int] = mapped_column(Integer, comment="Order.")
    name: Mapped[str] = mapped_column(String(200), comment="Name.")
    description: Mapped[str] = mapped_column(Text, default="", comment="Description.")
    members: Mapped[list[Any]] = mapped_column(
        default=list, comment="Codes by their name in exchanged files, in order."
    )


class Coding(Base):
    """A piece of a source under a code, by one person: where it stands, never its words."""

    __tablename__ = "coding"
    __table_args__ = (
        UniqueConstraint(
            "source_id", "span_start", "span_end", "code_id", "coder_id", name="uq_coding_once", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("span_start >= 0 AND span_end > span_start", name="span_not_empty"),
        Index("ix_coding_code_id", "code_id"),
        Index("ix_coding_process_id", "process_id", "source_id"),
        {"comment": "What people coded. Each person's codings are their own: nobody overwrites another's."},
    )  # fmt: skip  # one constraint a line

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), comment="Source.")
    code_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("code.id"), comment="Code.")
    coder_id: Mapped[uuid.UUID | None] = mapped_column(comment="Account that coded; empty for a command or an import.")
    span_start: Mapped[int] = mapped_column(Integer, comment="First character.")
    span_end: Mapped[int] = mapped_column(Integer, comment="After the last character.")
    revision: Mapped[int] = mapped_column(Integer, comment="Revision of the source that was read.")
    sha256: Mapped[str] = mapped_column(
        String(64), comment="Hash of the words, to know whether they still stand there."
    )
    live: Mapped[bool] = mapped_column(default=True, comment="False once its coder took it off.")
    memo: Mapped[str] = mapped_column(Text, default="", comment="Note of the coder.")
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", comment="Counts changes.")
    coded_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class CodingAction(Base):
    """One act of coding; appended, never changed. An undo is an act of its own that names the one it undoes."""

    __tablename__ = "coding_action"
    __table_args__ = (
        UniqueConstraint("undoes"),
        CheckConstraint("kind IN ('added', 'removed', 'memo')", name="kind_known"),
        Index("ix_coding_action_by", "by", "number"),
        {"comment": "The record of coding: append-only."},
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, comment="Order.")
    coding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("coding.id"), index=True, comment="Coding.")
    kind: Mapped[str] = mapped_column(String(10), comment="added, removed or memo.")
    memo_before: Mapped[str | None] = mapped_column(Text, comment="For a memo: what it was before.")
    undoes: Mapped[int | None] = mapped_column(ForeignKey("coding_action.number"), comment="Act that this one undoes.")
    by: Mapped[uuid.UUID | None] = mapped_column(comment="Account.")
    at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class CodingImport(Base):
    """A file of coded work: what was read in it until somebody decides, then what it did, so that it can be taken back as a whole."""

    __tablename__ = "coding_import"
    __table_args__ = (
        CheckConstraint("state IN ('reading', 'trying', 'draft', 'refused', 'taking', 'done', 'undoing', 'undone')", name="state_known"),
        CheckConstraint("kind IN ('codebook', 'project', 'taguette')", name="kind_known"),
        Index("ix_coding_import_process_order", "process_id", "created_at", "id"),
        {"comment": "Imports of codebooks and coded projects."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    name: Mapped[str] = mapped_column(String(200), comment="Name of the file.")
    kind: Mapped[str] = mapped_column(String(10), comment="codebook, project or taguette.")
    state: Mapped[str] = mapped_column(
        String(10), default="draft", comment="draft, refused, done or undone; reading, trying, taking or undoing while the worker is at it."
    )
    asked: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="How often the worker was asked for something."
    )
    failure: Mapped[list[Any] | None] = mapped_column(comment="Why the worker could not do it: a sentence in parts.")
    seen: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Texts that the worker has been through."
    )
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0", comment="Texts it has to go through.")
    raw: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, comment="The file as it came, until the worker has read it. It is kept no longer, and never served."
    )
    content: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="Codes, texts and pieces of the file while it is a draft; emptied once it was decided."
    )
    report: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="What the import would do, then what it did: numbers and sentences, no words of sources."
    )
    trail: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="What it added and changed, by key.")
    created_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that brought the file; empty for a command.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was brought."
    )
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was imported or taken back.")


class SuggestionDecision(Base):
    """Whether a person accepted what the machine suggested for one source: survives every run."""

    __tablename__ = "suggestion_decision"
    __table_args__ = (
        CheckConstraint("kind IN ('strategy', 'theme')", name="kind_known"),
        CheckConstraint("verdict IN ('accepted', 'refused')", name="verdict_known"),
        {"comment": "Decisions on strategies and themes suggested for single sources."},
    )

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    kind: Mapped[str] = mapped_column(String(10), primary_key=True, comment="strategy or theme.")
    target_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Strategy or theme, by kind.")
    verdict: Mapped[str] = mapped_column(String(10), comment="accepted or refused.")
    decided_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account.")
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class CodingSample(Base):
    """Sources that two people code without seeing each other, to know how far they agree."""

    __tablename__ = "coding_sample"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed')", name="state_known"),
        Index("ix_coding_sample_process_id", "process_id", "id"),
        {"comment": "Blind samples of double coding."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    name: Mapped[str] = mapped_column(String(200), comment="Name.")
    state: Mapped[str] = mapped_column(String(10), default="open", comment="open: blind; closed: compared.")
    source_ids: Mapped[list[Any]] = mapped_column(comment="Sources in the order they are coded in.")
    coder_ids: Mapped[list[Any]] = mapped_column(comment="The two accounts.")
    code_ids: Mapped[list[Any]] = mapped_column(comment="Codes to choose from, fixed when it was drawn.")
    made_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that drew it.")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was compared.")


class SampleReading(Base):
    """A source of a sample that one of the two has finished, with or without codes."""

    __tablename__ = "sample_reading"
    __table_args__ = ({"comment": "Which sources of a sample each coder has finished."},)

    sample_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("coding_sample.id", ondelete="CASCADE"), primary_key=True, comment="Sample."
    )
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    coder_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Account.")
    code_ids: Mapped[list[Any]] = mapped_column(default=list, comment="Codes this person gave it.")
    read_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class SampleVerdict(Base):
    """What was agreed on where two coders differed."""

    __tablename__ = "sample_verdict"
    __table_args__ = ({"comment": "Adjudication of differences between coders."},)

    sample_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("coding_sample.id", ondelete="CASCADE"), primary_key=True, comment="Sample."
    )
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    code_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("code.id"), primary_key=True, comment="Code.")
    applies: Mapped[bool] = mapped_column(comment="Whether the code applies.")
    decided_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account.")
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")
