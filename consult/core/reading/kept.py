"""A table that was read once, kept as lines of plain rows: whoever looks at it again waits for no workbook. Pure.

The first line says what it is; each further line is one row: its line in the file, its cells, and why it is no row where it is none.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Sequence

_FIRST = b'{"consult": "rows"}\n'
#: A row: its line in the file, its cells, and what is wrong with it ("": nothing).
Line = tuple[int, Sequence[str], str]


def kept_rows(rows: Iterable[Line]) -> bytes:
    """Rows as such a file; the first has the names of the columns."""
    lines = (
        json.dumps([line, list(cells), wrong], ensure_ascii=False, separators=(",", ":")) for line, cells, wrong in rows
    )
    return _FIRST + "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def is_kept(data: bytes) -> bool:
    """Whether this is such a file."""
    return data.startswith(_FIRST)


def rows_in(data: bytes, *, most: int | None = None) -> Iterator[Line]:
    """Its rows in order, the names of the columns first; `most` so many rows where that is said."""
    for number, line in enumerate(_lines(data)):
        if most is not None and number > most:
            return
        place, cells, wrong = json.loads(line)
        yield place, cells, wrong


def cells_at(data: bytes, lines: Container[int]) -> dict[int, list[str]]:
    """The cells of some lines of the file; the others are not even looked into."""
    found: dict[int, list[str]] = {}
    for line in _lines(data):
        number = int(line[1 : line.index(b",")])
        if number in lines:
            found[number] = json.loads(line)[1]
    return found


def _lines(data: bytes) -> Iterator[bytes]:
    place = len(_FIRST)
    while (end := data.find(b"\n", place)) >= 0:
        yield data[place:end]
        place = end + 1
