"""What looks at moderators' decisions again: appeals by authors, and the second reading of a sample."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class ModerationAppeal(Base):
    """An author's appeal against a decision on their text: one for each decision, with one answer by another moderator."""

    __tablename__ = "moderation_appeal"
    __table_args__ = (
        UniqueConstraint("act_id"),
        CheckConstraint("state IN ('open', 'accepted', 'confirmed', 'settled')", name="state_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_has_date"),
        CheckConstraint("state NOT IN ('accepted', 'confirmed') OR answer <> ''", name="decision_has_answer"),
        Index("ix_moderation_appeal_process_id", "process_id", "filed_at", "id"),
        Index("ix_moderation_appeal_appellant_id", "appellant_id", postgresql_where=text("appellant_id IS NOT NULL")),
        {"comment": "Appeals of authors against texts hidden or refused, decided by another moderator."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    act_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("moderation_act.id"), comment="Decision appealed against.")
    appellant_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Author of the text; empty once they erased their account."
    )
    words: Mapped[str] = mapped_column(Text, comment="Why the author thinks it wrong; read by moderators only.")
    state: Mapped[str] = mapped_column(
        String(20), default="open", server_default="open", comment="open, accepted, confirmed or settled."
    )
    filed_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was made."
    )
    answer: Mapped[str] = mapped_column(Text, default="", server_default="", comment="The answer to the author.")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was answered.")
    decided_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="Moderator who answered, never the one of the decision."
    )
    restoring_act_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("moderation_act.id"), index=True, comment="Act by which the text was shown again."
    )


class ModerationReading(Base):
    """The second reading of one decision: by another moderator who does not see the first, and by a third where the two differ."""

    __tablename__ = "moderation_reading"
    __table_args__ = (
        UniqueConstraint("act_id"),
        CheckConstraint("state IN ('waiting', 'agreed', 'disputed', 'settled')", name="state_known"),
        CheckConstraint("(state = 'waiting') = (second_at IS NULL)", name="second_has_date"),
        CheckConstraint("(state = 'settled') = (third_at IS NOT NULL)", name="third_has_date"),
        CheckConstraint("second_by IS NULL OR third_by IS NULL OR second_by <> third_by", name="third_is_another"),
        Index(
            "ix_moderation_reading_to_do",
            "process_id",
            "drawn_at",
            "id",
            postgresql_where=text("state IN ('waiting', 'disputed')"),
        ),
        Index("ix_moderation_reading_process_id", "process_id"),
        {"comment": "Decisions drawn by lot to be read again, blind, by another moderator."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    act_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("moderation_act.id"), comment="Decision read again.")
    state: Mapped[str] = mapped_column(
        String(20), default="waiting", server_default="waiting", comment="waiting, agreed, disputed or settled."
    )
    drawn_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was drawn."
    )
    second_reason: Mapped[str | None] = mapped_column(
        String(40), comment="Reason of the second to hide; an empty text for leaving it visible."
    )
    second_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="Second moderator."
    )
    second_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the second decided.")
    third_reason: Mapped[str | None] = mapped_column(
        String(40), comment="Reason of the third to hide; an empty text for leaving it visible."
    )
    third_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"), index=True, comment="Third moderator.")
    third_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When the third decided.")
    changing_act_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("moderation_act.id"), index=True, comment="Act by which the third changed the decision."
    )
