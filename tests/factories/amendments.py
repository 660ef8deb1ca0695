"""Changes proposed to the words of proposals: one, answered ones, and those of the rich world."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services
from consult.coplanning.proposals.models import Amendment, Proposal
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, ThingKind
from consult.moderation.services import visibility
from tests.factories.proposals import propose
from tests.factories.waiting import read_first
from tests.factories.world import World

WHY = "Con le ultime due corse soltanto si può cominciare subito."


def words_of(session: Session, proposal_id: uuid.UUID) -> tuple[int, str, str]:
    """Version, title and text of a proposal now."""
    row = session.execute(
        select(Proposal.text_version, Proposal.title, Proposal.text).where(Proposal.id == proposal_id)
    ).one()
    return row.text_version, row.title, row.text


def amend(session: Session, world: World, proposal_id: uuid.UUID, *, by: Actor, add: str = "Anche il sabato.", **more: Any) -> uuid.UUID:
    """A change proposed to a proposal: one sentence more, unless a test says otherwise."""
    version, title, text = words_of(session, proposal_id)
    values: dict[str, Any] = {
        "base_version": version, "title": title, "text": f"{text} {add}", "reason": WHY, "now": datetime.now(UTC), **more,
    }  # fmt: skip  # one row of values reads better so
    return services.propose_amendment(session, process_id=world.process_id, proposal_id=proposal_id, actor=by, **values)


def accept(session: Session, world: World, amendment_id: uuid.UUID, *, by: Actor, **more: Any) -> int:
    """The author says yes, having seen everything as it is."""
    version, proposal_version = session.execute(
        select(Amendment.version, Proposal.version)
        .join(Proposal, Proposal.id == Amendment.proposal_id)
        .where(Amendment.id == amendment_id)
    ).one()
    values: dict[str, Any] = {
        "version": version, "proposal_version": proposal_version, "answer": "Giusto, grazie.", "now": datetime.now(UTC), **more,
    }  # fmt: skip  # one row of values reads better so
    return services.accept_amendment(session, process_id=world.process_id, amendment_id=amendment_id, actor=by, **values)


def add_amendments(
    session: Session, world: World, own: uuid.UUID, say: Callable[[str], str], now: datetime
) -> dict[str, uuid.UUID]:
    """Amendments to the proposal of the person with an account (`own`), and one of theirs to another's; keys by name."""
    people = [Actor(account_id=key, name=f"persona {i}") for i, key in enumerate(world.others)]
    me, moderator = Actor(account_id=world.accounts[Role.account]), Actor(account_id=world.accounts[Role.moderator])
    free, other = (
        propose(session, world, title=title, by=people[4], text=f"{title}: chi vive qui lo chiede da anni, e costa poco.", now=now)
        for title in ("Una fontanella in ogni piazza", "Alberi lungo la ciclabile")
    )
    keys = {
        "amendment": amend(session, world, own, by=people[3], add=say("public_amendment"), reason=f"{WHY} {say('amendment_reason')}"),
        "hidden_amendment": amend(session, world, own, by=people[2], add=say("hidden_amendment")),
        "withdrawn_amendment": amend(session, world, own, by=people[5], add=say("withdrawn_amendment")),
        "own_amendment": amend(session, world, other, by=me),
        "amended_proposal": other,
        "amendable_proposal": free,
    }
    visibility.hide(
        session, process_id=world.process_id, kind=ThingKind.amendment, thing_id=keys["hidden_amendment"], version=1,
        reason_code="off_topic", actor=moderator, now=now,
    )  # fmt: skip  # one call reads better so
    services.withdraw_amendment(
        session, process_id=world.process_id, amendment_id=keys["withdrawn_amendment"], version=1, actor=people[5], now=now
    )
    read_first(session, world, (ThingKind.proposal,), now)
    keys["waiting_amendment"] = amend(session, world, own, by=people[1], add=say("waiting_amendment"))
    read_first(session, world, (), now)
    taken = amend(session, world, free, by=people[1], add="Con una panchina all'ombra.")
    accept(session, world, taken, by=people[4])
    return keys
