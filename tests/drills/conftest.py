"""Servers that a drill may stop and kill, a world to submit to, and the programs around it."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.runtime.processes import Child
from consult.runtime.servers import EmbeddedServers
from consult.runtime.supervisor import Program, worker_program
from tests.drills.ledger import Visitor
from tests.factories.schema import build_schema
from tests.factories.servers import temporary_servers
from tests.factories.site import Site, running_site
from tests.factories.world import World, client_for, load_world, make_app

PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def own_servers() -> Iterator[EmbeddedServers]:
    """A PostgreSQL and a Valkey that only this module uses, so that it may stop them."""
    with temporary_servers() as running:
        build_schema(running.create_database("drill_template"))
        yield running


@dataclass(slots=True)
class Drill:
    """A running site without worker and relay, which the drill starts as it needs them."""

    servers: EmbeddedServers
    site: Site
    world: World
    engine: Engine
    url: str

    def worker(self, *, concurrency: int = 1, **environ: str) -> Child:
        """Start a worker; DRILL_WITHOUT and DRILL_VISIBILITY_S weaken it."""
        plain = worker_program(concurrency)
        command = [word if word != "worker.celery_app:app" else "tests.drills.weak:app" for word in plain.command]
        return self._start(
            Program("worker", command, stop_steps=((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))), environ
        )

    def relay(self, **environ: str) -> Child:
        """Start a relay; DRILL_RESEND_S and DRILL_TIMES change it."""
        return self._start(Program("relay", [sys.executable, "-m", "tests.drills.weak_relay"]), environ)

    def _start(self, program: Program, environ: dict[str, str]) -> Child:
        here = self.site.crew._environ  # type: ignore[attr-defined]  # The drill starts children with an environment of their own.
        before = dict(here)
        here.update(environ)  # type: ignore[union-attr]  # A plain dict in truth.
        try:
            return self.site.crew.add(program)
        finally:
            for name in environ:
                here.pop(name, None)  # type: ignore[union-attr]  # A plain dict in truth.
            here.update(before)  # type: ignore[union-attr]  # A plain dict in truth.

    def visitor(self, account_id: Any = None) -> Visitor:
        """A browser, signed in as an account where one is given."""
        if account_id is None:
            return Visitor(self.site.base_url)
        client = client_for(make_app(self.url), account_id)
        cookie = client.get_cookie("consult")
        assert cookie is not None
        return Visitor(self.site.base_url, {"consult": cookie.value})

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """What a statement finds now."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def change(self, statement: str, **values: Any) -> None:
        """Change what a statement names, and commit."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def number(self, statement: str, **values: Any) -> int:
        """One number from the database."""
        return int(self.rows(statement, **values)[0][0])

    def waiting(self) -> int:
        """Jobs not done and not parked."""
        return self.number("SELECT count(*) FROM outbox_job WHERE done_at IS NULL AND parked_at IS NULL")


@contextmanager
def drill_on(servers: EmbeddedServers, load: Callable[[Any], World] = load_world) -> Iterator[Drill]:
    """A fresh world on `servers`, served."""
    name = f"drill_{secrets.token_hex(4)}"
    url = servers.create_database(name, template="drill_template")
    engine = make_engine(url, application="consult-drill")
    with unit_of_work(make_sessions(engine)) as session:
        world = load(session)
    settings = {"RATE_LIMITS": "0", "CONSULT_EMBEDDED": "1"}
    try:
        with running_site(servers, url, worker=False, settings=settings) as site:
            yield Drill(servers, site, world, engine, url)
    finally:
        engine.dispose()
        servers.drop_database(name)


@pytest.fixture
def drill(own_servers: EmbeddedServers) -> Iterator[Drill]:
    """The small world, served, with an empty broker."""
    empty(own_servers)
    with drill_on(own_servers) as running:
        yield running


def empty(servers: EmbeddedServers) -> None:
    """FLUSHALL."""
    import redis  # noqa: PLC0415  # Only drills speak to the broker directly.

    client = redis.Redis.from_url(servers.redis_url)
    client.flushall()
    client.close()


def lying(servers: EmbeddedServers) -> int:
    """How many messages lie with the broker."""
    import redis  # noqa: PLC0415  # Only drills speak to the broker directly.

    client = redis.Redis.from_url(servers.redis_url)
    try:
        return int(client.llen("consult"))
    finally:
        client.close()


def until(condition: Callable[[], bool], *, seconds: float = PATIENCE_S, every: float = 0.1) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(every)  # Another process does the work: it is asked again and again.
    return False


def children_of(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_children(child: Child) -> int:
    """kill -9 to each child of a worker; returns how many."""
    victims = children_of(child.process.pid)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    return len(victims)


def kill_whole(child: Child) -> None:
    """kill -9 to a worker and all it started."""
    victims = children_of(child.process.pid)
    os.kill(child.process.pid, signal.SIGKILL)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    child.process.wait()
