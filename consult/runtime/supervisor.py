"""Servers, worker, relay, beat and web together, from one command until Ctrl-C.

Children start in that order and stop in reverse. A child that dies is started again, later each time; one that keeps
dying ends the whole with a sentence. If this process is killed outright, its children are told by the kernel (Linux) and
stop by themselves; what is left anyway is stopped by the next start (`data_folder`).
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from consult.runtime.data_folder import DataFolder
from consult.runtime.privileges import RuntimeProblem
from consult.runtime.processes import Child, last_lines, start
from consult.runtime.servers import EmbeddedServers

_READY_SECONDS = 90.0
_LOOK_EVERY = 0.3
_DEATHS_ALLOWED = 5
_DEATHS_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class Running:
    """What the person at the terminal may want to know once everything answers."""

    base_url: str
    data_dir: Path
    logs: Path
    embedded: bool


@dataclass(frozen=True, slots=True)
class Program:
    """A child to keep alive: how it starts, how it is stopped, what the kernel sends it when we die."""

    name: str
    command: Sequence[str]
    stop_steps: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    death_signal: signal.Signals = signal.SIGTERM


def worker_program(concurrency: int) -> Program:
    """The Celery worker: one process per core, one task in hand each."""
    command = [sys.executable, "-m", "celery", "-A", "worker.celery_app:app", "worker", "--pool", "prefork"]
    command += ["--concurrency", str(concurrency), "--prefetch-multiplier", "1", "--loglevel", "INFO"]
    # One worker has nobody to gossip with, and starts a second sooner without looking for others.
    command += ["--without-gossip", "--without-mingle"]
    return Program(
        "worker",
        command,
        # SIGTERM lets the task in hand finish; SIGQUIT gives it back to the queue.
        stop_steps=((signal.SIGTERM, 20.0), (signal.SIGQUIT, 10.0)),
        death_signal=signal.SIGQUIT,
    )


def relay_program() -> Program:
    """The outbox relay, the only publisher of jobs."""
    return Program("relay", [sys.executable, "-m", "worker.relay"])


def suggester_program() -> Program:
    """The process that holds the language model for texts being typed."""
    return Program("suggester", [sys.executable, "-m", "worker.suggester"])


def beat_program(data_dir: Path) -> Program:
    """Celery beat, which only says what is due."""
    command = [sys.executable, "-m", "celery", "-A", "worker.celery_app:app", "beat", "--loglevel", "INFO"]
    return Program("beat", [*command, "--schedule", str(data_dir / "beat-schedule"), "--pidfile", ""])


def web_program(host: str, port: int, *, workers: int = 2, threads: int = 8) -> Program:
    """The web server on the application factory `wsgi:create`; `host` must be an IP address."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--no-ws"]
    command += ["--host", host, "--port", str(port), "--workers", str(workers)]
    # Eight threads a worker take in what slow phones send; `wsgi.py` lets two of them work, since more fight for the interpreter.
    command += ["--blocking-threads", str(threads), "--respawn-failed-workers", "--workers-kill-timeout", "10"]
    return Program("web", [*command, "wsgi:create"], stop_steps=((signal.SIGTERM, 15.0),))


@dataclass(slots=True)
class _Kept:
    program: Program
    child: Child
    deaths: list[float] = field(default_factory=list)
    start_again_at: float | None = None


class Crew:
    """The children of one run, kept alive by `tend` and stopped in reverse by `stop`."""

    def __init__(
        self, folder: DataFolder, environ: Mapping[str, str], cwd: Path, servers: EmbeddedServers | None
    ) -> None:
        self._folder = folder
        self._environ = {"PYTHONUNBUFFERED": "1", **environ}
        self._cwd = cwd
        self._servers = servers
        self._server_deaths: dict[str, list[float]] = {}
        self._kept: list[_Kept] = []

    def add(self, program: Program) -> Child:
        """Start a child and keep it alive from now on."""
        kept = _Kept(program, self._start(program))
        self._kept.append(kept)
        return kept.child

    def tend(self) -> None:
        """Start again what has died. Raises RuntimeProblem when something dies again and again. Call it often."""
        self._tend_servers()
        now = time.monotonic()
        for kept in self._kept:
            if kept.start_again_at is not None:
                if now >= kept.start_again_at:
                    kept.start_again_at = None
                    kept.child = self._start(kept.program)
            elif not kept.child.alive:
                kept.child.stop()
                delay = self._count_death(kept.program.name, kept.deaths, kept.child.log)
                kept.start_again_at = now + delay

    def stop(self) -> None:
        """Stop the children, the last started first."""
        for kept in reversed(self._kept):
            kept.child.stop()
            self._folder.forget(kept.child)
        self._kept.clear()

    def _start(self, program: Program) -> Child:
        child = start(
            program.name,
            program.command,
            environ=self._environ,
            log=self._folder.logs / f"{program.name}.log",
            cwd=self._cwd,
            stop_steps=program.stop_steps,
            death_signal=program.death_signal,
        )
        self._folder.remember(child)
        return child

    def _tend_servers(self) -> None:
        if self._servers is None:
            return
        for name in self._servers.dead:
            self._count_death(name, self._server_deaths.setdefault(name, []), self._folder.logs / f"{name}.log")
            self._servers.revive(name)

    @staticmethod
    def _count_death(name: str, deaths: list[float], log: Path) -> float:
        """Note a death; returns the seconds to wait before the next start: 0.5, 1, 2, 4."""
        now = time.monotonic()
        deaths[:] = [*(moment for moment in deaths if now - moment < _DEATHS_WITHIN), now]
        if len(deaths) >= _DEATHS_ALLOWED:
            raise RuntimeProblem(
                f"“{name}” stopped {len(deaths)} times within {int(_DEATHS_WITHIN)} seconds, so Consult gives up. "
                f"The end of {log}:\n{last_lines(log)}"
            )
        return float(2 ** (len(deaths) - 2))


class _Interrupted(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM. Not an Exception, so that no handler swallows it."""


def run(
    *,
    data_dir: Path,
    checkout: Path,
    environ: Mapping[str, str],
    prepare: Callable[[dict[str, str]], None],
    announce: Callable[[Running], None] | None = None,
    job: Callable[[dict[str, str], Callable[[], None]], int] | None = None,
    serve: bool = True,
    host: str = "127.0.0.1",
    port: int = 8000,
) -> int:
    """Start everything on `data_dir`, then serve until Ctrl-C; returns the exit code.

    `prepare(env)` runs once the servers answer and before any child starts (migrations, demonstration data); `env` is the
    environment the children get: DATABASE_URL, REDIS_URL, CONSULT_DATA_DIR, and CONSULT_EMBEDDED=1 with our own servers.
    With `serve=False` only servers, worker and relay run; `job(env, tend)` does its work, calls `tend()` while it waits,
    and its result is the exit code. `announce` is called when the site answers.
    Raises RuntimeProblem, one plain sentence, when something outside the program is in the way.
    """
    environ = dict(environ)
    if serve:
        refuse_taken_port(host, port)
    with _interruptible() as shield, contextlib.ExitStack() as stack:
        try:
            folder, servers, extra = _open(stack, data_dir, environ)
            if serve:
                extra.setdefault("BASE_URL", environ.get("BASE_URL") or f"http://{host}:{port}")
            env = {**environ, **extra}
            prepare(env)
            crew = Crew(folder, env, checkout, servers)
            stack.callback(crew.stop)
            crew.add(worker_program(cores()))
            crew.add(relay_program())
            if not serve:
                return job(env, crew.tend) if job else 0
            crew.add(beat_program(folder.path))
            crew.add(suggester_program())
            web = crew.add(web_program(host, port))
            wait_until_healthy(host, port, web, crew.tend)
            if announce:
                announce(Running(env["BASE_URL"], folder.path, folder.logs, servers is not None))
            while True:
                crew.tend()
                time.sleep(_LOOK_EVERY)
        except _Interrupted:
            return 0 if serve else 130
        finally:
            # From here on a second Ctrl-C changes nothing: every step of the stop has its own limit.
            shield()


def _open(
    stack: contextlib.ExitStack, data_dir: Path, environ: Mapping[str, str]
) -> tuple[DataFolder, EmbeddedServers | None, dict[str, str]]:
    """Take the data folder, with our own servers on it unless both addresses are given."""
    given = [name for name in ("DATABASE_URL", "REDIS_URL") if environ.get(name, "").strip()]
    if len(given) == 1:
        raise RuntimeProblem(f"Only {given[0]} is set: set both DATABASE_URL and REDIS_URL, or neither.")
    if given:
        folder = DataFolder(data_dir)
        folder.open()
        stack.callback(folder.close)
        return folder, None, {"CONSULT_DATA_DIR": str(folder.path)}
    servers = stack.enter_context(EmbeddedServers(data_dir))
    return (
        servers.folder,
        servers,
        {
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "CONSULT_DATA_DIR": str(servers.folder.path),
            "CONSULT_EMBEDDED": "1",
        },
    )


@contextlib.contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    """Turn Ctrl-C and SIGTERM into _Interrupted until the yielded function is called; then they are ignored."""
    shielded = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not shielded:
            raise _Interrupted

    def shield() -> None:
        nonlocal shielded
        shielded = True

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield shield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def refuse_taken_port(host: str, port: int) -> None:
    """Raise RuntimeProblem when another program listens on the address."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise RuntimeProblem(
                f"Port {port} on {host} cannot be used ({error.strerror}): "
                f"stop the program that uses it, or choose another with “make run PORT={port + 1}”."
            ) from error


def wait_until_healthy(host: str, port: int, web: Child, tend: Callable[[], None]) -> None:
    """Wait until /healthz answers 200. Raises RuntimeProblem with the end of the web log when it does not."""
    deadline = time.monotonic() + _READY_SECONDS
    answer = "nothing"
    while time.monotonic() < deadline and web.alive:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            answer = str(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            answer = "nothing"
        finally:
            connection.close()
        if answer == "200":
            return
        tend()
        time.sleep(0.1)
    raise RuntimeProblem(
        f"The web server does not answer on http://{host}:{port}/healthz ({answer}); "
        f"the end of {web.log}:\n{last_lines(web.log)}"
    )


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
