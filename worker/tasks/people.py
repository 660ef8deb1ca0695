"""Letters about accounts, and the nightly clean-up."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.people import services
from worker.jobs import outbox_task
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _send(session: Session, account_id: str, about: str, way_back: str = "") -> None:
    with outgoing() as mailer:
        services.send_letter(
            session,
            account_id=uuid.UUID(account_id),
            about=about,
            mailer=mailer,
            now=database_now(session),
            way_back=way_back,
        )


@outbox_task("people.send_verification")
def send_verification(session: Session, *, account_id: str, way_back: str = "") -> None:
    """Ask to confirm an address."""
    _send(session, account_id, "verification", way_back)


@outbox_task("people.send_known_address")
def send_known_address(session: Session, *, account_id: str, way_back: str = "") -> None:
    """Say that the address has an account already."""
    _send(session, account_id, "known_address", way_back)


@outbox_task("people.send_reset")
def send_reset(session: Session, *, account_id: str, way_back: str = "") -> None:
    """Send a link to set a new password; an unknown account gets nothing."""
    _send(session, account_id, "reset", way_back)


@outbox_task("people.send_invitation")
def send_invitation(session: Session, *, account_id: str) -> None:
    """Invite a member of the staff."""
    _send(session, account_id, "invitation")


@outbox_task("people.send_password_changed")
def send_password_changed(session: Session, *, account_id: str) -> None:
    """Say that the password has changed."""
    _send(session, account_id, "password_changed")


@outbox_task("people.clean_up")
def clean_up(session: Session, *, day: str) -> None:
    """Delete what has expired."""
    services.clean_up(session, now=database_now(session))
