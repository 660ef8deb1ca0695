"""Phases: their dates, holding one open, and what happens when a date arrives.

A date closes what comes in, by the database's clock and by itself. It settles the phase only when nothing is left to be answered: until then
the phase is closing, which the clock looks at again and again, and about which the people concerned are told once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ARRAY, BigInteger, String, Table, bindparam, func, or_, select, text
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.clock import database_now
from consult.core.errors import Invalid, NotFound, PhaseClosed
from consult.core.permissions import SYSTEM, Actor
from consult.core.protocols import ClosingGuard
from consult.core.ready import Ready
from consult.core.vocabulary import PhaseKind, Role, ThingKind
from consult.notices.services import notify
from consult.process.models import Phase
from consult.process.queries import BEGUN, OPEN_NOW, STILL, slug_of, with_roles

#: Who is told that a phase's date has come while something is left to answer.
CONCERNED = (Role.manager, Role.moderator)


def set_phase(
    session: Session,
    *,
    process_id: uuid.UUID,
    kind: PhaseKind,
    opens_at: datetime | None,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
    guards: Sequence[ClosingGuard] = (),
) -> None:
    """Date a phase. Closing takes the exclusive lock, so submissions in flight finish first and nothing slips in after.

    `guards` are asked where the new dates would close a phase that is open: Conflict where one of them refuses.
    """
    if opens_at and closes_at and closes_at <= opens_at:
        raise Invalid(
            "La chiusura deve venire dopo l’apertura.", {"closes_at": "La chiusura deve venire dopo l’apertura."}
        )
    phase = session.execute(
        select(Phase).where(Phase.process_id == process_id, Phase.kind == str(kind))
    ).scalar_one_or_none()
    if phase is None:
        raise NotFound("Questa fase non c’è nel processo.")
    session.execute(select(func.pg_advisory_xact_lock(_lock_key(phase.id))))
    # The clock is asked again after the lock: what was written while this waited is there to be counted.
    moment = database_now(session)
    if _spans(phase.opens_at, phase.closes_at, moment) and not _spans(opens_at, closes_at, moment):
        for guard in guards:
            refusal = guard.refusal(session, process_id=process_id, kind=kind)
            if refusal is not None:
                raise refusal
    phase.opens_at, phase.closes_at = opens_at, closes_at
    # What the guards let pass is closed for good; new dates in the future begin anew.
    phase.settled_at = moment if closes_at is not None and closes_at <= moment else None
    record(
        session,
        actor=actor,
        action="phase.dated",
        kind=ThingKind.phase,
        object_id=phase.id,
        process_id=process_id,
        phase=str(kind),
    )
    session.flush()


def _spans(opens_at: datetime | None, closes_at: datetime | None, moment: datetime) -> bool:
    return opens_at is not None and opens_at <= moment and (closes_at is None or closes_at > moment)


# Built once: every submission asks these two. They can't be one, since the clock is asked after the lock is there.
#: A phase's lock is the first half of its key as a number, as `_lock_key` says.
_KEY = text("('x' || left(replace(phase.id::text, '-', ''), 16))::bit(64)::bigint")
_PHASE = cast("Table", Phase.__table__).c
_HOLD = Ready(
    select(
        _PHASE.id,
        func.pg_advisory_xact_lock_shared(_KEY),
        func.pg_advisory_xact_lock_shared(bindparam("also", type_=BigInteger())),
    ).where(
        _PHASE.process_id == bindparam("process_id"), _PHASE.kind == func.any(bindparam("kinds", type_=ARRAY(String())))
    ),
    "process_id",
    "kinds",
    "also",
)
_ASKED = ("phases", "grace_s")
_OPEN = Ready(OPEN_NOW, *_ASKED)
#: Past its date, but not settled: nothing more comes in, what came in still gets its answer.
_OPEN_OR_CLOSING = Ready(BEGUN.where(or_(_PHASE.closes_at.is_(None), STILL, _PHASE.settled_at.is_(None))), *_ASKED)
JUST_CLOSED = "La fase si è appena chiusa, quindi non abbiamo potuto ricevere quello che hai scritto. Il testo è qui sotto: puoi copiarlo."


def hold_phase_open(
    session: Session,
    *,
    process_id: uuid.UUID,
    kinds: Sequence[PhaseKind],
    grace_s: int = 0,
    also: int | None = None,
    or_closing: bool = False,
) -> None:
    """Call in every submission: takes the shared lock of an open phase (and another one, where asked) and asks the database's clock.

    `or_closing`: also while a phase whose date is past waits for its last answers. Raises PhaseClosed when no phase of these kinds is
    open at this very moment (plus `grace_s` seconds after the close).
    """
    rows = hold_phases(session, process_id=process_id, kinds=kinds, also=also)
    asked = _OPEN_OR_CLOSING if or_closing else _OPEN
    if not asked.rows(session, phases=rows, grace_s=grace_s):
        raise PhaseClosed(JUST_CLOSED)


def hold_phases(
    session: Session, *, process_id: uuid.UUID, kinds: Sequence[PhaseKind], also: int | None = None
) -> list[uuid.UUID]:
    """Take the shared locks alone, for who asks the clock together with something else afterwards (`queries.OPEN_NOW`)."""
    return [row[0] for row in _HOLD.rows(session, process_id=process_id, kinds=[str(k) for k in kinds], also=also)]


def _lock_key(phase_id: uuid.UUID) -> int:
    return int.from_bytes(phase_id.bytes[:8], "big", signed=True)


def ask_to_settle(session: Session, *, now: datetime) -> None:
    """For each phase whose date is past and that is not settled, ask once an hour whether it may be."""
    due = session.execute(
        select(Phase.id)
        .where(Phase.closes_at <= now, Phase.opens_at.is_not(None), Phase.settled_at.is_(None))
        .order_by(Phase.id)
    ).scalars()
    hour = now.strftime("%Y-%m-%dT%H")
    jobs.enqueue_all(session, "process.settle", {f"{key}:{hour}": {"phase_id": key} for key in due})


def settle(session: Session, *, phase_id: uuid.UUID, guards: Sequence[ClosingGuard], now: datetime) -> bool:
    """Settle a phase whose date is past, unless a guard says that something is left; then its people are told, once for each date.

    Says whether the phase is settled.
    """
    session.execute(select(func.pg_advisory_xact_lock(_lock_key(phase_id))))
    phase = session.get(Phase, phase_id, populate_existing=True)
    moment = database_now(session)
    if phase is None or phase.opens_at is None or phase.closes_at is None or phase.closes_at > moment:
        return False
    if phase.settled_at is not None:
        return True
    for guard in guards:
        refusal = guard.refusal(session, process_id=phase.process_id, kind=PhaseKind(phase.kind))
        if refusal is not None:
            _tell_closing(session, phase, refusal.link_endpoint or "process_admin.phases", now)
            return False
    phase.settled_at = moment
    record(
        session, actor=SYSTEM, action="phase.settled", kind=ThingKind.phase, object_id=phase.id, process_id=phase.process_id,
        phase=phase.kind,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return True


def await_answers(session: Session, *, process_id: uuid.UUID, kinds: Sequence[PhaseKind], actor: Actor) -> bool:
    """Let the last settled of these phases be in closing again, since something came up that wants its answer; says whether it did.

    Nothing to do where one of them is open or closing: there the answer can be given. What waits keeps the phase from being settled.
    """
    moment = database_now(session)
    rows = session.execute(
        select(Phase.id, Phase.opens_at, Phase.closes_at, Phase.settled_at)
        .where(Phase.process_id == process_id, Phase.kind.in_([str(kind) for kind in kinds]), Phase.opens_at <= moment)
        .order_by(Phase.closes_at.desc(), Phase.id)
    ).all()
    if not rows or any(row.settled_at is None or _spans(row.opens_at, row.closes_at, moment) for row in rows):
        return False
    session.execute(select(func.pg_advisory_xact_lock(_lock_key(rows[0].id))))
    phase = session.get_one(Phase, rows[0].id, populate_existing=True)
    if phase.settled_at is None:
        return False
    phase.settled_at = None
    record(
        session, actor=actor, action="phase.closing_again", kind=ThingKind.phase, object_id=phase.id, process_id=process_id, phase=phase.kind
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return True


def _tell_closing(session: Session, phase: Phase, endpoint: str, now: datetime) -> None:
    slug = slug_of(session, process_id=phase.process_id)

    def words(language: str) -> tuple[str, str]:
        with force_locale(language):
            return _("%(phase)s: la data è arrivata, ma mancano delle risposte", phase=phase.title), _(
                "Non entrano più proposte. La fase resta in chiusura finché ogni proposta non ha il suo esito e ogni obiezione "
                "a un’unione o a una divisione la sua risposta: qui c’è l’elenco di quello che manca."
            )

    notify(
        session,
        account_ids=with_roles(session, process_id=phase.process_id, roles=CONCERNED),
        kind="phase.closing",
        words=words,
        link_endpoint=endpoint,
        link_values={"slug": slug},
        process_id=phase.process_id,
        key=f"phase.closing:{phase.id}:{phase.closes_at.isoformat() if phase.closes_at else ''}",
        now=now,
    )
