"""Several texts decided with one reason, and who takes care of which text."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import Role, ThingKind
from consult.moderation import rules
from consult.moderation.models import ModerationAssignment
from consult.moderation.queries import waiting
from consult.moderation.services import visibility
from consult.moderation.types import Verb
from consult.process.models import Membership

#: One text to be decided: its kind, its key, the version that was read.
Seen = tuple[ThingKind, uuid.UUID, int]


def decide_together(
    session: Session,
    *,
    process_id: uuid.UUID,
    things: Sequence[Seen],
    verb: Verb,
    reason_code: str,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> uuid.UUID:
    """Hide texts with one reason, or leave them visible; publish or refuse those that wait; all or none. Where both kinds are chosen
    together, one that waits is refused instead of hidden, and published instead of left.

    Returns the key under which all can be undone together.

    Raises what `visibility.hide` and `visibility.keep` raise for the first text that can't be decided so.
    """
    if not things or len(things) > rules.MAX_TOGETHER:
        raise Invalid(Sentence("Scegli da 1 a %(n)s testi.", n=rules.MAX_TOGETHER))
    if verb in (Verb.refused, Verb.hidden) and not reason_code:
        said = "Per rifiutare un testo serve un motivo." if verb == Verb.refused else "Per nascondere un testo serve un motivo."
        raise Invalid(said, {"reason": "Scegli un motivo dell’elenco."})
    batch_id = uuid.uuid4()
    waits = waiting.those_waiting(session, process_id=process_id, things=[(kind, thing_id) for kind, thing_id, _version in things])
    # Always in the same order, so that two moderators with overlapping choices wait for each other instead of both failing.
    for kind, thing_id, version in sorted(set(things), key=lambda t: (str(t[0]), t[1])):
        if verb in (Verb.published, Verb.refused) or (kind, thing_id) in waits:
            visibility.decide_waiting(
                session, process_id=process_id, kind=kind, thing_id=thing_id, version=version,
                reason_code=reason_code if verb in (Verb.refused, Verb.hidden) else "", actor=actor, now=now, note=note, batch_id=batch_id,
                waits=(kind, thing_id) in waits,
            )  # fmt: skip  # one row of values reads better so
        elif verb == Verb.hidden:
            visibility.hide(
                session, process_id=process_id, kind=kind, thing_id=thing_id, version=version, reason_code=reason_code,
                actor=actor, now=now, note=note, batch_id=batch_id,
            )  # fmt: skip  # one row of values reads better so
        else:
            visibility.keep(
                session, process_id=process_id, kind=kind, thing_id=thing_id, actor=actor, now=now, note=note, batch_id=batch_id
            )  # fmt: skip  # one row of values reads better so
    return batch_id


def assign(
    session: Session,
    *,
    process_id: uuid.UUID,
    things: Sequence[tuple[ThingKind, uuid.UUID]],
    account_id: uuid.UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Give texts to a moderator of the process, or to nobody (`account_id` None). Raises NotFound for who moderates nothing here."""
    if account_id is not None:
        moderates = session.execute(
            select(Membership.id).where(
                Membership.process_id == process_id, Membership.account_id == account_id, Membership.role == str(Role.moderator)
            )
        ).first()  # fmt: skip  # one condition per name reads better so
        if moderates is None:
            raise NotFound("Questa persona non modera in questo processo.")
    for kind, thing_id in sorted(set(things), key=lambda t: (str(t[0]), t[1])):
        if not visibility.belongs(session, process_id=process_id, kind=kind, thing_id=thing_id):
            raise NotFound("Questo testo non c’è.")
        if account_id is None:
            session.execute(
                delete(ModerationAssignment).where(
                    ModerationAssignment.thing_kind == str(kind), ModerationAssignment.thing_id == thing_id
                )
            )
        else:
            values = {"account_id": account_id, "assigned_at": now, "assigned_by": actor.account_id}
            session.execute(
                insert(ModerationAssignment)
                .values(thing_kind=str(kind), thing_id=thing_id, process_id=process_id, **values)
                .on_conflict_do_update(index_elements=["thing_kind", "thing_id"], set_=values)
            )
        record(
            session,
            actor=actor,
            action="moderation.assigned",
            kind=kind,
            object_id=thing_id,
            process_id=process_id,
            to=str(account_id or ""),
        )
    session.flush()
