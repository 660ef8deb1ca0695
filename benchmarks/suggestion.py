"""Strategies for a text that is being typed: the process that holds the language model by itself, and the whole request to the site.

    python -m benchmarks.suggestion --json

Its own PostgreSQL and Valkey, the data of `benchmarks.web` with the strategies of the demonstration's plan, the real web server with two
workers and the real process (`python -m worker.suggester`). Texts are the demonstration's sources, one after the other; the first ones, while
model and plan are being read, do not count. Wanted: under 50 ms for the process, under 100 ms for the request.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from benchmarks.aggregate_texts import CHECKOUT, MODEL
from benchmarks.own_servers import own_servers, printed
from benchmarks.web import LIST, SECRET, Browser, cookie_for, serving
from benchmarks.web_data import seed
from config import Settings
from consult.analytics.types import FrameTarget
from consult.app import create_app
from consult.core.db import make_engine
from consult.demo import texts as demonstration
from consult.ports.suggestions import NotYet, SocketSuggester
from consult.registry import all_tables
from consult.runtime.servers import EmbeddedServers

WARMING, MEASURED = 20, 200


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with own_servers() as (servers, folder):
        figures = measure(servers, folder)
    printed(figures, as_json=options.json)
    return 0


def measure(servers: EmbeddedServers, folder: Path) -> dict[str, Any]:
    """All figures."""
    url = servers.create_database("benchmark_suggestion")
    engine = make_engine(url)
    all_tables().create_all(engine)
    engine.dispose()
    seeded = seed(url)
    plan = strategies(url)
    words = typed()
    app = create_app(Settings(database_url=url, secret_key=SECRET, rate_limits=False, log_level="WARNING"))
    os.environ["CONSULT_MODEL_DIR"] = str(MODEL)
    with serving(url, servers.redis_url, folder) as (port, _web):
        environ = {**os.environ, "DATABASE_URL": url, "CONSULT_DATA_DIR": str(folder / "site"), "LOG_LEVEL": "WARNING"}
        path = Settings.from_env(environ).suggester_socket
        with subprocess.Popen([sys.executable, "-m", "worker.suggester"], env=environ, cwd=CHECKOUT) as process:
            try:
                began = time.perf_counter()
                asked = SocketSuggester(path)
                ready(lambda: asked.suggest(text=words[0], language="it", targets=plan))
                figures: dict[str, Any] = {"model_and_plan_read_s": round(time.perf_counter() - began, 1)}
                before = cpu_ms(process.pid)
                figures |= timed("process", lambda text: asked.suggest(text=text, language="it", targets=plan), words)
                figures["process_cpu_ms"] = round((cpu_ms(process.pid) - before) / len(words), 1)
                browser = Browser(port, cookie_for(app, seeded.tokens[0]))
                hidden = browser.form("")
                answered = [0]

                def whole(text: str) -> bool | None:
                    status, page = browser._ask(
                        "POST", f"{LIST}/nuova/suggerimenti", f"{hidden}&{urlencode({'title': '', 'text': text})}"
                    )
                    assert status == 200, (status, page[:500])
                    told = b'value="usa:' in page
                    answered[0] += told
                    return told or None

                began = time.perf_counter()
                # With the texts that people confirmed under its strategies the site's plan is another one, and is read too.
                ready(lambda: whole(words[0]))
                figures["plan_with_examples_read_s"] = round(time.perf_counter() - began, 1)
                answered[0] = 0
                figures |= timed("request", whole, words)
                figures["requests_with_suggestions"] = f"{answered[0]} of {WARMING + MEASURED}"
            finally:
                process.terminate()
    figures["words_per_text"] = round(statistics.mean(len(text.split()) for text in words), 1)
    figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    figures["date"] = time.strftime("%Y-%m-%d")
    return figures


def typed() -> list[str]:
    """What people might be typing."""
    found = []
    for path in sorted((CHECKOUT / "consult" / "demo" / "data").glob("sources_axis*.jsonl")):
        found += [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines() if line.strip()]
    return found[:: max(1, len(found) // (WARMING + MEASURED))][: WARMING + MEASURED]


def strategies(url: str) -> tuple[FrameTarget, ...]:
    """The demonstration's plan in place of the made up titles of `benchmarks.web_data`; told as the site tells them."""
    said, described = demonstration.frame(), demonstration.descriptions()
    rows = [(axis, own) for axis in said["axes"] for own in axis["strategies"]]
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        kept = connection.execute("SELECT id, code FROM strategy ORDER BY position").fetchall()
        for (key, _), (_, own) in zip(kept, rows, strict=False):
            more = described.get(own["code"], {})
            connection.execute(
                "UPDATE strategy SET title = %s, description = %s, keywords = %s WHERE id = %s",
                (own["title"], more.get("description", ""), json.dumps(more.get("keywords", [])), key),
            )
    return tuple(
        FrameTarget(
            code,
            own["title"],
            axis_objective=axis.get("objective", ""),
            description=described.get(own["code"], {}).get("description", ""),
            keywords=tuple(described.get(own["code"], {}).get("keywords", ())),
        )
        for (_, code), (axis, own) in zip(kept, rows, strict=False)
    )


def ready(ask: Callable[[], object]) -> None:
    """Wait until model and plan were read."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if ask() is not None:
                return
        except NotYet:
            pass
        time.sleep(0.1)
    raise SystemExit("The process of the language model does not answer.")


def cpu_ms(process: int) -> float:
    """Processor time of a process, its ended threads included: it answers each question in a thread of its own."""
    ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) * 1000 / os.sysconf("SC_CLK_TCK")


def timed(name: str, ask: Callable[[str], object], words: Sequence[str]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds; each text once."""
    took = []
    for text in words:
        began = time.perf_counter()
        ask(text)
        took.append((time.perf_counter() - began) * 1000)
    took = took[WARMING:]
    return {
        f"{name}_p50_ms": round(statistics.median(took), 1),
        f"{name}_p95_ms": round(statistics.quantiles(took, n=100)[94], 1),
    }


if __name__ == "__main__":
    sys.exit(main())
