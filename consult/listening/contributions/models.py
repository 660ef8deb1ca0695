"""What is known of a contribution beside its source."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import Date, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key


class Contribution(Base):
    """One open contribution: its words are the source's."""

    __tablename__ = "contribution"
    __table_args__ = (
        Index("ix_contribution_account_id", "account_id"),
        Index("ix_contribution_process_id", "process_id"),
        {"comment": "Open contributions; their words stand in the source, once."},
    )

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process it was given to.")
    source_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("source.id"), unique=True, comment="Source that holds its words."
    )
    account_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), comment="Who gave it, when signed in; emptied by erasure."
    )
    receipt_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="SHA-256 of the receipt code.")
    on_paper: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="Entered by an operator from paper."
    )
    notice_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("privacy_notice.id"), comment="Version of the privacy notice that was shown."
    )
    given_on: Mapped[date] = mapped_column(Date, comment="Day it was given.")
