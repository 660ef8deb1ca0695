"""Dispositions, and the acts by which texts are hidden and shown again."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, func, text
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
        CheckConstraint("verb IN ('hidden', 'restored', 'kept')", name="verb_known"),
        CheckConstraint("verb <> 'hidden' OR reason_code <> ''", name="hiding_has_reason"),
        Index("ix_moderation_act_thing", "thing_kind", "thing_id", "acted_at"),
        Index("ix_moderation_act_process_id", "process_id", "acted_at", "id"),
        {"comment": "Texts hidden, shown again, or kept after reports, with reasons."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    thing_kind: Mapped[str] = mapped_column(String(20), comment="Kind of text.")
    thing_id: Mapped[uuid.UUID] = mapped_column(comment="Key of the text, named by kind.")
    verb: Mapped[str] = mapped_column(String(20), comment="hidden, restored or kept.")
    reason_code: Mapped[str] = mapped_column(String(40), default="", comment="Stable code of the reason to hide.")
    note: Mapped[str] = mapped_column(Text, default="", comment="What the moderator added, for colleagues.")
    acted_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was done."
    )
    acted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Moderator.")
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was undone.")
