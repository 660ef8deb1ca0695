"""Prioritisation rounds and what people say in them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from consult.coplanning.rounds.models import STATE_KNOWN, DatedRound
from consult.core.db import Base, Key, UtcDateTime


class PriorityRound(DatedRound, Base):
    """A round: one question, a list of things to weigh, a deadline."""

    __tablename__ = "priority_round"
    __table_args__ = (
        CheckConstraint("method IN ('points', 'ranking')", name="method_known"),
        CheckConstraint("target IN ('strategies', 'proposals')", name="target_known"),
        CheckConstraint("audience IN ('registered', 'invited')", name="audience_known"),
        CheckConstraint(STATE_KNOWN, name="state_known"),
        CheckConstraint("budget BETWEEN 3 AND 100 AND most_ranked BETWEEN 2 AND 10", name="measures_within_reason"),
        CheckConstraint("counted_at IS NULL OR state = 'closed'", name="counted_when_closed"),
        Index("ix_priority_round_process_id", "process_id", "created_at", "id"),
        Index("ix_priority_round_uncounted", "closes_at", postgresql_where=text("counted_at IS NULL")),
        {"comment": "Prioritisation rounds of co-planning."},
    )

    question: Mapped[str] = mapped_column(Text, comment="What is asked, in Markdown.")
    method: Mapped[str] = mapped_column(String(20), comment="points or ranking.")
    target: Mapped[str] = mapped_column(String(20), comment="strategies or proposals.")
    audience: Mapped[str] = mapped_column(String(20), comment="registered or invited.")
    zone_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("zone.id"), index=True, comment="Zone it is about; empty for the whole territory."
    )
    budget: Mapped[int] = mapped_column(Integer, default=10, server_default="10", comment="Points each person has.")
    most_ranked: Mapped[int] = mapped_column(
        Integer, default=5, server_default="5", comment="How many options a person may put in order."
    )
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was counted.")
    results: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="Public results with their method, groups under five left out; written once by the count."
    )


class PriorityOption(Base):
    """A thing to weigh."""

    __tablename__ = "priority_option"
    __table_args__ = (
        UniqueConstraint("round_id", "strategy_id"),
        UniqueConstraint("round_id", "proposal_id"),
        CheckConstraint("(strategy_id IS NULL) <> (proposal_id IS NULL)", name="one_thing"),
        {"comment": "Strategies or proposals of a prioritisation round."},
    )

    id: Mapped[Key]
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("priority_round.id"), comment="Round.")
    position: Mapped[int] = mapped_column(Integer, comment="Order in the list.")
    strategy_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("strategy.id"), index=True, comment="Strategy, where strategies are weighed."
    )
    proposal_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("proposal.id"), index=True, comment="Proposal, where proposals are weighed."
    )


class PriorityInvitation(Base):
    """A person invited to a round."""

    __tablename__ = "priority_invitation"
    __table_args__ = (
        Index("ix_priority_invitation_account_id", "account_id"),
        {"comment": "People invited to prioritisation rounds."},
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("priority_round.id"), primary_key=True, comment="Round.")
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True, comment="Person.")
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When they were invited.")


class PriorityBallot(Base):
    """What one person says. The person is known only until the count."""

    __tablename__ = "priority_ballot"
    __table_args__ = (
        UniqueConstraint("round_id", "account_id"),
        Index("ix_priority_ballot_account_id", "account_id", postgresql_where=text("account_id IS NOT NULL")),
        {"comment": "Ballots; after the count they are written anew in random order, without their people."},
    )

    id: Mapped[Key]
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("priority_round.id"), comment="Round.")
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Person, until the count or their erasure."
    )
    zone_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("zone.id"), index=True, comment="Zone the person says they speak from."
    )
    speaker_kind: Mapped[str] = mapped_column(
        String(40), default="resident", server_default="resident", comment="Kind of speaker."
    )
    choices: Mapped[Any] = mapped_column(
        JSONB, comment="Points by key of the option, or keys of options in order, best first."
    )


class PriorityTurnout(Base):
    """A person who took part, written by the count; what they said is not known any more."""

    __tablename__ = "priority_turnout"
    __table_args__ = (
        Index("ix_priority_turnout_account_id", "account_id"),
        {"comment": "Who took part in counted rounds, apart from what was said."},
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("priority_round.id"), primary_key=True, comment="Round.")
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True, comment="Person.")
