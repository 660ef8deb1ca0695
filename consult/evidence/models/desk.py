"""Who is where on the desks, and which sources each facilitator has read."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Presence(Base):
    """Where a member of staff was last seen on the desks of a process; a row a person, written over as they move on."""

    __tablename__ = "desk_presence"
    __table_args__ = (
        Index("ix_desk_presence_process_seen", "process_id", "seen_at"),
        {"comment": "Where staff is on the desks now: who else is here. Not a history: each person has one row."},
    )

    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), primary_key=True, comment="Process.")
    account_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Account.")
    kind: Mapped[str] = mapped_column(String(20), comment="Kind of thing that is open: theme, finding, source.")
    thing_id: Mapped[uuid.UUID] = mapped_column(comment="The thing that is open.")
    seen_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When the page was last open."
    )


class SourceRead(Base):
    """A source that a facilitator has read."""

    __tablename__ = "source_read"
    __table_args__ = (
        Index("ix_source_read_account", "process_id", "account_id", "read_at"),
        {"comment": "Which sources each facilitator has read, at which revision: what is left of the reading."},
    )

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    account_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Account that read it.")
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    revision: Mapped[int] = mapped_column(comment="Revision that was read: a corrected text is unread again.")
    read_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class ThemeStep(Base):
    """Something people did to a theme, with what was there before: it may be taken back while nothing was done after it."""

    __tablename__ = "theme_step"
    __table_args__ = (
        CheckConstraint(
            "action IN ('accepted', 'refused', 'proposed', 'described', 'merged', 'split', 'moved', 'made')", name="action_known"
        ),
        Index("ix_theme_step_theme_id", "theme_id", "done_at"),
        Index("ix_theme_step_process_id", "process_id"),
        {"comment": "What people did to themes, step by step, and what was there before each step."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    theme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("theme.id", ondelete="CASCADE"), comment="Theme.")
    action: Mapped[str] = mapped_column(
        String(10), comment="accepted, refused, proposed, described, merged, split, moved (sources left it) or made."
    )
    version: Mapped[int] = mapped_column(Integer, comment="Version of the theme's decision after the step.")
    before: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="The decision, judgements and assignments that the step changed, as they were. Keys, never words of sources."
    )
    done_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that did it.")
    done_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was taken back.")
