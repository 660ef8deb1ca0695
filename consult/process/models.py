"""Processes, phases, memberships, privacy notices."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Process(Base):
    """One strategic plan being made."""

    __tablename__ = "process"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'archived')", name="state_known"),
        {"comment": "Plans being made."},
    )

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(60), unique=True, comment="Name in addresses, stable once published.")
    title: Mapped[str] = mapped_column(String(300), comment="Title.")
    name: Mapped[str] = mapped_column(String(300), default="", comment="The plan's own name.")
    summary: Mapped[str] = mapped_column(Text, default="", comment="What it asks, in plain words.")
    state: Mapped[str] = mapped_column(String(20), default="draft", comment="draft, published or archived.")
    language: Mapped[str] = mapped_column(String(5), default="it", comment="Main language.")
    start_year: Mapped[int | None] = mapped_column(Integer, comment="First year of the plan.")
    end_year: Mapped[int | None] = mapped_column(Integer, comment="Last year of the plan.")
    frame_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("frame.id"), comment="Axes and strategies it works on.")
    territory_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("territory.id"), comment="Territory it listens to.")
    premoderate_proposals: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether a moderator reads new proposals before anybody else."
    )
    premoderate_comments: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether a moderator reads new comments before anybody else."
    )
    premoderate_contributions: Mapped[bool] = mapped_column(
        default=False,
        server_default="false",
        comment="Whether a moderator reads new contributions before anybody else.",
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was opened."
    )


class Phase(Base):
    """A dated phase; open from `opens_at` until before `closes_at`."""

    __tablename__ = "phase"
    __table_args__ = (
        UniqueConstraint("process_id", "kind"),
        CheckConstraint("closes_at IS NULL OR opens_at IS NULL OR closes_at > opens_at", name="closes_after_opening"),
        {"comment": "Dated phases of a process."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it is part of.")
    kind: Mapped[str] = mapped_column(String(20), comment="Kind of phase.")
    title: Mapped[str] = mapped_column(String(200), comment="Title as it is shown.")
    description: Mapped[str] = mapped_column(Text, default="", comment="What is done in it.")
    position: Mapped[int] = mapped_column(Integer, comment="Order of phases.")
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="First instant it is open.")
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="First instant it is closed.")
    settled_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When it was closed for good, with nothing left to answer; empty before."
    )


class Membership(Base):
    """A role of a person in a process."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("process_id", "account_id", "role"),
        Index("ix_membership_account_id", "account_id"),
        {"comment": "Roles per process."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), comment="Person.")
    role: Mapped[str] = mapped_column(String(20), comment="Role.")
    given_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was given."
    )


class PrivacyNotice(Base):
    """A version of the notice (GDPR art. 13) of one phase."""

    __tablename__ = "privacy_notice"
    __table_args__ = (
        UniqueConstraint("process_id", "phase_kind", "version"),
        {"comment": "Privacy notices per phase, versioned."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    phase_kind: Mapped[str] = mapped_column(String(20), comment="Kind of phase it is for.")
    version: Mapped[int] = mapped_column(Integer, comment="1, 2, 3 ...")
    text: Mapped[str] = mapped_column(Text, comment="What the person reads, in plain words.")
    published_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="From when it is shown."
    )


class NoticeSeen(Base):
    """Which version of the notice a signed-in person saw when they gave something. Anonymous answers leave none."""

    __tablename__ = "notice_seen"
    __table_args__ = (
        UniqueConstraint("notice_id", "account_id", "kind"),
        {"comment": "Versions of the notice that people saw."},
    )

    id: Mapped[Key]
    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("privacy_notice.id"), comment="Version.")
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True, comment="Person."
    )
    kind: Mapped[str] = mapped_column(String(40), comment="Kind of thing given.")
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="When.")
