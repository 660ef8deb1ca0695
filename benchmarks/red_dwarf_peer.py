"""red-dwarf (a rewriting of Polis' pipeline by others) on given votes, run by `benchmarks.opinions` in an environment of its own.

It states no licence in its wheel and brings pandas and a web client, so it stands in no requirements file. Once:

    python3 -m venv build/red-dwarf
    build/red-dwarf/bin/pip install red-dwarf==0.4.0

then `RED_DWARF_PYTHON=build/red-dwarf/bin/python python -m benchmarks.opinions` has it in the same table. Reads a folder of `NAME.json`
(votes: person, statement, +1 for agree), writes `NAME.out.json` (a group for each person it groups). Imports nothing of the project.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(folder: Path) -> int:
    """Groups for every conversation in the folder."""
    from reddwarf.implementations.polis import (  # type: ignore[import-not-found]  # noqa: PLC0415  # Not installed with the project.
        run_pipeline,
    )

    for file in sorted(folder.glob("*.json")):
        rows = json.loads(file.read_text(encoding="utf-8"))["votes"]
        votes = [{"participant_id": int(p), "statement_id": int(s), "vote": v, "modified": 0} for p, s, v in rows]
        start = time.process_time()
        found = run_pipeline(votes=votes, random_state=42)
        labels = found.participants_df["cluster_id"].dropna()
        result = {
            "groups": {str(int(person)): int(label) for person, label in labels.items()},
            "cpu_s": round(time.process_time() - start, 2),
        }
        file.with_suffix(".out.json").write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
