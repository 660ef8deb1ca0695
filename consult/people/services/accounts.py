"""Accounts as rows: opening, inviting, finding by address, and what others of this room need of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Forbidden, Invalid
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.people import rules
from consult.people.models import Account
from consult.people.rules import password_matches


def insert_account(
    session: Session,
    address: str,
    name: str,
    hashed: str | None,
    *,
    now: datetime,
    verified: bool = False,
    **values: Any,
) -> uuid.UUID | None:
    """Insert an account; None where the address has one already, also when another transaction is writing it now."""
    values |= {"email": address, "display_name": name, "password_hash": hashed, "created_at": now, "id": uuid.uuid4()}
    values["email_verified_at"] = now if verified else None
    statement = insert(Account).values(**values).on_conflict_do_nothing(index_elements=["email"]).returning(Account.id)
    return session.execute(statement).scalar_one_or_none()


def by_address(session: Session, address: str) -> Account:
    """The account of an address, locked."""
    return session.execute(select(Account).where(Account.email == address).with_for_update()).scalar_one()


def confirmed(session: Session, account_id: uuid.UUID, password: str, *, field: str) -> Account:
    """The account of a person who has just typed their password again, locked. Raises Invalid or Forbidden."""
    account = session.get_one(Account, account_id, with_for_update=True)
    if account.demonstration:
        raise Forbidden(_("Gli account dimostrativi servono a tutti: non si cancellano e non cambiano password."))
    if not password_matches(account.password_hash, password):
        raise Invalid(_("La password non è quella giusta."), {field: _("La password non è quella giusta.")})
    return account


def open_account(
    session: Session,
    *,
    email: str,
    display_name: str,
    password: str | None,
    verified: bool,
    administrator: bool,
    demonstration: bool,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Open an account from the command line, the demonstration or a test; no mail is sent.

    Raises Invalid where the address is taken or malformed, or the password weak.
    """
    address, name = rules.check_email(email), rules.check_name(display_name)
    if password is not None:
        rules.check_password(password, email=address, display_name=name)
    account_id = insert_account(
        session, address, name, rules.hash_password(password) if password else None, now=now,
        verified=verified, administrator=administrator, demonstration=demonstration,
    )  # fmt: skip  # One row of values reads better so.
    if account_id is None:
        sentence = _("Per questo indirizzo esiste già un account.")
        raise Invalid(sentence, {"email": sentence})
    record(session, actor=actor, action="account.opened", kind=ThingKind.account, object_id=account_id)
    session.flush()
    return account_id


def ensure_invited(session: Session, *, email: str, display_name: str, actor: Actor, now: datetime) -> uuid.UUID:
    """The account of an address, opened if there is none; who has not proved it yet is mailed an invitation."""
    address = rules.check_email(email)
    account_id = insert_account(
        session, address, rules.check_name(display_name or rules.name_of(address)), None, now=now
    )
    if account_id is not None:
        record(session, actor=actor, action="account.invited", kind=ThingKind.account, object_id=account_id)
    account = by_address(session, address)
    if account.email_verified_at is None:
        # A password that somebody chose for an address they never proved must not survive into a role.
        account.password_hash = None
        jobs.enqueue(session, "people.send_invitation", key=f"{account.id}:{now.isoformat()}", account_id=account.id)
    session.flush()
    return account.id


def change_profile(
    session: Session, *, account_id: uuid.UUID, display_name: str, locale: str, zone_code: str | None, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip  # One line of values reads better so.
    """Change name, language and zone. Raises Invalid for an unreadable name or an unknown language."""
    if locale not in rules.LOCALES:
        raise Invalid(_("Scegli una delle voci dell’elenco."), {"locale": _("Scegli una delle voci dell’elenco.")})
    account = session.get_one(Account, account_id, with_for_update=True)
    account.display_name, account.locale, account.zone_code = rules.check_name(display_name), locale, zone_code or None
    record(session, actor=actor, action="account.changed", kind=ThingKind.account, object_id=account_id)
    session.flush()
