"""What runs in a child: reads a file of coded work, whatever program wrote it, and writes its project as JSON to standard output.

`python -m consult.evidence.rules.opening`; its limits are those of every reader (`core.reading.program`): memory, processor time, no
file to open or write, no network.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from consult.core.errors import Invalid
from consult.core.reading.blocks import Refused
from consult.core.reading.program import MAXIMUM_CHARACTERS, shut
from consult.core.sentences import parts_of
from consult.evidence.rules.exchange import parse_codebook
from consult.evidence.rules.projects import Project, as_json, parse_project
from consult.evidence.rules.taguette import MAGIC, parse_taguette, warm

PROGRAM = "consult.evidence.rules.opening"
#: What a file turned out to be.
CODEBOOK, PROJECT, TAGUETTE = "codebook", "project", "taguette"
_READERS: dict[str, Callable[[bytes], Project]] = {
    TAGUETTE: parse_taguette,
    PROJECT: parse_project,
    CODEBOOK: lambda data: Project("", parse_codebook(data)),
}


def seems(data: bytes) -> str | None:
    """What a file seems to be by its first bytes; None where it is nothing that is read here."""
    if data.startswith(MAGIC):
        return TAGUETTE
    if data.startswith(b"PK\x03\x04"):
        return PROJECT
    return CODEBOOK if b"<" in data[:200].replace(b"\x00", b"") else None


def answer(data: bytes) -> dict[str, Any]:
    """The project and what it was, or the code of the refusal, or the sentence of one that only this kind of file has."""
    try:
        kind = seems(data)
        if kind is None:
            return {"refused": "wrong_type"}
        found = _READERS[kind](data)
    except Refused as refused:
        return {"refused": refused.code}
    except Invalid as error:
        return {"sentence": parts_of(error.said_of("file"))}
    except MemoryError:
        return {"refused": "too_long"}
    except (RecursionError, RuntimeError, OSError, EOFError):
        return {"refused": "broken"}
    if sum(len(text.text) for text in found.texts) > MAXIMUM_CHARACTERS:
        return {"refused": "too_long"}
    return {"kind": kind, "project": as_json(found)}


def main() -> None:
    """Read, shut the doors, parse, answer."""
    warm().close()
    data = sys.stdin.buffer.read()
    shut()
    sys.stdout.buffer.write(json.dumps(answer(data), ensure_ascii=True).encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
