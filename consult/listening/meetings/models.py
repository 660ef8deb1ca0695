"""Meetings, the zones they are for, registrations."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Meeting(Base):
    """A public meeting. Its notes are sources."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'cancelled')", name="state_known"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity_positive"),
        Index("ix_meeting_process_order", "process_id", "starts_at", "id"),
        {"comment": "Public meetings; what was said there are sources."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it is part of.")
    title: Mapped[str] = mapped_column(String(200), comment="Title.")
    summary: Mapped[str] = mapped_column(Text, default="", comment="What it is for, in plain words.")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it begins.")
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it ends, where that is known.")
    place: Mapped[str] = mapped_column(String(200), comment="Name of the place.")
    address: Mapped[str] = mapped_column(String(300), default="", comment="Address of the place.")
    agenda: Mapped[str] = mapped_column(Text, default="", comment="Agenda.")
    registration: Mapped[bool] = mapped_column(default=False, comment="Whether people may register.")
    capacity: Mapped[int | None] = mapped_column(Integer, comment="Most people who may register; empty: no limit.")
    state: Mapped[str] = mapped_column(String(20), default="draft", comment="draft, published or cancelled.")
    minutes: Mapped[str] = mapped_column(Text, default="", comment="Introduction to the minutes.")
    minutes_published_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="Since when the minutes are public."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts edits: a stale save is refused."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was entered."
    )


class MeetingZone(Base):
    """A zone that a meeting is for."""

    __tablename__ = "meeting_zone"
    __table_args__ = ({"comment": "Zones that meetings are for."},)

    meeting_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, comment="Meeting."
    )
    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("zone.id"), primary_key=True, index=True, comment="Zone.")


class MeetingRegistration(Base):
    """Somebody who said they would come. Says nothing of what they said there."""

    __tablename__ = "meeting_registration"
    __table_args__ = (
        UniqueConstraint("meeting_id", "email"),
        Index("ix_meeting_registration_account_id", "account_id"),
        {"comment": "Who registered for a meeting; never tied to its notes."},
    )

    id: Mapped[Key]
    meeting_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting.id"), comment="Meeting.")
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Account, when signed in.")
    email: Mapped[str] = mapped_column(String(254), comment="Address, lower case, for news of the meeting.")
    name: Mapped[str] = mapped_column(String(120), default="", comment="Name, where it was given.")
    organisation: Mapped[str] = mapped_column(String(200), default="", comment="Organisation, where it was given.")
    notice_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("privacy_notice.id"), comment="Privacy notice that was shown."
    )
    registered_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When."
    )
