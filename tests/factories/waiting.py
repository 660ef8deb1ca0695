"""Texts that wait for a moderator before anybody else reads them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, Stance, ThingKind
from consult.listening.contributions import services as contributions
from consult.process.services import set_premoderation
from tests.factories.world import World

EVERY = (ThingKind.proposal, ThingKind.comment, ThingKind.contribution)


def read_first(session: Session, world: World, kinds: Collection[ThingKind], now: datetime) -> None:
    """Say which new texts a moderator reads first."""
    manager = Actor(account_id=world.accounts[Role.manager], name="manager")
    set_premoderation(session, process_id=world.process_id, kinds=kinds, actor=manager, now=now)


def add_waiting(
    session: Session, world: World, about: uuid.UUID, say: Callable[[str], str], now: datetime
) -> dict[str, uuid.UUID]:
    """A proposal, a comment on `about` and a contribution that wait, though nothing new would; their keys by name."""
    author = Actor(account_id=world.others[2], name="persona")
    read_first(session, world, EVERY, now)
    keys = {
        "waiting_proposal": proposals.submit(
            session, process_id=world.process_id, title=f"Una sala per suonare {say('waiting_proposal')}"[:200],
            text=f"Chi suona la sera non sa dove andare, e disturba chi dorme. {say('waiting_proposal')}",
            strategy_id=world.strategies["2.2"], zone_ids=[world.zones["2"]], actor=author, now=now,
        ),
        "waiting_comment": proposals.comment(
            session, process_id=world.process_id, proposal_id=about, text=f"Anche il sabato. {say('waiting_comment')}",
            stance=Stance.in_favour, actor=author, now=now,
        ),
        "waiting_source": contributions.submit(
            session, process_id=world.process_id, text=f"Il ponte è chiuso da mesi. {say('waiting_contribution')}", publish=True,
            actor=author, now=now,
        ).source_id,
    }  # fmt: skip  # one call reads better so
    read_first(session, world, (), now)
    return keys
