"""Proposals and what hangs on them."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Date,
    Float,
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
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime

_CONFIGURATION = (
    "CASE language WHEN 'en' THEN 'english'::regconfig WHEN 'fr' THEN 'french'::regconfig ELSE 'italian'::regconfig END"
)
#: Words of title (heavier) and text, by the proposal's own language, so that «ciclabili» finds «ciclabile».
_WORDS = f"setweight(to_tsvector({_CONFIGURATION}, title), 'A') || setweight(to_tsvector({_CONFIGURATION}, text), 'B')"
#: Lists show these; queries say it in the same words, so that the indexes below serve them.
LISTED = text("state IN ('published', 'merged', 'split')")


class ProposalCounter(Base):
    """The last number given in a process."""

    __tablename__ = "proposal_counter"
    __table_args__ = ({"comment": "Last proposal number of each process; its row lock gives numbers without races."},)

    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), primary_key=True, comment="Process.")
    last: Mapped[int] = mapped_column(Integer, comment="Last number given.")


class Proposal(Base):
    """A proposal tied to a strategy."""

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("process_id", "number"),
        CheckConstraint(
            "state IN ('published', 'hidden', 'withdrawn', 'merged', 'split', 'waiting', 'dropped')", name="state_known"
        ),
        CheckConstraint("supports_count >= 0 AND comments_count >= 0", name="counts_not_negative"),
        CheckConstraint("(outcome IS NULL) = (outcome_at IS NULL)", name="outcome_has_date"),
        Index("ix_proposal_newest", "process_id", "created_at", "id", postgresql_where=LISTED),
        Index("ix_proposal_supported", "process_id", "supports_count", "id", postgresql_where=LISTED),
        Index("ix_proposal_discussed", "process_id", "comments_count", "id", postgresql_where=LISTED),
        Index("ix_proposal_strategy_id", "strategy_id"),
        Index("ix_proposal_author_id", "author_id"),
        Index("ix_proposal_finding_id", "finding_id", postgresql_where=text("finding_id IS NOT NULL")),
        CheckConstraint("origin IN ('web', 'paper', 'meeting')", name="origin_known"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point_is_whole"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="point_on_earth"),
        UniqueConstraint("receipt_hash"),
        Index("ix_proposal_meeting_id", "meeting_id", postgresql_where=text("meeting_id IS NOT NULL")),
        Index("ix_proposal_entered_by", "entered_by", postgresql_where=text("entered_by IS NOT NULL")),
        Index("ix_proposal_search", "search", postgresql_using="gin"),
        {"comment": "Proposals of co-planning."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it is part of.")
    number: Mapped[int] = mapped_column(Integer, comment="Its number in the process, given once, in order.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Grows with each edit and change of state: the optimistic lock."
    )
    text_version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Grows with each edit of the words."
    )
    state: Mapped[str] = mapped_column(
        String(20),
        default="published",
        server_default="published",
        comment="published, hidden, withdrawn, merged, split, waiting or dropped.",
    )
    state_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it came into this state."
    )
    title: Mapped[str] = mapped_column(String(200), comment="Title.")
    text: Mapped[str] = mapped_column(Text, comment="What is proposed, in Markdown.")
    html: Mapped[str] = mapped_column(Text, comment="The text as safe HTML, rendered once when it was written.")
    excerpt: Mapped[str] = mapped_column(String(320), comment="Its first words without marks, for lists.")
    language: Mapped[str] = mapped_column(
        String(5), default="it", server_default="it", comment="Language it is searched in."
    )
    strategy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy.id"), comment="Strategy it is for.")
    finding_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("finding.id"), comment="Finding of the position paper it answers, where it names one."
    )
    municipality_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("municipality.id"), comment="Municipality it speaks of, where it names one."
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who wrote it; empty once the person erased their account."
    )
    author_kind: Mapped[str] = mapped_column(
        String(40), default="resident", server_default="resident", comment="Kind of speaker."
    )
    organisation: Mapped[str] = mapped_column(
        String(200),
        default="",
        server_default="",
        comment="Body in whose name it is; empty where a person speaks for themselves.",
    )
    show_name: Mapped[bool] = mapped_column(
        default=True, server_default="true", comment="Whether the account's name is shown."
    )
    pseudonym: Mapped[str] = mapped_column(
        String(80), default="", server_default="", comment="Signature shown instead of the name, where one was chosen."
    )
    supports_count: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="People who support it now."
    )
    comments_count: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Visible comments and replies."
    )
    first_supported_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When the first support came: from then on its words are fixed."
    )
    outcome: Mapped[str | None] = mapped_column(String(20), comment="Published disposition, once there is one.")
    outcome_reason: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="Public reason of the disposition."
    )
    outcome_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the disposition was published.")
    outcome_body: Mapped[str] = mapped_column(String(200), default="", server_default="", comment="Body that decided.")
    latitude: Mapped[float | None] = mapped_column(Float, comment="Degrees north of the point it is about, if any.")
    longitude: Mapped[float | None] = mapped_column(Float, comment="Degrees east of the point it is about, if any.")
    origin: Mapped[str] = mapped_column(
        String(20), default="web", server_default="web", comment="web, paper or meeting: how it came in."
    )
    meeting_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("meeting.id"), comment="Meeting it was collected at, where it was one."
    )
    received_on: Mapped[date | None] = mapped_column(Date, comment="Day it was handed in, where it came on paper.")
    entered_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who typed it in for its author; empty once they erased their account."
    )
    receipt_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), comment="SHA-256 of the receipt code handed to the author of a paper proposal."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was submitted."
    )
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When its words last changed.")
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed(_WORDS, persisted=True), deferred=True, comment="Words of title and text, for searching."
    )


class ProposalVersion(Base):
    """The words of a proposal before an edit."""

    __tablename__ = "proposal_version"
    __table_args__ = (UniqueConstraint("proposal_id", "number"), {"comment": "Earlier words of proposals."})

    id: Mapped[Key]
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Proposal.")
    number: Mapped[int] = mapped_column(Integer, comment="Which version of the words it was: 1, 2, 3 ...")
    title: Mapped[str] = mapped_column(String(200), comment="Title then.")
    text: Mapped[str] = mapped_column(Text, comment="Text then, in Markdown.")
    html: Mapped[str] = mapped_column(Text, comment="Text then, as safe HTML.")
    strategy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy.id"), comment="Strategy then.")
    written_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When these words were written.")


class ProposalFile(Base):
    """A file that came with a proposal. It is as readable as the proposal, and goes with its author's erasure."""

    __tablename__ = "proposal_file"
    __table_args__ = ({"comment": "Files of proposals."},)

    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), primary_key=True, comment="Proposal.")
    file_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("stored_file.id", ondelete="CASCADE"), primary_key=True, index=True, comment="File."
    )
    position: Mapped[int] = mapped_column(Integer, comment="Order in which it was chosen.")


class ProposalZone(Base):
    """A zone a proposal speaks of; none means the whole territory."""

    __tablename__ = "proposal_zone"
    __table_args__ = (Index("ix_proposal_zone_zone_id", "zone_id"), {"comment": "Zones of proposals."})

    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), primary_key=True, comment="Proposal.")
    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("zone.id"), primary_key=True, comment="Zone.")


class ProposalSupport(Base):
    """A person's support of a proposal."""

    __tablename__ = "proposal_support"
    __table_args__ = (
        UniqueConstraint("proposal_id", "account_id"),
        Index("ix_proposal_support_account_id", "account_id"),
        {"comment": "Supports: one per person and proposal."},
    )

    id: Mapped[Key]
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Proposal.")
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Person; empty once they erased their account: the support still counts."
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was given."
    )


class ProposalFollow(Base):
    """A person who wants to be told what becomes of a proposal."""

    __tablename__ = "proposal_follow"
    __table_args__ = (Index("ix_proposal_follow_account_id", "account_id"), {"comment": "Followers of proposals."})

    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), primary_key=True, comment="Proposal.")
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True, comment="Person.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="Since when."
    )


class ProposalLineage(Base):
    """Where a proposal comes from: merged from, or split out of, another. Supports are never moved along it."""

    __tablename__ = "proposal_lineage"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id", "kind"),
        CheckConstraint("kind IN ('merged', 'split')", name="kind_known"),
        CheckConstraint("from_id <> to_id", name="not_itself"),
        Index("ix_proposal_lineage_to_id", "to_id"),
        {"comment": "Merges and splits of proposals, both ways, undoable."},
    )

    id: Mapped[Key]
    from_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Earlier proposal.")
    to_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), comment="Proposal that carries it on.")
    regrouping_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("proposal_regrouping.id"), index=True, comment="Act that made it."
    )
    kind: Mapped[str] = mapped_column(String(20), comment="merged or split.")
    reason: Mapped[str] = mapped_column(Text, default="", server_default="", comment="Public reason.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was done."
    )
    created_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who did it; empty once they erased their account."
    )
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was taken back.")


class Regrouping(Base):
    """One act of merging proposals into one, or of splitting one into several; asked by an author first, or done by a moderator."""

    __tablename__ = "proposal_regrouping"
    __table_args__ = (
        CheckConstraint("kind IN ('merged', 'split')", name="kind_known"),
        CheckConstraint("state IN ('asked', 'standing', 'refused', 'withdrawn', 'lapsed', 'undone')", name="state_known"),
        CheckConstraint("lapsed_because IN ('late', 'closed', 'settled', 'gone')", name="lapsed_because_known"),
        CheckConstraint("(lapsed_because IS NULL) = (state <> 'lapsed')", name="lapsed_has_cause"),
        Index("ix_proposal_regrouping_process_id", "process_id", "asked_at", "id"),
        {
            "comment": "Merges and splits: who asked for them, why, until when authors may object, and whether they stand."
        },
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    kind: Mapped[str] = mapped_column(String(20), comment="merged or split.")
    state: Mapped[str] = mapped_column(String(20), comment="asked, standing, refused, withdrawn, lapsed or undone.")
    by_authors: Mapped[bool] = mapped_column(comment="Whether the authors agreed on it; otherwise a moderator did it.")
    reason: Mapped[str] = mapped_column(Text, comment="Public reason.")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime(), comment="When it was asked for, or done.")
    asked_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"),
        index=True,
        comment="Who asked for it or did it; empty once they erased their account.",
    )
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it took effect.")
    objections_until: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="Until when authors may object.")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was refused or taken back, or lapsed.")
    ended_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="Who refused it or took it back."
    )
    end_reason: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="Public reason why it was refused or taken back."
    )
    lapsed_because: Mapped[str | None] = mapped_column(
        String(20), comment="late, closed, settled or gone: why a question lapsed without an answer."
    )


class RegroupingPart(Base):
    """A proposal concerned by a merge or split, with what its author says to it."""

    __tablename__ = "proposal_regrouping_part"
    __table_args__ = (
        CheckConstraint("role IN ('from', 'into')", name="role_known"),
        CheckConstraint("(objected_at IS NULL) = (objection = '')", name="objection_has_date"),
        CheckConstraint("(answered_at IS NULL) = (upheld IS NULL)", name="answer_has_date"),
        Index("ix_proposal_regrouping_part_proposal_id", "proposal_id"),
        {"comment": "Proposals concerned by a merge or split; agreement, objection and its answer."},
    )

    regrouping_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("proposal_regrouping.id"), primary_key=True, comment="Merge or split."
    )
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal.id"), primary_key=True, comment="Proposal.")
    role: Mapped[str] = mapped_column(String(10), comment="from: carried on by others; into: carries others on.")
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When its author agreed.")
    objection: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="What its author says against it."
    )
    objected_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When its author objected.")
    answer: Mapped[str] = mapped_column(Text, default="", server_default="", comment="Answer to the objection.")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the objection was answered.")
    upheld: Mapped[bool | None] = mapped_column(comment="Whether the objection was right.")
