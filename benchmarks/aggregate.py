"""Aggregation from sources to a draft paper: wall, CPU and memory, warm, cold and after a few changes.

    python -m benchmarks.aggregate --sources 10000 --json          # everything read before: only the merge
    python -m benchmarks.aggregate --sources 1000 --cold --json    # nothing read before
    python -m benchmarks.aggregate --sources 10000 --refresh 100 --json
    python -m benchmarks.aggregate --sources 10000 --refresh 100 --times 3 --keep /var/tmp/seeded --json

Its own PostgreSQL and Valkey (durable settings), a real worker, relay and the process that holds the language model (`--alone`: without
it). Texts are made by recombining real sentences (the municipal news
beside the checkout where they lie there, the demonstration's sources always), 25 words on average. For a warm run the vector of such a text
is the mean of its sentences' own vectors, so that a hundred thousand can be stored in minutes; a cold run embeds every text.
`--keep` leaves all of it in a folder: the next call with that folder neither seeds nor, with `--refresh`, runs whole again.
Without the language model, words are compared; the answer says which.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.aggregate_crew import Memory, spent_s, working
from benchmarks.aggregate_texts import change, read_pool, seed
from benchmarks.own_servers import own_servers, printed
from consult.core.clock import database_now
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.permissions import SYSTEM
from consult.demo import loader
from consult.evidence.models import Run
from consult.evidence.services import start_run
from consult.framework.models import Zone
from consult.position_paper import queries as paper
from consult.process.models import Process
from consult.registry import all_tables
from consult.runtime.servers import EmbeddedServers
from consult.runtime.supervisor import Crew, cores

SLUG = "misura"
DATABASE = "benchmark_aggregate"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=1000, help="how many sources")
    parser.add_argument("--cold", action="store_true", help="nothing was read before")
    parser.add_argument("--refresh", type=int, default=0, metavar="N", help="then change N sources and refresh")
    parser.add_argument(
        "--times", type=int, default=1, metavar="K", help="change and refresh K times; the figures are the median's"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the servers' data there, and go on from what is there"
    )
    parser.add_argument("--workers", type=int, default=0, help="worker processes (default: one per core)")
    parser.add_argument(
        "--alone", action="store_true", help="no process that holds the language model beside the worker"
    )
    parser.add_argument("--fast", action="store_true", help="the fast profile: fixed word vectors")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with own_servers(options.keep) as (servers, folder):
        figures = measure(servers, folder, options)
    printed(figures, as_json=options.json, width=24)
    return 0


def measure(servers: EmbeddedServers, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one size."""
    seeded = _there(servers)
    url = servers.addresses.database_url_of(DATABASE) if seeded else servers.create_database(DATABASE)
    engine = make_engine(url)
    sessions = make_sessions(engine)
    if not seeded:
        all_tables().create_all(engine)
        with unit_of_work(sessions) as session:
            loader.open_blank(session, slug=SLUG, now=database_now(session))
    with unit_of_work(sessions) as session:
        process_id = session.execute(select(Process.id).where(Process.slug == SLUG)).scalar_one()
        zones = list(session.execute(select(Zone.id).order_by(Zone.id)).scalars())
    pool = read_pool(options.fast)
    say(f"{len(pool.texts)} sentences to recombine")
    began = time.perf_counter()
    if not seeded:
        seed(url, process_id, zones, pool, options.sources, warm=not options.cold, salt=0)
        say(f"seeded in {time.perf_counter() - began:.0f} s")
    workers = options.workers or cores()
    with working(servers, url, folder, workers, options.fast, alone=options.alone) as crew:
        figures: dict[str, Any] = {
            "sources": options.sources,
            "mode": "cold" if options.cold else "warm",
            "model": pool.model,
            "workers": workers,
        }
        if not (options.refresh and _runs(sessions, process_id)):
            figures |= run(sessions, process_id, crew, "full")
        if options.refresh:
            rounds: list[dict[str, Any]] = []
            for _ in range(options.times):
                change(url, process_id, zones, pool, options.refresh, turn=_runs(sessions, process_id))
                rounds.append(run(sessions, process_id, crew, "refresh"))
                say(json.dumps(rounds[-1]))
            rounds.sort(key=lambda row: float(row["wall_s"]))
            median = rounds[(len(rounds) - 1) // 2]
            figures |= {f"refresh_{name}": value for name, value in median.items()} | {"changed": options.refresh}
    engine.dispose()
    figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    figures["date"] = time.strftime("%Y-%m-%d")
    return figures


def _there(servers: EmbeddedServers) -> bool:
    """Whether a folder that was kept holds the seeded database."""
    with psycopg.connect(servers.database_url.replace("postgresql+psycopg", "postgresql")) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
    return found is not None


def _runs(sessions: sessionmaker[Session], process_id: uuid.UUID) -> int:
    """How many runs are done."""
    with unit_of_work(sessions) as session:
        done = select(func.count()).select_from(Run).where(Run.process_id == process_id, Run.state == "done")
        return session.execute(done).scalar_one()


def run(sessions: sessionmaker[Session], process_id: uuid.UUID, crew: Crew, kind: str) -> dict[str, Any]:
    """Start a run, wait for its draft paper, and say what it took."""
    with Memory() as memory:
        before, began = spent_s(), time.perf_counter()
        with unit_of_work(sessions) as session:
            run_id = start_run(session, process_id=process_id, actor=SYSTEM, now=database_now(session), kind=kind)
        merged = 0.0
        while True:
            crew.tend()
            time.sleep(0.2)
            with unit_of_work(sessions) as session:
                state = session.execute(select(Run.state).where(Run.id == run_id)).scalar_one()
                ready = state == "done" and paper.draft_is_ready(session, process_id=process_id)
            if state == "done" and not merged:
                merged = time.perf_counter() - began
            if state in {"failed", "cancelled"}:
                raise SystemExit(f"the run is {state}")
            if ready:
                break
        wall, used = time.perf_counter() - began, spent_s() - before
    with unit_of_work(sessions) as session:
        done = session.execute(select(Run).where(Run.id == run_id)).scalar_one()
        themes, read = done.theme_count, (done.reduced_at or done.started_at) - done.started_at
    return {
        "wall_s": round(wall, 2),
        "read_s": round(read.total_seconds(), 2),
        "run_s": round(merged, 2),
        "cpu_s": round(used, 2),
        "peak_mb": round(memory.largest),
        "total_peak_mb": round(memory.total),
        "model_mb": round(memory.model),
        "servers_mb": round(memory.servers),
        "themes": themes,
    }


def say(line: str) -> None:
    """A line for who waits, beside the answer."""
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
