"""The table of sources, the history of their texts, and the files that brought some of them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Source(Base):
    """One citable piece of what was said."""

    __tablename__ = "source"
    __table_args__ = (
        UniqueConstraint("process_id", "import_key"),
        CheckConstraint("state IN ('live', 'withdrawn', 'hidden', 'waiting')", name="state_known"),
        CheckConstraint("visibility IN ('public', 'internal')", name="visibility_known"),
        CheckConstraint("consented OR state = 'withdrawn'", name="consented_in_use"),
        Index("ix_source_process_order", "process_id", "id"),
        Index("ix_source_process_channel", "process_id", "channel", "id"),
        Index("ix_source_process_state", "process_id", "state", "channel"),
        Index("ix_source_process_zone", "process_id", "zone_id", "id"),
        # Counts and filters of the register, and every denominator, out of the index alone: the texts are not read.
        Index(
            "ix_source_facets",
            *("process_id", "state", "zone_id", "channel", "speaker_kind"),
            postgresql_include=["voice_id", "id"],
        ),
        Index("ix_source_unit", "unit_id", "position", "id"),
        Index("ix_source_voice", "voice_id"),
        Index("ix_source_import_id", "import_id", postgresql_where=text("import_id IS NOT NULL")),
        Index("ix_source_search", text("to_tsvector('italian', text)"), postgresql_using="gin"),
        {
            "comment": "Citable pieces of what was said. No person, and no time finer than a day; anonymous answers carry no date."
        },
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it was said in.")
    channel: Mapped[str] = mapped_column(String(20), comment="answer, interview, meeting, contribution or document.")
    unit_kind: Mapped[str | None] = mapped_column(
        String(20), comment="Kind of what it is part of: interview, meeting, question, document."
    )
    unit_id: Mapped[uuid.UUID | None] = mapped_column(comment="Key of what it is part of, named by kind.")
    voice_id: Mapped[uuid.UUID | None] = mapped_column(
        comment="Random mark shared by what one voice said (an answered questionnaire, an interview); empty: a voice by itself."
    )
    position: Mapped[int] = mapped_column(
        Integer, default=0, comment="Order within what it is part of; 0 where order would tell who."
    )
    text: Mapped[str] = mapped_column(Text, comment="What was said, word by word.")
    language: Mapped[str] = mapped_column(String(5), comment="Language of the text.")
    zone_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("zone.id"), comment="Zone it speaks from.")
    municipality_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("municipality.id"), comment="Municipality, where it was given."
    )
    speaker_kind: Mapped[str | None] = mapped_column(String(20), comment="Kind of speaker.")
    note_kind: Mapped[str | None] = mapped_column(
        String(20), comment="For meeting notes: need, proposal, criticism, agreement."
    )
    agreed: Mapped[int | None] = mapped_column(Integer, comment="For meeting notes: how many at the table agreed.")
    visibility: Mapped[str] = mapped_column(
        String(10),
        default="internal",
        comment="public: anyone may read it; internal: staff only, counted but not shown.",
    )
    quotable: Mapped[str] = mapped_column(
        String(20), default="anonymous", comment="Consent to quote: none, anonymous, role or name."
    )
    attribution: Mapped[str] = mapped_column(
        String(200), default="", comment="Role or name to show with a quote, where consent allows it."
    )
    state: Mapped[str] = mapped_column(
        String(20), default="live", comment="live, withdrawn, hidden or waiting; never deleted."
    )
    consented: Mapped[bool] = mapped_column(
        default=True,
        server_default="true",
        comment="Whether who said it lets it be written down and read; while they do not it is withdrawn, whatever else is so.",
    )
    revision: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts every change of text, state or consent."
    )
    said_on: Mapped[date | None] = mapped_column(Date, comment="Day it was said; empty for anonymous answers.")
    import_key: Mapped[str | None] = mapped_column(
        String(80), comment="Hash of file column and text, so that importing twice adds nothing."
    )
    import_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("source_import.id"), comment="Import that brought it, where it came from a file of answers."
    )
    asked: Mapped[str] = mapped_column(
        String(500), default="", server_default="", comment="Question it answers, where a file said so."
    )


class SourceRevision(Base):
    """What a source said before it was redacted, corrected, withdrawn or hidden."""

    __tablename__ = "source_revision"
    __table_args__ = (
        UniqueConstraint("source_id", "revision"),
        {"comment": "Earlier texts of sources, with who changed them and why."},
    )

    id: Mapped[Key]
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), comment="Source.")
    revision: Mapped[int] = mapped_column(Integer, comment="Revision this row keeps.")
    text: Mapped[str | None] = mapped_column(Text, comment="Its text then; emptied where it was redacted for privacy.")
    state: Mapped[str] = mapped_column(String(20), comment="Its state then.")
    change: Mapped[str] = mapped_column(
        String(10), default="", server_default="", comment="What was done to it: stable code; empty where nobody kept it."
    )
    reason_code: Mapped[str] = mapped_column(String(40), comment="Why it was changed: stable code.")
    changed_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was changed."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that changed it.")


class SourceImport(Base):
    """A file of answers: what was mapped to what, what it added, what could not be taken; it can be undone as a whole."""

    __tablename__ = "source_import"
    __table_args__ = (
        CheckConstraint("state IN ('reading', 'draft', 'queued', 'done', 'failed', 'undoing', 'undone')", name="state_known"),
        Index("ix_source_import_process_order", "process_id", "created_at", "id"),
        {"comment": "Imports of files of answers."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it adds to.")
    file_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("stored_file.id"),
        comment="The file as it was uploaded, or the plain rows that a large one was read as; empty where a command read it.",
    )
    name: Mapped[str] = mapped_column(String(200), comment="Name of the file.")
    state: Mapped[str] = mapped_column(
        String(10), default="draft", comment="reading (by the worker), draft, queued, done, failed, undoing (by the worker) or undone."
    )
    seen: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Rows that the worker has been through."
    )
    total: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Rows it has to go through, where it has counted them."
    )
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="Column of the file by what it holds.")
    added: Mapped[int] = mapped_column(Integer, default=0, server_default="0", comment="Sources it added.")
    already_there: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Rows that were there before."
    )
    bad: Mapped[list[Any]] = mapped_column(default=list, comment="Rows not taken: line and reason, never their text.")
    notes: Mapped[list[Any]] = mapped_column(default=list, comment="What was left empty, and how often.")
    failure: Mapped[str] = mapped_column(String(300), default="", server_default="", comment="Why it failed, in words.")
    created_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that brought the file; empty for a command.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was uploaded."
    )
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was done, failed or undone.")
