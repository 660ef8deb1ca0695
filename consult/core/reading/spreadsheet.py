"""The first sheet of an XLSX file, or all its visible sheets, as rows of text. Runs in the child only.

Formulas are never computed: the value that the spreadsheet kept is read. Days are written as 2026-03-31, whole numbers without a point.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from consult.core.reading.blocks import Block, Refused, tell

MAXIMUM_ROWS, MAXIMUM_COLUMNS = 100_000, 400
#: After so many rows the child says how far it is.
ROWS_A_STEP = 500
MAXIMUM_SHEETS = 30
_BROKEN = (InvalidFileException, ValueError, KeyError, TypeError, AttributeError, IndexError)


def warm() -> None:
    """Write and read a sheet in memory, so that every part of the library is loaded while files may still be opened."""
    book, kept = Workbook(), io.BytesIO()
    book.create_sheet().append(["a", 1, date(2026, 1, 1)])
    book.save(kept)
    rows_of(kept.getvalue())


def rows_of(data: bytes) -> list[Block]:
    """Rows with their cells; empty rows stay, so that a row's number is its line in the sheet. Raises Refused."""
    _look_for_declarations(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = next((each for each in book.worksheets if each.sheet_state == "visible"), None)
        if sheet is None:
            raise Refused("no_text")
        found = []
        for number, values in enumerate(sheet.iter_rows(values_only=True, max_col=MAXIMUM_COLUMNS + 1), 1):
            if number > MAXIMUM_ROWS:
                raise Refused("too_long")
            cells = _cells(values)
            if number % ROWS_A_STEP == 0:
                tell(number, sheet.max_row or 0)
            found.append(Block(" ".join(cells), "row", 0, None, tuple(cells)))
    except _BROKEN as error:
        # A broken file makes the library stumble in many ways; all of them mean the same to who handed it in.
        raise Refused("broken") from error
    return found


def sheets_of(data: bytes) -> list[Block]:
    """Rows of all visible sheets: `kind` is the name of the sheet, `level` the row's line in it; empty rows are left out. Raises Refused."""
    _look_for_declarations(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = [each for each in book.worksheets if each.sheet_state == "visible"]
        if len(sheets) > MAXIMUM_SHEETS:
            raise Refused("too_long")
        found: list[Block] = []
        for sheet in sheets:
            for number, values in enumerate(sheet.iter_rows(values_only=True, max_col=MAXIMUM_COLUMNS + 1), 1):
                if number > MAXIMUM_ROWS:
                    raise Refused("too_long")
                cells = _cells(values)
                if cells:
                    found.append(Block(" ".join(cells), sheet.title, number, None, tuple(cells)))
    except _BROKEN as error:
        # A broken file makes the library stumble in many ways; all of them mean the same to who handed it in.
        raise Refused("broken") from error
    return found


def _cells(values: Sequence[Any]) -> list[str]:
    """The cells of a row as text, without the empty ones at its end. Raises Refused for a row wider than any table."""
    cells = [as_text(value) for value in values]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAXIMUM_COLUMNS:
        raise Refused("too_long")
    return cells


def _look_for_declarations(data: bytes) -> None:
    """Refuse parts with a DOCTYPE before any parser sees them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                with archive.open(name) as part:
                    start = part.read(4096).replace(b"\x00", b"")
                if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                    raise Refused("doctype")


def as_text(value: Any) -> str:
    """A cell as it would stand in a text file."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
