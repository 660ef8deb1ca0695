"""A run carried by a real worker that is killed outright: it goes on, and its result is that of an undisturbed run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from consult.core.clock import database_now
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM
from consult.evidence.models import Run, RunShard
from consult.evidence.services import start_run
from consult.position_paper.models import Finding, Paper
from consult.runtime.servers import EmbeddedServers
from tests.factories.voices import TEXTS, add_voices, run_here
from tests.factories.world import World, load_world
from tests.integration.evidence.test_runs import outcome

CHECKOUT = Path(__file__).resolve().parents[3]
VOICES = tuple(
    f"{text} {ending}" for ending in ("Grazie.", "Davvero.", "Da anni.", "Ogni giorno.", "Subito.") for text in TEXTS
)
PART = 15
WORKER = [
    "-m",
    "celery",
    "-A",
    "worker.celery_app:app",
    "worker",
    "--concurrency",
    "1",
    "--without-gossip",
    "--without-mingle",
]
#: A worker as Celery's defaults make it: a message is done when it was read.
CARELESS = [
    "-c",
    "from worker.celery_app import app; app.conf.update(task_acks_late=False, task_reject_on_worker_lost=False);"
    "app.worker_main(['worker', '--concurrency', '1', '--without-gossip', '--without-mingle'])",
]  # fmt: skip  # a program and its only line


@contextmanager
def program(arguments: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A child of this test, killed with its own children at the end."""
    child = subprocess.Popen([sys.executable, *arguments], cwd=CHECKOUT, env=environ, start_new_session=True)
    try:
        yield child
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def children(pid: int) -> list[int]:
    """Processes whose parent is `pid`."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in listed.read_text().split()] if listed.exists() else []


def wait_for(what: Callable[[], Any], seconds: float = 90.0) -> Any:
    """Ask until the answer is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.05)  # Another process does the work: it is asked again and again.
    pytest.fail(f"nothing came of it within {seconds} s")


class Ground:
    """A database with voices and a run asked for, and the environment of its worker."""

    def __init__(self, servers: EmbeddedServers, url: str, folder: Path) -> None:
        self.sessions: sessionmaker[Session] = make_sessions(make_engine(url, application="consult-tests"))
        self.environ = {
            **os.environ,
            "DATABASE_URL": url,
            "REDIS_URL": servers.redis_url,
            "CONSULT_DATA_DIR": str(folder),
            "CONSULT_MODEL_DIR": str(folder / "no-model"),
            "LOG_LEVEL": "WARNING",
        }
        with unit_of_work(self.sessions) as session:
            self.world: World = load_world(session)
            add_voices(session, self.world, texts=VOICES)

    def start(self) -> uuid.UUID:
        """Ask for a run."""
        with unit_of_work(self.sessions) as session:
            return start_run(
                session, process_id=self.world.process_id, actor=SYSTEM, now=database_now(session), part=PART
            )

    def parts_done(self) -> int:
        """Parts of the run that are ready."""
        with unit_of_work(self.sessions) as session:
            return session.execute(select(func.count()).where(RunShard.done_at.is_not(None))).scalar_one()

    def broken_off(self) -> bool:
        """Whether some part was begun and is not ready."""
        with unit_of_work(self.sessions) as session:
            begun = OutboxJob.attempts > 0
            return session.execute(select(func.count()).where(begun, OutboxJob.done_at.is_(None))).scalar_one() > 0

    def state(self) -> str:
        """The run's state."""
        with unit_of_work(self.sessions) as session:
            return session.execute(select(Run.state)).scalar_one()

    def drafted(self) -> bool:
        """Whether the draft that follows the run is there."""
        with unit_of_work(self.sessions) as session:
            return session.execute(select(func.count()).where(Paper.last_run_id.is_not(None))).scalar_one() == 1

    def close(self) -> None:
        """Give the connections back, so that the database can be copied."""
        self.sessions.kw["bind"].dispose()


@pytest.fixture
def ground(servers: EmbeddedServers, new_database: Callable[[], str], tmp_path: Path) -> Iterator[Ground]:
    """Voices in several parts, and an empty queue."""
    import redis  # noqa: PLC0415  # Only this fixture speaks to the broker.

    redis.Redis.from_url(servers.redis_url).flushall()
    made = Ground(servers, new_database(), tmp_path)
    yield made
    made.close()


def test_a_worker_killed_outright_goes_on_to_the_same_result(ground: Ground, servers: EmbeddedServers) -> None:
    """kill -9 of the child in the middle of a part, then of the whole worker; delivered again, nothing twice."""
    name = f"undisturbed_{uuid.uuid4().hex[:8]}"
    with unit_of_work(ground.sessions) as session:
        original = session.connection().engine.url.database
    ground.close()
    clean_url = servers.create_database(name, template=str(original))
    try:
        clean = make_sessions(make_engine(clean_url, application="consult-tests"))
        run_here(clean, ground.world)
        ground.start()
        with program(["-m", "worker.relay"], ground.environ):
            with program(WORKER, ground.environ) as worker:
                # A kill between two parts breaks nothing off: try again until one hit.
                for parts in (1, 3, 5):
                    wait_for(lambda parts=parts: ground.parts_done() >= parts)
                    os.kill(wait_for(lambda: children(worker.pid))[0], signal.SIGKILL)
                    if ground.broken_off():
                        break
                wait_for(lambda: ground.parts_done() >= 7)
                for pid in [worker.pid, *children(worker.pid)]:
                    os.kill(pid, signal.SIGKILL)
                worker.wait()
                assert ground.state() == "preparing"
            with program(WORKER, ground.environ):
                wait_for(ground.drafted)
        with unit_of_work(ground.sessions) as disturbed, unit_of_work(clean) as undisturbed:
            assert outcome(disturbed) == outcome(undisturbed)
            run = disturbed.execute(select(Run)).scalar_one()
            assert (run.state, run.prepared_count) == ("done", len(VOICES))
            attempts = disturbed.execute(select(func.max(OutboxJob.attempts))).scalar_one()
            assert attempts >= 2, "no job was begun twice: the drill proved nothing"
            findings = [
                s.execute(select(func.count()).select_from(Finding)).scalar_one() for s in (disturbed, undisturbed)
            ]
            assert findings[0] == findings[1] > 0
        clean.kw["bind"].dispose()
    finally:
        servers.drop_database(name)


@pytest.mark.drill
def test_the_drill_fails_where_messages_are_done_when_read(ground: Ground) -> None:
    """Negative control: with Celery's defaults and nobody sending again, a killed child's part is lost and the run stands still."""
    ground.start()
    with program(CARELESS, ground.environ) as worker:
        with program(["-m", "worker.relay"], ground.environ):
            wait_for(lambda: ground.parts_done() >= 1)
        (child, *_rest) = wait_for(lambda: children(worker.pid))
        os.kill(child, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and ground.state() == "preparing":
            time.sleep(0.5)  # Nothing may happen for a while, which only waiting shows.
        assert ground.state() == "preparing"
