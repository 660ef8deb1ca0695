"""Accounts, sessions and one-time tokens."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Account(Base):
    """A person who can sign in. Erasure empties the personal columns and keeps the row as a pseudonym."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("(erased_at IS NULL) = (email IS NOT NULL)", name="erased_has_no_email"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        {"comment": "People who can sign in."},
    )

    id: Mapped[Key]
    email: Mapped[str | None] = mapped_column(String(320), unique=True, comment="Lower case; empty after erasure.")
    display_name: Mapped[str] = mapped_column(String(120), comment="Name shown where the person chose to show it.")
    password_hash: Mapped[str | None] = mapped_column(
        String(200), comment="Argon2id; empty until an invited person sets it."
    )
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the address was proved.")
    administrator: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Platform administrator."
    )
    demonstration: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Demonstration account: signs in only in embedded mode."
    )
    locale: Mapped[str] = mapped_column(String(5), default="it", server_default="it", comment="Language for mails.")
    zone_code: Mapped[str | None] = mapped_column(String(20), comment="Zone the person said they live in, if they did.")
    digest: Mapped[str] = mapped_column(
        String(10), default="at_once", server_default="at_once", comment="at_once, daily, weekly or none."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was opened."
    )
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the person was erased.")


class SignInSession(Base):
    """One signed-in browser."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        Index("ix_sign_in_session_account_id", "account_id"),
        {"comment": "Signed-in browsers; the cookie holds the token, the table its hash."},
    )

    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), primary_key=True, comment="SHA-256 of the token in the cookie."
    )
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), comment="Whose it is.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When the person signed in."
    )
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it ends by itself.")
    browser: Mapped[str] = mapped_column(
        String(120), comment="What the browser calls itself, shortened, shown to its owner."
    )


class OneTimeToken(Base):
    """A link sent by mail, used once, by POST."""

    __tablename__ = "one_time_token"
    __table_args__ = (
        Index("ix_one_time_token_account_id", "account_id"),
        {"comment": "Links sent by mail: only hashes are stored."},
    )

    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), primary_key=True, comment="SHA-256 of the 128-bit token."
    )
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), comment="Whom it was sent to."
    )
    purpose: Mapped[str] = mapped_column(String(20), comment="verify, reset or invite.")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="After this it opens nothing.")
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was redeemed.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was minted."
    )


class Organisation(Base):
    """A body in whose name somebody speaks."""

    __tablename__ = "organisation"
    __table_args__ = ({"comment": "Bodies in whose name people speak."},)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200), unique=True, comment="Name as it is shown.")
    kind: Mapped[str] = mapped_column(String(40), comment="Kind of speaker.")


class OrganisationMember(Base):
    """A person who speaks for an organisation, or asks to."""

    __tablename__ = "organisation_member"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'accepted', 'refused')", name="state_known"),
        Index("ix_organisation_member_account_id", "account_id"),
        {"comment": "Who speaks for which body, as confirmed by who manages a process."},
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True, comment="Body."
    )
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, comment="Person."
    )
    state: Mapped[str] = mapped_column(
        String(10), default="asked", server_default="asked", comment="asked, accepted or refused."
    )
    asked_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When the person asked."
    )
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was confirmed or refused.")
    decided_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True, comment="Who confirmed or refused it."
    )


class Draft(Base):
    """What a signed-in person is writing and has not sent yet: nothing typed is ever lost."""

    __tablename__ = "draft"
    __table_args__ = ({"comment": "Unsent texts of signed-in people, one per place."},)

    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, comment="Whose it is."
    )
    place: Mapped[str] = mapped_column(String(120), primary_key=True, comment="Route and thing it belongs to.")
    fields: Mapped[dict[str, Any]] = mapped_column(comment="What was typed, by field.")
    title: Mapped[str] = mapped_column(Text, default="", comment="A first line to recognise it by.")
    saved_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was last kept."
    )
