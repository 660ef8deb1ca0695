"""Prioritisation rounds for tests, led by the services that the pages call."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from consult.coplanning.priorities import queries, services
from consult.coplanning.priorities.types import RoundAudience, RoundFields, RoundMethod
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, SpeakerKind
from tests.factories.world import World


def leader(world: World) -> Actor:
    """Who leads rounds."""
    return Actor(account_id=world.accounts[Role.manager], name="Responsabile")


def fields(**changes: Any) -> RoundFields:
    """What a round asks."""
    values: dict[str, Any] = {
        "title": "Che cosa viene prima?", "question": "Con **dieci punti**.", "method": RoundMethod.points,
        "audience": RoundAudience.registered, "zone_id": None, "budget": 10, "most_ranked": 3, **changes,
    }  # fmt: skip  # one row of values reads better so
    return RoundFields(**values)


def prepare(session: Session, world: World, *, numbers: Sequence[int] = (), **changes: Any) -> uuid.UUID:
    """A round in preparation, on all strategies unless numbers of proposals are given."""
    return services.prepare_round(
        session,
        process_id=world.process_id,
        fields=fields(**changes),
        strategy_ids=() if numbers else list(world.strategies.values()),
        proposal_numbers=numbers,
        actor=leader(world),
        now=datetime.now(UTC),
    )


def open_up(session: Session, world: World, key: uuid.UUID, *, days: float = 5, version: int = 1) -> uuid.UUID:
    """Open a round for some days."""
    now = datetime.now(UTC)
    services.open_round(
        session, process_id=world.process_id, round_id=key, version=version, closes_at=now + timedelta(days=days), actor=leader(world), now=now
    )  # fmt: skip  # one call of named values reads better so
    return key


def cast(
    session: Session,
    world: World,
    key: uuid.UUID,
    account_id: uuid.UUID,
    choices: Mapping[uuid.UUID, int] | Sequence[uuid.UUID],
    *,
    zone: str | None = None,
    kind: SpeakerKind = SpeakerKind.resident,
) -> None:
    """A ballot."""
    services.cast(
        session,
        process_id=world.process_id,
        round_id=key,
        choices=choices,
        zone_id=world.zones[zone] if zone else None,
        speaker_kind=kind,
        actor=Actor(account_id=account_id, name="persona"),
        now=datetime.now(UTC),
    )


def option_keys(session: Session, key: uuid.UUID) -> list[uuid.UUID]:
    """The options of a round, in order."""
    return [o.id for o in queries.options(session, round_id=key)]


def rounds(session: Session, world: World, say: Callable[[str], str]) -> dict[str, uuid.UUID]:
    """An open round, a counted one, one in preparation and one for invited people; their keys by name."""
    running = open_up(session, world, prepare(session, world, title=f"Che cosa prima {say('priority_round')}"[:120]))
    counted = open_up(session, world, prepare(session, world))
    keys = option_keys(session, counted)
    for i, person in enumerate([*world.others, world.accounts[Role.account]][:7]):
        cast(session, world, counted, person, {keys[0]: 5 + i % 3, keys[1]: 2}, zone="2" if i < 5 else None)
    now = datetime.now(UTC)
    services.close_round(
        session, process_id=world.process_id, round_id=counted, version=2, actor=leader(world), now=now
    )
    services.count_round(session, round_id=counted, now=now)
    draft = prepare(session, world, title=f"In preparazione {say('draft_round')}"[:120], audience=RoundAudience.invited)
    return {"round": running, "counted_round": counted, "draft_round": draft}
