"""What offices think of proposals before anybody decides, notes among staff, dispositions in preparation. None of it is ever public."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class EvaluationOffice(Base):
    """An office that evaluates proposals as one: any of its people may fill in what was asked of it."""

    __tablename__ = "evaluation_office"
    __table_args__ = (
        UniqueConstraint("process_id", "name"),
        {"comment": "Offices of a process that evaluate proposals; internal."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    name: Mapped[str] = mapped_column(String(200), comment="Name of the office or department.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was entered."
    )


class EvaluationOfficeMember(Base):
    """An evaluator who works in an office."""

    __tablename__ = "evaluation_office_member"
    __table_args__ = (
        Index("ix_evaluation_office_member_account_id", "account_id"),
        {"comment": "Evaluators and the offices they work in."},
    )

    office_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("evaluation_office.id", ondelete="CASCADE"), primary_key=True, comment="Office."
    )
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True, comment="Evaluator.")


class Evaluation(Base):
    """What one evaluator, or one office, was asked about one proposal, and what it answered."""

    __tablename__ = "evaluation"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'started', 'delivered', 'declined', 'withdrawn')", name="state_known"),
        CheckConstraint("competence IN ('', 'direct', 'shared', 'others', 'none')", name="competence_known"),
        CheckConstraint("feasibility BETWEEN 1 AND 5", name="feasibility_on_the_scale"),
        CheckConstraint("cost_from >= 0 AND cost_to >= cost_from", name="cost_is_a_range"),
        CheckConstraint("account_id IS NULL OR office_id IS NULL", name="asked_of_one"),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_has_date"),
        UniqueConstraint("proposal_id", "account_id"),
        UniqueConstraint("proposal_id", "office_id"),
        Index("ix_evaluation_process_id", "process_id", "due_at", "id"),
        Index("ix_evaluation_account_id", "account_id", postgresql_where=text("account_id IS NOT NULL")),
        Index("ix_evaluation_office_id", "office_id", postgresql_where=text("office_id IS NOT NULL")),
        {"comment": "Evaluations of proposals asked of evaluators and offices; internal, never published."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Proposal to be evaluated.")
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"),
        comment="Evaluator who was asked; empty for an office, and once they erased their account.",
    )
    office_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("evaluation_office.id"), comment="Office that was asked; empty where a person was."
    )
    state: Mapped[str] = mapped_column(
        String(20),
        default="asked",
        server_default="asked",
        comment="asked, started, delivered, declined or withdrawn.",
    )
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Grows with each save: the optimistic lock."
    )
    due_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="Until when it is wanted.")
    asked_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was asked."
    )
    asked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Moderator who asked.")
    question: Mapped[str] = mapped_column(Text, default="", server_default="", comment="What should be looked at.")
    competence: Mapped[str] = mapped_column(
        String(20), default="", server_default="", comment="direct, shared, others or none; empty until it is said."
    )
    competent_bodies: Mapped[str] = mapped_column(
        String(300), default="", server_default="", comment="Whose it is, where it is shared or others'."
    )
    feasibility: Mapped[int | None] = mapped_column(Integer, comment="1 not feasible to 5 feasible at once.")
    feasibility_words: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="What it depends on, in words."
    )
    cost_from: Mapped[int | None] = mapped_column(BigInteger, comment="Least cost estimated, in euros.")
    cost_to: Mapped[int | None] = mapped_column(BigInteger, comment="Greatest cost estimated, in euros.")
    cost_words: Mapped[str] = mapped_column(Text, default="", server_default="", comment="What the cost is made of.")
    opinion: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="Internal opinion; never published."
    )
    outcome: Mapped[str] = mapped_column(
        String(20), default="", server_default="", comment="Disposition the evaluator proposes; empty for none."
    )
    reason_code: Mapped[str] = mapped_column(
        String(40), default="", server_default="", comment="Reason proposed with it, by its stable code."
    )
    proposal_version: Mapped[int | None] = mapped_column(
        Integer, comment="Version of the proposal's words that was read when it was delivered."
    )
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was last saved.")
    saved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who saved it last.")
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was delivered.")
    ended_why: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="Why it was handed back or withdrawn, in words."
    )


class EvaluationOverlap(Base):
    """Something that exists already and that an evaluator says the proposal overlaps with."""

    __tablename__ = "evaluation_overlap"
    __table_args__ = (
        CheckConstraint("kind IN ('finding', 'provision', 'action')", name="kind_known"),
        CheckConstraint("origin IN ('machine', 'human')", name="origin_known"),
        {"comment": "Overlaps of proposals that evaluators accepted from suggestions or named themselves."},
    )

    evaluation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("evaluation.id", ondelete="CASCADE"), primary_key=True, comment="Evaluation."
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True, comment="finding, provision or action.")
    thing_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="Key of the thing, named by kind.")
    origin: Mapped[str] = mapped_column(
        String(20), comment="machine: suggested and accepted by a person; human: named by a person."
    )
    method: Mapped[str] = mapped_column(
        String(80), default="", server_default="", comment="How it was suggested; empty where a person named it."
    )


class InternalNote(Base):
    """A note among staff about a proposal. A reply answers a note and has no replies of its own."""

    __tablename__ = "internal_note"
    __table_args__ = (
        Index("ix_internal_note_proposal_id", "proposal_id", "written_at", "id"),
        Index("ix_internal_note_author_id", "author_id"),
        {"comment": "Notes among staff about proposals; never public, never exported."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Proposal it is about.")
    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("internal_note.id"), index=True, comment="Note it answers; empty for a note of its own."
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who wrote it; empty once they erased their account."
    )
    text: Mapped[str] = mapped_column(Text, comment="What was written, in Markdown; emptied when it is taken back.")
    written_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was written."
    )
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When its author took it back.")


class DispositionDraft(Base):
    """A disposition in preparation: nobody outside the desk sees it until it is published with others."""

    __tablename__ = "disposition_draft"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('adopted', 'adopted_in_part', 'merged', 'already_planned', 'postponed', 'not_competent', 'rejected')",
            name="outcome_known",
        ),
        Index("ix_disposition_draft_process_id", "process_id", "proposal_id"),
        {"comment": "Dispositions in preparation, one for a proposal at a time."},
    )

    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), primary_key=True, comment="Proposal.")
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    version: Mapped[int] = mapped_column(Integer, comment="Grows with each save: the optimistic lock.")
    proposal_version: Mapped[int] = mapped_column(Integer, comment="Version of the proposal that was read.")
    outcome: Mapped[str] = mapped_column(String(20), comment="Outcome.")
    reason_code: Mapped[str] = mapped_column(String(40), comment="Stable code of the reason.")
    public_reason: Mapped[str] = mapped_column(Text, comment="The reason in words, for anyone to read once published.")
    body: Mapped[str] = mapped_column(String(200), comment="Body that decides.")
    action_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("draft_action.id"),
        comment="Action it becomes part of, where the outcome leads to one that is there.",
    )
    action_title: Mapped[str] = mapped_column(
        String(200),
        default="",
        server_default="",
        comment="Title of the action to be born with it, where none is there.",
    )
    passage: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="Words of the proposal concerned; empty for all of them."
    )
    saved_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was last saved."
    )
    saved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), comment="Who saved it last.")
    act_id: Mapped[uuid.UUID | None] = mapped_column(
        index=True, comment="Act by which it was published; empty while it is in preparation, and again after an undo."
    )
