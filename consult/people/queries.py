"""Reads about people: who is signed in, and what their own pages show."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from consult.people.models import Account, SignInSession
from consult.web.identity import Person


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def signed_in(session: Session, *, token: str) -> Person | None:
    """The person of a live sign-in session, in one statement; None when it ended, expired or the account was erased."""
    row = session.execute(
        select(
            Account.id,
            Account.display_name,
            Account.email,
            Account.administrator,
            Account.email_verified_at,
            Account.locale,
        )
        .join(SignInSession, SignInSession.account_id == Account.id)
        .where(
            SignInSession.token_hash == token_hash(token),
            SignInSession.expires_at > func.clock_timestamp(),
            Account.erased_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    return Person(
        id=row.id,
        display_name=row.display_name,
        email=row.email,
        administrator=row.administrator,
        verified=row.email_verified_at is not None,
        locale=row.locale,
        staff=row.administrator,
        unread=0,
        token=token,
    )


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as staff lists show it."""

    id: uuid.UUID
    display_name: str
    email: str | None


def by_email(session: Session, *, email: str) -> AccountRow | None:
    """The account of an address, or None."""
    row = session.execute(
        select(Account.id, Account.display_name, Account.email).where(Account.email == email.lower())
    ).one_or_none()
    return AccountRow(*row) if row else None


def names(session: Session, *, account_ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Display names of some accounts, in one statement."""
    if not account_ids:
        return {}
    rows = session.execute(select(Account.id, Account.display_name).where(Account.id.in_(account_ids)))
    return {row.id: row.display_name for row in rows}


def anyone(session: Session) -> bool:
    """Whether any account exists at all: an empty database is set up differently."""
    return bool(session.execute(select(exists().where(Account.id.is_not(None)))).scalar())
