"""What a signed-in person is writing in this room and has not sent: kept in the people's table of drafts until sent or thrown away."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.people.models import Draft

MAX_FIELD = 20_000


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """What was typed, by field, and when it was last kept."""

    place: str
    title: str
    fields: Mapping[str, Any]
    saved_at: datetime


# Built once: each opening of a form reads, each sending drops.
_TABLE: Any = Draft.__table__
_READ = select(_TABLE.c.place, _TABLE.c.title, _TABLE.c.fields, _TABLE.c.saved_at).where(
    _TABLE.c.account_id == bindparam("account_id"), _TABLE.c.place == bindparam("place")
)
_DROP = delete(_TABLE).where(_TABLE.c.account_id == bindparam("account"), _TABLE.c.place == bindparam("where"))


def keep_draft(
    session: Session, *, account_id: uuid.UUID, place: str, fields: Mapping[str, Any], title: str, now: datetime
) -> None:
    """Keep what was typed in a place, over what was kept there before. Texts are cut at 20,000 characters."""
    kept = {name: value[:MAX_FIELD] if isinstance(value, str) else value for name, value in fields.items()}
    new = insert(Draft).values(account_id=account_id, place=place, fields=kept, title=title[:300], saved_at=now)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["account_id", "place"],
            set_={"fields": new.excluded.fields, "title": new.excluded.title, "saved_at": new.excluded.saved_at},
        )
    )


def read_draft(session: Session, *, account_id: uuid.UUID, place: str) -> KeptDraft | None:
    """What this person kept in a place, or None."""
    row = session.execute(_READ, {"account_id": account_id, "place": place}).one_or_none()
    return KeptDraft(*row) if row else None


def drop_draft(session: Session, *, account_id: uuid.UUID, place: str) -> None:
    """Forget what was kept in a place, once it is sent or thrown away."""
    session.execute(_DROP, {"account": account_id, "where": place})


def kept_drafts(session: Session, *, account_id: uuid.UUID) -> list[KeptDraft]:
    """All that a person kept, latest first, for their own page."""
    statement = (
        select(Draft.place, Draft.title, Draft.fields, Draft.saved_at)
        .where(Draft.account_id == account_id)
        .order_by(Draft.saved_at.desc(), Draft.place)
    )
    return [KeptDraft(*row) for row in session.execute(statement)]
