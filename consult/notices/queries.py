"""Reads of notices: how many are unread, a page of them, and what a digest holds."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, case, exists, func, literal_column, select, tuple_
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.notices.models import Notification, Veil
from consult.people.models import Account


def unread_of(account_id: ColumnElement[uuid.UUID]) -> ColumnElement[int]:
    """A column that counts the unread notices of the account in the statement around it."""
    # On the table, not the class: every page for somebody signed in asks it.
    notice = cast("Table", Notification.__table__)
    return (
        select(func.count())
        .select_from(notice)
        .where(notice.c.account_id == account_id, notice.c.read_at.is_(None))
        .scalar_subquery()
    )


#: Whether a notice repeats words of a text that may not be read now.
VEILED: ColumnElement[bool] = exists().where(Veil.thing == func.any(Notification.names))


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """A notice as its person sees it; subject and body are empty where it would repeat words that may not be read now."""

    id: uuid.UUID
    kind: str
    subject: str
    body: str
    link_endpoint: str
    link_values: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


_COLUMNS = (
    Notification.id,
    Notification.kind,
    case((VEILED, ""), else_=Notification.subject),
    case((VEILED, ""), else_=Notification.body),
    case((VEILED, ""), else_=Notification.link_endpoint),
    case((VEILED, literal_column("'{}'::jsonb")), else_=Notification.link_values),
    Notification.created_at,
    Notification.read_at,
)


def page_of(
    session: Session, *, account_id: uuid.UUID, cursor: str | None = None, size: int = 30
) -> Page[NotificationRow]:
    """A page of a person's notices, newest first."""
    statement = select(*_COLUMNS).where(Notification.account_id == account_id)
    after = decode_cursor(cursor, 2)
    if after is not None:
        place = (cursor_moment(after[0]), cursor_key(after[1]))
        statement = statement.where(tuple_(Notification.created_at, Notification.id) < place)
    statement = statement.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(size + 1)
    rows = [NotificationRow(*row) for row in session.execute(statement)]
    return cut_page(rows, size, lambda row: (row.created_at.isoformat(), row.id))


def one(session: Session, *, account_id: uuid.UUID, notification_id: uuid.UUID) -> NotificationRow | None:
    """One notice of a person, or None where it is not theirs."""
    row = session.execute(
        select(*_COLUMNS).where(Notification.id == notification_id, Notification.account_id == account_id)
    ).one_or_none()
    return NotificationRow(*row) if row else None


def preference(session: Session, *, account_id: uuid.UUID) -> str:
    """When the person wants to be told by mail."""
    return session.execute(select(Account.digest).where(Account.id == account_id)).scalar_one()


def waiting_for_digest(session: Session, *, digest: str) -> list[uuid.UUID]:
    """People who want this digest and have something in it, in a stable order."""
    statement = (
        select(Account.id)
        .where(
            Account.digest == digest,
            Account.erased_at.is_(None),
            select(Notification.id)
            .where(
                Notification.account_id == Account.id,
                Notification.mailed_at.is_(None),
                Notification.refused_at.is_(None),
                Notification.read_at.is_(None),
                ~VEILED,
            )
            .exists(),
        )
        .order_by(Account.id)
    )
    return list(session.execute(statement).scalars())
