"""Reading tables of texts that people send: any usual delimiter and encoding, bad rows told with line and reason."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from charset_normalizer import from_bytes

DELIMITERS = (",", ";", "\t", "|")
LONGEST_FIELD = 10_000_000  # characters
LONGEST_RECORD = 300  # lines: beyond, an opening quote was never closed
SAMPLE = 200_000  # characters looked at for the delimiter


class TableError(ValueError):
    """The file cannot be read as a table; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Row:
    """A good row: `number` counts records from 1 below the header (bad ones too), `line` is where it starts in the file."""

    number: int
    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row left out, and why."""

    number: int
    line: int
    reason: str
    #: What stood there, where it could be cut into fields.
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    bad: tuple[BadRow, ...]
    encoding: str
    delimiter: str

    def require(self, column: str) -> None:
        """TableError, naming the columns there are, unless `column` is one of them."""
        if column not in self.columns:
            raise TableError(f"There is no column “{column}”; the file has: {', '.join(self.columns)}.")


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding: by mark, then UTF-8, then by the likeliest letters."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(name), name
            except UnicodeDecodeError as error:
                raise TableError(f"The file begins like {name} but goes on otherwise (byte {error.start}).") from error
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    # Western European first: its letters are those of the texts expected here, and short files mislead a detector.
    best = from_bytes(data[:SAMPLE], cp_isolation=["cp1252", "mac_roman", "cp850"]).best()
    for name in dict.fromkeys([best.encoding if best else "cp1252", "cp1252", "latin-1"]):
        try:
            return data.decode(name), name
        except UnicodeDecodeError:
            continue
    raise TableError("The encoding of the file is not known.")


def _records(text: str, delimiter: str, quoting: bool) -> list[tuple[int, list[str] | str]]:
    """First line of each record with its fields, or with what is wrong with it; blank lines are skipped."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE)
    records: list[tuple[int, list[str] | str]] = []
    while True:
        start = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return records
        except csv.Error as error:
            records.append((start, f"it cannot be read ({error})"))
            continue
        if fields and any(field.strip() for field in fields):
            records.append((start, fields))


def _mended(records: list[tuple[int, list[str] | str]], text: str, delimiter: str) -> list[tuple[int, list[str] | str]]:
    """The records, those over several lines whose quotation marks don't hold together read again line by line.

    A mark that opens in one row and is "closed" by one in a later row would otherwise swallow the rows between them. Where the lines after
    the first are no rows as wide as the header, the record stays as it was read.
    """
    if not records or isinstance(records[0][1], str):
        return records
    width = len(records[0][1])
    lines = list(io.StringIO(text, newline=""))
    ends = [line for line, _ in records[1:]] + [len(lines) + 1]
    found = records[:1]
    for (start, fields), end in zip(records[1:], ends[1:], strict=True):
        own = [(start + place, line) for place, line in enumerate(lines[start - 1 : end - 1]) if line.strip()]
        if len(own) < 2 or isinstance(fields, str) or _holds([line for _, line in own], delimiter):
            found.append((start, fields))
            continue
        again = [
            (place, read)
            for place, line in own
            for _, read in _records(line, delimiter, quoting=_holds([line], delimiter))
        ]
        # The line with the broken mark may itself hold too many fields: then it is told as a bad row, and those after it are saved.
        fits = all(not isinstance(read, str) and len(read) == width for _, read in again[1:])
        found += again if fits else [(start, fields)]
    return found


def _holds(lines: Sequence[str], delimiter: str) -> bool:
    """Whether the quotation marks of a record open and close where they should."""
    try:
        return sum(1 for _ in csv.reader(lines, delimiter=delimiter, strict=True)) == 1
    except csv.Error:
        return False


def _fit(records: Sequence[tuple[int, list[str] | str]], column: str | None) -> tuple[bool, float, int]:
    """How well a reading holds together: wanted column found, share of rows as wide as the header, width."""
    if not records or isinstance(records[0][1], str):
        return False, 0.0, 0
    header = [name.strip() for name in records[0][1]]
    widths = Counter(len(fields) for _, fields in records[1:] if not isinstance(fields, str))
    even = widths[len(header)] / max(1, len(records) - 1)
    return column in header if column else len(header) > 1, even, len(header)


def delimiter_of(text: str, column: str | None = None) -> str:
    """The delimiter under which the beginning of the text looks most like a table that has `column`."""
    end = len(text) if len(text) <= SAMPLE else text.rfind("\n", 0, SAMPLE) + 1 or SAMPLE
    fits = {mark: _fit(_records(text[:end], mark, quoting=True), column) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: (fits[mark][0], fits[mark][2] > 1, fits[mark][1], fits[mark][2]))


def read_table(path: Path, *, column: str | None = None) -> Table:
    """Read a file with a header row; `column` must be one of its columns when given (TableError names them otherwise)."""
    return read_bytes(path.read_bytes(), column=column)


def read_bytes(data: bytes, *, column: str | None = None) -> Table:
    """As `read_table`, from the bytes of a file."""
    text, encoding = decode(data)
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        delimiter = delimiter_of(text, column)
        records = _records(text, delimiter, quoting=True)
        starts = [line for line, _ in records]
        longest = max((later - line for line, later in pairwise(starts)), default=0)
        ends = text.count("\n") + 1 - (starts[-1] if starts else 0)
        if max(longest, ends) > LONGEST_RECORD:
            plain = _records(text, delimiter, quoting=False)
            if _fit(plain, column)[0]:
                records = plain
        else:
            records = _mended(records, text, delimiter)
    finally:
        csv.field_size_limit(before)
    if not records or isinstance(records[0][1], str):
        raise TableError("The file holds no header row.")
    columns = _named([name.strip() for name in records[0][1]])
    rows: list[Row] = []
    bad: list[BadRow] = []
    for number, (line, fields) in enumerate(records[1:], start=1):
        if isinstance(fields, str):
            bad.append(BadRow(number, line, fields))
        elif len(fields) != len(columns):
            bad.append(BadRow(number, line, f"it has {len(fields)} fields instead of {len(columns)}", tuple(fields)))
        else:
            clean = [field.replace("\x00", " ").strip() for field in fields]
            rows.append(Row(number, line, dict(zip(columns, clean, strict=True))))
    table = Table(columns, tuple(rows), tuple(bad), encoding, delimiter)
    if column is not None:
        table.require(column)
    return table


def table_of(rows: Sequence[Sequence[str]]) -> Table:
    """As `read_bytes`, from the rows of a sheet: the first one that holds anything is the header; short rows are filled up."""
    start = next((i for i, cells in enumerate(rows) if any(cells)), None)
    if start is None:
        raise TableError("The file holds no header row.")
    columns = _named([name.strip() for name in rows[start]])
    good: list[Row] = []
    bad: list[BadRow] = []
    number = 0
    for line, cells in enumerate(rows[start + 1 :], start=start + 2):
        if not any(cells):
            continue
        number += 1
        if len(cells) > len(columns):
            bad.append(BadRow(number, line, f"it has {len(cells)} fields instead of {len(columns)}", tuple(cells)))
            continue
        filled = [*cells, *[""] * (len(columns) - len(cells))]
        good.append(Row(number, line, dict(zip(columns, filled, strict=True))))
    return Table(columns, tuple(good), tuple(bad), "", "")


def _named(header: Sequence[str]) -> tuple[str, ...]:
    """Column names; empty and repeated ones get their place behind."""
    seen: set[str] = set()
    names = []
    for place, name in enumerate(header, start=1):
        unique = name or f"column {place}"
        if unique in seen:
            unique = f"{unique} {place}"
        seen.add(unique)
        names.append(unique)
    return tuple(names)
