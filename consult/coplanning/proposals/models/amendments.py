"""Amendments: changes that somebody else proposes to a proposal's words, and the people who became co-authors by them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class Amendment(Base):
    """A change proposed to a proposal: the whole words as they would be, against one version of them."""

    __tablename__ = "proposal_amendment"
    __table_args__ = (
        CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'lapsed', 'withdrawn', 'hidden', 'waiting', 'dropped')", name="state_known"
        ),
        CheckConstraint("shown_state IN ('open', 'accepted', 'declined', 'lapsed', 'withdrawn')", name="shown_state_known"),
        CheckConstraint("state <> 'open' OR answer_by IS NOT NULL", name="open_has_term"),
        CheckConstraint("lapsed_because IN ('late', 'closed', 'settled', 'gone')", name="lapsed_because_known"),
        CheckConstraint("(lapsed_because IS NULL) = (shown_state <> 'lapsed')", name="lapsed_has_cause"),
        CheckConstraint("(accepted_version IS NULL) = (shown_state <> 'accepted')", name="accepted_has_version"),
        Index("ix_proposal_amendment_order", "proposal_id", "created_at", "id"),
        Index("ix_proposal_amendment_author_id", "author_id"),
        Index("ix_proposal_amendment_answered_by", "answered_by", postgresql_where=text("answered_by IS NOT NULL")),
        Index("ix_proposal_amendment_process_id", "process_id", "created_at"),
        Index(
            "uq_proposal_amendment_one_at_a_time",
            "proposal_id",
            "author_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'waiting')"),
        ),
        Index("ix_proposal_amendment_answer_by", "answer_by", postgresql_where=text("state = 'open'")),
        {"comment": "Changes that people propose to the words of others' proposals."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it is part of.")
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Proposal it would change.")
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who proposes it; empty once the person erased their account."
    )
    show_name: Mapped[bool] = mapped_column(
        default=True, server_default="true", comment="Whether the account's name is shown."
    )
    pseudonym: Mapped[str] = mapped_column(
        String(80), default="", server_default="", comment="Signature shown instead of the name, where one was chosen."
    )
    base_version: Mapped[int] = mapped_column(
        Integer, comment="Version of the proposal's words it was written against."
    )
    title: Mapped[str] = mapped_column(String(200), comment="Title as it would be.")
    text: Mapped[str] = mapped_column(Text, comment="Text as it would be, in Markdown.")
    reason: Mapped[str] = mapped_column(Text, comment="Why, in the words of who proposes it.")
    state: Mapped[str] = mapped_column(
        String(20),
        default="open",
        server_default="open",
        comment="open, accepted, declined, lapsed, withdrawn, hidden, waiting or dropped.",
    )
    shown_state: Mapped[str] = mapped_column(
        String(20),
        default="open",
        server_default="open",
        comment="State it has, or has again, while no moderator hides it or has still to read it.",
    )
    state_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it came into this state."
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Grows with each edit and change of state: the optimistic lock."
    )
    text_version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Grows with each edit of its words."
    )
    answer_by: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="Until when the proposal's author may answer; empty until it is theirs to answer."
    )
    lapsed_because: Mapped[str | None] = mapped_column(
        String(20), comment="late, closed, settled or gone: why it lapsed without an answer."
    )
    answer: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="What the proposal's author answered, for anyone to read."
    )
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was accepted or declined.")
    answered_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who answered; empty once they erased their account."
    )
    accepted_version: Mapped[int | None] = mapped_column(
        Integer, comment="Version of the proposal's words that it became, once accepted."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was proposed."
    )
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When its words last changed.")


class AmendmentVersion(Base):
    """What an amendment said before its author changed it."""

    __tablename__ = "proposal_amendment_version"
    __table_args__ = (
        UniqueConstraint("amendment_id", "number"),
        {"comment": "Earlier words of amendments, for moderators who look at a decision again."},
    )

    id: Mapped[Key]
    amendment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal_amendment.id"), comment="Amendment.")
    number: Mapped[int] = mapped_column(Integer, comment="Version of its words, from 1.")
    base_version: Mapped[int] = mapped_column(
        Integer, comment="Version of the proposal's words it was written against."
    )
    title: Mapped[str] = mapped_column(String(200), comment="Title as it would have been.")
    text: Mapped[str] = mapped_column(Text, comment="Text as it would have been, in Markdown.")
    reason: Mapped[str] = mapped_column(Text, comment="Why, in the words of who proposed it.")
    written_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="Since when it said so.")


class ProposalCoauthor(Base):
    """Somebody whose amendment became part of a proposal."""

    __tablename__ = "proposal_coauthor"
    __table_args__ = (
        UniqueConstraint("proposal_id", "account_id"),
        Index("ix_proposal_coauthor_account_id", "account_id"),
        Index("ix_proposal_coauthor_amendment_id", "amendment_id"),
        {"comment": "Co-authors of proposals, by the amendment that made them so."},
    )

    id: Mapped[Key]
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Proposal.")
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Person; empty once they erased their account."
    )
    amendment_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("proposal_amendment.id"), comment="Their first amendment that was accepted."
    )
    show_name: Mapped[bool] = mapped_column(
        default=True, server_default="true", comment="Whether the account's name is shown."
    )
    pseudonym: Mapped[str] = mapped_column(
        String(80), default="", server_default="", comment="Signature shown instead of the name, where one was chosen."
    )
    since: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="Since when they are a co-author."
    )
