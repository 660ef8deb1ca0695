"""Writes of the plan: actions, their numbers and history, and what they rest on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.framework.models import Provision, Strategy, Zone
from consult.people import queries as people
from consult.plan import rules
from consult.plan.models import (
    ActionChange,
    ActionConnection,
    ActionCounter,
    ActionProvision,
    ActionZone,
    DraftAction,
    Promotion,
)
from consult.plan.types import ActionFields, ActionOrigin, ActionState, ChangeKind, Ground
from consult.process.models import Process

_TEXTS = ("title", "text", "competence", "lead_body", "partners", "period", "funding", "objective_code")


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
        raise NotFound("Questa strategia non c'è nel piano.")
    _check(fields)
    given = _next_number(session, process_id=process_id, strategy_id=strategy_id, wanted=number)
    action = DraftAction(
        id=uuid.uuid4(), process_id=process_id, strategy_id=strategy_id, number=given,
        code=rules.code_of(strategy_code, given), origin=str(origin), state=str(ActionState.draft), version=1,
        created_at=now, created_by=actor.account_id, changed_at=now, changed_by=actor.account_id,
        **{name: getattr(fields, name) for name in _TEXTS},
    )  # fmt: skip  # one row of values reads better so
    session.add(action)
    session.flush()
    _write_links(session, action, fields)
    _remember(session, action, ChangeKind.created, {}, _as_written(session, action), actor, now)
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
    action = _locked(session, process_id, action_id)
    before = _as_written(session, action)
    if action.version != version:
        raise _stale(session, action, rules.differences(before, _as_typed(session, action, fields)))
    if not rules.may_edit(action.state):
        raise Conflict(
            "Questa azione non si può più modificare: è stata adottata o ritirata.",
            link_endpoint="plan.action",
            link_values=_address(session, action),
            current_version=action.version,
        )
    for name in _TEXTS:
        setattr(action, name, getattr(fields, name))
    for link in (ActionZone, ActionConnection, ActionProvision):
        session.execute(delete(link).where(link.action_id == action.id))
    _write_links(session, action, fields)
    was, became = rules.changed_fields(before, _as_written(session, action))
    if not became:
        return action.version
    _touch(action, actor, now)
    _remember(session, action, ChangeKind.edited, was, became, actor, now, note)
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
    action = _locked(session, process_id, action_id)
    if action.version != version:
        raise _stale(session, action, ())
    if not rules.may_move(action.state, state):
        raise Invalid("Da questo stato l'azione non può passare a quello scelto.")
    was = action.state
    action.state = str(state)
    _touch(action, actor, now)
    _remember(session, action, ChangeKind.state, {"state": was}, {"state": str(state)}, actor, now, note)
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
            session, "moderation.tell_action", key=f"{action.id}:{action.version}", action_id=action.id, version=action.version
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


def link(
    session: Session,
    *,
    process_id: uuid.UUID,
    action_id: uuid.UUID,
    grounds: Sequence[Ground],
    actor: Actor,
    now: datetime,
) -> None:
    """Let an action rest on these things; a link that is there already stays as it is.

    Raises Conflict where the action is adopted or withdrawn.
    """
    action = _locked(session, process_id, action_id)
    if action.state not in rules.OPEN_TO_PROPOSALS:
        raise Conflict(
            "Questa azione è stata adottata o ritirata: non può più accogliere altro.",
            link_endpoint="plan.action",
            link_values=_address(session, action),
        )
    added = 0
    for ground in grounds:
        added += (
            session.execute(
                insert(Promotion)
                .values(
                    id=uuid.uuid4(), action_id=action_id, proposal_id=ground.proposal_id, finding_id=ground.finding_id,
                    source_id=ground.source_id, passage=ground.passage, passage_start=ground.start, cause_id=ground.cause_id,
                    reason_code=ground.reason_code, reason=ground.reason, body=ground.body, born_with=ground.born_with,
                    made_at=now, made_by=actor.account_id,
                )
                .on_conflict_do_nothing()
                .returning(Promotion.id)
            ).scalar_one_or_none()
            is not None
        )  # fmt: skip  # one row of values reads better so
    if added:
        _touch(action, actor, now)
        keys = [str(g.proposal_id or g.finding_id or g.source_id) for g in grounds]
        _remember(session, action, ChangeKind.linked, {}, {"rests_on": keys}, actor, now)
        session.flush()


def unlink(
    session: Session, *, cause_id: uuid.UUID, actor: Actor, now: datetime, note: str = ""
) -> list[uuid.UUID]:
    """End the links that an act made, since the act was taken back; returns the actions concerned. The ended links stay on record."""
    links = session.execute(
        select(Promotion)
        .where(Promotion.cause_id == cause_id, Promotion.ended_at.is_(None))
        .order_by(Promotion.action_id, Promotion.id)
    ).scalars()
    keys: dict[uuid.UUID, list[str]] = {}
    for row in list(links):
        row.ended_at, row.ended_by = now, actor.account_id
        keys.setdefault(row.action_id, []).append(str(row.proposal_id or row.finding_id or row.source_id))
    for action_id, things in keys.items():
        action = session.execute(select(DraftAction).where(DraftAction.id == action_id).with_for_update()).scalar_one()
        _touch(action, actor, now)
        _remember(session, action, ChangeKind.unlinked, {"rests_on": things}, {}, actor, now, note)
    session.flush()
    return list(keys)


def relink(session: Session, *, cause_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Let the links that an act made stand again, since ending them was taken back."""
    links = session.execute(
        select(Promotion)
        .where(Promotion.cause_id == cause_id, Promotion.ended_at.is_not(None))
        .order_by(Promotion.action_id, Promotion.id)
    ).scalars()
    keys: dict[uuid.UUID, list[str]] = {}
    for row in list(links):
        row.ended_at = row.ended_by = None
        keys.setdefault(row.action_id, []).append(str(row.proposal_id or row.finding_id or row.source_id))
    for action_id, things in keys.items():
        action = session.execute(select(DraftAction).where(DraftAction.id == action_id).with_for_update()).scalar_one()
        _touch(action, actor, now)
        _remember(session, action, ChangeKind.linked, {}, {"rests_on": things}, actor, now)
    session.flush()


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
        raise Invalid("All'azione serve un titolo.", {"title": "All'azione serve un titolo."})
    if len(fields.title) > 200:
        raise Invalid("Il titolo è troppo lungo.", {"title": "Il titolo può avere al massimo 200 caratteri."})


def _locked(session: Session, process_id: uuid.UUID, action_id: uuid.UUID) -> DraftAction:
    action = session.execute(
        select(DraftAction)
        .where(DraftAction.id == action_id, DraftAction.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if action is None:
        raise NotFound("Questa azione non c'è.")
    return action


def _touch(action: DraftAction, actor: Actor, now: datetime) -> None:
    action.version += 1
    action.changed_at, action.changed_by = now, actor.account_id


def _remember(
    session: Session,
    action: DraftAction,
    kind: ChangeKind,
    before: dict[str, Any],
    after: dict[str, Any],
    actor: Actor,
    now: datetime,
    note: str = "",
) -> None:
    session.add(
        ActionChange(
            action_id=action.id, version=action.version, kind=str(kind), before=before, after=after, note=note,
            changed_at=now, changed_by=actor.account_id,
        )
    )  # fmt: skip  # one row of values reads better so


def _write_links(session: Session, action: DraftAction, fields: ActionFields) -> None:
    session.add_all(ActionZone(action_id=action.id, zone_id=key) for key in dict.fromkeys(fields.zone_ids))
    others = [key for key in dict.fromkeys(fields.strategy_ids) if key != action.strategy_id]
    session.add_all(ActionConnection(action_id=action.id, strategy_id=key) for key in others)
    session.add_all(
        ActionProvision(action_id=action.id, provision_id=key) for key in dict.fromkeys(fields.provision_ids)
    )
    session.flush()


def _as_written(session: Session, action: DraftAction) -> dict[str, Any]:
    """The action as its history keeps it: words, and the codes of what it is linked to."""
    zones = select(Zone.code).join(ActionZone, ActionZone.zone_id == Zone.id).where(ActionZone.action_id == action.id)
    others = (
        select(Strategy.code)
        .join(ActionConnection, ActionConnection.strategy_id == Strategy.id)
        .where(ActionConnection.action_id == action.id)
    )
    provisions = (
        select(Provision.code)
        .join(ActionProvision, ActionProvision.provision_id == Provision.id)
        .where(ActionProvision.action_id == action.id)
    )
    return {
        **{name: getattr(action, name) for name in _TEXTS},
        "zones": list(session.execute(zones.order_by(Zone.position)).scalars()),
        "connections": list(session.execute(others.order_by(Strategy.position)).scalars()),
        "provisions": list(session.execute(provisions.order_by(Provision.code)).scalars()),
    }


def _as_typed(session: Session, action: DraftAction, fields: ActionFields) -> dict[str, Any]:
    """What a stale edit wanted to save, in the same shape."""
    zones = select(Zone.code).where(Zone.id.in_(fields.zone_ids)).order_by(Zone.position)
    others = select(Strategy.code).where(Strategy.id.in_(fields.strategy_ids), Strategy.id != action.strategy_id)
    provisions = select(Provision.code).where(Provision.id.in_(fields.provision_ids)).order_by(Provision.code)
    typed = {name: value for name, value in asdict(fields).items() if name in _TEXTS}
    return {
        **typed,
        "zones": list(session.execute(zones).scalars()),
        "connections": list(session.execute(others.order_by(Strategy.position)).scalars()),
        "provisions": list(session.execute(provisions).scalars()),
    }


def _address(session: Session, action: DraftAction) -> dict[str, str]:
    slug = session.execute(select(Process.slug).where(Process.id == action.process_id)).scalar_one()
    return {"slug": slug, "code": action.code}


def _stale(session: Session, action: DraftAction, differing: tuple[Any, ...]) -> Conflict:
    who = people.names(session, account_ids=[action.changed_by]) if action.changed_by else {}
    return Conflict(
        "Qualcun altro ha salvato questa azione mentre la stavi modificando. Niente è andato perso: qui sotto c'è quello che hai scritto.",
        link_endpoint="plan.desk_action",
        link_values=_address(session, action),
        differences=differing,
        changed_by=next(iter(who.values()), None),
        current_version=action.version,
    )
