"""Cells that a spreadsheet can't take for formulas, and CSV that it opens rightly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")
BOM = "\ufeff"


def safe_cell(value: object) -> object:
    """The value as it may stand in a CSV or XLSX cell: text that starts like a formula gets an apostrophe (OWASP ASVS 1.2.10)."""
    if isinstance(value, str) and value.startswith(_DANGEROUS):
        return "'" + value
    return value


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """CSV text piece by piece, with the byte order mark that spreadsheets need to read UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([safe_cell(h) for h in header])
    yield BOM + buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe_cell(v) if v is not None else "" for v in row])
        yield buffer.getvalue()
