"""One command starts everything and one signal stops it; whatever happens, nothing is left running."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from celery import Celery

from consult.runtime.addresses import celery_broker_url
from tests.factories.servers import short_folder
from tests.factories.site import CHECKOUT, free_port

PROGRAM = "tests.integration.runtime.program"


class Supervised:
    """The supervisor as a program of its own, and a view of what runs because of it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.port = free_port()

    def start(self, *mode: str, port: int | None = None) -> subprocess.Popen[str]:
        # Its output goes to a pipe that its children do not share.
        return subprocess.Popen(
            [sys.executable, "-m", PROGRAM, str(self.data), str(port or self.port), *mode],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self, process: subprocess.Popen[str]) -> str:
        """Wait for the announcement; returns the database's address."""
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("READY"):
                return re.findall(r"DATABASE_URL (\S+)", "".join(lines))[0]
        raise AssertionError("".join(lines))

    def get(self, path: str) -> int:
        """The status of a page, 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def running(self) -> list[str]:
        """Command lines of live processes that mention the data folder or work in its service."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    state = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
                    environ = (entry / "environ").read_bytes().decode(errors="replace")
                except OSError:
                    continue
                ours = str(self.data) in line or f"CONSULT_DATA_DIR={self.data}" in environ
                if ours and state != "Z" and PROGRAM not in line:
                    found.append(line)
        return found


@pytest.fixture
def supervised() -> Iterator[Supervised]:
    with short_folder() as folder:
        yield Supervised(folder)


def eventually(holds: Callable[[], bool], *, within: float = 20.0) -> bool:
    """Whether `holds` becomes true in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)  # polling another process
    return holds()


def test_ctrl_c_stops_everything_and_the_next_start_finds_the_data(supervised: Supervised) -> None:
    process = supervised.start()
    url = supervised.ready(process)
    assert supervised.get("/healthz") == 200
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text("CREATE TABLE kept ()"))
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert supervised.running() == []

    process = supervised.start()
    url = supervised.ready(process)
    with sa.create_engine(url).connect() as connection:
        assert connection.scalar(sa.text("SELECT to_regclass('kept')::text")) == "kept"
    process.terminate()
    assert process.wait(60) == 0
    assert supervised.running() == []


def test_a_second_copy_and_a_taken_port_are_refused_in_one_sentence(supervised: Supervised) -> None:
    first = supervised.start()
    supervised.ready(first)
    try:
        again = supervised.start(port=free_port())
        assert "already running" in again.communicate(timeout=60)[0]
        assert again.returncode == 1
        same_port = supervised.start()
        assert f"Port {supervised.port}" in same_port.communicate(timeout=60)[0]
        assert supervised.get("/healthz") == 200
    finally:
        first.terminate()
        first.wait(60)


def test_a_dead_child_and_a_dead_server_are_started_again(supervised: Supervised) -> None:
    process = supervised.start()
    url = supervised.ready(process)
    try:
        supervised.get("/die")
        postmaster = int((supervised.data / "postgresql" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        assert eventually(lambda: supervised.get("/healthz") == 200)

        def answers() -> bool:
            try:
                with sa.create_engine(url).connect():
                    return True
            except sa.exc.OperationalError:
                return False

        assert eventually(answers)
    finally:
        process.terminate()
        assert process.wait(60) == 0
    assert supervised.running() == []


@pytest.mark.drill
def test_a_killed_supervisor_leaves_nothing_not_even_a_busy_worker(supervised: Supervised, tmp_path: Path) -> None:
    process = supervised.start()
    supervised.ready(process)
    mark = tmp_path / "busy"
    broker = celery_broker_url(f"unix://{supervised.data / 'run' / 'valkey.sock'}")
    Celery(broker=broker).send_task("busy", args=[str(mark)], ignore_result=True)
    assert eventually(mark.exists)
    process.kill()
    process.wait()
    assert eventually(lambda: supervised.running() == [], within=30.0), supervised.running()
    restarted = supervised.start()
    supervised.ready(restarted)
    restarted.terminate()
    assert restarted.wait(60) == 0


def test_without_serving_a_job_runs_and_its_result_is_the_exit_code(supervised: Supervised) -> None:
    process = supervised.start("job")
    process.communicate(timeout=90)
    assert process.returncode == 7
    assert supervised.get("/healthz") == 0
    assert supervised.running() == []
