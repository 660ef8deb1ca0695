"""Meetings and the zones they are for."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Meeting(Base):
    """One public meeting."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
        Index("ix_meeting_process_start", "process_id", "starts_at"),
        {"comment": "Public meetings; what was said there are sources."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    title: Mapped[str] = mapped_column(String(200), comment="Title.")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it starts.")
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it ends.")
    place: Mapped[str] = mapped_column(String(200), comment="Name of the place.")
    address: Mapped[str] = mapped_column(String(200), default="", comment="Address.")
    agenda: Mapped[str] = mapped_column(Text, default="", comment="What will be talked about.")
    people_present: Mapped[int | None] = mapped_column(Integer, comment="How many came, as counted there.")
    minutes_published_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When the notes became public."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts changes, against stale saves."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that last changed it.")


class MeetingZone(Base):
    """A zone that a meeting is for."""

    __tablename__ = "meeting_zone"
    __table_args__ = ({"comment": "Zones that a meeting is for."},)

    meeting_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, comment="Meeting."
    )
    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("zone.id"), primary_key=True, index=True, comment="Zone.")
