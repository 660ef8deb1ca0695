"""Who speaks for which organisation: asked by the person, confirmed by who manages a process."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import SpeakerKind, ThingKind
from consult.people.models import Account, Organisation, OrganisationMember


def ask_membership(
    session: Session, *, account_id: uuid.UUID, name: str, kind: str, actor: Actor, now: datetime
) -> uuid.UUID:
    """Say that one speaks for an organisation; it counts once who manages a process confirms it. Returns the organisation's key.

    Asked again after a refusal, it is asked anew. Raises Forbidden without a proved address, Invalid for a name or kind that is none.
    """
    wanted = " ".join(name.split())
    if not 2 <= len(wanted) <= 200:
        raise Invalid("Il nome non va bene.", {"name": "Scrivi il nome dell’organizzazione, da 2 a 200 caratteri."})
    if kind not in set(SpeakerKind):
        raise Invalid("Scegli una delle voci dell’elenco.", {"kind": "Scegli una delle voci dell’elenco."})
    proved = session.execute(
        select(Account.id).where(Account.id == account_id, Account.email_verified_at.is_not(None))
    ).scalar_one_or_none()
    if proved is None:
        raise Forbidden("Prima conferma il tuo indirizzo: il collegamento è nel messaggio di benvenuto.")
    found = select(Organisation.id).where(func.lower(Organisation.name) == wanted.lower()).order_by(Organisation.id)
    key = session.execute(found.limit(1)).scalar_one_or_none()
    if key is None:
        session.execute(
            insert(Organisation)
            .values(id=uuid.uuid4(), name=wanted, kind=kind)
            .on_conflict_do_nothing(index_elements=["name"])
        )
        key = session.execute(found.limit(1)).scalar_one()
    asked = {"state": "asked", "asked_at": now, "decided_at": None, "decided_by": None}
    session.execute(
        insert(OrganisationMember)
        .values(organisation_id=key, account_id=account_id, **asked)
        .on_conflict_do_update(
            index_elements=["organisation_id", "account_id"], set_=asked, where=OrganisationMember.state == "refused"
        )
    )
    record(
        session,
        actor=actor,
        action="organisation.asked",
        kind=ThingKind.account,
        object_id=account_id,
        organisation=key,
    )
    session.flush()
    return key


def answer_membership(
    session: Session, *, organisation_id: uuid.UUID, account_id: uuid.UUID, accept: bool, actor: Actor, now: datetime
) -> bool:
    """Confirm or refuse that a person speaks for an organisation, or end it later; says whether anything changed. Raises NotFound."""
    row = session.execute(
        select(OrganisationMember)
        .where(OrganisationMember.organisation_id == organisation_id, OrganisationMember.account_id == account_id)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa richiesta non c’è più.")
    state = "accepted" if accept else "refused"
    if row.state == state:
        return False
    row.state, row.decided_at, row.decided_by = state, now, actor.account_id
    record(
        session,
        actor=actor,
        action=f"organisation.{state}",
        kind=ThingKind.account,
        object_id=account_id,
        organisation=organisation_id,
    )
    session.flush()
    return True


def leave_organisation(
    session: Session, *, organisation_id: uuid.UUID, account_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Speak for an organisation no more; leaving twice is leaving once."""
    session.execute(
        delete(OrganisationMember).where(
            OrganisationMember.organisation_id == organisation_id, OrganisationMember.account_id == account_id
        )
    )
    record(
        session,
        actor=actor,
        action="organisation.left",
        kind=ThingKind.account,
        object_id=account_id,
        organisation=organisation_id,
    )
    session.flush()
