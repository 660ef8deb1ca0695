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
import contextlib
import csv
import hashlib
import json
import logging
import multiprocessing
import os
import platform
import random
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.quality_sets import REAL as FOLDER
from benchmarks.web import Cpu, _postmaster
from benchmarks.web_data import copy
from config import Settings
from consult.analytics import duplicates, pipeline
from consult.analytics import prepare as preparing
from consult.analytics.embedding import Vectors, load_embedder, pack, unit_rows, unpack
from consult.analytics.types import SourceText
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
from consult.runtime.data_folder import DataFolder
from consult.runtime.servers import EmbeddedServers
from consult.runtime.supervisor import Crew, cores, relay_program, suggester_program, worker_program

CHECKOUT = Path(__file__).resolve().parents[1]
REAL = FOLDER / "prato_it.csv"
MODEL = CHECKOUT / "var" / "model"
SLUG = "misura"
DATABASE = "benchmark_aggregate"
CHANNELS = ("contribution", "answer", "answer", "interview", "meeting")
SPEAKERS = ("resident", "resident", "association", "business", "municipality")
SENTENCES = (1, 1, 1, 2, 2, 3)
CHANGES = {"added": 0.6, "corrected": 0.3, "withdrawn": 0.1}
COLUMNS = (
    "id", "process_id", "channel", "voice_id", "position", "text", "language", "zone_id", "speaker_kind", "visibility", "quotable",
    "attribution", "state", "revision", "asked",
)  # fmt: skip  # names read better in lines
KEPT = (
    "source_id", "model", "revision", "digest", "language", "prepared", "signature", "vectors", "dimensions",
)  # fmt: skip  # names read better in lines


@dataclass(frozen=True)
class Pool:
    """Real sentences with their vectors."""

    texts: tuple[str, ...]
    rows: Vectors
    model: str


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
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="cb-"))
    folder.chmod(0o711)
    try:
        with EmbeddedServers(folder / "data") as servers:
            figures = measure(servers, folder, options)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value}")
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
        cpu = Cpu([os.getpid(), _postmaster(servers)])
        figures: dict[str, Any] = {
            "sources": options.sources,
            "mode": "cold" if options.cold else "warm",
            "model": pool.model,
            "workers": workers,
        }
        if not (options.refresh and _runs(sessions, process_id)):
            figures |= run(sessions, process_id, crew, cpu, "full")
        if options.refresh:
            rounds: list[dict[str, Any]] = []
            for _ in range(options.times):
                change(url, process_id, zones, pool, options.refresh, turn=_runs(sessions, process_id))
                rounds.append(run(sessions, process_id, crew, cpu, "refresh"))
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


def run(sessions: sessionmaker[Session], process_id: uuid.UUID, crew: Crew, cpu: Cpu, kind: str) -> dict[str, Any]:
    """Start a run, wait for its draft paper, and say what it took."""
    with Memory() as memory:
        before, began = cpu.read_ms(), time.perf_counter()
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
        wall, used = time.perf_counter() - began, cpu.read_ms() - before
    with unit_of_work(sessions) as session:
        done = session.execute(select(Run).where(Run.id == run_id)).scalar_one()
        themes, read = done.theme_count, (done.reduced_at or done.started_at) - done.started_at
    return {
        "wall_s": round(wall, 2),
        "read_s": round(read.total_seconds(), 2),
        "run_s": round(merged, 2),
        "cpu_s": round(used / 1000, 2),
        "peak_mb": round(memory.largest),
        "total_peak_mb": round(memory.total),
        "model_mb": round(memory.model),
        "themes": themes,
    }


class Memory:
    """Largest resident size of one worker process, of all together with the process that holds the language model (shared pages counted
    once), and of that one, looked at twice a second."""

    def __enter__(self) -> Memory:
        self.largest = self.total = self.model = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            sizes = []
            for entry in _descendants(os.getpid()):
                with contextlib.suppress(OSError, ValueError, IndexError, KeyError):
                    command = (entry / "cmdline").read_bytes()
                    holds = b"worker.suggester" in command
                    if not holds and b"worker.celery_app" not in command:
                        continue
                    lines = (entry / "smaps_rollup").read_text().splitlines()
                    values = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
                    if holds:
                        self.model = max(self.model, values["Rss"] / 1024)
                    else:
                        self.largest = max(self.largest, values["Rss"] / 1024)
                    sizes.append(values["Pss"] / 1024)
            self.total = max(self.total, sum(sizes))


def _descendants(root: int) -> list[Path]:
    """Folders under /proc of all processes that come from `root`."""
    found, todo = [], [root]
    while todo:
        process = todo.pop()
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{process}/task").iterdir():
                todo += [int(word) for word in (thread / "children").read_text().split()]
        found.append(Path(f"/proc/{process}"))
    return found


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


def read_pool(fast: bool = False) -> Pool:
    """Sentences of 4 to 40 words with their vectors, embedded once and kept in the folder of temporary files."""
    texts = []
    for path in sorted((CHECKOUT / "consult" / "demo" / "data").glob("sources_axis*.jsonl")):
        texts += [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines() if line.strip()]
    if REAL.is_file():
        csv.field_size_limit(10**7)
        with REAL.open(encoding="utf-8-sig", newline="") as file:
            texts += [row["text"] for row in csv.DictReader(file)][:1500]
    embedder = load_embedder(MODEL, fast=fast)
    mark = hashlib.sha256("\n".join([embedder.name, *texts]).encode()).hexdigest()[:24]
    store = Path(tempfile.gettempdir()) / "consult-aggregate" / f"{mark}.npz"
    if store.is_file():
        with np.load(store) as kept:
            return Pool(tuple(kept["texts"].tolist()), kept["rows"], embedder.name)
    sentences: list[str] = []
    rows: list[Vectors] = []
    for number, text in enumerate(texts):
        item = pipeline.prepare_source(SourceText(str(number), text, language="it"), embedder)
        vectors = unpack(item.vectors, item.dimensions)
        for span, row in zip(item.sentences, vectors if len(vectors) == 1 else vectors[1:], strict=True):
            words = item.source.text[span.start : span.end]
            if 4 <= len(words.split()) <= 40 and len(preparing.sentences(words)) == 1:
                sentences.append(words)
                rows.append(row)
    store.parent.mkdir(exist_ok=True)
    np.savez(store, texts=np.asarray(sentences), rows=np.asarray(rows))
    return Pool(tuple(sentences), np.asarray(rows), embedder.name)


def made(pool: Pool, salt: int, number: int) -> tuple[str, list[int]]:
    """A text of one to three sentences, and which they are; equal for equal salt and number."""
    dice = random.Random(f"{salt}:{number}")
    chosen = [dice.randrange(len(pool.texts)) for _ in range(dice.choice(SENTENCES))]
    # A word of its own, so that two single sentences are no copies of each other more often than people's are.
    return " ".join(pool.texts[place] for place in chosen) + f" Caso {dice.randrange(10**6)}.", chosen


def source_key(salt: int, number: int) -> uuid.UUID:
    """A random key that is the same in every run."""
    return uuid.UUID(bytes=hashlib.blake2b(f"{salt}:{number}".encode(), digest_size=16).digest(), version=4)


def source_row(
    process_id: uuid.UUID, zones: Sequence[uuid.UUID], pool: Pool, salt: int, number: int
) -> tuple[Any, ...]:
    """One source."""
    dice = random.Random(f"row:{salt}:{number}")
    text, _ = made(pool, salt, number)
    return (
        source_key(salt, number), process_id, dice.choice(CHANNELS), None, 0, text, "it", dice.choice(zones), dice.choice(SPEAKERS),
        "public", "anonymous", "", "live", 1, "",
    )  # fmt: skip  # one row of values reads better so


def vector_rows(pool: Pool, salt: int, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """What reading these sources would have stored, with vectors put together from their sentences'."""
    found = []
    for number in numbers:
        text, chosen = made(pool, salt, number)
        spans = preparing.sentences(text)
        own = pool.rows[chosen]
        own = np.concatenate([own, np.repeat(own[-1:], max(0, len(spans) - len(own)), axis=0)])[: len(spans)]
        whole = unit_rows(own.mean(axis=0, keepdims=True))
        rows = whole if len(spans) < 2 else np.concatenate([whole, own])
        personal = preparing.personal_spans(text)
        prepared = {
            "sentences": [[span.start, span.end] for span in spans],
            "marks": list(preparing.marks_of(text, personal)),
            "kind": preparing.kind_of(text),
            "personal": [[span.start, span.end] for span in personal],
        }
        found.append(
            (
                source_key(salt, number), pool.model, 1, preparing.digest(text), "it", json.dumps(prepared), duplicates.signature(text),
                pack(np.asarray(rows, dtype=np.float32)), int(pool.rows.shape[1]),
            )
        )  # fmt: skip  # one row of values reads better so
    return found


def seed(
    url: str, process_id: uuid.UUID, zones: Sequence[uuid.UUID], pool: Pool, number: int, *, warm: bool, salt: int
) -> None:
    """Put sources into the database, and what reading them gives where the run is to be warm."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        copy(connection, "source", COLUMNS, (source_row(process_id, zones, pool, salt, n) for n in range(number)))
        if warm:
            parts = [range(start, min(start + 500, number)) for start in range(0, number, 500)]
            with multiprocessing.get_context("fork").Pool(cores()) as helpers:
                found = helpers.imap(partial(vector_rows, pool, salt), parts)
                copy(connection, "source_vector", KEPT, (row for rows in found for row in rows))
        connection.execute("ANALYZE")


def change(
    url: str, process_id: uuid.UUID, zones: Sequence[uuid.UUID], pool: Pool, number: int, *, turn: int = 1
) -> None:
    """Add, correct and withdraw sources in the proportions of CHANGES; others in each turn, from 1."""
    added, corrected = round(number * CHANGES["added"]), round(number * CHANGES["corrected"])
    first = (turn - 1) * number
    seed(url, process_id, zones, pool, added, warm=False, salt=2 * turn - 1)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        for n in range(first, first + corrected):
            connection.execute(
                "UPDATE source SET text = %s, revision = revision + 1 WHERE id = %s",
                (made(pool, 2 * turn, n)[0], source_key(0, n)),
            )
        for n in range(first + corrected, first + number - added):
            connection.execute(
                "UPDATE source SET state = 'withdrawn', revision = revision + 1 WHERE id = %s", (source_key(0, n),)
            )


def say(line: str) -> None:
    """A line for who waits, beside the answer."""
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
