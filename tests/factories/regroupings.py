"""A merge with an objection, a split, and a proposal on paper, for the crawls."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import ProposalOrigin, SplitPart
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from tests.factories.proposals import TEXT, propose
from tests.factories.world import World


def regroup(session: Session, world: World, moderator: Actor, say: Callable[[str], str]) -> dict[str, uuid.UUID]:
    """Three proposals merged and split; the keys of the acts by name."""
    now = datetime.now(UTC)
    people = [Actor(account_id=key, name="persona") for key in world.others]
    kept, gone, whole = (
        propose(session, world, title=f"Treni puliti e puntuali {i}", by=person) for i, person in enumerate(people[:3])
    )
    act = services.merge(
        session,
        process_id=world.process_id,
        from_ids=[gone],
        into_id=kept,
        reason=f"Chiedono la stessa cosa. {say('merge_reason')}",
        actor=moderator,
        now=now,
    )
    services.object_to(
        session,
        process_id=world.process_id,
        regrouping_id=act,
        text=f"La mia parlava anche della pulizia. {say('objection')}",
        actor=people[1],
        now=now,
    )
    version = session.execute(select(Proposal.version).where(Proposal.id == whole)).scalar_one()
    divided = services.split(
        session,
        process_id=world.process_id,
        proposal_id=whole,
        version=version,
        parts=[SplitPart(title, TEXT, world.strategies["2.2"]) for title in ("Treni puliti", "Treni puntuali")],
        reason="Parla di due cose diverse.",
        actor=moderator,
        now=now,
    )
    paper = services.enter_on_paper(
        session,
        process_id=world.process_id,
        title="Una panchina alla fermata",
        text=f"{TEXT} {say('paper_proposal')}",
        strategy_id=world.strategies["2.2"],
        origin=ProposalOrigin.paper,
        actor=Actor(account_id=world.accounts[Role.operator], name="operatrice"),
        now=now,
    )
    return {"regrouping": act, "divided": divided, "paper_proposal": paper.proposal_id}
