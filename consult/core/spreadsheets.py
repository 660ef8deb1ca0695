"""Cells that a spreadsheet can't take for formulas, and CSV that it opens rightly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO

import xlsxwriter

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


def xlsx_bytes(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """One sheet with a header that stays in sight. Nothing in it is a formula or a link, whatever it begins with; rows go to disk as they come."""
    return b"".join(xlsx_pieces(title, header, rows))


def xlsx_pieces(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The same piece by piece, through a file on disk: for sheets of any length in the memory of a short one."""
    with TemporaryFile() as out:
        _write_sheet(out, title, header, rows)
        out.seek(0)
        while piece := out.read(1 << 16):
            yield piece


def _write_sheet(out: IO[bytes], title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(header):
            sheet.write_string(0, column, str(safe_cell(name)), bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_string(number, column, value.isoformat(sep=" ", timespec="minutes"))
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif isinstance(value, bool) or value is None:
                    sheet.write_string(number, column, "" if value is None else str(value).lower())
                elif isinstance(value, int | float):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, str(safe_cell(str(value)))[:32_767])
