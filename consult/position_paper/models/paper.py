"""The paper, its sections, findings with sources and history, frozen versions and built files."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Paper(Base):
    """The position paper of a process, as it is being written."""

    __tablename__ = "paper"
    __table_args__ = ({"comment": "Position papers being written, one per process."},)

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), unique=True, comment="Process.")
    title: Mapped[str] = mapped_column(String(300), comment="Title.")
    language: Mapped[str] = mapped_column(String(5), default="it", comment="Language it is written in.")
    next_number: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Number of the next finding; taken under a row lock."
    )
    last_run_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("run.id"), comment="Latest aggregation it was drafted from."
    )
    drafted_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was last drafted.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was begun."
    )


class Section(Base):
    """A section of a paper. Its numbers come from queries; people may add words of their own."""

    __tablename__ = "section"
    __table_args__ = (
        UniqueConstraint("paper_id", "code"),
        CheckConstraint(
            "kind IN ('method', 'axis', 'none_fit', 'limits', 'zone', 'cross_cutting', 'confrontation', 'custom')",
            name="kind_known",
        ),
        {"comment": "Sections of papers."},
    )

    id: Mapped[Key]
    paper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper.id"), comment="Paper.")
    code: Mapped[str] = mapped_column(
        String(40), comment="Stable name within the paper: metodo, asse-1, nessuna-strategia, limiti."
    )
    kind: Mapped[str] = mapped_column(String(20), comment="What it holds.")
    position: Mapped[int] = mapped_column(Integer, comment="Order.")
    axis_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("axis.id"), index=True, comment="Axis, for the section of one."
    )
    title: Mapped[str] = mapped_column(String(300), comment="Title.")
    words: Mapped[str] = mapped_column(
        Text, default="", comment="What people wrote at its head; shown as written by a person."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts changes: a stale save is refused."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that changed it last.")


class Finding(Base):
    """A claim of the paper with the sources it rests on."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("paper_id", "number"),
        CheckConstraint("origin IN ('machine', 'edited', 'human')", name="origin_known"),
        CheckConstraint("state IN ('proposed', 'accepted', 'refused', 'withdrawn', 'superseded')", name="state_known"),
        Index("ix_finding_section_order", "section_id", "position", "id"),
        Index("ix_finding_process_state", "process_id", "state"),
        {"comment": "Claims of a position paper."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    paper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper.id"), comment="Paper.")
    section_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("section.id"), comment="Section it stands in.")
    number: Mapped[int] = mapped_column(Integer, comment="Its number in the paper, never given twice.")
    position: Mapped[int] = mapped_column(Integer, comment="Order within its section.")
    strategy_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("strategy.id"), index=True, comment="Strategy it speaks of; empty when it fits none."
    )
    theme_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("theme.id"), index=True, comment="Theme it rests on; empty for one made from chosen sources."
    )
    title: Mapped[str] = mapped_column(String(200), comment="A few words to find it by.")
    sentences: Mapped[list[Any]] = mapped_column(
        comment="The statement by sentence: text with places of quotes, origin, role, source ids."
    )
    origin: Mapped[str] = mapped_column(String(10), comment="machine, edited or human.")
    state: Mapped[str] = mapped_column(
        String(12), default="proposed", comment="proposed, accepted, refused, withdrawn or superseded by a later draft."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts changes: a stale save is refused."
    )
    run_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("run.id"), comment="Aggregation its text was drafted from."
    )
    news: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="What later runs found about it: new source ids, gone source ids, theme gone."
    )
    set_aside: Mapped[list[Any]] = mapped_column(
        default=list,
        server_default="[]",
        comment="Source ids whose coming or going under its theme a person put aside.",
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that changed it last; empty for the machine.")
    changed_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was last changed."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was first drafted or written."
    )


class FindingSource(Base):
    """A source a finding rests on, or that speaks against it, pinned at the revision that was read."""

    __tablename__ = "finding_source"
    __table_args__ = (
        CheckConstraint("support IN ('supporting', 'contrary')", name="support_known"),
        CheckConstraint(
            "(quote_start IS NULL) = (quote_end IS NULL) AND (quote_start IS NULL) = (quote_sha256 IS NULL)",
            name="quote_is_whole",
        ),
        CheckConstraint(
            "quote_start IS NULL OR (quote_start >= 0 AND quote_end > quote_start)", name="quote_has_length"
        ),
        Index("ix_finding_source_source_id", "source_id"),
        {"comment": "Sources that findings cite, for and against."},
    )

    finding_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True, comment="Finding."
    )
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    support: Mapped[str] = mapped_column(String(10), comment="supporting or contrary.")
    revision: Mapped[int] = mapped_column(Integer, comment="Revision of the source when it was cited.")
    position: Mapped[int] = mapped_column(Integer, comment="Order; sources with a quote come first.")
    quote_start: Mapped[int | None] = mapped_column(
        Integer, comment="First character of the quote; empty where it is cited without words."
    )
    quote_end: Mapped[int | None] = mapped_column(Integer, comment="After the last character of the quote.")
    quote_sha256: Mapped[str | None] = mapped_column(
        String(64), comment="Hash of the quoted words, to know whether they still stand there."
    )
    origin: Mapped[str] = mapped_column(String(10), default="machine", comment="machine or human: who cited it.")
    codes: Mapped[list[Any]] = mapped_column(
        default=list,
        server_default="[]",
        comment="Codes people had given the source when it was cited, by key, sorted.",
    )


class FindingChange(Base):
    """What a finding said before a change, and who changed it."""

    __tablename__ = "finding_change"
    __table_args__ = (UniqueConstraint("finding_id", "version"), {"comment": "Earlier texts and states of findings."})

    id: Mapped[Key]
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), comment="Finding.")
    version: Mapped[int] = mapped_column(Integer, comment="Version this row keeps.")
    title: Mapped[str] = mapped_column(String(200), comment="Title then.")
    sentences: Mapped[list[Any]] = mapped_column(comment="Sentences then.")
    state: Mapped[str] = mapped_column(String(12), comment="State then.")
    action: Mapped[str] = mapped_column(String(40), comment="What was done to it: code.")
    citations: Mapped[dict[str, Any] | None] = mapped_column(
        comment="Its citations and news as they were, for a decision on them that may be taken back; no words."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that changed it; empty for the machine.")
    changed_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was changed."
    )


class PaperVersion(Base):
    """A published version: frozen, with the manifest that lets anyone check it."""

    __tablename__ = "paper_version"
    __table_args__ = (UniqueConstraint("paper_id", "number"), {"comment": "Published versions of position papers."})

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), index=True, comment="Process.")
    paper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper.id"), comment="Paper.")
    number: Mapped[int] = mapped_column(Integer, comment="1, 2, 3 ...")
    redacts: Mapped[int | None] = mapped_column(
        Integer, comment="Version it repeats without what consent no longer covers; empty where people published it."
    )
    content: Mapped[dict[str, Any]] = mapped_column(
        comment="Sections, findings and numbers as published; quotes by place, never by words."
    )
    manifest: Mapped[dict[str, Any]] = mapped_column(
        comment="Ids and hashes of inputs, methods with versions, parameters."
    )
    note: Mapped[str] = mapped_column(Text, default="", comment="What changed, in words of who published it.")
    signed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that published it.")
    signed_name: Mapped[str] = mapped_column(String(120), comment="Name of who signed, as it was then.")
    published_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When."
    )


class PublishedFinding(Base):
    """Which finding stands in which version: for permanent links and for the rooms that answer findings."""

    __tablename__ = "published_finding"
    __table_args__ = (
        Index("ix_published_finding_finding_id", "finding_id"),
        {"comment": "Findings of published versions."},
    )

    version_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("paper_version.id", ondelete="CASCADE"), primary_key=True, comment="Version."
    )
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id"), primary_key=True, comment="Finding.")
    strategy_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("strategy.id"), index=True, comment="Strategy as published."
    )
    title: Mapped[str] = mapped_column(String(200), comment="Title as published.")
    number: Mapped[int] = mapped_column(Integer, comment="Number of the finding.")


class PaperFile(Base):
    """A built file of the draft, of a draft in consultation or of a version, with the consents it was built under."""

    __tablename__ = "paper_file"
    __table_args__ = (
        UniqueConstraint("paper_id", "version_number", "draft_number", "format"),
        CheckConstraint("format IN ('html', 'pdf', 'docx', 'odt', 'json')", name="format_known"),
        {
            "comment": "Built files of papers. One is served only while every quote in it still has the consent it was built under."
        },
    )

    id: Mapped[Key]
    paper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper.id"), comment="Paper.")
    version_number: Mapped[int] = mapped_column(Integer, comment="Published version; 0 for the draft.")
    draft_number: Mapped[int] = mapped_column(
        Integer,
        default=0,
        server_default="0",
        comment="Draft in consultation; 0 for a version, or the draft as it is being written.",
    )
    format: Mapped[str] = mapped_column(String(5), comment="html, pdf, docx, odt or json.")
    body: Mapped[bytes] = mapped_column(LargeBinary, comment="The file.")
    sha256: Mapped[str] = mapped_column(String(64), comment="Its hash.")
    quotes: Mapped[list[Any]] = mapped_column(
        comment="Source and revision of each quote in it; revision 0: a source that is only named."
    )
    built_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was built."
    )
