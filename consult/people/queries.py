"""Reads about people: who is signed in, and what their own pages show."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, exists, func, literal, null, select
from sqlalchemy.orm import Session

from consult.core.ready import Ready
from consult.people.models import Account, Draft, OneTimeToken, Organisation, OrganisationMember, SignInSession
from consult.people.rules import Purpose, token_hash
from consult.people.types import AccountRow, DemonstrationAccount, MembershipRow, OwnAccount, SessionRow, SignedIn

#: The key of the account in the statement of `signed_in`, for the columns that higher rooms hand in.
SIGNED_IN: Table = cast("Table", Account.__table__)
SIGNED_IN_KEY: ColumnElement[uuid.UUID] = SIGNED_IN.c.id


@lru_cache(maxsize=8)
def _signed_in_statement(
    staff: ColumnElement[bool] | None, unread: ColumnElement[int] | None, place: ColumnElement[Any] | None
) -> Ready:
    """Built once: every page for somebody signed in asks it."""
    # On the tables, not the classes: no row becomes an object here, and every page pays for the difference.
    account, opened = cast("Table", Account.__table__), cast("Table", SignInSession.__table__)
    columns: list[Any] = [
        account.c.id,
        account.c.display_name,
        account.c.email,
        account.c.administrator,
        account.c.email_verified_at.is_not(None),
        account.c.locale,
        account.c.administrator | (staff if staff is not None else literal(False)),
        unread if unread is not None else literal(0),
        place if place is not None else null(),
    ]
    statement = (
        select(*columns)
        .join(opened, opened.c.account_id == account.c.id)
        .where(
            opened.c.token_hash == bindparam("token_hash"),
            opened.c.expires_at > func.clock_timestamp(),
            account.c.erased_at.is_(None),
        )
    )
    return Ready(statement, "token_hash", "slug")


def signed_in(
    session: Session,
    *,
    token: str,
    staff: ColumnElement[bool] | None = None,
    unread: ColumnElement[int] | None = None,
    place: ColumnElement[Any] | None = None,
    slug: str | None = None,
) -> tuple[SignedIn | None, Any]:
    """The account of a live sign-in session, in one statement; None when it ended, expired or the account was erased.

    `staff`, `unread` and `place` are columns of higher rooms over `SIGNED_IN_KEY`, handed in by the composition root, `slug` the
    process that `place` asks for. The value of `place` is given beside the account.
    """
    rows = _signed_in_statement(staff, unread, place).rows(session, token_hash=token_hash(token), slug=slug)
    return (SignedIn(*rows[0][:-1]), rows[0][-1]) if rows else (None, None)


def names(session: Session, *, account_ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Display names of some accounts, in one statement."""
    if not account_ids:
        return {}
    rows = session.execute(select(Account.id, Account.display_name).where(Account.id.in_(account_ids)))
    return {row.id: row.display_name for row in rows}


def name_of(session: Session, *, account_id: uuid.UUID | None) -> str | None:
    """The display name of one account; None for nobody, or where the account is gone."""
    return names(session, account_ids=[account_id]).get(account_id) if account_id else None


def anyone(session: Session) -> bool:
    """Whether any account exists at all: an empty database is set up differently."""
    return bool(session.execute(select(exists().where(Account.id.is_not(None)))).scalar())


def own_account(session: Session, *, account_id: uuid.UUID) -> OwnAccount:
    """The person's own account."""
    row = session.execute(
        select(
            Account.id,
            Account.display_name,
            func.coalesce(Account.email, ""),
            Account.locale,
            Account.zone_code,
            Account.digest,
            Account.administrator,
            Account.demonstration,
            Account.created_at,
        ).where(Account.id == account_id, Account.erased_at.is_(None))
    ).one()
    return OwnAccount(*row)


def sessions_of(session: Session, *, account_id: uuid.UUID, token: str) -> list[SessionRow]:
    """The browsers in which the person is signed in, newest first."""
    rows = session.execute(
        select(SignInSession.token_hash, SignInSession.browser, SignInSession.created_at, SignInSession.expires_at)
        .where(SignInSession.account_id == account_id, SignInSession.expires_at > func.clock_timestamp())
        .order_by(SignInSession.created_at.desc(), SignInSession.token_hash)
        .limit(100)
    )
    here = token_hash(token)
    return [
        SessionRow(row.token_hash.hex()[:16], row.browser, row.created_at, row.expires_at, row.token_hash == here)
        for row in rows
    ]


def link_opens(session: Session, *, token: str, purpose: Purpose) -> AccountRow | None:
    """Whose one-time link this is, if it would still open something; reading it uses nothing up."""
    row = session.execute(
        select(Account.id, Account.display_name, Account.email)
        .join(OneTimeToken, OneTimeToken.account_id == Account.id)
        .where(
            OneTimeToken.token_hash == token_hash(token),
            OneTimeToken.purpose == str(purpose),
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > func.clock_timestamp(),
            Account.erased_at.is_(None),
        )
    ).one_or_none()
    return AccountRow(*row) if row else None


def demonstration_accounts(session: Session) -> list[DemonstrationAccount]:
    """Accounts that can be tried with one click in embedded mode, in the order they were opened."""
    rows = session.execute(
        select(Account.id, Account.display_name, Account.administrator)
        .where(Account.demonstration, Account.erased_at.is_(None))
        .order_by(Account.created_at, Account.id)
        .limit(50)
    )
    return [DemonstrationAccount(*row) for row in rows]


_MEMBERSHIP = (
    Organisation.id,
    Organisation.name,
    Organisation.kind,
    OrganisationMember.account_id,
    Account.display_name,
    Account.email,
    OrganisationMember.state,
    OrganisationMember.asked_at,
)


def _memberships() -> Any:
    return (
        select(*_MEMBERSHIP)
        .join(OrganisationMember, OrganisationMember.organisation_id == Organisation.id)
        .join(Account, Account.id == OrganisationMember.account_id)
        .where(Account.erased_at.is_(None))
    )


def own_memberships(session: Session, *, account_id: uuid.UUID) -> list[MembershipRow]:
    """The organisations a person speaks for or asks to, by name."""
    rows = session.execute(
        _memberships().where(OrganisationMember.account_id == account_id).order_by(Organisation.name, Organisation.id)
    )
    return [MembershipRow(*row) for row in rows]


def members_of(session: Session, *, organisation_id: uuid.UUID) -> list[MembershipRow]:
    """Who speaks for an organisation, as confirmed, by name."""
    rows = session.execute(
        _memberships()
        .where(Organisation.id == organisation_id, OrganisationMember.state == "accepted")
        .order_by(Account.display_name, Account.id)
    )
    return [MembershipRow(*row) for row in rows]


def memberships_to_answer(session: Session, *, limit: int = 200) -> list[MembershipRow]:
    """Who asks to speak for an organisation, the longest waiting first."""
    rows = session.execute(
        _memberships()
        .where(OrganisationMember.state == "asked")
        .order_by(OrganisationMember.asked_at, OrganisationMember.account_id)
        .limit(limit)
    )
    return [MembershipRow(*row) for row in rows]


def confirmed_memberships(session: Session, *, limit: int = 500) -> list[MembershipRow]:
    """Who speaks for which organisation, by organisation and name."""
    rows = session.execute(
        _memberships()
        .where(OrganisationMember.state == "accepted")
        .order_by(Organisation.name, Account.display_name, Account.id)
        .limit(limit)
    )
    return [MembershipRow(*row) for row in rows]


def own_rows(session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
    """The account, its sessions and its drafts as plain values, for the person's own export; never hashes of secrets."""
    own = own_account(session, account_id=account_id)
    account = {
        "kind": "account",
        "display_name": own.display_name,
        "email": own.email,
        "language": own.locale,
        "zone_code": own.zone_code,
        "digest": own.digest,
        "administrator": own.administrator,
        "created_at": own.created_at.isoformat(),
    }
    sessions = session.execute(
        select(SignInSession.browser, SignInSession.created_at, SignInSession.expires_at)
        .where(SignInSession.account_id == account_id)
        .order_by(SignInSession.created_at, SignInSession.token_hash)
    )
    drafts = session.execute(
        select(Draft.place, Draft.title, Draft.fields, Draft.saved_at)
        .where(Draft.account_id == account_id)
        .order_by(Draft.saved_at, Draft.place)
    )
    return [
        account,
        *(
            {"kind": "organisation", "name": row.name, "state": row.state, "asked_at": row.asked_at.isoformat()}
            for row in own_memberships(session, account_id=account_id)
        ),
        *(
            {
                "kind": "session",
                "browser": row.browser,
                "created_at": row.created_at.isoformat(),
                "expires_at": row.expires_at.isoformat(),
            }
            for row in sessions
        ),
        *(
            {
                "kind": "draft",
                "place": row.place,
                "title": row.title,
                "fields": row.fields,
                "saved_at": row.saved_at.isoformat(),
            }
            for row in drafts
        ),
    ]
