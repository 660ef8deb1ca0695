"""Appeals and second readings for tests."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, Stance, ThingKind
from consult.moderation.models import ModerationReading
from consult.moderation.services import appeals, visibility
from consult.process.models import Membership
from tests.factories.world import World


def hide_comment(
    session: Session,
    world: World,
    about: uuid.UUID,
    *,
    author: uuid.UUID,
    first: uuid.UUID,
    text: str,
    at: datetime,
    drawn: bool | None = None,
) -> tuple[uuid.UUID, uuid.UUID]:
    """A comment that a moderator hid at a moment, drawn or not for a second reading (None: as the lot falls); comment and act."""
    comment = proposals.comment(
        session, process_id=world.process_id, proposal_id=about, text=text, stance=Stance.neutral,
        actor=Actor(account_id=author, name="persona"), now=at,
    )  # fmt: skip  # one call of named values reads better so
    act = visibility.hide(
        session, process_id=world.process_id, kind=ThingKind.comment, thing_id=comment, version=None, reason_code="off_topic",
        actor=Actor(account_id=first, name="prima"), now=at,
    )  # fmt: skip  # one call of named values reads better so
    if drawn is not None:
        draw(session, world, act, at=at, drawn=drawn)
    return comment, act


def draw(session: Session, world: World, act: uuid.UUID, *, at: datetime, drawn: bool = True) -> None:
    """Have the lot fall on a decision, or not."""
    session.execute(delete(ModerationReading).where(ModerationReading.act_id == act))
    if drawn:
        session.add(ModerationReading(process_id=world.process_id, act_id=act, drawn_at=at))
    session.flush()


def more_moderators(session: Session, world: World, number: int = 2) -> list[uuid.UUID]:
    """Accounts that moderate beside the world's one."""
    people = world.others[-number:]
    session.add_all(
        Membership(process_id=world.process_id, account_id=key, role=str(Role.moderator)) for key in people
    )
    session.flush()
    return people


def add_second_look(
    session: Session, world: World, about: uuid.UUID, say: Callable[[str], str], now: datetime
) -> dict[str, uuid.UUID]:
    """For the rich world: a person's own hidden comment, an appeal that waits, and a decision to be read again; keys by name."""
    at, first = now - timedelta(minutes=10), world.accounts[Role.operator]
    person = world.accounts[Role.account]
    _own, own_act = hide_comment(
        session, world, about, author=person, first=first, text=f"Non c'entra. {say('own_hidden_comment')}", at=at, drawn=False
    )
    _other, act = hide_comment(
        session, world, about, author=world.others[1], first=first, text=f"Fuori tema. {say('appealed_comment')}", at=at, drawn=True
    )
    appeal = appeals.file_appeal(
        session, process_id=world.process_id, act_id=act, words=f"Parlavo proprio di questo. {say('appeal_words')}",
        actor=Actor(account_id=world.others[1], name="persona"), now=now,
    )  # fmt: skip  # one call of named values reads better so
    reading = session.query(ModerationReading).filter_by(act_id=act).one()
    return {"own_act": own_act, "appeal": appeal, "reading": reading.id}
