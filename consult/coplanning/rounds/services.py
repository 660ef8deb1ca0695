"""Leading a round from preparation to its end, and holding it open while somebody takes part.

Who takes part shares a lock on the round's row, who leads it or counts it for good takes the row alone: so a deadline, a closing and an
answer that arrive together always have an order, and the clock that decides is the database's, asked once the lock is there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.rounds import rules
from consult.coplanning.rounds.models import DatedRound
from consult.coplanning.rounds.types import RoundState
from consult.core.errors import Conflict, Difference, Forbidden, Invalid, NotFound, PhaseClosed
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.people.models import Account
from consult.process.queries import slug_of

R = TypeVar("R", bound=DatedRound)


@dataclass(frozen=True, slots=True)
class RoundKind(Generic[R]):
    """A kind of round: its table, the page from which it is led, what people are told of it, and what asks for its last count."""

    model: type[R]
    thing: ThingKind
    #: What the record's actions begin with.
    recorded_as: str
    desk_endpoint: str
    parameter: str
    #: There is none; somebody changed it first; its time was over already; people can't take part any more.
    missing: Sentence
    changed: Sentence
    over: Sentence
    shut: Sentence
    ask_for_last_count: Callable[[Session, uuid.UUID], None]


def note(
    session: Session, kind: RoundKind[R], row: R, *, what: str, actor: Actor, changes: bool = True, **meta: Any
) -> None:
    """Put into the record what was done with a round; what `changes` the round itself raises its version."""
    if changes:
        row.version += 1
    record(
        session, actor=actor, action=f"{kind.recorded_as}.{what}", kind=kind.thing, object_id=row.id, process_id=row.process_id,
        version=row.version, **meta,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def locked(
    session: Session,
    kind: RoundKind[R],
    *,
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    version: int,
    state: RoundState,
    differences: Callable[[R], tuple[Difference, ...]] = lambda _row: (),
) -> R:
    """The round, to be changed by who leads it. Raises Conflict where somebody changed it first, or it is in another state."""
    row = held(session, kind, process_id=process_id, round_id=round_id)
    if row.version != version or row.state != state:
        raise Conflict(
            kind.changed, current_version=row.version, differences=differences(row), **address(session, kind, row)
        )
    return row


def held(session: Session, kind: RoundKind[R], *, process_id: uuid.UUID, round_id: uuid.UUID) -> R:
    """The round, alone, whatever its state. Raises NotFound."""
    row = _of(session, kind, process_id, round_id, alone=True)
    if row is None:
        raise NotFound(kind.missing)
    return row


def open_up(
    session: Session, *, kind: RoundKind[R], row: R, closes_at: datetime | None, actor: Actor, now: datetime
) -> None:
    """Open a locked round until a deadline."""
    row.closes_at = _deadline(closes_at, now)
    row.state, row.opened_at = str(RoundState.open), now
    note(session, kind, row, what="opened", actor=actor)


def extend(
    session: Session,
    *,
    kind: RoundKind[R],
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    version: int,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Move the deadline of an open round further away; never nearer, since people were told of it."""
    row = locked(session, kind, process_id=process_id, round_id=round_id, version=version, state=RoundState.open)
    later = _deadline(closes_at, now)
    if row.closes_at is None or row.closes_at <= now:
        raise Conflict(kind.over, **address(session, kind, row))
    if later <= row.closes_at:
        raise Invalid(
            "La scadenza si può solo allontanare.", {"closes_at": "Scegli un momento dopo la scadenza di adesso."}
        )
    row.closes_at = later
    note(session, kind, row, what="extended", actor=actor)


def close(
    session: Session,
    *,
    kind: RoundKind[R],
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Close an open round before its deadline; it is counted at once."""
    row = locked(session, kind, process_id=process_id, round_id=round_id, version=version, state=RoundState.open)
    row.state, row.closed_at = str(RoundState.closed), now
    note(session, kind, row, what="closed", actor=actor)
    kind.ask_for_last_count(session, row.id)


def cancel(
    session: Session,
    *,
    kind: RoundKind[R],
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Give up a round that was not opened."""
    row = locked(session, kind, process_id=process_id, round_id=round_id, version=version, state=RoundState.draft)
    row.state = str(RoundState.cancelled)
    note(session, kind, row, what="cancelled", actor=actor)


def hold_open(
    session: Session, kind: RoundKind[R], *, process_id: uuid.UUID, round_id: uuid.UUID, alone: bool = False
) -> R:
    """The round, held open by a lock that many may share, or one `alone`; the clock is asked once the lock is there.

    Raises PhaseClosed.
    """
    row = _of(session, kind, process_id, round_id, alone=alone)
    if row is None or row.state in (RoundState.draft, RoundState.cancelled):
        raise NotFound(kind.missing)
    clock = session.execute(select(func.clock_timestamp())).scalar_one()
    if not rules.is_open(row.state, row.closes_at, clock):
        raise PhaseClosed(kind.shut)
    return row


def close_for_good(row: DatedRound) -> None:
    """A round that is over has been counted: it is closed, at the moment it was closed or ran out."""
    row.state = str(RoundState.closed)
    row.closed_at = row.closed_at or row.closes_at
    row.version += 1


def participant_account(session: Session, actor: Actor) -> uuid.UUID:
    """The account of who takes part. Raises Forbidden where its address is not proved."""
    verified = session.execute(
        select(Account.email_verified_at.is_not(None)).where(
            Account.id == actor.account_id, Account.erased_at.is_(None)
        )
    ).scalar_one_or_none()
    if actor.account_id is None or not verified:
        raise Forbidden(
            "Per partecipare bisogna prima confermare il proprio indirizzo: apri il collegamento nel messaggio che ti abbiamo mandato."
        )
    return actor.account_id


def address(session: Session, kind: RoundKind[R], row: R) -> dict[str, Any]:
    """Where the round is led, for a conflict's link."""
    slug = slug_of(session, process_id=row.process_id)
    return {"link_endpoint": kind.desk_endpoint, "link_values": {"slug": slug, kind.parameter: str(row.id)}}


def _of(session: Session, kind: RoundKind[R], process_id: uuid.UUID, round_id: uuid.UUID, *, alone: bool) -> R | None:
    return session.execute(
        select(kind.model)
        .where(kind.model.id == round_id, kind.model.process_id == process_id)
        .with_for_update(read=not alone, key_share=alone)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _deadline(closes_at: datetime | None, now: datetime) -> datetime:
    if closes_at is None or closes_at <= now:
        raise Invalid("La scadenza deve essere nel futuro.", {"closes_at": "Scegli un giorno e un’ora nel futuro."})
    return closes_at
