"""A transcript as a Word file of some two megabytes: seconds until its passages are there.

    python -m benchmarks.transcript --json

The whole way: the upload's door, the child process with its limits, speakers and times recognised.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import random
import resource
import statistics
import sys
import time

from docx import Document

from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.listening.interviews.services.transcripts import read_transcript

TURNS, WORDS_A_TURN, LETTERS = 9_000, 90, "abcdefghilmnopqrstuvz"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--times", type=int, default=5, help="how often it is read")
    options = parser.parse_args()
    data = written()
    seconds: list[float] = []
    passages = 0
    before = _cpu()
    for _ in range(options.times):
        began = time.perf_counter()
        upload = read_upload(io.BytesIO(data), "intervista.docx", kinds={FileKind.docx})
        passages = len(read_transcript(upload).turns)
        seconds.append(time.perf_counter() - began)
    figures = {
        "bytes": len(data),
        "passages": passages,
        "wall_s": round(statistics.median(seconds), 2),
        "worst_s": round(max(seconds), 2),
        "cpu_s": round((_cpu() - before) / options.times, 2),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "date": time.strftime("%Y-%m-%d"),
    }
    print(json.dumps(figures, indent=2) if options.json else figures)
    return 0


def written() -> bytes:
    """The file: invented words, so that it packs badly as real speech does."""
    dice = random.Random(5)
    words = ["".join(dice.choices(LETTERS, k=dice.randint(3, 11))) for _ in range(20_000)]
    document = Document()
    for turn in range(TURNS):
        document.add_paragraph(f"{'DR'[turn % 2]}: {' '.join(dice.choices(words, k=WORDS_A_TURN))}.")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _cpu() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


if __name__ == "__main__":
    sys.exit(main())
