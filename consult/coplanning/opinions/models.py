"""Conversations, their statements, and what people say of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from consult.coplanning.rounds.models import STATE_KNOWN, DatedRound
from consult.core.db import Base, Key, UtcDateTime


class OpinionConversation(DatedRound, Base):
    """A conversation: one question, a list of short statements, a deadline."""

    __tablename__ = "opinion_conversation"
    __table_args__ = (
        CheckConstraint(STATE_KNOWN, name="state_known"),
        CheckConstraint("results_shown IN ('always', 'closed')", name="results_shown_known"),
        CheckConstraint("finished_at IS NULL OR state = 'closed'", name="finished_when_closed"),
        Index("ix_opinion_conversation_process_id", "process_id", "created_at", "id"),
        Index("ix_opinion_conversation_unfinished", "closes_at", postgresql_where=text("finished_at IS NULL")),
        {"comment": "Conversations in which people agree, disagree or pass on short statements."},
    )

    question: Mapped[str] = mapped_column(Text, comment="What it is about, in Markdown.")
    participants_add: Mapped[bool] = mapped_column(
        default=False,
        server_default="false",
        comment="Whether participants may add statements, which a moderator reads first.",
    )
    results_shown: Mapped[str] = mapped_column(
        String(20), default="always", server_default="always", comment="always, or closed: only once it is over."
    )
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When results were last worked out.")
    finished_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When it was counted for the last time and votes were parted from people."
    )
    results: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="Public results with method and parameters; numbers only, groups under five left out."
    )
    asking: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default="{}", comment="By statement, how much is learnt by asking it next."
    )


class OpinionStatement(Base):
    """A short statement people agree or disagree with."""

    __tablename__ = "opinion_statement"
    __table_args__ = (
        UniqueConstraint("conversation_id", "number"),
        CheckConstraint("state IN ('waiting', 'shown', 'out', 'hidden')", name="state_known"),
        CheckConstraint("origin IN ('facilitator', 'finding', 'proposal', 'participant')", name="origin_known"),
        CheckConstraint("(origin = 'finding') = (finding_id IS NOT NULL)", name="finding_where_from_one"),
        CheckConstraint("(origin = 'proposal') = (proposal_id IS NOT NULL)", name="proposal_where_from_one"),
        Index(
            "ix_opinion_statement_waiting", "process_id", "created_at", "id", postgresql_where=text("state = 'waiting'")
        ),
        {"comment": "Statements of conversations, with what they are drawn from."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opinion_conversation.id"), comment="Conversation.")
    number: Mapped[int] = mapped_column(Integer, comment="Its number in the conversation, never given twice.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Grows with each change of state: the optimistic lock."
    )
    text: Mapped[str] = mapped_column(String(300), comment="The statement, plain text.")
    state: Mapped[str] = mapped_column(
        String(20), default="shown", server_default="shown", comment="waiting, shown, out or hidden."
    )
    origin: Mapped[str] = mapped_column(String(20), comment="facilitator, finding, proposal or participant.")
    finding_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("finding.id"), index=True, comment="Published finding it is drawn from."
    )
    proposal_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("proposal.id"), index=True, comment="Proposal it is drawn from."
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="Who wrote it; empty once they erased their account. Never shown."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was written."
    )


class OpinionParticipant(Base):
    """One person in one conversation. The person is known only until its end."""

    __tablename__ = "opinion_participant"
    __table_args__ = (
        UniqueConstraint("conversation_id", "account_id"),
        Index("ix_opinion_participant_account_id", "account_id", postgresql_where=text("account_id IS NOT NULL")),
        {"comment": "Who votes in conversations; at the end written anew in random order, without their people."},
    )

    id: Mapped[Key]
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opinion_conversation.id"), comment="Conversation.")
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Person, until the end or their erasure."
    )
    changed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When they last voted or changed a vote; empty after the end."
    )


class OpinionBallot(Base):
    """What one participant says of one statement."""

    __tablename__ = "opinion_ballot"
    __table_args__ = (
        CheckConstraint("vote IN (1, 0, -1)", name="vote_known"),
        Index("ix_opinion_ballot_statement_id", "statement_id"),
        {"comment": "One vote for each participant and statement; changeable and withdrawable until the end."},
    )

    participant_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("opinion_participant.id", ondelete="CASCADE"), primary_key=True, comment="Participant."
    )
    statement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("opinion_statement.id"), primary_key=True, comment="Statement."
    )
    vote: Mapped[int] = mapped_column(SmallInteger, comment="1 agree, -1 disagree, 0 pass.")


class OpinionTurnout(Base):
    """A person who took part, written at the end; what they said is not known any more."""

    __tablename__ = "opinion_turnout"
    __table_args__ = (
        Index("ix_opinion_turnout_account_id", "account_id"),
        {"comment": "Who took part in conversations that are over, apart from what was said."},
    )

    conversation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("opinion_conversation.id"), primary_key=True, comment="Conversation."
    )
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True, comment="Person.")
