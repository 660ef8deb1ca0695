"""Rows about people that pages and the composition root are handed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The account of a live sign-in session."""

    id: uuid.UUID
    display_name: str
    email: str
    administrator: bool
    verified: bool
    locale: str
    staff: bool
    unread: int


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as staff lists show it."""

    id: uuid.UUID
    display_name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class DemonstrationAccount:
    """An account that can be tried with one click."""

    id: uuid.UUID
    display_name: str
    administrator: bool


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account as its person sees it."""

    id: uuid.UUID
    display_name: str
    email: str
    locale: str
    zone_code: str | None
    digest: str
    administrator: bool
    demonstration: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A person who speaks for an organisation, or asks to."""

    organisation_id: uuid.UUID
    name: str
    kind: str
    account_id: uuid.UUID
    display_name: str
    email: str | None
    state: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser; `mark` is a short public name of it, of no use to sign in."""

    mark: str
    browser: str
    created_at: datetime
    expires_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """A person who has just proved who they are, with the secret for the cookie."""

    account_id: uuid.UUID
    display_name: str
    locale: str
    administrator: bool
    token: str
