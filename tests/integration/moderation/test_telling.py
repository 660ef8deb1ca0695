"""Who is told what became of a proposal: the right people, once, and not before the decision can't be undone."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, ThingKind
from consult.moderation.services import dispositions, telling, undo, visibility
from consult.notices.models import Notification
from consult.people.models import Account
from tests.factories.decisions import BODY, PASSAGE, REASON, moderator, promote, submit
from tests.factories.world import World


def later() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=20)


def told(session: Session) -> dict[uuid.UUID, list[str]]:
    found: dict[uuid.UUID, list[str]] = {}
    for row in session.execute(select(Notification).order_by(Notification.created_at, Notification.id)).scalars():
        found.setdefault(row.account_id, []).append(row.subject)
    return found


def supported(session: Session, world: World) -> uuid.UUID:
    """A proposal of the first person, supported by the second and third, followed by the third."""
    key = submit(session, world)
    for n in (1, 2):
        proposals.support(
            session,
            process_id=world.process_id,
            proposal_id=key,
            actor=Actor(account_id=world.others[n]),
            now=datetime.now(UTC),
        )
    proposals.follow(
        session,
        process_id=world.process_id,
        proposal_id=key,
        actor=Actor(account_id=world.others[2]),
        now=datetime.now(UTC),
    )
    return key


def test_author_supporters_and_followers_are_told_once(session: Session, world: World) -> None:
    key = supported(session, world)
    done = promote(session, world, key)
    for _n in range(3):
        telling.tell(session, act_id=done.act_id, now=later())
    assert told(session) == {
        world.others[0]: ["La tua proposta fa parte dell’azione 2.2.1"],
        world.others[1]: ["Una proposta che sostieni fa parte dell’azione 2.2.1"],
        world.others[2]: ["Una proposta che sostieni fa parte dell’azione 2.2.1"],
    }
    row = session.execute(select(Notification).limit(1)).scalar_one()
    assert row.link_endpoint == "thread.show"
    assert row.link_values == {"slug": world.slug, "kind": "proposal", "thing_id": str(key)}
    assert REASON in row.body


def test_the_telling_waits_until_nobody_can_undo(session: Session, world: World) -> None:
    start = datetime.now(UTC)
    done = promote(session, world, supported(session, world), now=start)
    job = session.execute(select(OutboxJob).where(OutboxJob.topic == "moderation.tell")).scalar_one()
    assert job.not_before is not None
    assert job.not_before >= start + timedelta(seconds=13)
    assert job.payload == {"act_id": str(done.act_id)}
    undo.undo(
        session,
        process_id=world.process_id,
        act_id=done.act_id,
        actor=moderator(world),
        now=start + timedelta(seconds=5),
    )
    assert telling.tell(session, act_id=done.act_id, now=later()) == 0
    assert told(session) == {}
    assert session.execute(select(OutboxJob).where(OutboxJob.topic == "moderation.tell_reversal")).first() is None


def test_an_outcome_without_action_is_told_in_words(session: Session, world: World) -> None:
    key = supported(session, world)
    dispositions.decide(
        session, process_id=world.process_id, proposal_id=key, version=1, outcome=Outcome.postponed, reason_code="needs_study",
        public_reason=REASON, body=BODY, actor=moderator(world), now=datetime.now(UTC),
    )  # fmt: skip  # one row of values reads better so
    job = session.execute(select(OutboxJob).where(OutboxJob.topic == "moderation.tell")).scalar_one()
    telling.tell(session, act_id=uuid.UUID(job.payload["act_id"]), now=later())
    assert told(session)[world.others[0]] == ["La tua proposta ha una risposta: rinviata"]


def test_taking_back_is_told_to_the_same_people_and_a_new_outcome_again(session: Session, world: World) -> None:
    key = supported(session, world)
    done = promote(session, world, key)
    telling.tell(session, act_id=done.act_id, now=later())
    dispositions.reverse(
        session, process_id=world.process_id, disposition_id=done.disposition_ids[0], why="Serve prima un accordo.", actor=moderator(world),
        now=datetime.now(UTC),
    )  # fmt: skip  # one row of values reads better so
    assert session.execute(select(OutboxJob).where(OutboxJob.topic == "moderation.tell_reversal")).one()
    for _n in range(2):
        telling.tell_reversal(session, disposition_id=done.disposition_ids[0], now=later())
    again = promote(session, world, key, chosen=[dispositions.Chosen(key, 3, PASSAGE)])
    telling.tell(session, act_id=again.act_id, now=later())
    author = told(session)[world.others[0]]
    assert sorted(author) == sorted(
        [
            "La tua proposta fa parte dell’azione 2.2.1",
            "L’esito della tua proposta è stato ritirato: torna in esame",
            "La tua proposta fa parte dell’azione 2.2.2",
        ]
    )


def test_nobody_is_told_of_a_hidden_proposal_and_the_erased_are_left_out(session: Session, world: World) -> None:
    key = supported(session, world)
    done = promote(session, world, key)
    account = session.get_one(Account, world.others[1])
    account.email, account.erased_at = None, datetime.now(UTC)
    session.flush()
    other = submit(session, world, author=world.others[3], title="Un’altra proposta")
    hidden = promote(session, world, other, action_id=done.action_id)
    visibility.hide(
        session, process_id=world.process_id, kind=ThingKind.proposal, thing_id=other, version=2, reason_code="insult",
        actor=moderator(world), now=datetime.now(UTC),
    )  # fmt: skip  # one row of values reads better so
    for act in (done.act_id, hidden.act_id):
        telling.tell(session, act_id=act, now=later())
    assert set(told(session)) == {world.others[0], world.others[2]}
