"""Who works in the benchmark of aggregation: a worker, its relay, the process that holds the language model; and what memory they take."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.aggregate_texts import CHECKOUT, MODEL
from config import Settings
from consult.runtime.data_folder import DataFolder
from consult.runtime.servers import EmbeddedServers
from consult.runtime.supervisor import Crew, relay_program, suggester_program, worker_program


@contextlib.contextmanager
def working(
    servers: EmbeddedServers, url: str, folder: Path, workers: int, fast: bool, *, alone: bool = False
) -> Iterator[Crew]:
    """A worker, its relay, and the process that holds the language model unless the worker is to be `alone`."""
    kept = DataFolder(folder / "site")
    kept.open()
    environ = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": servers.redis_url,
        "CONSULT_DATA_DIR": str(kept.path),
        "CONSULT_MODEL_DIR": str(MODEL),
        "CONSULT_FAST_TEXTS": str(int(fast)),
        "LOG_LEVEL": "WARNING",
    }
    crew = Crew(kept, environ, CHECKOUT, None)
    try:
        if not alone:
            crew.add(suggester_program())
            listens = Settings.from_env(environ).suggester_socket
            until = time.monotonic() + 120
            while not listens.exists():
                if time.monotonic() > until:
                    raise SystemExit(f"The process of the language model does not answer; see {kept.logs}.")
                crew.tend()
                time.sleep(0.1)
        crew.add(worker_program(workers))
        crew.add(relay_program())
        yield crew
    finally:
        crew.stop()
        kept.close()


def spent_s() -> float:
    """Processor seconds of all processes that this one started, and of theirs, also of those that have ended.

    A merge forks children that end with it, and the process of the language model answers each question in a thread that ends with it: only
    what the system adds up for a process and for the children it waited for holds them all.
    """
    ticks = 0
    for entry in _descendants(os.getpid())[1:]:
        with contextlib.suppress(OSError):
            ticks += sum(map(int, (entry / "stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


#: Seconds between two looks at the memory: to tell what a process of a gigabyte shares takes the system some 13 ms of a core.
LOOKS_S = 2.0
GROWN = 1.02  # and at once where all of them together have grown by so much since the last look


class Memory:
    """Resident sizes in MB, looked at every two seconds and whenever they grow.

    The largest worker process, all of them together with the process that holds the language model (shared pages counted once), that one
    alone, and the relay, PostgreSQL and Valkey together.
    """

    def __enter__(self) -> Memory:
        self.largest = self.total = self.model = self.servers = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        due = seen = 0.0
        while not self._stop.wait(0.25):
            size = _resident()
            if time.monotonic() < due and size < GROWN * seen:
                continue
            due, seen = time.monotonic() + LOOKS_S, size
            total = servers = 0.0
            for entry in _descendants(os.getpid())[1:]:
                with contextlib.suppress(OSError, ValueError, IndexError, KeyError):
                    command = (entry / "cmdline").read_bytes()
                    lines = (entry / "smaps_rollup").read_text().splitlines()
                    values = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
                    own = values["Pss"] / 1024
                    if b"worker.suggester" in command:
                        self.model = max(self.model, values["Rss"] / 1024)
                        total += own
                    elif b"worker.celery_app" in command:
                        self.largest = max(self.largest, values["Rss"] / 1024)
                        total += own
                    else:
                        servers += own
            self.total, self.servers = max(self.total, total), max(self.servers, servers)


def _resident() -> float:
    """Pages of all processes that this one started, shared ones as often as they are shared: what is asked for nearly nothing."""
    pages = 0
    for entry in _descendants(os.getpid())[1:]:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages += int((entry / "statm").read_text().split()[1])
    return float(pages)


def _descendants(root: int) -> list[Path]:
    """Folders under /proc of a process and of all that come from it."""
    found, todo = [], [root]
    while todo:
        process = todo.pop()
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{process}/task").iterdir():
                todo += [int(word) for word in (thread / "children").read_text().split()]
        found.append(Path(f"/proc/{process}"))
    return found
