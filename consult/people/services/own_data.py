"""What the program knows about a person, for them: export and erasure; and what is thrown away by itself in time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Delete, delete, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid
from consult.core.once import FormReceipt
from consult.core.permissions import SYSTEM, Actor
from consult.core.protocols import PersonalData
from consult.core.vocabulary import ThingKind
from consult.people import rules
from consult.people.models import Account, Draft, OneTimeToken, OrganisationMember, SignInSession
from consult.people.queries import own_rows
from consult.people.services.accounts import confirmed


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
    confirmed(session, account_id, password, field="password")
    if list(administrators) == [account_id]:
        raise Invalid(_("Sei l’unico amministratore: prima dai questo compito a un’altra persona."))
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
