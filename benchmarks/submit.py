"""Questionnaires under load: what is acknowledged is stored, exactly once, whatever dies meanwhile.

    python -m benchmarks.submit --json

Its own PostgreSQL and Valkey with durable settings, the real web server with two workers, rate limits on (each person comes from an
address of their own). 200 clients send 2,000 answers of 20 questions and 3 KB to pages they had open; a ledger of the codes that were
acknowledged is compared with the receipts stored. Again in anonymous mode; with a web worker killed (-9), PostgreSQL stopped at once
and started again, the broker stopped, in the middle. Then 16 parallel sends of each of 50 personal links, and the page of a
questionnaire of 40 questions.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import random
import selectors
import signal
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from sqlalchemy.orm import Session

from benchmarks.own_servers import own_servers, printed
from benchmarks.web import CHECKOUT, SECRET, Cpu, counted, sequential
from benchmarks.web_data import SLUG, frame_and_process, text_of
from config import Settings
from consult.app import create_app
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.permissions import SYSTEM
from consult.framework import queries as framework
from consult.listening.sources.rules import receipt_hash
from consult.listening.surveys import queries, services
from consult.listening.surveys.rules import token_hash, token_of
from consult.process.models import Process
from consult.registry import all_tables
from consult.runtime.data_folder import DataFolder
from consult.runtime.servers import EmbeddedServers
from consult.runtime.supervisor import Crew, wait_until_healthy, web_program

PEOPLE, CLIENTS = 2_000, 200
LINKS, AT_ONCE = 50, 16
OPTIONS = ("Treno", "Autobus", "Auto", "Bicicletta", "A piedi")
KINDS = (*["long"] * 4, *["single"] * 4, *["multiple"] * 4, *["scale"] * 4, "yes_no", "short", "place", "speaker")


@dataclass(slots=True)
class Site:
    """What is measured."""

    servers: EmbeddedServers
    url: str
    port: int
    web_pid: int
    process_id: uuid.UUID
    crew: Crew


@dataclass(frozen=True, slots=True)
class Asked:
    """A questionnaire and what people fill in."""

    id: uuid.UUID
    bodies: list[str]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many answers each run sends")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with own_servers() as (servers, folder), serving(servers, folder) as site:
        figures = measure(site, options.people)
    printed(figures, as_json=options.json, width=20)
    return 0 if all(run.get("exact", True) for run in figures.values() if isinstance(run, dict)) else 1


def measure(site: Site, people: int) -> dict[str, Any]:
    """All runs."""
    runs: dict[str, tuple[str, Callable[[], None] | None]] = {
        "plain": ("pseudonymous", None),
        "anonymous": ("anonymous", None),
        "worker_killed": ("pseudonymous", lambda: kill_a_worker(site.web_pid)),
        "database_restarted": ("pseudonymous", lambda: restart_database(site.servers)),
        "broker_stopped": ("pseudonymous", site.servers.stop_valkey),
    }
    figures: dict[str, Any] = {}
    for name, (privacy, fault) in runs.items():
        asked = ask(site, privacy=privacy, access="open", number=people)
        path = f"/processi/{SLUG}/questionari/{asked.id}"
        found = load(site, [path] * people, asked.bodies, fault=fault)
        if name == "broker_stopped":
            site.servers.start_valkey()
        figures[name] = compared(site, asked.id, found, expected=people)
        print(name, figures[name], file=sys.stderr, flush=True)
    figures["parallel_links"] = parallel_links(site)
    figures["page_of_40"] = page_of_40(site)
    figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    figures["date"] = time.strftime("%Y-%m-%d")
    return figures


@contextmanager
def serving(servers: EmbeddedServers, folder: Path) -> Iterator[Site]:
    """A process in its listening phase, served by two workers on a free port, kept alive as the site's supervisor does."""
    url = servers.create_database("benchmark_submit")
    engine = make_engine(url)
    all_tables().create_all(engine)
    with Session(engine) as session:
        process_id, _strategies, _zones = frame_and_process(session, random.Random(7), datetime.now(UTC))
        session.commit()
    engine.dispose()
    kept = DataFolder(folder / "site")
    kept.open()
    port = 19000 + os.getpid() % 9000
    environ = {
        **os.environ, "DATABASE_URL": url, "REDIS_URL": servers.redis_url, "SECRET_KEY": SECRET, "BASE_URL": f"http://127.0.0.1:{port}",
        "CONSULT_DATA_DIR": str(kept.path), "LOG_LEVEL": "ERROR", "TRUSTED_PROXIES": "1", "CONSULT_EMBEDDED": "0",
    }  # fmt: skip  # one row of values reads better so
    crew = Crew(kept, environ, CHECKOUT, None)
    try:
        web = crew.add(web_program("127.0.0.1", port, workers=2))
        wait_until_healthy("127.0.0.1", port, web, crew.tend)
        yield Site(servers, url, port, web.process.pid, process_id, crew)
    finally:
        crew.stop()
        kept.close()


def ask(site: Site, *, privacy: str, access: str, number: int, kinds: Sequence[str] = KINDS) -> Asked:
    """Build and publish a questionnaire, and fill it in for so many people: about 3 KB of words and choices each."""
    engine = make_engine(site.url)
    now = datetime.now(UTC)
    with unit_of_work(make_sessions(engine)) as session:
        made = services.create_questionnaire(
            session,
            process_id=site.process_id,
            settings=services.Settings(title="Che cosa serve qui?", privacy=privacy, access=access),
            actor=SYSTEM,
            now=now,
        )
        for place, kind in enumerate(kinds):
            fields = services.QuestionFields(
                kind=kind, text=f"Domanda numero {place + 1}: che cosa serve qui?",
                options=OPTIONS if kind in {"single", "multiple"} else (),
            )  # fmt: skip  # one row of values reads better so
            services.add_question(
                session, process_id=site.process_id, questionnaire_id=made, fields=fields, actor=SYSTEM, now=now
            )
        services.publish(session, process_id=site.process_id, questionnaire_id=made, actor=SYSTEM, now=now)
        questions = queries.questions(session, questionnaire_id=made)
        territory = session.get_one(Process, site.process_id).territory_id
        zones = [f"z:{zone.id}" for zone in framework.zones(session, territory_id=territory)]
    engine.dispose()
    dice = random.Random(11)
    bodies = []
    for _person in range(number):
        fields_of: list[tuple[str, str]] = []
        for question in questions:
            codes = [option.code for option in question.options]
            chosen = {
                "long": lambda: [text_of(dice, 5)[:700]], "short": lambda: [text_of(dice, 3)[:80].replace("\n", " ")],
                "single": lambda codes=codes: [dice.choice(codes)], "multiple": lambda codes=codes: dice.sample(codes, 2),
                "scale": lambda: [str(dice.randint(1, 5))], "yes_no": lambda: [dice.choice(("yes", "no"))],
                "place": lambda: [dice.choice(zones)], "speaker": lambda: ["resident"],
            }[question.kind]()  # fmt: skip  # pairs read better side by side
            fields_of += [(question.field, value) for value in chosen]
        bodies.append(urlencode(fields_of))
    return Asked(made, bodies)


def load(
    site: Site,
    paths: Sequence[str],
    bodies: Sequence[str],
    *,
    repeat: int = 1,
    fault: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Run the people; `fault` happens when a quarter was acknowledged, and the site's children are kept alive meanwhile."""
    job = {"port": site.port, "clients": CLIENTS, "paths": paths, "bodies": bodies, "repeat": repeat}
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.submit_load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )  # fmt: skip  # one line of arguments reads better so
    assert child.stdin is not None
    assert child.stdout is not None
    found: dict[str, Any] = {}
    # What dies in a run takes its count of processor time along, so that is told only of runs where nothing does.
    spent = {"web": Cpu([site.web_pid]), "database": Cpu([postmaster_of(site)])} if fault is None else {}
    before: dict[str, float] = {}
    try:
        child.stdin.write(json.dumps(job) + "\n")
        child.stdin.flush()
        for line in told_by(child, site.crew.tend):
            if line.startswith("opened"):
                before = {name: cpu.read_ms() for name, cpu in spent.items()}
                child.stdin.write("go\n")
                child.stdin.flush()
            elif line.startswith("acknowledged"):
                if fault is not None and int(line.split()[1]) >= len(paths) // 4:
                    # In this thread: a server started by another one is stopped by the kernel when that thread ends.
                    fault()
                    fault = None
            elif line.startswith("{"):
                found = json.loads(line)
                found["cpu_ms"] = {name: cpu.read_ms() - before[name] for name, cpu in spent.items()}
        if child.wait() != 0 or not found:
            raise SystemExit("the load failed")
        if fault is not None:
            raise SystemExit("the load was over before the fault happened: it proves nothing")
    finally:
        if child.poll() is None:
            child.kill()
    return found


def postmaster_of(site: Site) -> int:
    """The first process of the database."""
    return int((site.servers.folder.path / "postgresql" / "postmaster.pid").read_text().split()[0])


def told_by(child: subprocess.Popen[str], tend: Callable[[], None]) -> Iterator[str]:
    """The lines that the load prints; while none comes, the site's children are tended, as its supervisor does."""
    assert child.stdout is not None
    pipe = child.stdout.fileno()
    rest = b""
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while True:
            if not ready.select(0.3):
                tend()
                continue
            piece = os.read(pipe, 1 << 16)
            if not piece:
                return
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line.decode() for line in lines)


def compared(site: Site, questionnaire_id: uuid.UUID, found: dict[str, Any], *, expected: int) -> dict[str, Any]:
    """The ledger against the receipts that are stored."""
    stored = receipts(site.url, questionnaire_id)
    ledger = [receipt_hash(code) for code in found["ledger"]]
    times = found["times"]
    return {
        "acknowledged": len(ledger),
        "stored": len(stored),
        "exact": sorted(stored) == sorted(mark for mark in ledger if mark) and len(stored) == expected,
        "errors_5xx": found["errors_5xx"],
        "broken_connections": found["broken"],
        "refused": found["refused"],
        "given_up": found["given_up"],
        "per_second": round(len(ledger) / found["seconds"], 1),
        "p95_ms": round(statistics.quantiles(times, n=100)[94] * 1000, 1),
        "max_ms": round(max(times) * 1000, 1),
        "pages_opened_per_second": round(expected / found["open_seconds"], 1),
        **{f"{name}_cpu_ms": round(spent / max(1, len(ledger)), 2) for name, spent in found["cpu_ms"].items()},
        # What the program that plays the people took from the same two cores.
        "load_cpu_ms": round(found["load_cpu_ms"] / max(1, len(ledger)), 2),
    }


def receipts(url: str, questionnaire_id: uuid.UUID) -> list[bytes]:
    """The receipts stored, staged ones included; one that stands twice is given twice."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "SELECT receipt_hash FROM answer WHERE questionnaire_id = %(q)s UNION ALL"
            " SELECT receipt_hash FROM staged_answer WHERE questionnaire_id = %(q)s",
            {"q": questionnaire_id},
        ).fetchall()
    return [bytes(row[0]) for row in rows]


def kill_a_worker(pid: int) -> None:
    """kill -9 to one of the web server's workers."""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(workers[0]), signal.SIGKILL)


def restart_database(servers: EmbeddedServers) -> None:
    """Stop PostgreSQL at once, as a crash would, and start it after a second."""
    servers.stop_postgres(immediate=True)
    time.sleep(1)
    servers.start_postgres()


def parallel_links(site: Site) -> dict[str, Any]:
    """Each of 50 personal links sent 16 times at once: one answer each, and the others are told that it is there."""
    figures: dict[str, Any] = {}
    for privacy in ("pseudonymous", "anonymous"):
        asked = ask(site, privacy=privacy, access="invitation", number=LINKS)
        tokens = links(site, asked.id, privacy)
        found = load(site, [f"/q/{token}" for token in tokens], asked.bodies, repeat=AT_ONCE)
        stored = receipts(site.url, asked.id)
        figures[privacy] = {
            "sent": LINKS * AT_ONCE,
            "stored": len(stored),
            "told": len(found["ledger"]),
            "errors_5xx": found["errors_5xx"],
            "refused": found["refused"],
        }
    figures["exact"] = all(
        each["stored"] == LINKS and each["told"] == LINKS * AT_ONCE
        for each in figures.values()
        if isinstance(each, dict)
    )
    return figures


def links(site: Site, questionnaire_id: uuid.UUID, privacy: str) -> list[str]:
    """Personal links as the letters would hold them."""
    tokens: list[str] = []
    with psycopg.connect(site.url.replace("+psycopg", "")) as connection:
        for n in range(LINKS):
            key = uuid.uuid4()
            token = token_of(key, SECRET)
            tokens.append(token)
            if privacy == "anonymous":
                connection.execute(
                    "INSERT INTO ballot (token_hash, questionnaire_id) VALUES (%s, %s)",
                    (token_hash(token), questionnaire_id),
                )
            else:
                connection.execute(
                    "INSERT INTO invitation (id, questionnaire_id, email, organisation, state, token_hash) VALUES (%s, %s, %s, '', 'sent', %s)",
                    (key, questionnaire_id, f"p{n}@example.org", token_hash(token)),
                )
    return tokens


def page_of_40(site: Site) -> dict[str, Any]:
    """CPU milliseconds of the server, statements and bytes of a page with 40 questions."""
    asked = ask(
        site,
        privacy="anonymous",
        access="open",
        number=1,
        kinds=(*KINDS, *KINDS[:4], *["single"] * 8, *["multiple"] * 8),
    )
    path = f"/processi/{SLUG}/questionari/{asked.id}"
    app = create_app(Settings(database_url=site.url, secret_key=SECRET, rate_limits=False, log_level="ERROR"))
    counted(app, path, None)
    statements, size, status = counted(app, path, None)
    assert status == 200
    cpu = Cpu([site.web_pid, postmaster_of(site)])
    return {"cpu_ms": sequential(site.port, cpu, lambda _i: path, None), "statements": statements, "bytes": size}


if __name__ == "__main__":
    sys.exit(main())
