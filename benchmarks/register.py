"""The register of sources with 100,000 of them: server time and statements of its pages.

    python -m benchmarks.register --json

Its own PostgreSQL with durable settings, its own database, 100,000 sources in five channels and eleven zones, a tenth of them under
themes. Server time is what the application takes in this process from request to response, without a network: the median
and the 95th percentile of a hundred requests, asking for different words, zones and themes in turn. Processor time is what this process
and its PostgreSQL use for a request: it tells a plan gone bad from a machine that others keep busy. Statements are counted on the same
application.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import platform
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from benchmarks.own_servers import own_servers, printed
from benchmarks.web_data import copy, key, sentence
from config import Settings
from consult.app import create_app
from consult.core.db import make_engine
from consult.core.vocabulary import Channel, PhaseKind, Role, SpeakerKind
from consult.framework.models import Axis, Frame, Strategy, Territory, Zone
from consult.people.models import Account, SignInSession
from consult.people.queries import token_hash
from consult.process.models import Membership, Phase, Process
from consult.registry import all_tables

SLUG, SOURCES, THEMES, WARMING, MEASURED = "misura", 100_000, 80, 5, 100
DATABASE = "benchmark_register"
TOKEN = "register-benchmark-token"  # noqa: S105  # Opens a database that lives as long as the benchmark.
REGISTER = f"/scrivania/{SLUG}/fonti"
WORDS = (
    "treni", "boschi", "scuole", "sportelli lavoro", "banda larga", "anziani", "canali irrigazione", "fabbriche dismesse", "alloggi vuoti",
    "musei", "mercati contadini", "argini", "piste ciclabili", "comunità energetiche", "cooperative agricole", "laboratori quartiere",
)  # fmt: skip  # words read better in lines


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sources", type=int, default=SOURCES, help="how many sources")
    parser.add_argument("--requests", type=int, default=MEASURED, help="how many requests of each kind are measured")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with own_servers() as (servers, _folder):
        figures = measure(servers.create_database(DATABASE), options.sources, options.requests)
    printed(figures, as_json=options.json)
    return 0


def measure(url: str, sources: int, requests: int) -> dict[str, Any]:
    """All figures."""
    engine = make_engine(url)
    all_tables().create_all(engine)
    themes, strategies, zones = seed(engine, url, sources)
    app = create_app(Settings(database_url=url, secret_key="b" * 40, rate_limits=False, log_level="WARNING"))  # As above.
    gc.collect()
    gc.freeze()  # As `wsgi.create` does.
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = TOKEN, True
    pages: dict[str, Callable[[int], str]] = {
        "first_page": lambda _i: REGISTER,
        "filtered_page": lambda i: f"{REGISTER}?canale={list(Channel)[i % 4]}&zona={zones[i % len(zones)]}&voce=resident",
        "by_theme": lambda i: f"{REGISTER}?tema={themes[i % len(themes)]}",
        "by_strategy": lambda i: f"{REGISTER}?strategia={strategies[i % len(strategies)]}",
        "coded": lambda i: f"{REGISTER}?codificata={'yes' if i % 2 else 'no'}",
        "words": lambda i: f"{REGISTER}?q={WORDS[i % len(WORDS)].replace(' ', '+')}",
        "words_and_zone": lambda i: f"{REGISTER}?q={WORDS[i % len(WORDS)].split()[0]}&zona={zones[i % len(zones)]}",
        "deep_page": lambda _i: deep,
    }
    deep = following(client, 40)
    app_engine: Engine = app.extensions["consult"].sessions.kw["bind"]
    figures: dict[str, Any] = {"sources": sources}
    for name, address in pages.items():
        statements = counted(app_engine, client, address(0))
        before = spent()
        times = sorted(timed(client, address, WARMING + requests))
        figures[f"{name}_cpu_ms"] = round((spent() - before) / (WARMING + requests) * 1000, 1)
        figures[f"{name}_ms"] = round(statistics.median(times), 1)
        figures[f"{name}_p95_ms"] = round(times[int(len(times) * 0.95)], 1)
        figures[f"{name}_statements"] = statements
    figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    figures["date"] = time.strftime("%Y-%m-%d")
    engine.dispose()
    return figures


def timed(client: FlaskClient, address: Callable[[int], str], n: int) -> Iterator[float]:
    """Milliseconds of each request after the warming ones."""
    for i in range(n):
        began = time.perf_counter()
        answer = client.get(address(i))
        took = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{address(i)} answers {answer.status_code}")
        if i >= WARMING:
            yield took


def spent() -> float:
    """Processor seconds that this process and its PostgreSQL, all its processes, have used so far. Without /proc: this process only."""
    used, server, found = time.process_time(), 0, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            title, fields = (folder / "cmdline").read_bytes(), (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        parent, own, children = int(fields[1]), sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        found[int(folder.name)] = (parent, own, children)
        if DATABASE.encode() in title:
            server = parent
    ticks = sum(own for key, (parent, own, _children) in found.items() if server in {key, parent})
    return used + (ticks + found[server][2] if server else 0) / os.sysconf("SC_CLK_TCK")


def counted(engine: Engine, client: FlaskClient, address: str) -> int:
    """Statements of one request."""
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    client.get(address)
    event.listen(engine, "before_cursor_execute", listen)
    client.get(address)
    event.remove(engine, "before_cursor_execute", listen)
    return len(sent)


def following(client: FlaskClient, pages: int) -> str:
    """The address of a page far into the register."""
    address = REGISTER
    for _n in range(pages):
        text = client.get(address).get_data(as_text=True)
        address = text.split('class="pager-next" href="')[1].split('"')[0].replace("&amp;", "&")
    return address


def seed(engine: Engine, url: str, sources: int) -> tuple[list[uuid.UUID], list[uuid.UUID], list[str]]:
    """A process with sources, themes and strategies, by COPY; returns the themes, the strategies and the codes of the zones."""
    dice = random.Random(5)  # The same data in every run.
    now = datetime.now(UTC)
    with Session(engine) as session:
        frame, territory = Frame(slug="f", title="Misura"), Territory(slug="t", name="Misura", partial=False)
        session.add_all([frame, territory])
        session.flush()
        axis = Axis(frame_id=frame.id, number=1, title="Asse")
        zones = [Zone(territory_id=territory.id, code=str(n), name=f"Zona {n}", position=n) for n in range(1, 12)]
        session.add_all([axis, *zones])
        session.flush()
        strategies = [Strategy(frame_id=frame.id, axis_id=axis.id, code=f"1.{n}", position=n, title=f"Strategia {n}") for n in range(25)]
        process = Process(slug=SLUG, title="Misura", state="published", frame_id=frame.id, territory_id=territory.id)
        person = Account(email="misura@example.org", display_name="Misura", email_verified_at=now)
        session.add_all([*strategies, process, person])
        session.flush()
        session.add(Phase(process_id=process.id, kind=str(PhaseKind.listening), title="", position=0, opens_at=now - timedelta(days=1)))
        session.add(Membership(process_id=process.id, account_id=person.id, role=str(Role.facilitator)))
        session.add(
            SignInSession(token_hash=token_hash(TOKEN), account_id=person.id, browser="b", expires_at=now + timedelta(days=1))
        )
        session.commit()
        process_id, zone_ids = process.id, [z.id for z in zones]
        strategy_ids, codes = [s.id for s in strategies], [z.code for z in zones]
    keys = [key(dice) for _n in range(sources)]
    themes = [key(dice) for _n in range(THEMES)]
    channels, speakers = list(Channel), list(SpeakerKind)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        copy(
            connection,
            "source",
            ["id", "process_id", "channel", "position", "text", "language", "zone_id", "speaker_kind", "visibility", "quotable", "attribution",
             "state", "said_on"],
            (
                (k, process_id, channels[i % 5], 0, f"{sentence(dice)} {sentence(dice)}", "it", zone_ids[dice.randrange(11)],
                 speakers[dice.randrange(11)], "internal", "anonymous", "", "live", date(2026, 1, 1))
                for i, k in enumerate(keys)
            ),
        )  # fmt: skip  # one row of values reads better so
        copy(
            connection,
            "theme",
            ["id", "process_id", "key", "present", "label", "keywords", "definition", "definition_quotes", "representation", "coverage", "origin"],
            ((t, process_id, str(n), True, f"Tema {n}", "[]", "", "[]", "[]", 0.5, "machine") for n, t in enumerate(themes)),
        )
        copy(
            connection,
            "theme_decision",
            ["theme_id", "state", "moved", "version", "decided_at"],
            ((t, "accepted", False, 1, now) for t in themes[::2]),
        )
        copy(
            connection,
            "assignment",
            ["theme_id", "source_id", "share", "margin", "spans", "origin"],
            ((themes[i % THEMES], k, 1.0, 0.5, "[]", "machine") for i, k in enumerate(keys[: sources // 10])),
        )
        copy(
            connection,
            "strategy_link",
            ["source_id", "rank", "strategy_id", "score", "confidence", "reasons"],
            ((k, 1, strategy_ids[i % 25], 1.0, 0.8, "[]") for i, k in enumerate(keys)),
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return themes, strategy_ids, codes


if __name__ == "__main__":
    raise SystemExit(main())
