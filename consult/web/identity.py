"""Who is signed in, as pages and services see them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask_login import LoginManager, current_user

from consult.core.permissions import NOBODY, Actor

login_manager = LoginManager()
login_manager.session_protection = (
    None  # Sessions are rows that end on sign-out; tying them to an address would sign phones out.
)


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in person; `token` is the secret in the cookie, whose hash is in the database."""

    id: uuid.UUID
    display_name: str
    email: str
    administrator: bool
    verified: bool
    locale: str
    staff: bool
    unread: int
    token: str

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie: the session's token, never the account's key."""
        return self.token


def person() -> Person | None:
    """The signed-in person, or None."""
    return current_user if current_user.is_authenticated else None


def actor() -> Actor:
    """The person as services know them."""
    who = person()
    return Actor(account_id=who.id, name=who.display_name) if who else NOBODY
