"""What is known of a contribution beside its source, its files, and what waits for proof of an address."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Contribution(Base):
    """One open contribution: its words are the source's."""

    __tablename__ = "contribution"
    __table_args__ = (
        Index("ix_contribution_account_id", "account_id"),
        Index("ix_contribution_process_id", "process_id"),
        {"comment": "Open contributions; their words stand in the source, once."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it was given to.")
    source_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("source.id"), unique=True, comment="Source that holds its words."
    )
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who gave it, when signed in; emptied by erasure."
    )
    receipt_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="SHA-256 of the receipt code.")
    on_paper: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Entered by an operator from paper."
    )
    notice_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("privacy_notice.id"), comment="Version of the privacy notice that was shown."
    )
    given_on: Mapped[date] = mapped_column(Date, comment="Day it was given.")


class ContributionFile(Base):
    """A file sent along with a contribution: seen by staff, never published."""

    __tablename__ = "contribution_file"
    __table_args__ = ({"comment": "Files sent along with contributions; never public."},)

    contribution_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("contribution.id", ondelete="CASCADE"), primary_key=True, comment="Contribution."
    )
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stored_file.id"), primary_key=True, comment="File.")


class ContributionDoor(Base):
    """How a process takes contributions; without a row it asks for no proof and takes files."""

    __tablename__ = "contribution_door"
    __table_args__ = ({"comment": "How a process takes open contributions."},)

    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), primary_key=True, comment="Process.")
    proof: Mapped[bool] = mapped_column(
        default=False, comment="Whether who has no account proves an e-mail address first."
    )
    files: Mapped[bool] = mapped_column(default=True, comment="Whether files may be sent along.")


class ContributionWaiting(Base):
    """A contribution that waits until its author opens the link in a letter; then it is a contribution and this row is gone."""

    __tablename__ = "contribution_waiting"
    __table_args__ = (
        {"comment": "Contributions that wait for proof of an address; deleted when proved or after two days."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), index=True, comment="Process.")
    email: Mapped[str] = mapped_column(String(254), comment="Address the letter goes to; gone with the row.")
    locale: Mapped[str] = mapped_column(
        String(10), default="it", server_default="it", comment="Language the form was read in, for the letter."
    )
    given: Mapped[dict[str, Any]] = mapped_column(comment="The form as it was filled in.")
    notice_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("privacy_notice.id"), comment="Privacy notice that was shown."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), index=True, comment="When it was sent."
    )
