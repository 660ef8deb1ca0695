"""What the latest run read in each source."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base


class StrategyLink(Base):
    """A strategy suggested for a source, with its reason."""

    __tablename__ = "strategy_link"
    __table_args__ = (
        CheckConstraint("rank BETWEEN 1 AND 3", name="rank_one_to_three"),
        Index("ix_strategy_link_strategy_id", "strategy_id", "rank"),
        {"comment": "Up to three strategies suggested for each source, best first."},
    )

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    rank: Mapped[int] = mapped_column(Integer, primary_key=True, comment="1 is best.")
    strategy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy.id"), comment="Strategy.")
    score: Mapped[float] = mapped_column(Float, comment="Score of the method.")
    confidence: Mapped[float] = mapped_column(Float, comment="Calibrated probability that it is the right one.")
    reasons: Mapped[list[Any]] = mapped_column(
        default=list, comment="Kind and offsets of the words or sentences that decided."
    )


class SourceReading(Base):
    """What the latest run made of a source by itself."""

    __tablename__ = "source_reading"
    __table_args__ = (
        Index("ix_source_reading_process_id", "process_id", "source_id"),
        {"comment": "How the latest run read each source."},
    )

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), primary_key=True, comment="Source.")
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("run.id"), comment="Run.")
    revision: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Revision of the source that was read."
    )
    fits: Mapped[bool] = mapped_column(comment="False where none of the frame's strategies seems to fit.")
    none_confidence: Mapped[float] = mapped_column(Float, comment="Probability that none fits.")
    kind: Mapped[str | None] = mapped_column(
        String(20), comment="need, proposal, criticism or question, where the words say so."
    )
    marks: Mapped[list[str]] = mapped_column(default=list, comment="empty, off_topic, personal_data, evidence.")
    other: Mapped[bool] = mapped_column(default=False, comment="True when it is under no theme.")
    duplicate_key: Mapped[str | None] = mapped_column(String(80), comment="Group of nearly equal texts it is in.")
