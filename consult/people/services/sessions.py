"""Signing in and out, and passwords, which end the sessions that others may hold."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import NOBODY, Actor
from consult.core.vocabulary import ThingKind
from consult.people import rules
from consult.people.models import Account, SignInSession
from consult.people.rules import Purpose, password_matches, token_hash
from consult.people.services.accounts import confirmed
from consult.people.services.links import carried, end_links, redeem
from consult.people.types import Entered


def enter(session: Session, account: Account, *, browser: str, now: datetime) -> Entered:
    """A new session with a new token: whatever the browser held before opens nothing."""
    token = rules.new_token()
    session.add(
        SignInSession(
            token_hash=token_hash(token), account_id=account.id, created_at=now, expires_at=now + rules.SESSION_LIFE,
            browser=browser[:120],
        )
    )  # fmt: skip  # One row of values reads better so.
    session.flush()
    return Entered(account.id, account.display_name, account.locale, account.administrator, token)


def verify(session: Session, *, token: str, password: str, browser: str, actor: Actor, now: datetime) -> Entered:
    """Confirm an address with the link and the password chosen at sign-up, and sign in.

    Asking for the password keeps who signed up with another's address out, even when that other follows the link.
    Raises NotFound for a link that opens nothing, Invalid for a wrong password: the rollback then leaves the link good.
    """
    account = redeem(session, token=token, purpose=Purpose.verify)
    if not password_matches(account.password_hash, password):
        raise Invalid(_("La password non è quella giusta."), {"password": _("La password non è quella giusta.")})
    account.email_verified_at = now
    end_links(session, account.id, Purpose.verify, now=now)
    record(session, actor=Actor(account.id), action="account.verified", kind=ThingKind.account, object_id=account.id)
    return enter(session, account, browser=browser, now=now)


def set_password(
    session: Session, *, token: str, purpose: Purpose, password: str, browser: str, actor: Actor, now: datetime,
    display_name: str | None = None,
) -> Entered:  # fmt: skip  # The two entry points differ in one value only.
    """Set a password by a reset or invitation link and sign in; all other sessions end and all links of the account are used up.

    Raises NotFound for a link that opens nothing, Invalid for a weak password or an unreadable name.
    """
    account = redeem(session, token=token, purpose=purpose)
    if display_name is not None:
        account.display_name = rules.check_name(display_name)
    rules.check_password(password, email=account.email or "", display_name=account.display_name)
    account.password_hash = rules.hash_password(password)
    # The link came by mail, so the address is proved.
    account.email_verified_at = account.email_verified_at or now
    for each in Purpose:
        end_links(session, account.id, each, now=now)
    end_sessions(session, account_id=account.id)
    record(session, actor=Actor(account.id), action=f"password.{purpose}", kind=ThingKind.account, object_id=account.id)
    if purpose is Purpose.reset:
        jobs.enqueue(session, "people.send_password_changed", account_id=account.id)
    return enter(session, account, browser=browser, now=now)


def sign_in(
    session: Session, *, email: str, password: str, browser: str, demonstration_allowed: bool, now: datetime
) -> tuple[Entered | None, str]:
    """Sign in: (entered, ""), or (None, reason) with reason `refused` or `unverified`, the latter only to who knows the password.

    Exactly one hash is verified in every case. The caller then calls `note_failed_sign_in` in a transaction of its own.
    """
    try:
        address = rules.check_email(email)
    except Invalid:
        address = ""
    account = session.execute(select(Account).where(Account.email == address)).scalar_one_or_none()
    right = password_matches(account.password_hash if account else None, password)
    if account is None or not right or (account.demonstration and not demonstration_allowed):
        return None, "refused"
    if account.email_verified_at is None:
        return None, "unverified"
    if account.password_hash and rules.needs_new_hash(account.password_hash):
        account.password_hash = rules.hash_password(password)
    record(session, actor=Actor(account.id), action="sign_in", kind=ThingKind.account, object_id=account.id)
    return enter(session, account, browser=browser, now=now), ""


def note_failed_sign_in(session: Session, *, email: str, reason: str, way_back: str = "") -> None:
    """Write a failed sign-in to the record: the account where there is one, never the address that was typed.

    Who is `unverified` gets a new confirmation mail, which carries the sealed `way_back`.
    """
    address = email.strip().lower()
    known = session.execute(select(Account.id).where(Account.email == address)).scalar_one_or_none()
    who = known or "unknown"
    record(session, actor=NOBODY, action="sign_in.failed", kind=ThingKind.account, object_id=who, reason=reason)
    if known and reason == "unverified":
        jobs.enqueue(session, "people.send_verification", account_id=known, **carried(way_back))


def sign_in_demonstration(session: Session, *, account_id: uuid.UUID, browser: str, now: datetime) -> Entered:
    """Sign in as a demonstration account with one click; the caller has checked that this is embedded mode. Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None or not account.demonstration or account.erased_at:
        raise NotFound(_("Questo account dimostrativo non c’è."))
    record(
        session, actor=Actor(account.id), action="sign_in.demonstration", kind=ThingKind.account, object_id=account.id
    )
    return enter(session, account, browser=browser, now=now)


def sign_out(session: Session, *, token: str) -> None:
    """End the session of this browser."""
    session.execute(delete(SignInSession).where(SignInSession.token_hash == token_hash(token)))


def end_sessions(session: Session, *, account_id: uuid.UUID, keep: str | None = None, mark: str | None = None) -> int:
    """End sessions of an account: all, all but the one of the token `keep`, or the one named `mark`; returns how many ended."""
    statement = delete(SignInSession).where(SignInSession.account_id == account_id)
    if keep is not None:
        statement = statement.where(SignInSession.token_hash != token_hash(keep))
    if mark is not None:
        statement = statement.where(func.left(func.encode(SignInSession.token_hash, "hex"), 16) == mark)
    return len(session.execute(statement.returning(SignInSession.token_hash)).all())


def change_password(
    session: Session, *, account_id: uuid.UUID, token: str, current: str, password: str, actor: Actor, now: datetime
) -> None:
    """Change the password and end all other sessions. Raises Invalid where the current one is wrong or the new one weak."""
    account = confirmed(session, account_id, current, field="current")
    rules.check_password(password, email=account.email or "", display_name=account.display_name)
    account.password_hash = rules.hash_password(password)
    end_sessions(session, account_id=account_id, keep=token)
    for each in Purpose:
        end_links(session, account_id, each, now=now)
    record(session, actor=actor, action="password.changed", kind=ThingKind.account, object_id=account_id)
    jobs.enqueue(session, "people.send_password_changed", account_id=account_id)
    session.flush()
