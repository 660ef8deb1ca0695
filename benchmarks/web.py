"""Pages: CPU per request, statements, bytes, and the time of sending a proposal with eight people at once.

    python -m benchmarks.web --json

Its own PostgreSQL and Valkey (durable settings), its own database, the real web server with two workers. CPU is user + system time
of the web processes and of PostgreSQL, read from /proc before and after batches of requests one after the other on one connection;
the median batch counts, since on a busy virtual machine even CPU time grows. Statements are counted on the same application, in this process.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import platform
import random
import re
import socket
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import event

from benchmarks.own_servers import own_servers, printed
from benchmarks.web_data import SLUG, Seeded, seed, text_of
from config import Settings
from consult.app import create_app
from consult.core.db import make_engine
from consult.registry import all_tables
from consult.runtime.data_folder import DataFolder
from consult.runtime.processes import Child
from consult.runtime.servers import EmbeddedServers
from consult.runtime.supervisor import Crew, wait_until_healthy, web_program

CHECKOUT = Path(__file__).resolve().parents[1]
SECRET = "benchmark-" + uuid.uuid4().hex
WARMING, BATCHES, BATCH, SESSIONS = 40, 15, 20, 8
#: Different texts that one of the eight writes; then the first ones again.
TEXTS = 150
MEASURED = BATCHES * BATCH
LIST = f"/processi/{SLUG}/proposte"
#: adhocracy+ v2606.1 on the same kind of machine (CPU ms per request; ms of a create POST at 8 sessions).
PEER = {"list_cpu_ms": 233.7, "detail_cpu_ms": 62.0, "comments_cpu_ms": 196.3, "create_p95_ms": 186.0}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long eight people send proposals")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with own_servers() as (servers, folder):
        figures = measure(servers, folder, options.seconds)
    printed(figures, as_json=options.json)
    return 0


def measure(servers: EmbeddedServers, folder: Path, seconds: float) -> dict[str, Any]:
    """All figures."""
    url = servers.create_database("benchmark_web")
    engine = make_engine(url)
    all_tables().create_all(engine)
    engine.dispose()
    began = time.perf_counter()
    seeded = seed(url)
    figures: dict[str, Any] = {"seed_s": round(time.perf_counter() - began, 1)}
    app = create_app(Settings(database_url=url, secret_key=SECRET, rate_limits=False, log_level="WARNING"))
    pages: dict[str, Callable[[int], str]] = {
        "process": lambda _i: f"/processi/{SLUG}",
        "list": lambda _i: LIST,
        "detail": lambda i: f"{LIST}/{seeded.proposals[i * 7 % len(seeded.proposals)]}",
        "comments": lambda i: f"{LIST}/{seeded.discussed[i * 7 % len(seeded.discussed)]}/commenti",
        "comments_busiest": lambda _i: f"{LIST}/{seeded.busiest}/commenti",
        "create_form": lambda _i: f"{LIST}/nuova",
    }
    with serving(url, servers.redis_url, folder) as (port, web):
        cpu = Cpu([web.process.pid, _postmaster(servers)])
        people = [cookie_for(app, token) for token in seeded.tokens]
        for name, address in pages.items():
            cookie = people[0] if name == "create_form" else None
            statements, size, status = counted(app, address(0), cookie)
            if status != 200:
                figures[f"{name}_cpu_ms"] = None
                continue
            figures[f"{name}_cpu_ms"] = sequential(port, cpu, address, cookie)
            figures[f"{name}_statements"], figures[f"{name}_bytes"] = statements, size
        figures["create_cpu_ms"], figures["create_statements"] = created(app, port, cpu, people, seeded)
        figures.update(at_once(port, people, seeded, seconds))
    figures["machine"] = f"{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}"
    figures["date"] = time.strftime("%Y-%m-%d")
    figures["times_less_than_peer"] = {
        name: round(peer / figures[name], 1) for name, peer in PEER.items() if figures.get(name)
    }
    return figures


@contextlib.contextmanager
def serving(url: str, redis_url: str, folder: Path) -> Iterator[tuple[int, Child]]:
    """The web server with two workers on a free port."""
    with socket.socket() as probe:
        port = next(p for p in range(19000 + os.getpid() % 9000, 32000) if probe.connect_ex(("127.0.0.1", p)))
    kept = DataFolder(folder / "site")
    kept.open()
    environ = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": SECRET,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "CONSULT_DATA_DIR": str(kept.path),
        "LOG_LEVEL": "WARNING",
    }
    crew = Crew(kept, environ, CHECKOUT, None)
    try:
        web = crew.add(web_program("127.0.0.1", port, workers=2))
        wait_until_healthy("127.0.0.1", port, web, crew.tend)
        yield port, web
    finally:
        crew.stop()
        kept.close()


class Cpu:
    """Time that some processes and all their descendants spent on a processor, in user and system mode.

    Read from schedstat of every thread, in nanoseconds; `stat` counts ticks of ten milliseconds, too coarse for one page.
    """

    def __init__(self, roots: Sequence[int]) -> None:
        self.roots = list(roots)

    def read_ms(self) -> float:
        """Milliseconds so far."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    children.setdefault(parent, []).append(int(entry.name))
        todo, total = list(self.roots), 0
        while todo:
            process = todo.pop()
            todo += children.get(process, [])
            with contextlib.suppress(OSError):
                for thread in Path(f"/proc/{process}/task").iterdir():
                    with contextlib.suppress(OSError):
                        total += int((thread / "schedstat").read_text().split()[0])
        return total / 1e6


def sequential(port: int, cpu: Cpu, address: Callable[[int], str], cookie: str | None) -> float:
    """CPU milliseconds per GET, one after the other on one connection."""
    browser = Browser(port, cookie)
    for i in range(WARMING):
        browser.get(address(i))
    used = []
    for batch in range(BATCHES):
        before = cpu.read_ms()
        for i in range(BATCH):
            browser.get(address(WARMING + batch * BATCH + i))
        used.append((cpu.read_ms() - before) / BATCH)
    return round(statistics.median(used), 2)


def created(app: Flask, port: int, cpu: Cpu, people: Sequence[str], seeded: Seeded) -> tuple[float, int]:
    """CPU milliseconds and statements of one proposal sent, without its form."""
    dice = random.Random(11)
    used = []
    for batch in range(BATCHES + 1):
        # The forms are opened first, so that only the sending is measured; the first batch warms up.
        browsers = [Browser(port, people[(batch * BATCH + i) % len(people)]) for i in range(BATCH)]
        forms = [browser.form(written(dice, seeded)) for browser in browsers]
        before = cpu.read_ms()
        for browser, data in zip(browsers, forms, strict=True):
            browser.send(data)
        if batch:
            used.append((cpu.read_ms() - before) / BATCH)
        for browser in browsers:
            browser.close()
    browser = Browser(port, people[-1])
    data = browser.form(written(dice, seeded))
    with statements_of(app) as sent:
        response = app.test_client(use_cookies=False).post(
            f"{LIST}/nuova",
            data=data,
            content_type="application/x-www-form-urlencoded",
            headers={"Cookie": browser.cookie or "", "Host": f"127.0.0.1:{port}", "Referer": ""},
        )
    assert response.status_code == 303, response.get_data(as_text=True)[-3000:]
    return round(statistics.median(used), 2), len(sent)


def at_once(port: int, people: Sequence[str], seeded: Seeded, seconds: float) -> dict[str, Any]:
    """Eight people who open the form and send it, again and again: milliseconds of each, and how many cycles a second.

    What they type is written before the clock runs.
    """
    posts: list[float] = []
    gets: list[float] = []
    texts = [[written(dice, seeded) for _ in range(TEXTS)] for dice in map(random.Random, range(100, 100 + SESSIONS))]
    end = time.perf_counter() + seconds

    def person(number: int) -> None:
        mine = people[number::SESSIONS]
        turn = 0
        while time.perf_counter() < end:
            began = time.perf_counter()
            browser = Browser(port, mine[turn % len(mine)])
            data = browser.form(texts[number][turn % TEXTS])
            gets.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            browser.send(data)
            posts.append((time.perf_counter() - began) * 1000)
            browser.close()
            turn += 1

    threads = [threading.Thread(target=person, args=(n,)) for n in range(SESSIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    return {
        "create_form_p50_ms": _part(gets, 50),
        "create_form_p95_ms": _part(gets, 95),
        "create_p50_ms": _part(posts, 50),
        "create_p95_ms": _part(posts, 95),
        "create_p99_ms": _part(posts, 99),
        "create_cycles_per_s": round(len(posts) / took, 1),
    }


class Browser:
    """One person's connection, kept alive. A plain socket: who plays the people must not take the processor from what is measured."""

    _CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
    _ONCE = re.compile(r'name="_once" value="([^"]+)"')
    _NOTICE = re.compile(r'name="notice_id"[^>]*value="([^"]+)"')
    _LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
    _COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r\n]+)", re.IGNORECASE)

    def __init__(self, port: int, cookie: str | None = None) -> None:
        self.host = f"127.0.0.1:{port}"
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.cookie = cookie

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n"
        if self.cookie:
            head += f"Cookie: {self.cookie}\r\n"
        if body is not None:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        self.socket.sendall(f"{head}\r\n{body or ''}".encode())
        found = b""
        while (end := found.find(b"\r\n\r\n")) < 0:
            found += self._received()
        head_of, pieces = found[: end + 2], [found[end + 4 :]]
        length = self._LENGTH.search(head_of)
        missing = (int(length.group(1)) if length else 0) - len(pieces[0])
        while missing > 0:
            pieces.append(self._received())
            missing -= len(pieces[-1])
        given = self._COOKIE.search(head_of)
        if given:
            self.cookie = given.group(1).decode()
        return int(head_of[9:12]), b"".join(pieces)

    def _received(self) -> bytes:
        piece = self.socket.recv(1 << 17)
        if not piece:
            raise ConnectionError("the server hung up")
        return piece

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def get(self, path: str) -> str:
        """A page that must be there."""
        status, page = self._ask("GET", path)
        assert status == 200, (status, path)
        return page.decode()

    def form(self, proposal: str) -> str:
        """Open the form of a proposal and fill it with one."""
        page = self.get(f"{LIST}/nuova")
        start = page.index("data-draft")
        hidden = {"csrf_token": self._CSRF, "_once": self._ONCE, "notice_id": self._NOTICE}
        return urlencode({name: each.search(page, start).group(1) for name, each in hidden.items()}) + proposal  # type: ignore[union-attr]

    def send(self, data: str) -> None:
        """Send it; it must be taken."""
        status, page = self._ask("POST", f"{LIST}/nuova", data)
        assert status == 303, (status, page[:2000])


def written(dice: random.Random, seeded: Seeded) -> str:
    """What one person types and chooses, as it goes over the wire after what the form hides."""
    typed = {
        "title": text_of(dice, 1)[:120], "text": text_of(dice), "strategy_id": str(dice.choice(seeded.strategies)),
        "author_kind": "resident", "signature": "nome",
    }  # fmt: skip  # one row of values reads better so
    return "&" + urlencode(typed)


def cookie_for(app: Flask, token: str) -> str:
    """The cookie of somebody who signed in."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"


@contextlib.contextmanager
def statements_of(app: Flask) -> Iterator[list[str]]:
    """The statements sent within the block."""
    engine = app.extensions["consult"].sessions.kw["bind"]
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def counted(app: Flask, path: str, cookie: str | None) -> tuple[int, int, int]:
    """Statements, bytes and status of one page."""
    with statements_of(app) as sent:
        response = app.test_client(use_cookies=False).get(path, headers={"Cookie": cookie} if cookie else {})
    return len(sent), len(response.data), response.status_code


def _postmaster(servers: EmbeddedServers) -> int:
    return int((servers.folder.path / "postgresql" / "postmaster.pid").read_text().split()[0])


def _part(values: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100)[percent - 1], 1)


def _processor() -> str:
    for row in Path("/proc/cpuinfo").read_text().splitlines():
        if row.startswith("model name"):
            return row.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
