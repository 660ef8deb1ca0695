"""The running site for tests: real web server, real worker and relay, on a database of the test's own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from consult.runtime.data_folder import DataFolder
from consult.runtime.processes import Child
from consult.runtime.servers import EmbeddedServers
from consult.runtime.supervisor import Crew, relay_program, wait_until_healthy, web_program, worker_program
from tests.factories.servers import short_folder

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Site:
    """A site that answers on `base_url`, its processes, and the environment they run in."""

    base_url: str
    environ: dict[str, str]
    crew: Crew
    web: Child
    worker: Child | None
    relay: Child | None
    logs: Path


def free_port() -> int:
    """A port that nobody listens on now, from below the range that outgoing connections use."""
    for port in range(18000 + os.getpid() % 9000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


@contextmanager
def running_site(
    servers: EmbeddedServers, database_url: str, *, worker: bool = True, settings: dict[str, str] | None = None
) -> Iterator[Site]:
    """Serve the application on `database_url` until the end of the block; `settings` are added to the environment."""
    port = free_port()
    with short_folder() as path:
        folder = DataFolder(path / "site")
        folder.open()
        base_url = f"http://127.0.0.1:{port}"
        environ = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": servers.redis_url,
            "CONSULT_DATA_DIR": str(folder.path),
            "BASE_URL": base_url,
            **(settings or {}),
        }
        crew = Crew(folder, environ, CHECKOUT, None)
        try:
            working = crew.add(worker_program(1)) if worker else None
            relaying = crew.add(relay_program()) if worker else None
            web = crew.add(web_program("127.0.0.1", port, workers=1))
            wait_until_healthy("127.0.0.1", port, web, crew.tend)
            yield Site(base_url, environ, crew, web, working, relaying, folder.logs)
        finally:
            crew.stop()
            folder.close()
