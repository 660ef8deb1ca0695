"""Writes about people: accounts, one-time links, signing in, own data.

Who asks from outside learns nothing about who has an account: sign-up, reset and sign-in do the same work and give the same answer
for known and unknown addresses; what differs goes by mail to the address itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Delete, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Forbidden, Invalid, NotFound
from consult.core.once import FormReceipt
from consult.core.permissions import NOBODY, SYSTEM, Actor
from consult.core.protocols import PersonalData
from consult.core.vocabulary import ThingKind
from consult.people import emails, rules
from consult.people.models import Account, Draft, OneTimeToken, OrganisationMember, SignInSession
from consult.people.queries import own_rows
from consult.people.rules import Purpose, password_matches, token_hash
from consult.people.types import Entered
from consult.ports.mail import Mailer, MailRefused


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
    account_id = _insert(
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
    account_id = _insert(session, address, rules.check_name(display_name or rules.name_of(address)), None, now=now)
    if account_id is not None:
        record(session, actor=actor, action="account.invited", kind=ThingKind.account, object_id=account_id)
    account = _by_address(session, address)
    if account.email_verified_at is None:
        # A password that somebody chose for an address they never proved must not survive into a role.
        account.password_hash = None
        jobs.enqueue(session, "people.send_invitation", key=f"{account.id}:{now.isoformat()}", account_id=account.id)
    session.flush()
    return account.id


def sign_up(
    session: Session, *, email: str, display_name: str, password: str, locale: str, actor: Actor, now: datetime
) -> None:
    """Ask for an account. The address gets a mail: to confirm, or saying that it has an account already.

    Raises Invalid for a malformed address, name or password; never tells whether the address is known.
    """
    address, name = rules.check_email(email), rules.check_name(display_name)
    rules.check_password(password, email=address, display_name=name)
    hashed = rules.hash_password(password)
    locale = locale if locale in rules.LOCALES else rules.LOCALES[0]
    account_id = _insert(session, address, name, hashed, now=now, locale=locale)
    account = _by_address(session, address)
    topic = "people.send_known_address"
    if account.email_verified_at is None and account.password_hash is not None:
        # Not proved yet: whoever asked last, and can open the mailbox, is right. Links of earlier askings end.
        account.password_hash, account.display_name, account.locale = hashed, name, locale
        _end_links(session, account.id, Purpose.verify, now=now)
        topic = "people.send_verification"
    action, seen = "account.signed_up" if account_id else "account.signed_up_again", rules.NOTICE_VERSION
    record(session, actor=actor, action=action, kind=ThingKind.account, object_id=account.id, notice=seen)
    jobs.enqueue(session, topic, account_id=account.id)
    session.flush()


def request_reset(session: Session, *, email: str, actor: Actor, now: datetime) -> None:
    """Ask for a link to set a new password. An unknown address costs the same and sends nothing. Raises Invalid where malformed."""
    address = rules.check_email(email)
    account_id = session.execute(select(Account.id).where(Account.email == address)).scalar_one_or_none()
    jobs.enqueue(session, "people.send_reset", account_id=account_id or uuid.uuid4())
    who = account_id or "unknown"
    record(session, actor=actor, action="password.reset_asked", kind=ThingKind.account, object_id=who)
    session.flush()


def verify(session: Session, *, token: str, password: str, browser: str, actor: Actor, now: datetime) -> Entered:
    """Confirm an address with the link and the password chosen at sign-up, and sign in.

    Asking for the password keeps who signed up with another's address out, even when that other follows the link.
    Raises NotFound for a link that opens nothing, Invalid for a wrong password: the rollback then leaves the link good.
    """
    account = _redeem(session, token=token, purpose=Purpose.verify)
    if not password_matches(account.password_hash, password):
        raise Invalid(_("La password non è quella giusta."), {"password": _("La password non è quella giusta.")})
    account.email_verified_at = now
    _end_links(session, account.id, Purpose.verify, now=now)
    record(session, actor=Actor(account.id), action="account.verified", kind=ThingKind.account, object_id=account.id)
    return _enter(session, account, browser=browser, now=now)


def set_password(
    session: Session, *, token: str, purpose: Purpose, password: str, browser: str, actor: Actor, now: datetime,
    display_name: str | None = None,
) -> Entered:  # fmt: skip  # The two entry points differ in one value only.
    """Set a password by a reset or invitation link and sign in; all other sessions end and all links of the account are used up.

    Raises NotFound for a link that opens nothing, Invalid for a weak password or an unreadable name.
    """
    account = _redeem(session, token=token, purpose=purpose)
    if display_name is not None:
        account.display_name = rules.check_name(display_name)
    rules.check_password(password, email=account.email or "", display_name=account.display_name)
    account.password_hash = rules.hash_password(password)
    # The link came by mail, so the address is proved.
    account.email_verified_at = account.email_verified_at or now
    for each in Purpose:
        _end_links(session, account.id, each, now=now)
    end_sessions(session, account_id=account.id)
    record(session, actor=Actor(account.id), action=f"password.{purpose}", kind=ThingKind.account, object_id=account.id)
    if purpose is Purpose.reset:
        jobs.enqueue(session, "people.send_password_changed", account_id=account.id)
    return _enter(session, account, browser=browser, now=now)


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
    return _enter(session, account, browser=browser, now=now), ""


def note_failed_sign_in(session: Session, *, email: str, reason: str) -> None:
    """Write a failed sign-in to the record: the account where there is one, never the address that was typed.

    Who is `unverified` gets a new confirmation mail.
    """
    address = email.strip().lower()
    known = session.execute(select(Account.id).where(Account.email == address)).scalar_one_or_none()
    who = known or "unknown"
    record(session, actor=NOBODY, action="sign_in.failed", kind=ThingKind.account, object_id=who, reason=reason)
    if known and reason == "unverified":
        jobs.enqueue(session, "people.send_verification", account_id=known)


def sign_in_demonstration(session: Session, *, account_id: uuid.UUID, browser: str, now: datetime) -> Entered:
    """Sign in as a demonstration account with one click; the caller has checked that this is embedded mode. Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None or not account.demonstration or account.erased_at:
        raise NotFound(_("Questo account dimostrativo non c'è."))
    record(
        session, actor=Actor(account.id), action="sign_in.demonstration", kind=ThingKind.account, object_id=account.id
    )
    return _enter(session, account, browser=browser, now=now)


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
    account = _confirmed(session, account_id, current, field="current")
    rules.check_password(password, email=account.email or "", display_name=account.display_name)
    account.password_hash = rules.hash_password(password)
    end_sessions(session, account_id=account_id, keep=token)
    for each in Purpose:
        _end_links(session, account_id, each, now=now)
    record(session, actor=actor, action="password.changed", kind=ThingKind.account, object_id=account_id)
    jobs.enqueue(session, "people.send_password_changed", account_id=account_id)
    session.flush()


def change_profile(
    session: Session, *, account_id: uuid.UUID, display_name: str, locale: str, zone_code: str | None, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip  # One line of values reads better so.
    """Change name, language and zone. Raises Invalid for an unreadable name or an unknown language."""
    if locale not in rules.LOCALES:
        raise Invalid(_("Scegli una delle voci dell'elenco."), {"locale": _("Scegli una delle voci dell'elenco.")})
    account = session.get_one(Account, account_id, with_for_update=True)
    account.display_name, account.locale, account.zone_code = rules.check_name(display_name), locale, zone_code or None
    record(session, actor=actor, action="account.changed", kind=ThingKind.account, object_id=account_id)
    session.flush()


def export(session: Session, *, account_id: uuid.UUID, rooms: Sequence[PersonalData]) -> dict[str, Any]:
    """All that the rooms keep about the person, by room."""
    return {room.name: room.export(session, account_id=account_id) for room in rooms}


def erase(
    session: Session,
    *,
    account_id: uuid.UUID,
    password: str,
    rooms: Sequence[PersonalData],
    actor: Actor,
    now: datetime,
) -> None:
    """Erase the person: every room removes them and keeps its counts; sessions end; a pseudonymous row stays.

    Raises Invalid for a wrong password and for the last administrator, Forbidden for demonstration accounts.
    """
    # Every administrator's row is locked, so that two who leave at the same moment can't both be the last but one.
    administrators = session.execute(
        select(Account.id)
        .where(Account.administrator, Account.erased_at.is_(None))
        .order_by(Account.id)
        .with_for_update()
    ).scalars()
    _confirmed(session, account_id, password, field="password")
    if list(administrators) == [account_id]:
        raise Invalid(_("Sei l'unico amministratore: prima dai questo compito a un'altra persona."))
    # Higher rooms first: they may still ask who the person was.
    for room in reversed(rooms):
        room.erase(session, account_id=account_id, now=now)
    record(session, actor=actor, action="account.erased", kind=ThingKind.account, object_id=account_id)
    session.flush()


def ask_for_clean_up(session: Session, *, timezone: str, now: datetime) -> None:
    """Ask for the clean-up of the night that has begun last, at three by the authority's clock; asking again adds nothing."""
    day = rules.night_of(now, timezone)
    jobs.enqueue(session, "people.clean_up", key=day, day=day)


def clean_up(session: Session, *, now: datetime) -> dict[str, int]:
    """Delete what has expired: links, sessions, form receipts, drafts, and accounts whose address was never proved."""
    gone: dict[str, Delete] = {
        "sessions": delete(SignInSession).where(SignInSession.expires_at <= now),
        "links": delete(OneTimeToken).where(OneTimeToken.expires_at <= now),
        "receipts": delete(FormReceipt).where(FormReceipt.taken_at < now - rules.RECEIPT_LIFE),
        "drafts": delete(Draft).where(Draft.saved_at < now - rules.DRAFT_LIFE),
        # Invited people have roles and wait for nobody's deadline; who merely signed up and never confirmed is forgotten.
        "unverified": delete(Account).where(
            Account.email_verified_at.is_(None),
            Account.password_hash.is_not(None),
            Account.erased_at.is_(None),
            Account.created_at < now - rules.UNVERIFIED_LIFE,
        ),
    }
    counts = {name: session.execute(statement).rowcount for name, statement in gone.items()}  # type: ignore[attr-defined]  # A delete's result has it.
    record(session, actor=SYSTEM, action="clean_up", kind=ThingKind.account, object_id="expired", **counts)
    session.flush()
    return counts


def send_letter(session: Session, *, account_id: uuid.UUID, about: str, mailer: Mailer, now: datetime) -> bool:
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
            emails.write(about, to=account.email, name=account.display_name, locale=account.locale, token=token)
        )
    except MailRefused:
        record(session, actor=SYSTEM, action="mail.refused", kind=ThingKind.account, object_id=account_id, about=about)
        return False
    return True


def _redeem(session: Session, *, token: str, purpose: Purpose) -> Account:
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


def _end_links(session: Session, account_id: uuid.UUID, purpose: Purpose, *, now: datetime) -> None:
    unused = {"account_id": account_id, "purpose": str(purpose), "used_at": None}
    session.execute(update(OneTimeToken).filter_by(**unused).values(used_at=now))


def _insert(
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


def _by_address(session: Session, address: str) -> Account:
    return session.execute(select(Account).where(Account.email == address).with_for_update()).scalar_one()


def _confirmed(session: Session, account_id: uuid.UUID, password: str, *, field: str) -> Account:
    """The account of a person who has just typed their password again, locked. Raises Invalid or Forbidden."""
    account = session.get_one(Account, account_id, with_for_update=True)
    if account.demonstration:
        raise Forbidden(_("Gli account dimostrativi servono a tutti: non si cancellano e non cambiano password."))
    if not password_matches(account.password_hash, password):
        raise Invalid(_("La password non è quella giusta."), {field: _("La password non è quella giusta.")})
    return account


def _enter(session: Session, account: Account, *, browser: str, now: datetime) -> Entered:
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


class _PersonalData:  # Implements `core.protocols.PersonalData`.
    name = "account"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """The account, its sessions and drafts; never hashes of secrets."""
        return own_rows(session, account_id=account_id)

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Empty the account and delete what hangs on it; the row stays as a pseudonym."""
        for model in (SignInSession, OneTimeToken, Draft, OrganisationMember):
            session.execute(delete(model).where(model.account_id == account_id))
        session.execute(delete(FormReceipt).where(FormReceipt.owner == f"account:{account_id}"))
        empty = {"email": None, "password_hash": None, "email_verified_at": None, "zone_code": None}
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(
                display_name=rules.ERASED_NAME, administrator=False, digest="none", locale="it", erased_at=now, **empty
            )
        )


PERSONAL_DATA = _PersonalData()
