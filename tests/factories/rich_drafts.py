"""A draft of the paper in consultation: comments of every state, a reply and an answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.permissions import Actor
from consult.core.vocabulary import Role, Stance
from consult.discussion import services as discussion
from consult.position_paper import services
from consult.position_paper.models import ConsultedFinding
from consult.position_paper.types import Audience, DraftVerdict
from tests.factories.world import World

Say = Callable[[str], str]


def add_consultation(session: Session, *, world: World, say: Say, now: datetime) -> dict[str, uuid.UUID]:
    """Open a draft for two weeks, with a comment that is answered, one that is hidden and one that is withdrawn; keys by name."""
    writer = Actor(account_id=world.accounts[Role.facilitator], name="facilitatore")
    here: dict[str, Any] = {"process_id": world.process_id, "now": now}
    number = services.open_draft(
        session, words=f"Che cosa manca? {say('draft_words')}", audience=Audience.accounts, opens_at=None,
        closes_at=now + timedelta(days=14), actor=writer, **here,
    )  # fmt: skip  # one call reads better so
    target = session.execute(
        select(ConsultedFinding.id)
        .where(ConsultedFinding.finding_id.is_not(None))
        .order_by(ConsultedFinding.position)
        .limit(1)
    ).scalar_one()
    keys = {"target": target}
    for name, who in (
        ("draft_comment", world.others[0]),
        ("own_draft_comment", world.accounts[Role.account]),
        ("hidden_draft_comment", world.others[1]),
        ("withdrawn_draft_comment", world.others[1]),
    ):
        keys[name] = services.comment(
            session, target_id=target, text=f"Qui manca qualcosa. {say(name)}", stance=Stance.against,
            actor=Actor(account_id=who, name="persona"), **here,
        )  # fmt: skip  # one call reads better so
    services.reply_to_comment(
        session, target_id=target, comment_id=keys["draft_comment"], text=f"È vero. {say('draft_reply')}",
        actor=Actor(account_id=world.others[1], name="persona"), **here,
    )  # fmt: skip  # one call reads better so
    services.answer_comments(
        session, number=number, seen={keys["draft_comment"]: 0}, verdict=DraftVerdict.accepted_in_part,
        sentence=f"Lo diremo meglio, con i numeri. {say('draft_answer')}", actor=writer, **here,
    )  # fmt: skip  # one call reads better so
    moderator = Actor(account_id=world.accounts[Role.moderator], name="moderatore")
    discussion.hide(session, comment_id=keys["hidden_draft_comment"], actor=moderator, **here)
    services.withdraw_comment(
        session, target_id=target, comment_id=keys["withdrawn_draft_comment"],
        actor=Actor(account_id=world.others[1], name="persona"), **here,
    )  # fmt: skip  # one call reads better so
    return keys
