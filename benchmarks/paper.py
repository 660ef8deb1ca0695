"""The paper's workshop with 300 findings and 5,000 cited sources: server time of its pages, and of saving one finding.

    python -m benchmarks.paper --json
    python -m benchmarks.paper --files      # how long each file of the same paper takes to build, and how much memory

Its own PostgreSQL with durable settings and its own database. Server time is the wall time of the whole request inside the application
(routing to bytes, database included), asked one after the other in this process; the median of many counts, and the 95th percentile is
told beside it, and the processor time of this process alone, which other work on the machine disturbs less. A save is one POST of the
editor's form with one sentence changed, the check of its numbers included.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import resource
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from benchmarks.own_servers import own_servers, printed
from benchmarks.paper_data import SLUG, SeededPaper, seed
from config import Settings
from consult.app import create_app
from consult.core.db import make_engine
from consult.people.models import SignInSession
from consult.people.queries import token_hash
from consult.position_paper import queries, rules, services
from consult.position_paper.types import FILE_KINDS
from consult.registry import all_tables

#: What the issue asks for, in milliseconds.
WANTED = {"editor_ms": 150.0, "save_ms": 50.0}
#: What each of the files that offices read may take, in seconds.
MOST_S = 30.0
WARMING, ASKED = 5, 40


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--files", action="store_true", help="measure the building of files instead of pages")
    options = parser.parse_args()
    with own_servers() as (servers, _folder):
        figures = (files if options.files else measure)(servers.create_database("benchmark_paper"))
    printed(figures, as_json=options.json)
    return 0


def measure(url: str) -> dict[str, Any]:
    """All figures."""
    engine = make_engine(url)
    all_tables().create_all(engine)
    began = time.perf_counter()
    seeded = seed(url)
    figures: dict[str, Any] = {"seed_s": round(time.perf_counter() - began, 1)}
    app = create_app(
        Settings(database_url=url, secret_key=uuid.uuid4().hex, rate_limits=False, log_level="WARNING", testing=True)
    )
    gc.collect()
    gc.freeze()  # As `wsgi.create` does.
    client = signed_in(app, engine, seeded)
    base = f"/scrivania/{SLUG}/paper"
    pages: dict[str, Callable[[int], str]] = {
        "editor": lambda n: f"{base}/risultanze/{seeded.findings[n * 7 % len(seeded.findings)]}",
        "workshop": lambda _n: base,
        "publish": lambda _n: f"{base}/pubblica",
        "check": lambda _n: f"{base}/controllo",
        "coverage": lambda _n: f"{base}/copertura",
        "confrontation": lambda _n: f"{base}/confronto",
        "confront_one": lambda n: f"{base}/risultanze/{seeded.findings[n * 7 % len(seeded.findings)]}/confronto",
    }
    sent = Counted(app.extensions["consult"].sessions.kw["bind"])
    for name, address in pages.items():
        times, cpu, size = [], [], 0
        for n in range(WARMING + ASKED):
            sent.begin()
            started, own = time.perf_counter(), time.process_time()
            answer = client.get(address(n))
            times.append(1000 * (time.perf_counter() - started))
            cpu.append(1000 * (time.process_time() - own))
            if answer.status_code != 200:
                raise RuntimeError(f"{address(n)} answered {answer.status_code}")
            size = len(answer.data)
        _tell(figures, name, times[WARMING:])
        figures[f"{name}_cpu_ms"] = round(statistics.median(cpu[WARMING:]), 1)
        figures[f"{name}_statements"], figures[f"{name}_bytes"] = sent.statements, size
    figures.update(saves(client, engine, seeded, sent))
    figures["as_wanted"] = {name: figures[name] <= most for name, most in WANTED.items()}
    figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    figures["date"] = time.strftime("%Y-%m-%d")
    engine.dispose()
    return figures


def files(url: str) -> dict[str, Any]:
    """Seconds for each format of the whole paper, from the database to the bytes, and the memory of the processes that write."""
    engine = make_engine(url)
    all_tables().create_all(engine)
    seeded = seed(url)
    figures: dict[str, Any] = {}
    with Session(engine) as session:
        for kind in FILE_KINDS:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            started, cpu = time.perf_counter(), time.process_time()
            content = services.build_content(session, process_id=seeded.process_id, publishable_only=False)
            if content is None:
                raise RuntimeError("no paper was seeded")
            shown = services.show_paper(session, content=content)
            body = services.write(
                session, shown, kind=kind, settings=Settings(database_url=url), now=datetime.now(UTC), version=None
            )
            child = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = time.process_time() - cpu + child.ru_utime + child.ru_stime - before.ru_utime - before.ru_stime
            figures[f"{kind}_s"], figures[f"{kind}_cpu_s"] = round(time.perf_counter() - started, 1), round(spent, 1)
            figures[f"{kind}_bytes"] = len(body)
    figures["own_peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures["press_peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    figures["findings"] = len(shown.findings)
    figures["as_wanted"] = {kind: figures[f"{kind}_s"] < MOST_S for kind in ("pdf", "docx", "odt")}
    figures["date"] = time.strftime("%Y-%m-%d")
    engine.dispose()
    return figures


def _tell(figures: dict[str, Any], name: str, times: list[float]) -> None:
    figures[f"{name}_ms"] = round(statistics.median(times), 1)
    figures[f"{name}_p95_ms"] = round(statistics.quantiles(times, n=20)[-1], 1)


class Counted:
    """Statements and commits on an engine since `begin`."""

    def __init__(self, engine: Engine) -> None:
        self.statements = self.commits = 0
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    def begin(self) -> None:
        """Count from here."""
        self.statements = self.commits = 0

    def _statement(self, *_values: Any) -> None:
        self.statements += 1

    def _commit(self, *_values: Any) -> None:
        self.commits += 1


def signed_in(app: Flask, engine: Engine, seeded: SeededPaper) -> Any:
    """A client of the first facilitator."""
    token = uuid.uuid4().hex
    with Session(engine) as session:
        session.add(
            SignInSession(
                token_hash=token_hash(token),
                account_id=seeded.facilitators[0],
                expires_at=datetime.now(UTC) + timedelta(days=1),
                browser="",
            )
        )
        session.commit()
    app.config["WTF_CSRF_ENABLED"] = app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def saves(client: Any, engine: Engine, seeded: SeededPaper, sent: Counted) -> dict[str, Any]:
    """Saving one finding again and again, each time with one sentence changed."""
    times: list[float] = []
    cpu: list[float] = []
    commits: list[int] = []
    statements = 0
    for n in range(WARMING + ASKED):
        finding_id = seeded.findings[n * 11 % len(seeded.findings)]
        with Session(engine) as session:
            row = queries.finding(session, process_id=seeded.process_id, finding_id=finding_id)
            if row is None:
                raise RuntimeError("a seeded finding is gone")
            whole = queries.whole(session, process_id=seeded.process_id)
            words = queries.quoted_words(session, places=[p for s in row.sentences for p in s.quotes])
            shown = [rules.show(s, words).text for s in rules.present(row, whole, "it")]
        voices = len({s.voice for s in row.supporting if s.channel == "answer"})
        shown[-1] = f"Lo dicono {voices} risposte al questionario, prova {n}."
        data = {
            "version": row.version, "title": row.title, "statement": "\n".join(shown), "strategy_id": str(row.strategy_id or ""),
            "_once": str(uuid.uuid4()),
        }  # fmt: skip  # one row of values reads better so
        sent.begin()
        started, own = time.perf_counter(), time.process_time()
        answer = client.post(f"/scrivania/{SLUG}/paper/risultanze/{finding_id}", data=data)
        times.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - own))
        if answer.status_code != 303:
            raise RuntimeError(f"saving answered {answer.status_code}")
        commits.append(sent.commits)
        statements = sent.statements
    figures: dict[str, Any] = {}
    _tell(figures, "save", times[WARMING:])
    figures["save_cpu_ms"] = round(statistics.median(cpu[WARMING:]), 1)
    figures["save_transactions"], figures["save_statements"] = max(commits), statements
    return figures


if __name__ == "__main__":
    raise SystemExit(main())
