"""Proposals and comments for tests, made by the services that the pages call."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from consult.coplanning.proposals import services
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, Stance
from tests.factories.world import World

TEXT = "Chiediamo che i treni della valle passino ogni mezz'ora, anche la sera e la domenica."


def actor_of(account_id: uuid.UUID, name: str = "Persona") -> Actor:
    """An account as services know it."""
    return Actor(account_id=account_id, name=name)


def author(world: World) -> Actor:
    """Who writes proposals, unless a test says otherwise: the person with a plain account."""
    return actor_of(world.accounts[Role.account], "Autrice")


def propose(
    session: Session, world: World, *, title: str = "Treni ogni mezz'ora", by: Actor | None = None, **more: Any
) -> uuid.UUID:
    """A published proposal."""
    values: dict[str, Any] = {"text": TEXT, "strategy_id": world.strategies["2.2"], "now": datetime.now(UTC), **more}
    return services.submit(session, process_id=world.process_id, title=title, actor=by or author(world), **values)


def comment_on(
    session: Session,
    world: World,
    proposal_id: uuid.UUID,
    *,
    by: Actor,
    text: str = "Sono d'accordo.",
    stance: Stance = Stance.in_favour,
    **more: Any,
) -> uuid.UUID:
    """A comment on a proposal."""
    return services.comment(
        session,
        process_id=world.process_id,
        proposal_id=proposal_id,
        text=text,
        stance=stance,
        actor=by,
        now=datetime.now(UTC),
        **more,
    )
