"""Giving a decision back within ten seconds, by the database's clock, by the person who took it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.moderation import rules
from consult.moderation.models import ModerationAct
from consult.moderation.services import appeals, dispositions, preparing, second_reading, taking_up, visibility
from consult.process.queries import slug_of

_LATE = (
    "I dieci secondi per annullare sono passati: la decisione resta. Si può ancora ritirare o rivedere dalla scrivania."
)


def undo(
    session: Session, *, process_id: uuid.UUID, act_id: uuid.UUID, actor: Actor, now: datetime
) -> tuple[ThingKind, uuid.UUID] | None:
    """Undo an act: a text is shown or hidden as before, proposals wait for a decision again, an action born empty is withdrawn.

    Returns the text, or the first of several, that waits on the desk again.

    Raises Conflict when it is too late or somebody else's, NotFound where there is no such act.
    """
    acts = list(
        session.execute(
            select(ModerationAct)
            .where(
                or_(ModerationAct.id == act_id, ModerationAct.batch_id == act_id),
                ModerationAct.process_id == process_id,
            )
            .order_by(ModerationAct.thing_kind, ModerationAct.thing_id)
            .with_for_update()
        ).scalars()
    )
    for act in acts:
        if act.undone_at or not rules.may_undo(by=act.acted_by, who=actor.account_id, at=act.acted_at, now=now):
            raise _late(session, process_id)
        visibility.take_back(session, act, actor=actor, now=now)
    if acts:
        return ThingKind(acts[0].thing_kind), acts[0].thing_id
    again: dict[str, Any] = {"process_id": process_id, "actor": actor, "now": now}
    if appeals.take_back(session, appeal_id=act_id, **again) or second_reading.take_back(
        session, reading_id=act_id, **again
    ):
        return None
    links = taking_up.standing(session, process_id, act_id)
    if links:
        if not all(rules.may_undo(by=x.made_by, who=actor.account_id, at=x.made_at, now=now) for x in links):
            raise _late(session, process_id)
        taking_up.take_back(session, links, why="", actor=actor, now=now)
        return None
    found = dispositions.standing_of_act(session, process_id, act_id)
    if not found:
        raise NotFound("Questa decisione non c’è.")
    if not all(rules.may_undo(by=d.decided_by, who=actor.account_id, at=d.decided_at, now=now) for d in found):
        raise _late(session, process_id)
    dispositions.take_back(session, found, why="", actor=actor, now=now)
    preparing.reopen(session, act_id=act_id)
    return ThingKind.proposal, found[0].proposal_id


def _late(session: Session, process_id: uuid.UUID) -> Conflict:
    slug = slug_of(session, process_id=process_id)
    return Conflict(_LATE, link_endpoint="moderation.queue", link_values={"slug": slug, "elenco": "decise"})
