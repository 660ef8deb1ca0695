"""Writes on notices: telling people, marking as read, preferences, and sending mails from the worker.

Discipline of sending: the worker holds the outbox row and the notice's row locked while it hands the letter to
the mail server, and marks it as mailed in the same transaction. Two workers never send the same notice; a server that fails leaves
the job pending; only a crash between the server's answer and our commit can repeat a letter, which then bears the same Message-ID.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid, NotFound
from consult.core.normalise import clean_line, clean_text
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.notices import emails
from consult.notices.models import Notification, Veil
from consult.notices.queries import VEILED, waiting_for_digest
from consult.notices.rules import (
    DIGEST_SIZE,
    ON_ITS_WAY,
    UNVEILED_WITHIN,
    Digest,
    periods_due,
    thread_of,
    unsubscribe_token,
)
from consult.people.models import Account
from consult.ports.mail import Letter, Mailer, MailRefused

#: Subject and body in a language.
Words = Callable[[str], tuple[str, str]]


def notify(
    session: Session,
    *,
    account_ids: Collection[uuid.UUID],
    kind: str,
    words: Words,
    link_endpoint: str,
    link_values: Mapping[str, Any],
    process_id: uuid.UUID | None,
    key: str,
    now: datetime,
    thread: str = "",
    thread_title: str = "",
    names: Collection[str] = (),
    together: uuid.UUID | None = None,
) -> int:
    """Tell people something, on the site and by mail as each prefers; returns how many were told now.

    `words` is asked once for each language that those people read.

    `thread` (kind and key, as `thread_of` writes them) names the thing it is about, `thread_title` how a digest calls it.
    `names`: other things (as `thread_of` writes them) whose words subject or body repeat; while one of them, or the thread's own, is
    veiled, nobody reads or is mailed the notice's words.
    `together`: the act that this is told with; what a person is told of one act in one transaction is mailed in one letter.

    The same (account, key) is told once, however often and by however many transactions this is called; erased accounts are left out.
    Three statements, whatever the number of people.
    """
    people = sorted(set(account_ids))
    if not people:
        return 0
    known = session.execute(
        select(Account.id, Account.digest, Account.locale)
        .where(Account.id.in_(people), Account.erased_at.is_(None))
        .order_by(Account.id)
    ).all()
    if not known:
        return 0
    said = {language: words(language) for language in sorted({locale for _id, _digest, locale in known})}
    values = {name: str(value) for name, value in link_values.items()}
    rows = [
        {
            "id": uuid.uuid4(),
            "account_id": account_id,
            "process_id": process_id,
            "kind": kind,
            "key": key,
            "subject": clean_line(said[locale][0])[:300],
            "body": clean_text(said[locale][1]),
            "link_endpoint": link_endpoint,
            "link_values": values,
            "created_at": now,
            "thread": thread,
            "thread_title": clean_line(thread_title)[:300],
            "names": sorted({*names, thread} - {""}),
            "together": together,
        }
        for account_id, _digest, locale in known
    ]
    told = session.execute(
        insert(Notification)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["account_id", "key"])
        .returning(Notification.id, Notification.account_id)
    ).all()
    at_once = {account_id for account_id, digest, _locale in known if digest == Digest.at_once}
    letters = {str(n_id): {"notification_id": n_id} for n_id, account_id in told if account_id in at_once}
    jobs.enqueue_all(session, "notices.send", letters)
    return len(told)


def veil(session: Session, *, kind: str, thing_id: uuid.UUID, on: bool) -> None:
    """From now on no notice repeats the words of this text (`on`), or they may be told again. The text's own room calls it.

    What came to be mailed while the text was hidden kept silent: once it may be read again, it is mailed after all.
    """
    thing = thread_of(kind, thing_id)
    if on:
        session.execute(insert(Veil).values(thing=thing).on_conflict_do_nothing())
        return
    since = session.execute(delete(Veil).where(Veil.thing == thing).returning(Veil.since)).scalar_one_or_none()
    if since is not None:
        jobs.enqueue(session, "notices.unveiled", thing=thing, since=since.isoformat())


def mail_unveiled(session: Session, *, thing: str, since: datetime, now: datetime) -> int:
    """Ask to mail what was silent while this text was hidden, to who wants mails at once and has not read it; returns how many.

    Looking twice mails nothing twice: a notice that was mailed is marked so under its own lock.
    """
    keys = session.execute(
        select(Notification.id)
        .join(Account, Account.id == Notification.account_id)
        .where(
            Notification.mailed_at.is_(None), Notification.refused_at.is_(None), Notification.read_at.is_(None),
            Notification.created_at > max(since - ON_ITS_WAY, now - UNVEILED_WITHIN), literal(thing) == func.any(Notification.names), ~VEILED,
            Account.digest == Digest.at_once, Account.erased_at.is_(None),
        )
        .order_by(Notification.id)
    ).scalars()  # fmt: skip  # one condition per name reads better so
    letters = {f"{key}:unveiled:{now.isoformat()}": {"notification_id": key} for key in keys}
    jobs.enqueue_all(session, "notices.send", letters)
    return len(letters)


__all__ = [
    "PERSONAL_DATA",
    "ask_for_digests",
    "ask_for_due_digests",
    "mail_unveiled",
    "mark_read",
    "notify",
    "send_digest",
    "send_notice",
    "set_preference",
    "thread_of",
    "veil",
]


def mark_read(
    session: Session, *, account_id: uuid.UUID, notification_id: uuid.UUID | None, actor: Actor, now: datetime
) -> None:
    """Mark one notice of the person as read, or all where none is named. Raises NotFound for another's notice."""
    statement = update(Notification).where(Notification.account_id == account_id)
    if notification_id is None:
        session.execute(statement.where(Notification.read_at.is_(None)).values(read_at=now))
        return
    found = session.execute(
        statement.where(Notification.id == notification_id)
        .values(read_at=func.coalesce(Notification.read_at, now))
        .returning(Notification.id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questo avviso non c’è.")


def set_preference(session: Session, *, account_id: uuid.UUID, digest: str, actor: Actor, now: datetime) -> None:
    """Choose when to be told by mail. Raises Invalid for an unknown choice, NotFound for an erased account."""
    if digest not in list(Digest):
        raise Invalid("Scegli una delle voci dell’elenco.", {"digest": "Scegli una delle voci dell’elenco."})
    found = session.execute(
        update(Account)
        .where(Account.id == account_id, Account.erased_at.is_(None))
        .values(digest=digest)
        .returning(Account.id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questo indirizzo non riceve più messaggi.")
    record(
        session, actor=actor, action="notices.preference", kind=ThingKind.account, object_id=account_id, digest=digest
    )
    session.flush()


def send_notice(session: Session, *, notification_id: uuid.UUID, mailer: Mailer, secret: str, now: datetime) -> bool:
    """Mail one notice, with all that its person was told together with it, if they still want it at once and it was not mailed yet; says
    whether a letter went out."""
    first = session.get(Notification, notification_id)
    if first is None:
        return False
    # Locked in one order, so that jobs of notices told together wait for each other; the second finds everything mailed.
    with_it = Notification.id == notification_id
    if first.together is not None:
        with_it = or_(
            with_it, and_(Notification.account_id == first.account_id, Notification.together == first.together)
        )
    found = list(
        session.execute(
            select(Notification)
            .where(with_it, Notification.mailed_at.is_(None), Notification.refused_at.is_(None), ~VEILED)
            .order_by(Notification.created_at, Notification.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalars()
    )
    account = session.get_one(Account, first.account_id)
    if not any(notice.id == notification_id for notice in found) or account.digest != Digest.at_once:
        return False
    if account.erased_at or not account.email_verified_at:
        return False
    shown = [_wording(notice) for notice in found[:DIGEST_SIZE]]
    letter = emails.at_once(shown, len(found), _reader(account, secret))
    return _hand_over(session, letter, found, mailer=mailer, now=now)


def ask_for_digests(session: Session, *, digest: str, period: str, now: datetime) -> int:
    """Ask for one letter per person who waits for this digest; asking again for the same period adds nothing."""
    people = waiting_for_digest(session, digest=digest)
    letters = {f"{key}:{digest}:{period}": {"account_id": key, "digest": digest, "period": period} for key in people}
    jobs.enqueue_all(session, "notices.send_digest", letters)
    return len(people)


def ask_for_due_digests(session: Session, *, timezone: str, now: datetime) -> None:
    """Write the effect of each period that has begun, keyed by digest and period."""
    for digest, period in periods_due(now, timezone):
        jobs.enqueue(session, "notices.digest", key=f"{digest}:{period}", digest=str(digest), period=period)


def send_digest(
    session: Session, *, account_id: uuid.UUID, digest: str, period: str, mailer: Mailer, secret: str, now: datetime
) -> bool:
    """Mail what a person has not seen yet, in one letter; says whether one went out."""
    account = session.get(Account, account_id)
    if account is None or account.erased_at or account.digest != digest or not account.email_verified_at:
        return False
    found = list(
        session.execute(
            select(Notification)
            .where(
                Notification.account_id == account_id,
                Notification.mailed_at.is_(None),
                Notification.refused_at.is_(None),
                Notification.read_at.is_(None),
                ~VEILED,
            )
            .order_by(Notification.created_at, Notification.id)
            .with_for_update()
        ).scalars()
    )
    if not found:
        return False
    shown = [_wording(notice) for notice in found[:DIGEST_SIZE]]
    letter = emails.digest(shown, len(found), period, _reader(account, secret))
    return _hand_over(session, letter, found, mailer=mailer, now=now)


def _wording(notice: Notification) -> emails.Wording:
    return emails.Wording(
        str(notice.id), notice.subject, notice.body, notice.link_endpoint, notice.link_values, notice.created_at, notice.thread,
        notice.thread_title,
    )  # fmt: skip  # one row of values reads better so


def _reader(account: Account, secret: str) -> emails.Reader:
    return emails.Reader(
        account.email or "", account.display_name, account.locale, unsubscribe_token(secret, account.id)
    )


def _hand_over(session: Session, letter: Letter, notices: list[Notification], *, mailer: Mailer, now: datetime) -> bool:
    """Give the letter to the mailer and mark its notices in this transaction. MailAway passes through: nothing is marked."""
    try:
        mailer.send(letter)
    except MailRefused:
        taken, field = False, "refused_at"
    else:
        taken, field = True, "mailed_at"
    for notice in notices:
        setattr(notice, field, now)
    session.flush()
    return taken


class _PersonalData:
    """Implements `core.protocols.PersonalData` for notices."""

    name = "avvisi"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """Every notice the person was given."""
        rows = session.execute(
            select(Notification, VEILED)
            .where(Notification.account_id == account_id)
            .order_by(Notification.created_at, Notification.id)
        )
        return [
            {
                "kind": row.kind,
                # The words of somebody else's text that may not be read now are not this person's data.
                "subject": "" if veiled else row.subject,
                "body": "" if veiled else row.body,
                "created_at": row.created_at.isoformat(),
                "read_at": row.read_at.isoformat() if row.read_at else None,
                "mailed_at": row.mailed_at.isoformat() if row.mailed_at else None,
            }
            for row, veiled in rows
        ]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Notices are the person's alone: they go."""
        session.execute(delete(Notification).where(Notification.account_id == account_id))


PERSONAL_DATA = _PersonalData()
