"""One-time links: the letters that carry them, their use and their end."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import NotFound
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import ThingKind
from consult.people import emails, rules
from consult.people.models import Account, OneTimeToken
from consult.people.rules import Purpose, token_hash
from consult.people.services.accounts import by_address, insert_account
from consult.ports.mail import Mailer, MailRefused


def redeem(session: Session, *, token: str, purpose: Purpose) -> Account:
    """Use a link up and lock its account: of many at the same moment one gets through. The only door for tokens."""
    account_id = session.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.token_hash == token_hash(token),
            OneTimeToken.purpose == str(purpose),
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > func.clock_timestamp(),
        )
        .values(used_at=func.clock_timestamp())
        .returning(OneTimeToken.account_id)
    ).scalar_one_or_none()
    account = session.get(Account, account_id, with_for_update=True) if account_id else None
    if account is None or account.erased_at:
        raise NotFound(_("Questo collegamento non è più valido: è già stato usato, oppure è scaduto."))
    return account


def end_links(session: Session, account_id: uuid.UUID, purpose: Purpose, *, now: datetime) -> None:
    """End the unused links of an account for a purpose."""
    unused = {"account_id": account_id, "purpose": str(purpose), "used_at": None}
    session.execute(update(OneTimeToken).filter_by(**unused).values(used_at=now))


def sign_up(
    session: Session,
    *,
    email: str,
    display_name: str,
    password: str,
    locale: str,
    actor: Actor,
    now: datetime,
    way_back: str = "",
) -> None:
    """Ask for an account. The address gets a mail: to confirm, or saying that it has an account already.

    `way_back`: where the person was, sealed: the letter carries it, since it may be opened in another browser.
    Raises Invalid for a malformed address, name or password; never tells whether the address is known.
    """
    address, name = rules.check_email(email), rules.check_name(display_name)
    rules.check_password(password, email=address, display_name=name)
    hashed = rules.hash_password(password)
    locale = locale if locale in rules.LOCALES else rules.LOCALES[0]
    account_id = insert_account(session, address, name, hashed, now=now, locale=locale)
    account = by_address(session, address)
    topic = "people.send_known_address"
    if account.email_verified_at is None and account.password_hash is not None:
        # Not proved yet: whoever asked last, and can open the mailbox, is right. Links of earlier askings end.
        account.password_hash, account.display_name, account.locale = hashed, name, locale
        end_links(session, account.id, Purpose.verify, now=now)
        topic = "people.send_verification"
    action, seen = "account.signed_up" if account_id else "account.signed_up_again", rules.NOTICE_VERSION
    record(session, actor=actor, action=action, kind=ThingKind.account, object_id=account.id, notice=seen)
    jobs.enqueue(session, topic, account_id=account.id, **carried(way_back))
    session.flush()


def carried(way_back: str) -> dict[str, Any]:
    """What a job takes along so that its letter leads on; nothing where nobody was anywhere."""
    return {"way_back": way_back} if way_back else {}


def request_reset(session: Session, *, email: str, actor: Actor, now: datetime, way_back: str = "") -> None:
    """Ask for a link to set a new password. An unknown address costs the same and sends nothing. Raises Invalid where malformed."""
    address = rules.check_email(email)
    account_id = session.execute(select(Account.id).where(Account.email == address)).scalar_one_or_none()
    jobs.enqueue(session, "people.send_reset", account_id=account_id or uuid.uuid4(), **carried(way_back))
    who = account_id or "unknown"
    record(session, actor=actor, action="password.reset_asked", kind=ThingKind.account, object_id=who)
    session.flush()


def send_letter(
    session: Session, *, account_id: uuid.UUID, about: str, mailer: Mailer, now: datetime, way_back: str = ""
) -> bool:
    """Mail one of the letters of `emails.LETTERS`, minting its link here so that no queue ever holds one; says whether one went out.

    Raises MailAway, with nothing written, when the mail server can't take it now.
    """
    account = session.get(Account, account_id)
    if account is None or account.email is None:
        return False
    about = emails.fitting(about, has_password=account.password_hash is not None)
    token, purpose = rules.new_token(), emails.LETTERS[about].purpose
    if purpose:
        life = {"expires_at": now + rules.TOKEN_LIFE[purpose], "created_at": now}
        session.add(OneTimeToken(token_hash=token_hash(token), account_id=account_id, purpose=str(purpose), **life))
        session.flush()
    try:
        mailer.send(
            emails.write(
                about,
                to=account.email,
                name=account.display_name,
                locale=account.locale,
                token=token,
                way_back=way_back,
            )
        )
    except MailRefused:
        record(session, actor=SYSTEM, action="mail.refused", kind=ThingKind.account, object_id=account_id, about=about)
        return False
    return True
