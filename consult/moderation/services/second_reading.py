"""Second readings: decisions drawn by lot are read again by another moderator, blind; where the two differ, a third decides."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs, settling
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.moderation import rules
from consult.moderation.models import ModerationAct, ModerationAppeal, ModerationReading
from consult.moderation.queries import items, waiting
from consult.moderation.services import visibility
from consult.moderation.services.appeals import OVERDUE
from consult.moderation.types import AppealState, ReadingState
from consult.process.queries import roles_in, slug_of


def read_again(
    session: Session, *, process_id: uuid.UUID, reading_id: uuid.UUID, reason_code: str, actor: Actor, now: datetime
) -> uuid.UUID:
    """Say of a drawn text whether it should be visible (no reason) or hidden (a reason of the list); returns the reading's key.

    The second moderator's word is only noted. Where it differs from the first's, the third's stands: the text is hidden or shown after
    it, unless something else was decided on it since or an author's appeal was answered. A manager may be the third once no moderator was
    for two weeks. Raises Forbidden for who decided or read before.
    """
    if reason_code and rules.hiding_reason(reason_code) is None:
        raise Invalid("Per nascondere un testo serve un motivo.", {"reason": "Scegli un motivo dell’elenco."})
    row, act = _locked(session, process_id, reading_id)
    roles = roles_in(session, process_id=process_id, account_id=actor.account_id)
    if not settling.may_settle(
        involved=[act.acted_by, row.second_by], who=actor.account_id, roles=roles, since=row.second_at, now=now
    ):
        raise Forbidden(
            "Una decisione la rilegge un moderatore che non l’ha presa né già riletta; dopo due settimane di disaccordo, chi gestisce il processo."
        )
    if row.state == ReadingState.waiting:
        row.second_reason, row.second_by, row.second_at = reason_code, actor.account_id, now
        same = bool(reason_code) == (act.verb in rules.TAKING_AWAY)
        row.state = str(ReadingState.agreed if same else ReadingState.disputed)
        if not same:
            key, due = f"reading:{row.id}:{now.isoformat()}", settling.answer_by(now)
            jobs.enqueue(session, OVERDUE, key=key, not_before=due, kind="reading", thing_id=row.id)
    else:
        row.third_reason, row.third_by, row.third_at = reason_code, actor.account_id, now
        row.state = str(ReadingState.settled)
        session.flush()
        row.changing_act_id = _follow(session, row, act, actor, now)
    record(
        session, actor=actor, action="moderation.read_again", kind=ThingKind(act.thing_kind), object_id=act.thing_id,
        process_id=process_id, act=act.id, state=str(row.state),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return row.id


def take_back(session: Session, *, process_id: uuid.UUID, reading_id: uuid.UUID, actor: Actor, now: datetime) -> bool:
    """Give a reading back within ten seconds, with what it changed. False: no such reading. Raises Conflict where it is too late."""
    row = session.execute(
        select(ModerationReading)
        .where(ModerationReading.id == reading_id, ModerationReading.process_id == process_id)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None or row.second_at is None:
        return False
    by, at = (row.third_by, row.third_at) if row.third_at else (row.second_by, row.second_at)
    if not rules.may_undo(by=by, who=actor.account_id, at=at, now=now):
        raise _late(session, process_id)
    changing = row.changing_act_id
    if row.third_at:
        row.state, row.changing_act_id = str(ReadingState.disputed), None
        row.third_reason = row.third_by = row.third_at = None
    else:
        row.state = str(ReadingState.waiting)
        row.second_reason = row.second_by = row.second_at = None
    session.flush()
    if changing:
        act = session.execute(select(ModerationAct).where(ModerationAct.id == changing)).scalar_one()
        visibility.take_back(session, act, actor=actor, now=now)
    return True


def _follow(
    session: Session, row: ModerationReading, act: ModerationAct, actor: Actor, now: datetime
) -> uuid.UUID | None:
    """Hide or show the text after the third's word; None where it is so already, where something else was decided since, or where
    it reads otherwise today than what was read: nobody's new words are hidden for their old ones."""
    answered = session.execute(
        select(ModerationAppeal.id).where(
            ModerationAppeal.act_id == act.id, ModerationAppeal.state.in_([AppealState.accepted, AppealState.confirmed])
        )
    ).first()
    hide = bool(row.third_reason)
    if answered or hide == (act.verb in rules.TAKING_AWAY) or not waiting.is_latest(session, act=act):
        return None
    kind = ThingKind(act.thing_kind)
    found = items.item(session, process_id=act.process_id, kind=str(kind), thing_id=act.thing_id, whole=True)
    if found is None or found.hidden == hide:
        return None
    if hide and items.as_decided(session, process_id=act.process_id, found=found, at=act.acted_at).changed_since:
        return None
    if not hide:
        return visibility.restore(
            session, process_id=act.process_id, kind=kind, thing_id=act.thing_id, version=None, actor=actor, now=now
        )
    return visibility.hide(
        session, process_id=act.process_id, kind=kind, thing_id=act.thing_id, version=None, reason_code=row.third_reason or "",
        actor=actor, now=now, drawable=False,
    )  # fmt: skip  # one call of named values reads better so


def _locked(session: Session, process_id: uuid.UUID, reading_id: uuid.UUID) -> tuple[ModerationReading, ModerationAct]:
    row = session.execute(
        select(ModerationReading)
        .where(ModerationReading.id == reading_id, ModerationReading.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    act = session.execute(select(ModerationAct).where(ModerationAct.id == row.act_id)).scalar_one() if row else None
    if row is None or act is None or act.undone_at is not None:
        raise NotFound("Questa rilettura non c’è.")
    if row.state not in (ReadingState.waiting, ReadingState.disputed):
        raise Conflict(
            "Questo testo l’ha già riletto qualcun altro.",
            link_endpoint="second_look.index",
            link_values={"slug": slug_of(session, process_id=process_id)},
        )
    return row, act


def _late(session: Session, process_id: uuid.UUID) -> Conflict:
    return Conflict(
        "I dieci secondi per annullare sono passati: la rilettura resta.",
        link_endpoint="second_look.index",
        link_values={"slug": slug_of(session, process_id=process_id)},
    )
