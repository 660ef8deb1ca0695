"""A paper that wants to do harm, in each format: how long it takes, how much memory, and whether it read anything.

    python -m benchmarks.paper_hostile --json

500 findings with 20 sentences each, every sentence with a note of its own (10,000 notes, 10,000 sources), a table of 5,000 rows of six cells,
and everywhere text that is markup of something: of the typesetter, of HTML, of Word, with `file:` links. Each format is written by a
process of its own; the larger of its peak and that of the typesetter's child is told. A PDF that the typesetter's child would need longer
for than its minute, or more memory than it is given, is refused: that is told too. No database.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from config import Settings
from consult.ports.press import PressFailed
from consult.position_paper.services.export.citations import Cited
from consult.position_paper.services.export.files import WRITERS
from consult.position_paper.services.showing import ShownCount, ShownFinding, ShownPaper, ShownQuote, ShownSection
from consult.position_paper.types import FILE_KINDS, ShownSentence

#: What the issue allows.
MOST_S, MOST_MB = 60.0, 500
FINDINGS, SENTENCES, ROWS = 500, 20, 5_000
BAD = (
    'file:///etc/passwd #read("/etc/passwd") #include "/etc/passwd" <img src="file:///etc/passwd"> <script>alert(1)</script> '
    '</w:t><w:instrText>INCLUDETEXT "file:///etc/passwd"</w:instrText> =cmd|"/c calc"!A1 $x$ @preview &lsquo; ]]> \u202e 你好 😀'
)


def main() -> int:
    """Measure and print; exit 1 where a format takes more than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--kind", choices=FILE_KINDS, help="write one format and print what it took")
    options = parser.parse_args()
    if options.kind:
        print(json.dumps(one(options.kind)))
        return 0
    figures: dict[str, Any] = {}
    for kind in FILE_KINDS:
        command = [sys.executable, "-m", "benchmarks.paper_hostile", "--kind", kind]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # This module itself.
        figures |= {f"{kind}_{name}": value for name, value in json.loads(done.stdout).items()}
    figures["as_wanted"] = {
        kind: figures[f"{kind}_s"] < MOST_S and figures[f"{kind}_mb"] < MOST_MB and not figures[f"{kind}_read"]
        for kind in FILE_KINDS
    }
    figures["date"] = time.strftime("%Y-%m-%d")
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:28} {value}")
    return 0 if all(figures["as_wanted"].values()) else 1


def one(kind: str) -> dict[str, Any]:
    """What one format takes: seconds, megabytes, bytes, and whether words of a file of this machine stand in it."""
    shown, cited = hostile()
    module, name = WRITERS[kind]
    writer = getattr(import_module(f"consult.position_paper.services.export.{module}"), name)
    started, cpu = time.perf_counter(), time.process_time()
    refused = ""
    try:
        body: bytes = writer(shown, settings=Settings(), now=datetime.now(UTC), version=1, cited=cited)
    except PressFailed as failed:
        body, refused = b"", str(failed)[:200]
    spent = time.perf_counter() - started
    own, child = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "s": round(spent, 1),
        "cpu_s": round(time.process_time() - cpu + child.ru_utime + child.ru_stime, 1),
        "mb": max(own.ru_maxrss, child.ru_maxrss) // 1024,
        "bytes": len(body),
        "read": b"root:x:0" in body,
        **({"refused": refused} if refused else {}),
    }


def hostile() -> tuple[ShownPaper, dict[str, Cited]]:
    """The paper and its sources."""
    keys = [str(uuid.uuid5(uuid.NAMESPACE_OID, str(n))) for n in range(FINDINGS * SENTENCES)]
    cited = {key: Cited(n + 1, key, "answer", BAD[:40], "resident", True) for n, key in enumerate(keys)}
    findings = tuple(_finding(n, keys[n * SENTENCES : (n + 1) * SENTENCES]) for n in range(FINDINGS))
    table = {"caption": BAD, "columns": [BAD[:30]] * 6, "rows": [[f"{n} {BAD}"[:90]] * 6 for n in range(ROWS)]}
    facts = {
        "channels": [{"value": "answer", "voices": 80}], "spoken": ["answer"], "speakers": [{"value": "resident", "voices": [80]}],
        "zones": [{"code": "1", "name": BAD[:60], "residents": 1000, "row": 0, "column": 0, "voices": [None], "any": True}],
        "without_zone": [0], "without_speaker": [0], "readings": {}, "partial_territory": False, "run": None, "draft": False,
    }  # fmt: skip  # one row of values reads better so
    sections = (
        ShownSection("metodo", "method", None, "Metodo", BAD, (BAD,), ()),
        ShownSection("asse-1", "axis", 1, BAD[:100], BAD, (), findings),
        ShownSection("confronto", "confrontation", None, "Confronto", "", (BAD,), (), tables=(table,)),
    )
    return ShownPaper(BAD[:120], "it", {"title": BAD[:90], "slug": "piano"}, facts, sections), cited


def _finding(number: int, keys: list[str]) -> ShownFinding:
    quote = ShownQuote(uuid.uuid4(), BAD, "answer", BAD[:30], "Valle", "it", False, True)
    return ShownFinding(
        id=uuid.uuid4(), number=number + 1, title=f"{number} {BAD}"[:200], strategy_code="1.1", strategy_title=BAD[:80], origin="machine",
        state="accepted", sentences=tuple(ShownSentence(f"{n} {BAD}", "machine", "words", (key,)) for n, key in enumerate(keys)),
        channels=(ShownCount("answer", "risposte", 12, 80),), against=(), zones=(), speakers=(), quotes=(quote,), supporting=len(keys),
        contrary=0, zone_codes=frozenset(), cited=tuple((key, False) for key in keys),
    )  # fmt: skip  # one row of values reads better so


if __name__ == "__main__":
    raise SystemExit(main())
