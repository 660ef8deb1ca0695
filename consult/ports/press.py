"""The typesetter's child process: `python -m consult.ports.press`, told on standard input what to typeset.

Typst reads only the folder it is given and fetches nothing. What it may use is limited from outside: processor time, memory, no core file;
the caller ends it after a minute, so that a paper with ten thousand footnotes can cost no more than that.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

#: Processor seconds and seconds of waiting.
SECONDS, PATIENCE_S = 60, 60
#: Bytes of data. A file may take 500 MB in all: what is bounded here is what the child writes to, and its programs and fonts, which are
#: only read, come to a dozen more.
MEMORY = 460 * 1024 * 1024

_CITED = re.compile(r'"(?:[^"\\]|\\.)*"?')
_PANICKED = re.compile(r"(panicked with:).*")


class PressFailed(Exception):
    """The typesetter refused, with its words; `limits` True where it took too long or too much memory."""

    def __init__(self, words: str, *, limits: bool = False) -> None:
        super().__init__(words)
        self.limits = limits

    def diagnostic(self) -> str:
        """The typesetter's own first line, for the log: what it cites from the document, or was told by it, stays out."""
        line = next(iter(str(self).splitlines()), "")
        return _PANICKED.sub(r"\1 […]", _CITED.sub('"…"', line))[:300]


def press(task: dict[str, Any], *, patience: float | None = None) -> None:
    """Typeset in a child: `input`, `root`, `output`, `fonts`, `format`, and for PDF `standards` and `timestamp`.

    `patience`: seconds that are left of a document's minute, where it is typeset more than once. Raises PressFailed.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "consult.ports.press"],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S if patience is None else max(0.1, min(patience, PATIENCE_S)),
            check=False,
            cwd=Path(__file__).resolve().parents[2],
        )
    except subprocess.TimeoutExpired as late:
        raise PressFailed("The file takes too long to typeset.", limits=True) from late
    if done.returncode == 0:
        return
    if done.returncode == 3:
        raise PressFailed(done.stdout)
    raise PressFailed(f"The typesetter stopped ({done.returncode}).", limits=True)


def main() -> int:
    """Read the task, give up what is not needed, typeset."""
    import typst  # noqa: PLC0415  # Loaded before memory is limited, and by no process that only starts this one.

    task = json.loads(sys.stdin.read())
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    options: dict[str, Any] = {"format": task["format"]}
    if task["format"] == "pdf":
        options |= {"pdf_standards": task["standards"], "timestamp": task["timestamp"]}
    else:
        options |= {"ppi": 144.0}
    try:
        typst.compile(
            task["input"],
            output=task["output"],
            root=task["root"],
            font_paths=task["fonts"],
            ignore_system_fonts=True,
            **options,
        )
    except typst.TypstError as error:
        sys.stdout.write(f"{error.message} {error.diagnostic}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
