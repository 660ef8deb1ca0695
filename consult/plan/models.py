"""Draft actions, their numbers, their history and what they rest on."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class ActionCounter(Base):
    """The last number given within a strategy. Its row is locked until the giving transaction ends: no gap, no race."""

    __tablename__ = "action_counter"
    __table_args__ = ({"comment": "Last action number per process and strategy."},)

    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), primary_key=True, comment="Process.")
    strategy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy.id"), primary_key=True, comment="Strategy.")
    last_number: Mapped[int] = mapped_column(Integer, comment="Last number given.")


class DraftAction(Base):
    """An action of the plan that is being made."""

    __tablename__ = "draft_action"
    __table_args__ = (
        UniqueConstraint("process_id", "code"),
        UniqueConstraint("process_id", "strategy_id", "number"),
        CheckConstraint("state IN ('draft', 'under_review', 'adopted', 'withdrawn')", name="state_known"),
        CheckConstraint("origin IN ('promoted', 'imported', 'typed')", name="origin_known"),
        CheckConstraint("competence IN ('direct', 'shared', 'others')", name="competence_known"),
        CheckConstraint("number > 0", name="number_positive"),
        Index("ix_draft_action_strategy_id", "strategy_id", "number"),
        {"comment": "Draft actions of plans. Withdrawn ones stay, with their number."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    strategy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy.id"), comment="Strategy it carries out.")
    number: Mapped[int] = mapped_column(Integer, comment="Number within the strategy.")
    code: Mapped[str] = mapped_column(String(30), comment="Strategy code and number, such as 2.1.4; never given twice.")
    title: Mapped[str] = mapped_column(String(200), comment="Title.")
    text: Mapped[str] = mapped_column(Text, default="", comment="What is to be done, in Markdown.")
    competence: Mapped[str] = mapped_column(String(20), default="direct", comment="direct, shared or others.")
    lead_body: Mapped[str] = mapped_column(String(200), default="", comment="Office or body that leads it.")
    partners: Mapped[str] = mapped_column(Text, default="", comment="Who takes part.")
    period: Mapped[str] = mapped_column(String(100), default="", comment="When, in words.")
    funding: Mapped[str] = mapped_column(Text, default="", comment="Funding sources.")
    objective_code: Mapped[str] = mapped_column(
        String(60), default="", comment="Code of the objective in DUP or PIAO, the authority's own programming papers."
    )
    origin: Mapped[str] = mapped_column(String(20), comment="promoted, imported or typed.")
    state: Mapped[str] = mapped_column(
        String(20), default="draft", comment="draft, under_review, adopted or withdrawn."
    )
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", comment="Grows with each change.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was born."
    )
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who wrote it first.")
    changed_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was last changed."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who changed it last.")


class ActionZone(Base):
    """A zone an action is for; an action without rows is for the whole territory."""

    __tablename__ = "action_zone"
    __table_args__ = ({"comment": "Zones that actions are for."},)

    action_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("draft_action.id"), primary_key=True, comment="Action.")
    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("zone.id"), primary_key=True, index=True, comment="Zone.")


class ActionConnection(Base):
    """Another strategy that an action also serves (cross-axis connection)."""

    __tablename__ = "action_connection"
    __table_args__ = ({"comment": "Connections of actions to strategies other than their own."},)

    action_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("draft_action.id"), primary_key=True, comment="Action.")
    strategy_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("strategy.id"), primary_key=True, index=True, comment="Other strategy."
    )


class ActionProvision(Base):
    """A provision of an existing plan that an action carries out or touches."""

    __tablename__ = "action_provision"
    __table_args__ = ({"comment": "Links of actions to provisions of existing plans."},)

    action_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("draft_action.id"), primary_key=True, comment="Action.")
    provision_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("provision.id"), primary_key=True, index=True, comment="Provision."
    )


class ActionChange(Base):
    """One change of an action: who, when, what it was and what it became."""

    __tablename__ = "action_change"
    __table_args__ = (
        UniqueConstraint("action_id", "version"),
        CheckConstraint("kind IN ('created', 'edited', 'state', 'linked', 'unlinked')", name="kind_known"),
        {"comment": "History of actions; one row for each version."},
    )

    id: Mapped[Key]
    action_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("draft_action.id"), comment="Action.")
    version: Mapped[int] = mapped_column(Integer, comment="Version that the change made.")
    kind: Mapped[str] = mapped_column(String(20), comment="created, edited, state, linked or unlinked.")
    before: Mapped[dict[str, Any]] = mapped_column(comment="Changed fields as they were.")
    after: Mapped[dict[str, Any]] = mapped_column(comment="Changed fields as they became.")
    note: Mapped[str] = mapped_column(Text, default="", comment="Why, where the person said it.")
    changed_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was changed."
    )
    changed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who changed it.")


class Promotion(Base):
    """The link from a proposal, finding or meeting note to an action, many to many. Ended links stay, for the lineage."""

    __tablename__ = "promotion"
    __table_args__ = (
        CheckConstraint("num_nonnulls(proposal_id, finding_id, source_id) = 1", name="one_ground"),
        Index(
            "uq_promotion_proposal_action",
            "proposal_id",
            "action_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND proposal_id IS NOT NULL"),
        ),
        Index(
            "uq_promotion_finding_action",
            "finding_id",
            "action_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND finding_id IS NOT NULL"),
        ),
        Index(
            "uq_promotion_source_action",
            "source_id",
            "action_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND source_id IS NOT NULL"),
        ),
        Index("ix_promotion_action_id", "action_id"),
        Index("ix_promotion_cause_id", "cause_id"),
        {"comment": "What actions rest on, with the passage concerned."},
    )

    id: Mapped[Key]
    action_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("draft_action.id"), comment="Action that rests on it.")
    proposal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("proposal.id"), comment="Proposal promoted.")
    finding_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("finding.id"), comment="Finding answered.")
    source_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("source.id"), comment="Meeting note taken up.")
    passage: Mapped[str] = mapped_column(Text, default="", comment="The words concerned, verbatim.")
    passage_start: Mapped[int | None] = mapped_column(
        Integer, comment="Where the words begin in the text, in characters."
    )
    cause_id: Mapped[uuid.UUID | None] = mapped_column(
        comment="Key of the act that made the link: a disposition, in the room above."
    )
    reason_code: Mapped[str] = mapped_column(
        String(40),
        default="",
        server_default="",
        comment="Stable code of the reason; a proposal's stands with its outcome.",
    )
    reason: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="The reason in words, for anyone to read."
    )
    body: Mapped[str] = mapped_column(String(200), default="", server_default="", comment="Body that decided.")
    born_with: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Whether the action was written for this link."
    )
    made_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was made."
    )
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who made it.")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was taken back.")
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who took it back.")


class PlanFile(Base):
    """A built file of the plan."""

    __tablename__ = "plan_file"
    __table_args__ = (
        UniqueConstraint("process_id", "format"),
        CheckConstraint("format IN ('html', 'pdf', 'docx')", name="format_known"),
        {"comment": "Built files of plans. One is served only while the plan still says what stands in it."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process whose plan it is.")
    format: Mapped[str] = mapped_column(String(5), comment="html, pdf or docx.")
    asked_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="Since when it is being built; empty while it is not."
    )
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it last could not be built.")
    built_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was built.")
    fingerprint: Mapped[str] = mapped_column(
        String(64), default="", server_default="", comment="Hash of all that the plan said then."
    )
    body: Mapped[bytes | None] = mapped_column(LargeBinary, comment="The file; empty before it is built.")
