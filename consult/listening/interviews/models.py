"""Interviews and the consent given for them."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Interview(Base):
    """One interview; its words are sources of channel `interview`."""

    __tablename__ = "interview"
    __table_args__ = (
        CheckConstraint(
            "status IN ('to_invite', 'invited', 'scheduled', 'held', 'transcribed', 'checked', 'coded')",
            name="status_known",
        ),
        CheckConstraint("quote_consent IN ('none', 'anonymous', 'role', 'name')", name="quote_consent_known"),
        Index("ix_interview_process_id", "process_id"),
        {"comment": "Interviews: who is to be heard, and what they agreed to."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    role: Mapped[str] = mapped_column(String(200), comment="Role in which the person speaks.")
    organisation: Mapped[str] = mapped_column(String(200), default="", comment="Body they speak for, if any.")
    person_name: Mapped[str] = mapped_column(
        String(120), default="", comment="Name, seen by staff only; empty where it is not needed."
    )
    zone_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("zone.id"), comment="Zone they speak from.")
    speaker_kind: Mapped[str | None] = mapped_column(String(20), comment="Kind of speaker.")
    status: Mapped[str] = mapped_column(String(20), default="to_invite", comment="How far it is.")
    held_on: Mapped[date | None] = mapped_column(Date, comment="Day it was held.")
    guide: Mapped[str] = mapped_column(Text, default="", comment="Questions to ask.")
    may_record: Mapped[bool] = mapped_column(default=False, comment="Consent to record.")
    may_transcribe: Mapped[bool] = mapped_column(default=False, comment="Consent to transcribe.")
    may_code: Mapped[bool] = mapped_column(default=False, comment="Consent to analyse what was said.")
    quote_consent: Mapped[str] = mapped_column(
        String(20), default="none", comment="Consent to quote: none, anonymous, role or name."
    )
    embargo_until: Mapped[date | None] = mapped_column(Date, comment="No quote before this day.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Counts changes, against stale saves."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that last changed it.")


class InterviewConsent(Base):
    """Each consent as it was given, narrowed or withdrawn: never overwritten."""

    __tablename__ = "interview_consent"
    __table_args__ = (
        UniqueConstraint("interview_id", "number"),
        {"comment": "History of consent, with the text that was read."},
    )

    id: Mapped[Key]
    interview_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview.id"), comment="Interview.")
    number: Mapped[int] = mapped_column(Integer, comment="1, 2, 3 ...")
    text_version: Mapped[str] = mapped_column(String(40), comment="Version of the consent text that was read.")
    may_record: Mapped[bool] = mapped_column(comment="Consent to record.")
    may_transcribe: Mapped[bool] = mapped_column(comment="Consent to transcribe.")
    may_code: Mapped[bool] = mapped_column(comment="Consent to analyse.")
    quote_consent: Mapped[str] = mapped_column(String(20), comment="Consent to quote.")
    embargo_until: Mapped[date | None] = mapped_column(Date, comment="No quote before this day.")
    given_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was recorded."
    )
    recorded_by: Mapped[uuid.UUID | None] = mapped_column(comment="Account that recorded it.")
