"""Comments and reports."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Comment(Base):
    """What somebody says about a thing. A reply answers a comment and has no replies of its own."""

    __tablename__ = "comment"
    __table_args__ = (
        CheckConstraint("state IN ('visible', 'hidden', 'withdrawn', 'waiting')", name="state_known"),
        CheckConstraint("agree_count >= 0 AND useful_count >= 0", name="reactions_not_negative"),
        CheckConstraint("stance IN ('in_favour', 'against', 'neutral')", name="stance_known"),
        CheckConstraint("depth = (CASE WHEN parent_id IS NULL THEN 0 ELSE 1 END)", name="depth_at_most_one"),
        Index(
            "ix_comment_target",
            "target_kind",
            "target_id",
            "created_at",
            "id",
            postgresql_where=text("parent_id IS NULL"),
        ),
        Index("ix_comment_parent", "parent_id", "created_at", "id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_comment_author_id", "author_id"),
        Index("ix_comment_process_id_created_at", "process_id", "created_at"),
        {"comment": "Comments on any target; replies are one level deep."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it belongs to.")
    target_kind: Mapped[str] = mapped_column(String(20), comment="Kind of thing it is about.")
    target_id: Mapped[uuid.UUID] = mapped_column(comment="Key of the thing it is about.")
    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("comment.id"), comment="Comment it answers; empty for a comment of its own."
    )
    depth: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="0 for a comment, 1 for a reply; there is no deeper level."
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who wrote it; empty once the person erased their account."
    )
    pseudonym: Mapped[str | None] = mapped_column(
        String(120), comment="Signature chosen instead of the account's name; empty text for none at all."
    )
    by_author: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether it was written by the author of the thing it is about."
    )
    stance: Mapped[str] = mapped_column(String(20), comment="Declared stance: in_favour, against or neutral.")
    text: Mapped[str] = mapped_column(Text, comment="What was written, in Markdown.")
    html: Mapped[str] = mapped_column(Text, comment="The text as safe HTML, rendered once when it was written.")
    state: Mapped[str] = mapped_column(
        String(20), default="visible", server_default="visible", comment="visible, hidden, withdrawn or waiting."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Grows with each change of state."
    )
    replies_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0", comment="Visible replies.")
    agree_count: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="People who agree with it."
    )
    useful_count: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="People who find it useful."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was written."
    )


class CommentReaction(Base):
    """A person's one-click word on a comment."""

    __tablename__ = "comment_reaction"
    __table_args__ = (
        UniqueConstraint("comment_id", "account_id", "kind"),
        CheckConstraint("kind IN ('agree', 'useful')", name="kind_known"),
        Index("ix_comment_reaction_account_id", "account_id"),
        {"comment": "Reactions to comments: one of each kind per person."},
    )

    id: Mapped[Key]
    comment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("comment.id"), comment="Comment.")
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Person; empty once they erased their account: the reaction still counts."
    )
    kind: Mapped[str] = mapped_column(String(20), comment="agree or useful.")


class Report(Base):
    """Somebody says that a text breaks the rules."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("target_kind", "target_id", "reporter_id"),
        CheckConstraint("state IN ('open', 'upheld', 'dismissed')", name="state_known"),
        Index("ix_report_open", "process_id", "created_at", "id", postgresql_where=text("state = 'open'")),
        Index("ix_report_reporter_id", "reporter_id"),
        {"comment": "Reports of texts that may break the rules."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it belongs to.")
    target_kind: Mapped[str] = mapped_column(String(20), comment="Kind of thing reported.")
    target_id: Mapped[uuid.UUID] = mapped_column(comment="Key of the thing reported.")
    reporter_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who reported it; empty once the person erased their account."
    )
    reason: Mapped[str] = mapped_column(String(40), comment="Code of the reason.")
    note: Mapped[str] = mapped_column(Text, default="", server_default="", comment="What the person added.")
    state: Mapped[str] = mapped_column(
        String(20), default="open", server_default="open", comment="open, upheld or dismissed."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was reported."
    )
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When a moderator closed it.")
    closed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Moderator who closed it.")
