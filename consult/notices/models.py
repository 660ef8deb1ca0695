"""Notices."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Notification(Base):
    """Something a person is told: once, whatever happens how often."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notification_account_order", "account_id", "created_at", "id"),
        Index("ix_notification_unread", "account_id", postgresql_where=text("read_at IS NULL")),
        Index(
            "ix_notification_unmailed",
            "account_id",
            "created_at",
            postgresql_where=text("mailed_at IS NULL AND refused_at IS NULL"),
        ),
        {"comment": "What people were told, on the site and by mail."},
    )

    id: Mapped[Key]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), comment="Who is told.")
    process_id: Mapped[uuid.UUID | None] = mapped_column(
        comment="Process it is about, named by key only: processes stand above."
    )
    kind: Mapped[str] = mapped_column(String(60), comment="Stable code of what happened.")
    key: Mapped[str] = mapped_column(String(200), comment="What happened, so that it is told once.")
    subject: Mapped[str] = mapped_column(String(300), comment="One line.")
    body: Mapped[str] = mapped_column(Text, default="", comment="Some sentences.")
    link_endpoint: Mapped[str] = mapped_column(String(120), default="", comment="Route to look at; empty for none.")
    link_values: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="Values of the route.")
    thread: Mapped[str] = mapped_column(
        String(60),
        default="",
        server_default="",
        comment="Kind and key of the thing it is about, so that a digest puts its news together; empty for none.",
    )
    thread_title: Mapped[str] = mapped_column(
        String(300), default="", server_default="", comment="How the digest names that thing."
    )
    names: Mapped[list[str]] = mapped_column(
        ARRAY(String(60)),
        default=list,
        server_default=text("'{}'"),
        comment="Kind and key of all texts whose words it repeats: while one of them may not be read, it keeps silent.",
    )
    together: Mapped[uuid.UUID | None] = mapped_column(
        comment="What it was told with: notices of one act go to a person in one letter; empty where it stands alone."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it happened."
    )
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the person marked it as read.")
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the mail server took it.")
    refused_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When the mail server refused it for good."
    )


class Veil(Base):
    """A text that may not be read now: notices written before, or at the same moment, do not repeat its words."""

    __tablename__ = "notice_veil"
    __table_args__ = ({"comment": "Texts whose words no notice tells now, because they are hidden or taken back."},)

    thing: Mapped[str] = mapped_column(String(60), primary_key=True, comment="Kind and key of the text.")
    since: Mapped[datetime] = mapped_column(UtcDateTime(), server_default=func.clock_timestamp(), comment="Since when.")
