"""Writing an action, changing it, moving it from state to state; its number within the strategy."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.framework.models import Strategy
from consult.plan import rules
from consult.plan.models import (
    ActionConnection,
    ActionCounter,
    ActionProvision,
    ActionZone,
    DraftAction,
)
from consult.plan.services.history import TEXTS, address, as_typed, as_written, locked, remember, stale, touch
from consult.plan.types import ActionFields, ActionOrigin, ActionState, ChangeKind
from consult.process.models import Process


def create_action(
    session: Session,
    *,
    process_id: uuid.UUID,
    strategy_id: uuid.UUID,
    fields: ActionFields,
    origin: ActionOrigin,
    actor: Actor,
    now: datetime,
    number: int | None = None,
) -> tuple[uuid.UUID, str]:
    """Write a draft action under a strategy and return its key and code.

    The number is the strategy's next one, unless an import brings its own `number`. Raises Invalid for an empty title, NotFound
    for a strategy of another frame, Conflict where an imported number is taken.
    """
    strategy_code = session.execute(
        select(Strategy.code)
        .join(Process, Process.frame_id == Strategy.frame_id)
        .where(Strategy.id == strategy_id, Process.id == process_id)
    ).scalar_one_or_none()
    if strategy_code is None:
        raise NotFound("Questa strategia non c’è nel piano.")
    _check(fields)
    given = _next_number(session, process_id=process_id, strategy_id=strategy_id, wanted=number)
    action = DraftAction(
        id=uuid.uuid4(), process_id=process_id, strategy_id=strategy_id, number=given,
        code=rules.code_of(strategy_code, given), origin=str(origin), state=str(ActionState.draft), version=1,
        created_at=now, created_by=actor.account_id, changed_at=now, changed_by=actor.account_id,
        **{name: getattr(fields, name) for name in TEXTS},
    )  # fmt: skip  # one row of values reads better so
    session.add(action)
    session.flush()
    _write_links(session, action, fields)
    remember(session, action, ChangeKind.created, {}, as_written(session, action), actor, now)
    record(
        session,
        actor=actor,
        action="action.created",
        kind=ThingKind.action,
        object_id=action.id,
        process_id=process_id,
        code=action.code,
        origin=str(origin),
    )
    session.flush()
    return action.id, action.code


def edit_action(
    session: Session,
    *,
    process_id: uuid.UUID,
    action_id: uuid.UUID,
    version: int,
    fields: ActionFields,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> int:
    """Change the words of an action and return its new version.

    Raises Conflict with who changed it and the differences when `version` is not the saved one, or when the action can't be edited any more.
    """
    _check(fields)
    action = locked(session, process_id, action_id)
    before = as_written(session, action)
    if action.version != version:
        raise stale(session, action, rules.differences(before, as_typed(session, action, fields)))
    if not rules.may_edit(action.state):
        raise Conflict(
            "Questa azione non si può più modificare: è stata adottata o ritirata.",
            link_endpoint="plan.action",
            link_values=address(session, action),
            current_version=action.version,
        )
    for name in TEXTS:
        setattr(action, name, getattr(fields, name))
    for link in (ActionZone, ActionConnection, ActionProvision):
        session.execute(delete(link).where(link.action_id == action.id))
    _write_links(session, action, fields)
    was, became = rules.changed_fields(before, as_written(session, action))
    if not became:
        return action.version
    touch(action, actor, now)
    remember(session, action, ChangeKind.edited, was, became, actor, now, note)
    record(
        session,
        actor=actor,
        action="action.edited",
        kind=ThingKind.action,
        object_id=action.id,
        process_id=process_id,
        fields=sorted(became),
        version=action.version,
    )
    session.flush()
    return action.version


def change_state(
    session: Session,
    *,
    process_id: uuid.UUID,
    action_id: uuid.UUID,
    version: int,
    state: ActionState,
    actor: Actor,
    now: datetime,
    note: str = "",
    told: bool = True,
) -> int:
    """Move an action to another state and return its new version. Raises Conflict for a stale version, Invalid for a move that is not one.

    Not `told`: nobody heard of what this takes back, so nobody hears of this.
    """
    action = locked(session, process_id, action_id)
    if action.version != version:
        raise stale(session, action, ())
    if not rules.may_move(action.state, state):
        raise Invalid("Da questo stato l’azione non può passare a quello scelto.")
    was = action.state
    action.state = str(state)
    touch(action, actor, now)
    remember(session, action, ChangeKind.state, {"state": was}, {"state": str(state)}, actor, now, note)
    record(
        session,
        actor=actor,
        action="action.state",
        kind=ThingKind.action,
        object_id=action.id,
        process_id=process_id,
        was=was,
        state=str(state),
    )
    if told and (state in (ActionState.adopted, ActionState.withdrawn) or was == ActionState.withdrawn):
        # Whose words it rests on is known in the room above, which tells them.
        jobs.enqueue(
            session,
            "moderation.tell_action",
            key=f"{action.id}:{action.version}",
            action_id=action.id,
            version=action.version,
        )
    session.flush()
    return action.version


def withdraw(
    session: Session,
    *,
    process_id: uuid.UUID,
    action_id: uuid.UUID,
    version: int,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> int:
    """Withdraw an action: it stays to be read, with its number, its history and what it rested on."""
    return change_state(
        session,
        process_id=process_id,
        action_id=action_id,
        version=version,
        state=ActionState.withdrawn,
        actor=actor,
        now=now,
        note=note,
    )


def _next_number(session: Session, *, process_id: uuid.UUID, strategy_id: uuid.UUID, wanted: int | None) -> int:
    statement = insert(ActionCounter).values(process_id=process_id, strategy_id=strategy_id, last_number=wanted or 1)
    raised = (
        func.greatest(ActionCounter.last_number, statement.excluded.last_number)
        if wanted
        else ActionCounter.last_number + 1
    )
    # The row stays locked until this transaction ends, and a roll-back takes the number back: neither race nor gap.
    last = session.execute(
        statement.on_conflict_do_update(
            index_elements=["process_id", "strategy_id"], set_={"last_number": raised}
        ).returning(ActionCounter.last_number)
    ).scalar_one()
    return wanted or int(last)


def _check(fields: ActionFields) -> None:
    if not fields.title.strip():
        raise Invalid("All’azione serve un titolo.", {"title": "All’azione serve un titolo."})
    if len(fields.title) > 200:
        raise Invalid("Il titolo è troppo lungo.", {"title": "Il titolo può avere al massimo 200 caratteri."})


def _write_links(session: Session, action: DraftAction, fields: ActionFields) -> None:
    session.add_all(ActionZone(action_id=action.id, zone_id=key) for key in dict.fromkeys(fields.zone_ids))
    others = [key for key in dict.fromkeys(fields.strategy_ids) if key != action.strategy_id]
    session.add_all(ActionConnection(action_id=action.id, strategy_id=key) for key in others)
    session.add_all(
        ActionProvision(action_id=action.id, provision_id=key) for key in dict.fromkeys(fields.provision_ids)
    )
    session.flush()
