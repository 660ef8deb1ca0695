"""One effect per form: the idempotency key that every POST form carries, so that a second click does nothing more."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, func, select, update
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


# Built once: every form that is sent asks both.
_TABLE: Any = FormReceipt.__table__
_TAKE = (
    insert(_TABLE)
    .values(id=bindparam("id"), owner=bindparam("owner"), endpoint=bindparam("endpoint"))
    .on_conflict_do_nothing(index_elements=["id"])
    .returning(_TABLE.c.id)
)
_SETTLE = update(_TABLE).where(_TABLE.c.id == bindparam("key")).values(location=bindparam("led_to"))


def take(session: Session, key: uuid.UUID, *, owner: str, endpoint: str) -> bool:
    """Write the key in this transaction. False when it was taken before; waits while another transaction is taking it."""
    return session.execute(_TAKE, {"id": key, "owner": owner, "endpoint": endpoint}).scalar_one_or_none() is not None


def earlier(session: Session, key: uuid.UUID, *, owner: str, endpoint: str) -> str | None:
    """Where the first sending led, if it was this sender's and this route's."""
    return session.execute(
        select(FormReceipt.location).where(
            FormReceipt.id == key, FormReceipt.owner == owner, FormReceipt.endpoint == endpoint
        )
    ).scalar_one_or_none()


def settle(session: Session, key: uuid.UUID, location: str | None) -> None:
    """Keep where the sender was led, in the same transaction as the effect."""
    session.execute(_SETTLE, {"key": key, "led_to": location})
