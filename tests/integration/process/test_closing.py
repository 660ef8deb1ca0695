"""What happens when the date of a phase arrives while proposals wait for an outcome: nothing more comes in, and it does not close silently."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.app import CLOSING_GUARDS
from consult.core.errors import PhaseClosed
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Outcome, PhaseKind, Role
from consult.moderation.services import dispositions
from consult.notices.models import Notification
from consult.process import services
from consult.process.models import Phase
from tests.conftest import Stage
from tests.factories.decisions import BODY, REASON, moderator, submit
from tests.factories.world import World


def arrive(session: Session, world: World, *kinds: PhaseKind) -> None:
    """Let the date of some phases be a minute ago."""
    for kind in kinds or (PhaseKind.co_planning, PhaseKind.drafting):
        session.get_one(Phase, world.phases[kind]).closes_at = datetime.now(UTC) - timedelta(minutes=1)
    session.flush()


def settle(session: Session, world: World, kind: PhaseKind = PhaseKind.co_planning) -> bool:
    return services.settle(session, phase_id=world.phases[kind], guards=CLOSING_GUARDS, now=datetime.now(UTC))


def decide(session: Session, world: World, key: uuid.UUID) -> None:
    dispositions.decide(
        session, process_id=world.process_id, proposal_id=key, version=1, outcome=Outcome.postponed, reason_code="needs_study",
        public_reason=REASON, body=BODY, actor=moderator(world), now=datetime.now(UTC),
    )  # fmt: skip  # one row of values reads better so


def test_the_phase_stays_in_closing_until_the_last_answer_and_its_people_are_told_once(session: Session, world: World) -> None:
    keys = [submit(session, world, author=a) for a in world.others[:2]]
    assert not settle(session, world)
    arrive(session, world)
    with pytest.raises(PhaseClosed):
        submit(session, world, author=world.others[2])
    for _ in range(2):
        assert not settle(session, world)
    told = session.execute(select(Notification.account_id, Notification.link_endpoint, Notification.body)).all()
    wanted = {world.accounts[role] for role in (Role.manager, Role.moderator)}
    assert {row.account_id for row in told} == wanted
    assert len(told) == len(wanted)
    assert {row.link_endpoint for row in told} == {"moderation_work.closing"}
    assert all("ogni obiezione a un’unione o a una divisione la sua risposta" in row.body for row in told)
    decide(session, world, keys[0])
    assert not settle(session, world)
    decide(session, world, keys[1])
    assert settle(session, world)
    assert session.get_one(Phase, world.phases[PhaseKind.co_planning]).settled_at is not None
    assert settle(session, world, PhaseKind.drafting)
    with pytest.raises(PhaseClosed):
        decide(session, world, keys[0])


def test_new_dates_begin_anew_and_the_clock_asks_for_each_phase_that_is_due(session: Session, world: World) -> None:
    arrive(session, world, PhaseKind.co_planning)
    assert settle(session, world)
    now = datetime.now(UTC)
    services.set_phase(
        session, process_id=world.process_id, kind=PhaseKind.co_planning, opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=3),
        actor=moderator(world), now=now, guards=CLOSING_GUARDS,
    )  # fmt: skip  # one row of values reads better so
    assert session.get_one(Phase, world.phases[PhaseKind.co_planning]).settled_at is None
    submit(session, world)
    arrive(session, world, PhaseKind.co_planning, PhaseKind.listening)
    for _ in range(2):
        services.ask_to_settle(session, now=now)
    jobs = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == "process.settle")).scalars().all()
    assert {job["phase_id"] for job in jobs} == {str(world.phases[k]) for k in (PhaseKind.co_planning, PhaseKind.listening)}
    assert len(jobs) == 2


def test_the_pages_say_so_and_the_desk_still_decides(stage: Stage) -> None:
    with stage.work() as session:
        key = submit(session, stage.world)
        arrive(session, stage.world)
    slug = stage.world.slug
    assert "in chiusura" in stage.client_as(None).get(f"/processi/{slug}").text
    manager = stage.client_as(Role.manager)
    assert "si chiude da sola quando ogni proposta ha il suo esito e ogni obiezione la sua risposta" in manager.get(f"/scrivania/{slug}/fasi").text
    desk = stage.client_as(Role.moderator)
    assert "la data è passata" in desk.get(f"/scrivania/{slug}/moderazione/chiusura").text
    fields = {"outcome": "postponed", "reason": "needs_study", "public_reason": REASON, "body": BODY, "version": "1"}
    assert desk.send(f"/scrivania/{slug}/moderazione/proposte/{key}/esito", fields).status_code == 303
    author = stage.client_of(stage.world.others[0])
    assert author.send(f"/processi/{slug}/proposte/{key}/sostieni").status_code in {403, 404}
