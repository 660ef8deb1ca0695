"""Who is where on the desks, and which sources each facilitator has read."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, UtcDateTime


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
