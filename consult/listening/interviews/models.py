"""Interviews with their consent, the guide, passages of transcripts."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
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


class Interview(Base):
    """Somebody to hear, heard, or transcribed; with what they consented to."""

    __tablename__ = "interview"
    __table_args__ = (
        CheckConstraint(
            "status IN ('to_invite', 'invited', 'scheduled', 'held', 'transcribed', 'checked', 'coded')",
            name="status_known",
        ),
        CheckConstraint("consent_quote IN ('none', 'anonymous', 'role', 'name')", name="consent_quote_known"),
        Index("ix_interview_process_id", "process_id", "id"),
        {"comment": "In-depth interviews; what was said in them are sources."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it is part of.")
    status: Mapped[str] = mapped_column(String(20), default="to_invite", comment="How far it has come.")
    role: Mapped[str] = mapped_column(String(200), comment="Role of the person, without name: what a quote may show.")
    organisation: Mapped[str] = mapped_column(String(200), default="", comment="Organisation, where there is one.")
    person_name: Mapped[str] = mapped_column(
        String(120), default="", comment="Name, only where it is needed; never shown without consent."
    )
    zone_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("zone.id"), comment="Zone the person speaks from.")
    speaker_kind: Mapped[str | None] = mapped_column(String(20), comment="Kind of speaker.")
    language: Mapped[str] = mapped_column(String(5), default="it", comment="Language of the interview.")
    held_on: Mapped[date | None] = mapped_column(Date, comment="Day it was held.")
    consent_record: Mapped[bool] = mapped_column(default=False, comment="Consent to record.")
    consent_transcribe: Mapped[bool] = mapped_column(default=False, comment="Consent to transcribe.")
    consent_code: Mapped[bool] = mapped_column(default=False, comment="Consent to code and count what was said.")
    consent_quote: Mapped[str] = mapped_column(
        String(20), default="none", comment="Consent to quote: none, anonymous, role or name."
    )
    consent_text: Mapped[str] = mapped_column(
        String(80), default="", comment="Version of the consent text that was signed."
    )
    consent_on: Mapped[date | None] = mapped_column(Date, comment="Day consent was given.")
    embargo_until: Mapped[date | None] = mapped_column(Date, comment="No quote before this day.")
    notes: Mapped[str] = mapped_column(Text, default="", comment="Notes for staff.")
    email: Mapped[str] = mapped_column(
        String(320), default="", server_default="", comment="Address for the invitation and the personal page."
    )
    meets_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the conversation is fixed for.")
    place: Mapped[str] = mapped_column(
        String(200), default="", server_default="", comment="Where, or how, it takes place."
    )
    invitations: Mapped[int] = mapped_column(
        Integer,
        default=0,
        server_default="0",
        comment="Letters of invitation sent: the sequence of the calendar entry.",
    )
    door_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), unique=True, comment="Hash of the link to the personal page; empty until one is sent."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts edits: a stale save is refused."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was entered."
    )


class InterviewPassage(Base):
    """One turn of a transcript: what the interviewer asked, or the source of what was answered."""

    __tablename__ = "interview_passage"
    __table_args__ = (
        UniqueConstraint("interview_id", "position"),
        CheckConstraint("(source_id IS NULL) <> (asked IS NULL)", name="asked_or_said"),
        {"comment": "Turns of transcripts in order; the words of the person heard stand in the source."},
    )

    id: Mapped[Key]
    interview_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview.id"), comment="Interview.")
    position: Mapped[int] = mapped_column(Integer, comment="Order in the transcript.")
    speaker: Mapped[str] = mapped_column(String(80), default="", comment="Label of who speaks, as typed.")
    asked: Mapped[str | None] = mapped_column(Text, comment="What the interviewer said; empty where it is a source.")
    source_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("source.id"), unique=True, comment="Source of what was said."
    )
    original_id: Mapped[uuid.UUID | None] = mapped_column(
        comment="File it was read from, named by key only: it may be gone; empty where it was typed, or nobody kept it."
    )
    at_ms: Mapped[int | None] = mapped_column(
        Integer, comment="When it was said, in milliseconds from the beginning; empty where no time is known."
    )


class InterviewOriginal(Base):
    """A file that a transcript was read from: kept as it came, and what was recognised in it until a person confirms."""

    __tablename__ = "interview_original"
    __table_args__ = (
        Index("ix_interview_original_interview_id", "interview_id"),
        {"comment": "Files of transcripts, and what was read in them until it is confirmed."},
    )

    id: Mapped[Key]
    interview_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview.id"), comment="Interview.")
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stored_file.id"), comment="The file as it came.")
    layout: Mapped[str] = mapped_column(String(20), comment="How it is laid out: captions, table or lines.")
    sure: Mapped[bool] = mapped_column(comment="False where who asks was concluded from the questions.")
    turns: Mapped[list[Any]] = mapped_column(
        default=list, comment="Speaker, words, asked, time of each passage; emptied once confirmed or given up."
    )
    left_out: Mapped[list[Any]] = mapped_column(
        default=list, comment="Lines before the first voice, to be looked at; emptied with the passages."
    )
    read_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was read."
    )
    imported_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When its passages were confirmed; empty while they wait."
    )


class ConsentChange(Base):
    """What a person consented to from a moment on: every change is kept, with the version of the text."""

    __tablename__ = "consent_change"
    __table_args__ = (
        CheckConstraint("given_by IN ('staff', 'person')", name="given_by_known"),
        Index("ix_consent_change_interview_id", "interview_id", "changed_at"),
        {"comment": "History of consent to interviews."},
    )

    id: Mapped[Key]
    interview_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview.id"), comment="Interview.")
    may_record: Mapped[bool] = mapped_column(comment="Consent to record.")
    may_transcribe: Mapped[bool] = mapped_column(comment="Consent to transcribe.")
    may_code: Mapped[bool] = mapped_column(comment="Consent to code and count.")
    quote: Mapped[str] = mapped_column(String(20), comment="Consent to quote: none, anonymous, role or name.")
    embargo_until: Mapped[date | None] = mapped_column(Date, comment="No quote before this day.")
    text_version: Mapped[str] = mapped_column(String(80), comment="Version of the consent text.")
    given_on: Mapped[date | None] = mapped_column(Date, comment="Day it was given.")
    given_by: Mapped[str] = mapped_column(
        String(10), comment="Who entered it: staff, or the person on the personal page."
    )
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")


class GuideQuestion(Base):
    """A question of the interview guide."""

    __tablename__ = "guide_question"
    __table_args__ = (UniqueConstraint("process_id", "position"), {"comment": "Interview guides, one per process."})

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    position: Mapped[int] = mapped_column(Integer, comment="Order.")
    text: Mapped[str] = mapped_column(Text, comment="Question.")
    axis_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("axis.id"), comment="Axis it asks about.")
    strategy_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("strategy.id"), comment="Strategy it asks about.")
