"""The columns of a dated round; each kind has its own table with them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Key, UtcDateTime

#: What every table of rounds checks of its state.
STATE_KNOWN = "state IN ('draft', 'open', 'closed', 'cancelled')"


class DatedRound:
    """One question to people, open until a deadline."""

    id: Mapped[Key]
    process_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process.id"), comment="Process.")
    version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", comment="Grows with each change: the optimistic lock."
    )
    state: Mapped[str] = mapped_column(
        String(20), default="draft", server_default="draft", comment="draft, open, closed or cancelled."
    )
    title: Mapped[str] = mapped_column(String(200), comment="Title.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was prepared."
    )
    created_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="Who prepared it; empty once they erased their account."
    )
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was opened.")
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="Deadline, by the database's clock.")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When it was closed, or ran out.")
