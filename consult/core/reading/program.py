"""What runs in the child: reads a document from standard input, writes its blocks as JSON to standard output.

Limits are set before the first byte is parsed: memory, processor time, no file to write. The number of files and sockets that may be
open is set to none: the parser can neither read a file of the machine nor speak to anything.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import zipfile
from collections.abc import Callable

from consult.core.reading.blocks import Block, Refused

MEMORY = 512 * 1024 * 1024
SECONDS = 15
#: Names, in the child's environment, another number of seconds of processor time.
PROCESSOR_TIME = "READING_SECONDS"
MAXIMUM_CHARACTERS = 8_000_000


def reader(kind: str) -> Callable[[bytes], list[Block]]:
    """The function that reads this kind; its libraries are loaded here, while files may still be opened."""
    if kind in {"docx", "odt"}:
        from consult.core.reading import office  # noqa: PLC0415  # A text file needs no XML library.

        return office.docx_blocks if kind == "docx" else office.odt_blocks
    if kind == "pdf":
        from consult.core.reading import portable  # noqa: PLC0415  # The library takes a while to load.

        portable.warm()
        return portable.pdf_blocks
    if kind in {"xlsx", "workbook"}:
        from consult.core.reading import spreadsheet  # noqa: PLC0415  # The library takes a while to load.

        spreadsheet.warm()
        return spreadsheet.rows_of if kind == "xlsx" else spreadsheet.sheets_of
    from consult.core.reading import plain  # noqa: PLC0415  # Nothing else is loaded for text.

    return plain.text_blocks


def shut() -> None:
    """Give up memory, time, files and network, for good."""
    for name in (
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "cp1252",
        "latin-1",
        "mac-roman",
        "utf-16-be",
        "ascii",
        "charmap",
        "cp437",
    ):
        "x".encode(name)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seconds = int(os.environ.get(PROCESSOR_TIME, SECONDS))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Standard streams are open already and stay usable; nothing new can be opened, no socket either.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def answer(kind: str, data: bytes, read: Callable[[bytes], list[Block]]) -> dict[str, object]:
    """Blocks, or the code of the refusal."""
    try:
        blocks = read(data)
    except Refused as refused:
        return {"refused": refused.code}
    except MemoryError:
        return {"refused": "too_long"}
    except (zipfile.BadZipFile, RecursionError, NotImplementedError, RuntimeError, OSError, EOFError):
        return {"refused": "broken"}
    if sum(len(block.text) for block in blocks) > MAXIMUM_CHARACTERS:
        return {"refused": "too_long"}
    if not any(any(c.isalnum() for c in block.text) for block in blocks):
        return {"refused": "no_text"}
    return {"blocks": [block.as_json() for block in blocks]}


def main() -> None:
    """Read, shut the doors, parse, answer."""
    kind = sys.argv[1]
    read = reader(kind)
    data = sys.stdin.buffer.read()
    shut()
    sys.stdout.buffer.write(json.dumps(answer(kind, data, read), ensure_ascii=True).encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
