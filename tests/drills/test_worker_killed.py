"""kill -9 in the middle of an aggregation, and a job that kills whoever takes it."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.core.clock import database_now
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.permissions import SYSTEM
from consult.demo import texts
from consult.evidence.services import runs
from consult.listening.sources import services as sources
from consult.listening.sources.types import ImportRow
from consult.runtime.servers import EmbeddedServers
from tests.drills.conftest import Drill, empty, kill_children, kill_whole, until
from tests.factories.site import running_site
from tests.factories.world import World, load_world

pytestmark = pytest.mark.drill
NUMBER = 330
#: The pool waits ten seconds before it believes that a child is lost, and two busy cores take their time.
LONG = 150.0
THEMES = """
SELECT t.key, t.label, s.code, array_agg(a.source_id::text ORDER BY a.source_id)
FROM theme t LEFT JOIN strategy s ON s.id = t.strategy_id LEFT JOIN assignment a ON a.theme_id = t.id
WHERE t.present GROUP BY t.id, t.key, t.label, s.code ORDER BY t.key
"""
LINKS = "SELECT l.source_id::text, l.rank, s.code FROM strategy_link l JOIN strategy s ON s.id = l.strategy_id ORDER BY 1, 2"
FINDINGS = "SELECT number, title, sentences::text FROM finding ORDER BY number"


def load_voices(session: Session) -> World:
    """The small world with some hundred sources, with keys that are the same in every copy."""
    world = load_world(session)
    said = [s for s in texts.said() if s.channel in {"answer", "contribution"}][:NUMBER]
    zones = list(world.zones)
    report = sources.import_rows(
        session,
        process_id=world.process_id,
        rows=[
            ImportRow(line=i, text=s.text, zone=zones[i % 3], speaker=s.speaker, language=s.language)
            for i, s in enumerate(said)
        ],
        actor=SYSTEM,
        now=database_now(session),
    )
    assert report.added > 250
    return world


@pytest.fixture(scope="module")
def voices(own_servers: EmbeddedServers) -> tuple[str, World]:
    """A database with the voices, to be copied: source ids are then the same in each copy."""
    name = f"voices_{secrets.token_hex(3)}"
    engine = make_engine(own_servers.create_database(name, template="drill_template"), application="consult-drill")
    with unit_of_work(make_sessions(engine)) as session:
        world = load_voices(session)
    engine.dispose()
    return name, world


def start(drill: Drill) -> uuid.UUID:
    """Ask for an aggregation, as the page does."""
    with unit_of_work(make_sessions(drill.engine)) as session:
        return runs.start_run(session, process_id=drill.world.process_id, actor=SYSTEM, now=database_now(session))


def state(drill: Drill, run_id: uuid.UUID) -> str:
    """The run's state, with whether its paper is drafted."""
    found = drill.rows("SELECT state FROM run WHERE id = :id", id=run_id)[0][0]
    return "drafted" if found == "done" and drill.waiting() == 0 else str(found)


def result(drill: Drill) -> dict[str, list[Any]]:
    """What the aggregation found, by content."""
    return {"themes": drill.rows(THEMES), "links": drill.rows(LINKS), "findings": drill.rows(FINDINGS)}


@pytest.fixture
def copies(own_servers: EmbeddedServers, voices: tuple[str, World]) -> Iterator[tuple[Drill, Drill]]:
    """Two sites on two copies of the same voices: one to disturb, one in peace."""
    empty(own_servers)
    template, world = voices
    with copy_of(own_servers, template, world) as one, copy_of(own_servers, template, world) as other:
        yield one, other


@contextmanager
def copy_of(servers: EmbeddedServers, template: str, world: World) -> Iterator[Drill]:
    """A drill on a copy of a database."""
    name = f"copy_{secrets.token_hex(4)}"
    url = servers.create_database(name, template=template)
    engine = make_engine(url, application="consult-drill")
    try:
        with running_site(servers, url, worker=False, settings={"RATE_LIMITS": "0"}) as site:
            yield Drill(servers, site, world, engine, url)
    finally:
        engine.dispose()
        servers.drop_database(name)


def undisturbed(drill: Drill) -> dict[str, list[Any]]:
    """The result of a run in peace, by the same worker and relay."""
    worker, relay = drill.worker(), drill.relay()
    run_id = start(drill)
    assert until(lambda: state(drill, run_id) == "drafted", seconds=2 * LONG), state(drill, run_id)
    worker.stop()
    relay.stop()
    return result(drill)


def test_a_killed_child_and_then_a_killed_worker_leave_the_same_result(copies: tuple[Drill, Drill]) -> None:
    disturbed, peaceful = copies
    wanted = undisturbed(peaceful)
    assert wanted["themes"], "nothing to compare"
    empty(disturbed.servers)
    worker, relay = disturbed.worker(), disturbed.relay(DRILL_RESEND_S="20")
    run_id = start(disturbed)
    assert until(lambda: disturbed.number("SELECT count(*) FROM run_shard WHERE done_at IS NOT NULL") >= 1)
    assert state(disturbed, run_id) == "preparing", "the kill came too late to be in the middle"
    assert kill_children(worker) == 1
    assert until(lambda: disturbed.number("SELECT count(*) FROM run_shard WHERE done_at IS NOT NULL") >= 2)
    kill_whole(worker)
    again = disturbed.worker()
    assert until(lambda: state(disturbed, run_id) == "drafted", seconds=2 * LONG), state(disturbed, run_id)
    again.stop()
    relay.stop()
    assert result(disturbed) == wanted
    assert disturbed.number("SELECT count(*) FROM run") == 1
    assert disturbed.number("SELECT max(attempts) FROM outbox_job") >= 2, (
        "no job was interrupted: the drill drilled nothing"
    )


def slow_job(drill: Drill, mark: str, seconds: float = 4.0) -> None:
    """A job that takes a while and leaves a trace."""
    with unit_of_work(make_sessions(drill.engine)) as session:
        jobs.enqueue(session, "drill.slow", key=mark, seconds=seconds, mark=mark)


def begun(drill: Drill, mark: str) -> bool:
    """Whether a worker has it in hand."""
    return drill.number("SELECT attempts FROM outbox_job WHERE topic = 'drill.slow' AND key = :k", k=mark) >= 1


def traces(drill: Drill, mark: str) -> int:
    """How often its effect is there."""
    return drill.number("SELECT count(*) FROM outbox_job WHERE topic = 'drill.trace' AND key LIKE :k", k=f"{mark}:%")


def killed_in_hand(drill: Drill, mark: str, *, patience_s: float, **environ: str) -> bool:
    """Kill the child that has the job in hand while no relay helps; whether the broker alone brings it back."""
    worker = drill.worker(**environ)
    relay = drill.relay()
    slow_job(drill, mark)
    assert until(lambda: begun(drill, mark))
    relay.stop()
    kill_children(worker)
    came_back = until(lambda: traces(drill, mark) == 1, seconds=patience_s)
    worker.stop()
    return came_back


def test_the_broker_alone_brings_a_killed_childs_job_back(drill: Drill) -> None:
    assert killed_in_hand(drill, "late", patience_s=LONG)
    assert traces(drill, "late") == 1


def test_without_late_acknowledgement_it_does_not(drill: Drill) -> None:
    """The negative control; and then the relay, the second safety, brings it back all the same."""
    assert not killed_in_hand(drill, "early", patience_s=30, DRILL_WITHOUT="late")
    worker, relay = drill.worker(DRILL_WITHOUT="late"), drill.relay(DRILL_RESEND_S="2")
    assert until(lambda: traces(drill, "early") == 1, seconds=LONG)
    relay.stop()
    worker.stop()


def test_a_lost_workers_message_returns_after_the_visibility_timeout(drill: Drill) -> None:
    worker, relay = drill.worker(DRILL_VISIBILITY_S="6"), drill.relay()
    slow_job(drill, "lost")
    assert until(lambda: begun(drill, "lost"))
    relay.stop()
    kill_whole(worker)
    again = drill.worker(DRILL_VISIBILITY_S="6")
    assert until(lambda: traces(drill, "lost") == 1, seconds=LONG)
    again.stop()


def test_a_poison_job_is_parked_and_others_flow(drill: Drill) -> None:
    worker, relay = drill.worker(), drill.relay(DRILL_RESEND_S="5")
    with unit_of_work(make_sessions(drill.engine)) as session:
        jobs.enqueue(session, "drill.poison", key="p")
        for number in range(20):
            jobs.enqueue(session, "drill.trace", key=f"flow:{number}")
    parked = "SELECT count(*) FROM outbox_job WHERE topic = 'drill.poison' AND parked_at IS NOT NULL"
    assert until(lambda: drill.number(parked) == 1, seconds=LONG)
    assert until(lambda: drill.waiting() == 0, seconds=30)
    assert drill.number("SELECT count(*) FROM outbox_job WHERE topic = 'drill.trace' AND done_at IS NOT NULL") == 20
    attempts = drill.number("SELECT attempts FROM outbox_job WHERE topic = 'drill.poison'")
    assert attempts == jobs.MAX_ATTEMPTS + 1, "three tries, and the fourth delivery parks it"
    relay.stop()
    worker.stop()


def test_without_counting_a_poison_job_is_never_parked(drill: Drill) -> None:
    """The negative control."""
    worker, relay = drill.worker(DRILL_WITHOUT="guard"), drill.relay(DRILL_RESEND_S="5")
    with unit_of_work(make_sessions(drill.engine)) as session:
        jobs.enqueue(session, "drill.poison", key="p")
    parked = "SELECT count(*) FROM outbox_job WHERE topic = 'drill.poison' AND parked_at IS NOT NULL"
    assert not until(lambda: drill.number(parked) == 1, seconds=60)
    relay.stop()
    worker.stop()
