"""Meetings, their zones, tables and files; who registered; ballots; what is known of notes; remarks on the minutes."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
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
from consult.listening.meetings.types import new_join_code


class Meeting(Base):
    """A public meeting. Its notes are sources."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'cancelled')", name="state_known"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity_positive"),
        CheckConstraint("picks BETWEEN 1 AND 10", name="picks_one_to_ten"),
        CheckConstraint("(review_from IS NULL) = (review_until IS NULL)", name="review_has_both_ends"),
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
    join_code: Mapped[str] = mapped_column(
        String(8), unique=True, default=new_join_code, comment="Short code for the phones of who is in the room."
    )
    picking: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether ballots are taken now."
    )
    picks: Mapped[int] = mapped_column(
        Integer, default=5, server_default="5", comment="How many strategies a ballot may rank."
    )
    review_from: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="Since when who was there may read the minutes and remark on them."
    )
    review_until: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="Until when they may.")
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


class MeetingTable(Base):
    """A working table of a meeting."""

    __tablename__ = "meeting_table"
    __table_args__ = (
        UniqueConstraint("meeting_id", "number"),
        CheckConstraint("seats IS NULL OR seats > 0", name="seats_positive"),
        {"comment": "Working tables of meetings."},
    )

    id: Mapped[Key]
    meeting_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), comment="Meeting.")
    number: Mapped[int] = mapped_column(Integer, comment="Number on the table.")
    title: Mapped[str] = mapped_column(
        String(200), default="", comment="What the table is about, where it has a theme."
    )
    zone_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("zone.id"), index=True, comment="Zone it speaks for; empty: whoever sits there says theirs."
    )
    facilitator_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="Who leads it and takes notes."
    )
    seats: Mapped[int | None] = mapped_column(Integer, comment="Places at the table; empty: no limit.")


class MeetingRegistration(Base):
    """Somebody who said they would come, or came. Says nothing of what they said there."""

    __tablename__ = "meeting_registration"
    __table_args__ = (
        UniqueConstraint("meeting_id", "email"),
        CheckConstraint("state IN ('registered', 'waiting')", name="state_known"),
        Index("ix_meeting_registration_account_id", "account_id"),
        Index("ix_meeting_registration_order", "meeting_id", "state", "registered_at", "id"),
        {"comment": "Who registered for a meeting, waits for a place or came; never tied to its notes."},
    )

    id: Mapped[Key]
    meeting_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting.id"), comment="Meeting.")
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Account, when signed in.")
    email: Mapped[str | None] = mapped_column(
        String(254),
        comment="Address, lower case, for news of the meeting; emptied thirty days after it, empty for who just came.",
    )
    name: Mapped[str] = mapped_column(String(120), default="", comment="Name, where it was given.")
    organisation: Mapped[str] = mapped_column(String(200), default="", comment="Organisation, where it was given.")
    state: Mapped[str] = mapped_column(
        String(10), default="registered", server_default="registered", comment="registered or waiting."
    )
    table_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("meeting_table.id", ondelete="SET NULL"), index=True, comment="Table they chose."
    )
    locale: Mapped[str] = mapped_column(
        String(10), default="it", server_default="it", comment="Language they read the site in, for letters to them."
    )
    came: Mapped[bool | None] = mapped_column(comment="Whether they came; empty while nobody has ticked the list.")
    notice_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("privacy_notice.id"), comment="Privacy notice that was shown."
    )
    registered_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When."
    )


class MeetingFile(Base):
    """A file to read before or after a meeting."""

    __tablename__ = "meeting_file"
    __table_args__ = ({"comment": "Files of meetings: materials, slides, maps."},)

    meeting_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, comment="Meeting."
    )
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stored_file.id"), primary_key=True, comment="File.")
    title: Mapped[str] = mapped_column(String(200), comment="What it is, in words.")


class MeetingBallot(Base):
    """Which strategies a table or a participant ranks first. Carries no person and no time."""

    __tablename__ = "meeting_ballot"
    __table_args__ = (
        UniqueConstraint("meeting_id", "voter_hash"),
        CheckConstraint("by_table = (voter_hash IS NULL)", name="table_or_voter"),
        CheckConstraint("NOT by_table OR table_id IS NOT NULL", name="table_named"),
        Index("uq_meeting_ballot_table", "table_id", unique=True, postgresql_where=text("by_table")),
        {"comment": "Ballots of first sessions: of a table as a whole, or of one participant, who is not known."},
    )

    id: Mapped[Key]
    meeting_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), comment="Meeting.")
    by_table: Mapped[bool] = mapped_column(comment="True for what a table decided together.")
    table_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("meeting_table.id", ondelete="CASCADE"), comment="Table it was given at."
    )
    zone_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("zone.id"), index=True, comment="Zone it speaks for; empty where that was not said."
    )
    people: Mapped[int | None] = mapped_column(Integer, comment="For a table: how many sat there.")
    voter_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), comment="SHA-256 of a random mark that only the participant's browser holds."
    )


class MeetingPick(Base):
    """One strategy of a ballot with its rank."""

    __tablename__ = "meeting_pick"
    __table_args__ = (
        UniqueConstraint("ballot_id", "strategy_id"),
        CheckConstraint("rank BETWEEN 1 AND 10", name="rank_one_to_ten"),
        {"comment": "Strategies of ballots, ranked."},
    )

    ballot_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("meeting_ballot.id", ondelete="CASCADE"), primary_key=True, comment="Ballot."
    )
    rank: Mapped[int] = mapped_column(Integer, primary_key=True, comment="1 matters most.")
    strategy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy.id"), index=True, comment="Strategy.")


class MeetingNote(Base):
    """What is known of a note beside its source."""

    __tablename__ = "meeting_note"
    __table_args__ = (
        UniqueConstraint("meeting_id", "client_key"),
        CheckConstraint("stance IS NULL OR stance IN ('in_favour', 'against', 'neutral')", name="stance_known"),
        CheckConstraint("round IN (1, 2)", name="round_one_or_two"),
        Index("ix_meeting_note_strategy_id", "strategy_id", "source_id"),
        {"comment": "Table, strategy, stance and session of notes; their words stand in the source."},
    )

    source_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("source.id"), primary_key=True, comment="Source that holds its words."
    )
    meeting_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting.id"), comment="Meeting.")
    table_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("meeting_table.id", ondelete="SET NULL"), index=True, comment="Table it was said at."
    )
    strategy_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("strategy.id"), comment="Strategy it speaks of, as the facilitator heard it."
    )
    stance: Mapped[str | None] = mapped_column(String(10), comment="in_favour, against or neutral, where it takes one.")
    round: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="1: what matters here; 2: what a picked strategy needs here."
    )
    client_key: Mapped[uuid.UUID | None] = mapped_column(
        comment="Key made by the page it was typed in, so that sending it again adds nothing."
    )


class MeetingRemark(Base):
    """What somebody who was there says of the minutes before they are published."""

    __tablename__ = "meeting_remark"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'taken', 'not_taken')", name="state_known"),
        Index("ix_meeting_remark_order", "meeting_id", "made_at", "id"),
        {"comment": "Remarks of attendees on minutes in review; the notes themselves are edited by staff only."},
    )

    id: Mapped[Key]
    meeting_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting.id"), comment="Meeting.")
    source_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("source.id"), index=True, comment="Note it is about; empty: the minutes as a whole."
    )
    text: Mapped[str] = mapped_column(Text, comment="The remark.")
    name: Mapped[str] = mapped_column(String(120), default="", comment="Name, where it was given; staff only.")
    state: Mapped[str] = mapped_column(
        String(10), default="open", server_default="open", comment="open, taken or not_taken."
    )
    answer: Mapped[str] = mapped_column(Text, default="", comment="What was done about it, in words.")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")
