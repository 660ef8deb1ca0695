"""Tables in files of answers: workbooks are read by a child with limits, whatever else is text. A large workbook is read once, by the
worker, and kept as plain rows, of which pages read the first in no time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consult.core.reading.kept import is_kept, kept_rows, rows_in
from consult.core.reading.running import BRIEF, LARGE_WORKBOOK_BYTES, LONG, Patience, Told, read_blocks
from consult.listening.surveys.rules import tables
from consult.listening.surveys.rules.tables import Table

#: Rows for a look at a file.
FIRST_ROWS = 20
#: A larger file is read and taken in by the worker: the request would take longer than somebody likes to wait.
LARGE_BYTES = 400_000


def is_workbook(data: bytes) -> bool:
    """Whether a file is a workbook, to be unpacked."""
    return data.startswith(b"PK")


def is_large(data: bytes) -> bool:
    """Whether the whole of a file is too much for a request."""
    return len(data) > (LARGE_WORKBOOK_BYTES if is_workbook(data) else LARGE_BYTES)


def read_table(data: bytes, *, patience: Patience = BRIEF) -> Table:
    """The table of a CSV, TSV or XLSX file, or of one that was kept; a large one wants patience. Raises Invalid with one sentence."""
    return tables.table_of(_rows(data, patience=patience))


def first_rows(data: bytes) -> Table:
    """The headings and first rows of a file. Raises Invalid with one sentence."""
    return tables.table_of(_rows(data), most=FIRST_ROWS)


def to_keep(data: bytes, *, told: Told | None = None) -> tuple[bytes, Table]:
    """A large workbook as plain rows, and the table in it. Raises Invalid with one sentence."""
    rows = list(_rows(data, patience=LONG, told=told))
    return kept_rows((line, cells, "") for line, cells in rows), tables.table_of(rows)


def _rows(data: bytes, *, patience: Patience = BRIEF, told: Told | None = None) -> Iterator[tuple[int, Sequence[str]]]:
    if is_kept(data):
        return ((line, cells) for line, cells, _wrong in rows_in(data))
    if is_workbook(data):
        return enumerate((block.cells for block in read_blocks(data, "xlsx", patience=patience, told=told)), 1)
    return tables.separated(data)
