"""Dispositions, and the acts by which texts are hidden and shown again."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Disposition(Base):
    """What was decided about a proposal. One stands at a time; those taken back stay, with what came after them."""

    __tablename__ = "disposition"
    __table_args__ = (
        CheckConstraint("state IN ('published', 'reversed')", name="state_known"),
        CheckConstraint(
            "outcome IN ('adopted', 'adopted_in_part', 'merged', 'already_planned', 'postponed', 'not_competent', 'rejected')",
            name="outcome_known",
        ),
        CheckConstraint("(state = 'reversed') = (reversed_at IS NOT NULL)", name="reversed_has_date"),
        Index("uq_disposition_standing", "proposal_id", unique=True, postgresql_where=text("state = 'published'")),
        Index("ix_disposition_process_id", "process_id", "decided_at", "id"),
        Index("ix_disposition_act_id", "act_id"),
        {"comment": "Outcomes of proposals with reasons; one standing for each proposal."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Proposal decided.")
    act_id: Mapped[uuid.UUID] = mapped_column(comment="Equal for proposals decided together in one act.")
    outcome: Mapped[str] = mapped_column(String(20), comment="Outcome.")
    reason_code: Mapped[str] = mapped_column(String(40), comment="Stable code of the reason.")
    public_reason: Mapped[str] = mapped_column(Text, comment="The reason in words, for anyone to read.")
    body: Mapped[str] = mapped_column(String(200), comment="Body that decided.")
    proposal_version: Mapped[int] = mapped_column(Integer, comment="Version of the proposal that was decided on.")
    created_action_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("draft_action.id"),
        comment="Action that was born with this act; empty where one was there or none is.",
    )
    state: Mapped[str] = mapped_column(
        String(20), default="published", server_default="published", comment="published or reversed."
    )
    decided_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was decided."
    )
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Moderator who decided.")
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When author and supporters were told.")
    supersedes_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("disposition.id"), comment="Earlier disposition of the same proposal that was taken back."
    )
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was taken back.")
    reversed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who took it back.")
    reversal_reason: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="Why it was taken back, in words; empty for an undo at once."
    )


class ModerationAct(Base):
    """A moderator's act on one text: hidden, restored, or kept after reports."""

    __tablename__ = "moderation_act"
    __table_args__ = (
        CheckConstraint("verb IN ('hidden', 'restored', 'kept', 'published', 'refused')", name="verb_known"),
        CheckConstraint("verb NOT IN ('hidden', 'refused') OR reason_code <> ''", name="hiding_has_reason"),
        Index("ix_moderation_act_thing", "thing_kind", "thing_id", "acted_at"),
        Index("ix_moderation_act_process_id", "process_id", "acted_at", "id"),
        Index("ix_moderation_act_batch_id", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
        {"comment": "Texts hidden, shown again, or kept after reports, with reasons."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    thing_kind: Mapped[str] = mapped_column(String(20), comment="Kind of text.")
    thing_id: Mapped[uuid.UUID] = mapped_column(comment="Key of the text, named by kind.")
    verb: Mapped[str] = mapped_column(String(20), comment="hidden, restored, kept, published or refused.")
    reason_code: Mapped[str] = mapped_column(String(40), default="", comment="Stable code of the reason to hide.")
    note: Mapped[str] = mapped_column(Text, default="", comment="What the moderator added, for colleagues.")
    acted_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was done."
    )
    acted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Moderator.")
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was undone.")
    batch_id: Mapped[uuid.UUID | None] = mapped_column(
        comment="Equal for texts decided together with one reason; empty for one by itself."
    )


class ModerationPolicy(Base):
    """A version of a process's moderation rules, as published. The highest version is in force."""

    __tablename__ = "moderation_policy"
    __table_args__ = (
        UniqueConstraint("process_id", "version"),
        CheckConstraint("most_links >= 0 AND burst_count >= 0 AND burst_minutes >= 0", name="numbers_not_negative"),
        CheckConstraint("second_percent BETWEEN 0 AND 100", name="second_is_a_share"),
        {"comment": "Moderation rules of processes, version by version; none is ever changed."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    version: Mapped[int] = mapped_column(Integer, comment="Version, from 1.")
    words: Mapped[str] = mapped_column(Text, comment="The rules in words, in Markdown, for anyone to read.")
    insults: Mapped[list[str]] = mapped_column(comment="Words that bring a text to the desk; not published.")
    most_links: Mapped[int] = mapped_column(Integer, comment="A text with more links than these comes to the desk.")
    burst_count: Mapped[int] = mapped_column(
        Integer, comment="So many texts of one person within the minutes come to the desk; 0: not looked for."
    )
    burst_minutes: Mapped[int] = mapped_column(Integer, comment="Minutes of a burst.")
    second_percent: Mapped[int] = mapped_column(
        Integer,
        default=10,
        server_default="10",
        comment="How many decisions of a hundred another moderator reads again.",
    )
    published_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it came into force."
    )
    published_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who published it.")


class TextScreening(Base):
    """What the rules found in one text. It carries no time: a contribution's would tell when it came."""

    __tablename__ = "text_screening"
    __table_args__ = (
        Index(
            "ix_text_screening_open",
            "process_id",
            "thing_kind",
            "thing_id",
            postgresql_where=text("flags <> '[]'::jsonb AND closed_act_id IS NULL"),
        ),
        Index("ix_text_screening_closed_act_id", "closed_act_id", postgresql_where=text("closed_act_id IS NOT NULL")),
        {"comment": "Texts looked through by the moderation rules, with what was found."},
    )

    thing_kind: Mapped[str] = mapped_column(String(20), primary_key=True, comment="Kind of text.")
    thing_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Key of the text, named by kind.")
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    revision: Mapped[int] = mapped_column(Integer, comment="Revision of the text that was looked through.")
    policy_version: Mapped[int] = mapped_column(Integer, comment="Version of the rules; 0 for those of the platform.")
    flags: Mapped[list[str]] = mapped_column(comment="What was found; empty for nothing.")
    closed_act_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("moderation_act.id"), comment="Act by which a moderator dealt with it; empty while it waits."
    )


class ModerationAssignment(Base):
    """Who takes care of a text on the desk."""

    __tablename__ = "moderation_assignment"
    __table_args__ = (
        Index("ix_moderation_assignment_account_id", "account_id", "process_id"),
        {"comment": "Texts on the desk and the member of staff who takes care of each."},
    )

    thing_kind: Mapped[str] = mapped_column(String(20), primary_key=True, comment="Kind of text.")
    thing_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Key of the text, named by kind.")
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), comment="Who takes care of it.")
    assigned_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="Since when."
    )
    assigned_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who said so.")
