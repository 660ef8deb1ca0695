"""Files of 50,000 answers to 30 questions, as the worker writes them: seconds, CPU seconds and peak memory of each format.

    python -m benchmarks.answers_export --json

Its own PostgreSQL with durable settings; each file is written by a process of its own, whose peak memory the kernel tells.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import resource
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from benchmarks.own_servers import own_servers
from benchmarks.web_data import copy, frame_and_process, key, sentence
from config import Settings
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.permissions import SYSTEM
from consult.framework import queries as framework
from consult.listening.surveys import queries, services
from consult.ports.storage import DiskStorage
from consult.process.models import Process
from consult.registry import all_tables

ANSWERS = 50_000
#: Visibility, quotation, attribution and state of a source that was just made.
KEPT = ("internal", "anonymous", "", "live")
OPTIONS = ("Treno", "Autobus", "Auto", "Bicicletta", "A piedi")
KINDS = (
    *["single"] * 8, *["multiple"] * 5, *["scale"] * 5, *["yes_no"] * 3, "long", "short", "ranking", "points", "matrix", "number", "date",
    "place", "speaker",
)  # fmt: skip  # words read better in lines


def main() -> int:
    """Measure and print, or (with `--write`) be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--answers", type=int, default=ANSWERS, help="how many answers")
    parser.add_argument("--write", nargs=3, metavar=("URL", "FILE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    if options.write:
        return write(*options.write)
    figures: dict[str, Any] = {"answers": options.answers, "questions": len(KINDS)}
    with own_servers() as (servers, folder):
        url = servers.create_database("benchmark_export")
        files = seed(url, options.answers)
        for kind, file_id in files.items():
            command = [
                sys.executable,
                "-m",
                "benchmarks.answers_export",
                "--write",
                url,
                str(file_id),
                str(folder / "files"),
            ]
            found = subprocess.run(command, check=True, capture_output=True, text=True)
            figures[kind] = json.loads(found.stdout)
            print(kind, figures[kind], file=sys.stderr, flush=True)
    figures["machine"] = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(json.dumps(figures, indent=2) if options.json else figures)
    return 0


def write(url: str, file_id: str, folder: str) -> int:
    """What the worker does for one file."""
    engine = make_engine(url, pool_size=2, statement_timeout_s=80)
    sessions = make_sessions(engine)
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        with unit_of_work(sessions) as own:
            services.note_progress(own, file_id=uuid.UUID(file_id), done=done, total=total)
        told.append((done, total))

    began = time.perf_counter()
    with unit_of_work(sessions) as session:
        services.write_file(
            session, file_id=uuid.UUID(file_id), storage=DiskStorage(Path(folder)), progress=progress, settings=Settings(), now=datetime.now(UTC)
        )  # fmt: skip  # one row of values reads better so
    took = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    print(
        json.dumps(
            {
                "seconds": round(took, 1), "cpu_seconds": round(used.ru_utime + used.ru_stime, 1), "peak_mb": peak_mb(),
                "files_mb": round(size / 1e6, 1), "progress_steps": len(told),
            }
        )
    )  # fmt: skip  # one row of values reads better so
    return 0


def peak_mb() -> int:
    """The most memory this process held; what the kernel tells as `ru_maxrss` would include the process that started it."""
    line = next(row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def seed(url: str, number: int) -> dict[str, uuid.UUID]:
    """A questionnaire with so many answers; returns the files asked for, by kind."""
    engine = make_engine(url)
    all_tables().create_all(engine)
    dice, now = random.Random(7), datetime.now(UTC)
    with Session(engine) as session:
        process_id, _strategies, _zones = frame_and_process(session, dice, now)
        about: dict[str, Any] = {"process_id": process_id, "actor": SYSTEM, "now": now}
        made = services.create_questionnaire(
            session, settings=services.Settings(title="Misura", access="open"), **about
        )
        for place, kind in enumerate(KINDS, 1):
            fields = services.QuestionFields(
                kind=kind, text=f"Domanda numero {place}: che cosa serve qui?",
                options=OPTIONS if kind in {"single", "multiple", "ranking", "points", "matrix"} else (),
                rows=("Scuole", "Treni", "Verde") if kind == "matrix" else (),
            )  # fmt: skip  # one row of values reads better so
            services.add_question(session, questionnaire_id=made, fields=fields, **about)
        services.publish(session, questionnaire_id=made, **about)
        questions = queries.questions(session, questionnaire_id=made)
        zones = framework.zones(session, territory_id=session.get_one(Process, process_id).territory_id)
        files = {
            kind: services.ask_for_file(session, questionnaire_id=made, kind=kind, language="it", **about)
            for kind in ("csv", "codes", "xlsx", "json")
        }
        session.commit()
    engine.dispose()

    def value(question: Any, zone: uuid.UUID) -> Any:
        codes = [option.code for option in question.options]
        return {
            "single": lambda: dice.choice(codes), "multiple": lambda: dice.sample(codes, 2), "scale": lambda: dice.randint(1, 5),
            "yes_no": lambda: dice.choice(("yes", "no")), "ranking": lambda: dice.sample(codes, 4),
            "points": lambda: dict(zip(dice.sample(codes, 3), (50, 30, 20), strict=True)),
            "matrix": lambda: {row.code: dice.choice(codes) for row in question.rows}, "number": lambda: dice.randint(0, 500),
            "date": lambda: f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}", "place": lambda: f"z:{zone}",
            "speaker": lambda: "resident",
        }[question.kind]()  # fmt: skip  # pairs read better side by side

    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        answers: list[tuple[Any, ...]] = []
        sources: list[tuple[Any, ...]] = []
        for _ in range(number):
            mine, zone = key(dice), dice.choice(zones).id
            values = {str(q.id): value(q, zone) for q in questions if not q.open}
            answers.append((mine, made, json.dumps(values), zone, "resident", mine.bytes * 2, False))
            for question in questions:
                if question.open:
                    words = " ".join(sentence(dice) for _ in range(3 if question.kind == "long" else 1))
                    sources.append(
                        (
                            key(dice),
                            process_id,
                            "answer",
                            "question",
                            question.id,
                            mine,
                            0,
                            words,
                            "it",
                            zone,
                            "resident",
                            *KEPT,
                        )
                    )
        columns: tuple[str, ...] = (
            "id",
            "questionnaire_id",
            "values",
            "zone_id",
            "speaker_kind",
            "receipt_hash",
            "on_paper",
        )
        copy(connection, "answer", columns, answers)
        columns = (
            "id", "process_id", "channel", "unit_kind", "unit_id", "voice_id", "position", "text", "language", "zone_id", "speaker_kind",
            "visibility", "quotable", "attribution", "state",
        )  # fmt: skip  # names read better in lines
        copy(connection, "source", columns, sources)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return files


if __name__ == "__main__":
    sys.exit(main())
