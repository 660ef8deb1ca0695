"""Tables in files of answers: workbooks are read by a child with limits, whatever else is text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consult.core.reading.running import BRIEF, Patience, read_blocks
from consult.listening.surveys.rules import tables
from consult.listening.surveys.rules.tables import Table

#: Rows for a look at a file.
FIRST_ROWS = 20
#: A larger file is read and taken in by the worker: the request would take longer than somebody likes to wait. Workbooks are packed,
#: and slower to read.
LARGE_BYTES, LARGE_WORKBOOK_BYTES = 400_000, 120_000


def is_large(data: bytes) -> bool:
    """Whether the whole of a file is too much for a request."""
    return len(data) > (LARGE_WORKBOOK_BYTES if _is_workbook(data) else LARGE_BYTES)


def read_table(data: bytes, *, patience: Patience = BRIEF) -> Table:
    """The table of a CSV, TSV or XLSX file; a large workbook wants patience. Raises Invalid with one sentence."""
    return tables.table_of(_rows(data, "xlsx", patience) if _is_workbook(data) else tables.separated(data))


def first_rows(data: bytes) -> Table:
    """The headings and first rows of a file. Raises Invalid with one sentence."""
    return tables.table_of(_rows(data, "top") if _is_workbook(data) else tables.separated(data), most=FIRST_ROWS)


def _is_workbook(data: bytes) -> bool:
    return data.startswith(b"PK")


def _rows(data: bytes, kind: str, patience: Patience = BRIEF) -> Iterator[tuple[int, Sequence[str]]]:
    return enumerate((block.cells for block in read_blocks(data, kind, patience=patience)), 1)
