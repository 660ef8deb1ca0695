"""The only writer of the record."""

from __future__ import annotations

import uuid
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from consult.audit.models import AuditEvent
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind

# Built once, on the table itself: every act is written with it, and no row becomes an object.
_ADD = insert(cast("Table", AuditEvent.__table__)).inline()


def record(
    session: Session,
    *,
    actor: Actor,
    action: str,
    kind: ThingKind,
    object_id: uuid.UUID | str,
    process_id: uuid.UUID | None = None,
    **meta: Any,
) -> None:
    """Write who did what, in the transaction of the act. `meta` takes ids, codes and numbers only."""
    actor_kind = "system" if actor.system else "account" if actor.account_id else "nobody"
    plain = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in meta.items()}
    session.execute(
        _ADD,
        {
            "actor_id": actor.account_id,
            "actor_kind": actor_kind,
            "process_id": process_id,
            "action": action,
            "object_kind": str(kind),
            "object_id": str(object_id),
            "meta": plain,
        },
    )
