"""One effect per form: the idempotency key that every POST form carries (RELIABILITY.md D2)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import String, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from consult.core.db import Base, Key, UtcDateTime


class FormReceipt(Base):
    """A form that was taken, and where its sender was led."""

    __tablename__ = "form_receipt"
    __table_args__ = (
        {"comment": "Idempotency keys of forms, kept for some days so that a replay leads to the first result."},
    )

    id: Mapped[Key]
    owner: Mapped[str] = mapped_column(
        String(80), comment="Account, or browser session, that sent it; another's replay is refused."
    )
    endpoint: Mapped[str] = mapped_column(String(120), comment="Route that took it.")
    location: Mapped[str | None] = mapped_column(String(2000), comment="Address the first sending led to.")
    taken_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was taken."
    )


def take(session: Session, key: uuid.UUID, *, owner: str, endpoint: str) -> bool:
    """Write the key in this transaction. False when it was taken before; waits while another transaction is taking it."""
    row = session.execute(
        insert(FormReceipt)
        .values(id=key, owner=owner, endpoint=endpoint)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(FormReceipt.id)
    ).scalar_one_or_none()
    return row is not None


def earlier(session: Session, key: uuid.UUID, *, owner: str, endpoint: str) -> str | None:
    """Where the first sending led, if it was this sender's and this route's."""
    return session.execute(
        select(FormReceipt.location).where(
            FormReceipt.id == key, FormReceipt.owner == owner, FormReceipt.endpoint == endpoint
        )
    ).scalar_one_or_none()


def settle(session: Session, key: uuid.UUID, location: str | None) -> None:
    """Keep where the sender was led, in the same transaction as the effect."""
    session.execute(update(FormReceipt).where(FormReceipt.id == key).values(location=location))
