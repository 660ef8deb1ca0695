"""The table of audit events."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, Identity, Index, String, event, func
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, UtcDateTime


class AuditEvent(Base):
    """One act: who, what, on which thing."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_object", "object_kind", "object_id"),
        Index("ix_audit_event_process", "process_id", "id"),
        {"comment": "Append-only record of acts; ids and codes only."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, comment="Order of writing.")
    at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When, by the database's clock."
    )
    actor_id: Mapped[uuid.UUID | None] = mapped_column(
        comment="Account that acted; kept as a pseudonym after erasure, so no foreign key."
    )
    actor_kind: Mapped[str] = mapped_column(String(20), comment="account, system or nobody.")
    process_id: Mapped[uuid.UUID | None] = mapped_column(comment="Process concerned, if any.")
    action: Mapped[str] = mapped_column(String(80), comment="Stable code of the act.")
    object_kind: Mapped[str] = mapped_column(String(40), comment="Kind of the thing acted on.")
    object_id: Mapped[str] = mapped_column(String(80), comment="Key of the thing acted on.")
    meta: Mapped[dict[str, Any]] = mapped_column(comment="Ids, codes and numbers; never content.")


APPEND_ONLY_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit events are append-only'; END $$
"""
APPEND_ONLY_TRIGGER = """
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit()
"""
event.listen(AuditEvent.__table__, "after_create", DDL(APPEND_ONLY_FUNCTION))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped.
event.listen(AuditEvent.__table__, "after_create", DDL(APPEND_ONLY_TRIGGER))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped.
