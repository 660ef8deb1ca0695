"""Reading tables of texts that people send: any usual delimiter and encoding, bad rows told with line and reason."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from charset_normalizer import from_bytes

DELIMITERS = (",", ";", "\t", "|")
TOLD = re.compile(r"\ufeff*\"?sep=(.)\"?\r?\n", re.IGNORECASE)  # the first line of what some spreadsheets write
ARCHIVE = b"PK\x03\x04"
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
    #: How many records stand below the header, with bad ones and those whose fields are all empty.
    records: int = 0

    def require(self, column: str) -> None:
        """TableError, naming the columns there are, unless `column` is one of them."""
        if column not in self.columns:
            names = [name if len(name) <= 60 else f"{name[:60]}…" for name in self.columns[:20]]
            more = f" and {len(self.columns) - 20} more" if len(self.columns) > 20 else ""
            raise TableError(f"There is no column “{column}”; the file has: {', '.join(names)}{more}.")


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
    wide = _without_mark(data)
    if wide:
        return data.decode(wide), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if _mostly_utf8(data):
        return data.decode("utf-8", "western"), "utf-8 and cp1252"
    # Western European first: its letters are those of the texts expected here, and short files mislead a detector.
    best = from_bytes(data[:SAMPLE], cp_isolation=["cp1252", "mac_roman", "cp850"]).best()
    for name in dict.fromkeys([best.encoding if best else "cp1252", "cp1252", "latin-1"]):
        try:
            return data.decode(name), name
        except UnicodeDecodeError:
            continue
    raise TableError("The encoding of the file is not known.")


def _without_mark(data: bytes) -> str:
    """The name of an encoding of two bytes a letter that carries no mark; "" for others. Every other byte is then zero."""
    start = data[:4000]
    for place, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        own, others = start[place::2], start[1 - place :: 2]
        if len(data) > 3 and len(data) % 2 == 0 and own.count(0) > 0.7 * len(own) and others.count(0) < 0.1 * len(others):
            try:
                data.decode(name)
            except UnicodeDecodeError:
                return ""
            return name
    return ""


def _mostly_utf8(data: bytes) -> bool:
    """Whether a few bytes that are none stand in a file of UTF-8: then the others must not be read as something else."""
    plain = data.decode("utf-8", "ignore")
    wide = sum(len(char.encode("utf-8")) for char in plain if ord(char) > 127)
    return wide > 4 * (len(data) - len(plain.encode("utf-8")))


def _western(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that are no UTF-8: the Western European letters they would be."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("western", _western)


def _records(text: str, delimiter: str, quoting: bool) -> list[tuple[int, list[str] | str]]:
    """First line of each record with its fields, or with what is wrong with it; blank lines, and empty fields above the header, are skipped."""
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
        # A line without anything is no record; one of empty fields is, and counts for the number of those below it.
        blank = not fields or (len(fields) == 1 and fields[0].isspace() and not (records and len(records[0][1]) == 1))
        if not blank and (records or any(field.strip() for field in fields)):
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
    if column and not any(found for found, _, _ in fits.values()):
        # Whatever stands beside the wanted name in the header parts it from the others.
        fits |= {mark: _fit(_records(text[:end], mark, quoting=True), column) for mark in _beside(text[:end], column)}
    return max(fits, key=lambda mark: (fits[mark][0], fits[mark][2] > 1, fits[mark][1], fits[mark][2]))


def _beside(text: str, column: str) -> list[str]:
    """The signs that stand right before and after a name in the header."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    found = re.findall(rf"(?:^|([^\w\s\"]))\"?{re.escape(column)}\"?(?:([^\w\s\"])|$)", header)
    return sorted({mark for pair in found for mark in pair if mark})


def read_table(path: Path, *, column: str | None = None) -> Table:
    """Read a file with a header row; `column` must be one of its columns when given (TableError names them otherwise)."""
    return read_bytes(path.read_bytes(), column=column)


def read_bytes(data: bytes, *, column: str | None = None) -> Table:
    """As `read_table`, from the bytes of a file."""
    if data.startswith(ARCHIVE):
        raise TableError("This is a workbook or an archive: save the sheet as CSV.")
    text, encoding = decode(data)
    text = text.lstrip("\ufeff")
    told = TOLD.match(text)
    if told:  # An empty line in its place keeps the numbers of those below.
        text = "\n" + text[told.end() :]
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        delimiter = told.group(1) if told else delimiter_of(text, column)
        records = _records(text, delimiter, quoting=True)
        if _swallows(records, text, delimiter):
            plain = _records(text, delimiter, quoting=False)
            if _fit(plain, column)[0]:
                records = plain
        else:
            records = _mended(records, text, delimiter)
    finally:
        csv.field_size_limit(before)
    if not records or isinstance(records[0][1], str):
        raise TableError("The file holds no header row.")
    header = [name.strip(" \t\r\n\xa0\ufeff") for name in records[0][1]]
    columns = _named(_meant(header, records[1:], column) if column and header.count(column) > 1 else header)
    rows: list[Row] = []
    bad: list[BadRow] = []
    for number, (line, read) in enumerate(records[1:], start=1):
        fields = read if isinstance(read, str) else _as_wide(read, header)
        if isinstance(fields, str):
            bad.append(BadRow(number, line, fields))
        elif not any(field.strip() for field in fields):
            continue  # It says nothing, but has its number.
        elif len(fields) != len(columns):
            bad.append(BadRow(number, line, f"it has {len(fields)} fields instead of {len(columns)}", tuple(fields)))
        else:
            clean = [field.replace("\x00", " ").strip() for field in fields]
            rows.append(Row(number, line, dict(zip(columns, clean, strict=True))))
    table = Table(columns, tuple(rows), tuple(bad), encoding, delimiter, len(records) - 1)
    if column is not None:
        table.require(column)
    return table


def _meant(header: list[str], records: Sequence[tuple[int, list[str] | str]], column: str) -> list[str]:
    """A header that names the wanted column twice, with the name left to the one that holds text; TableError where several do, not the same."""
    places = [place for place, name in enumerate(header) if name == column]
    held = {
        place: [fields[place].strip() for _, fields in records if not isinstance(fields, str) and place < len(fields)]
        for place in places
    }
    filled = [place for place in places if any(held[place])]
    if any(held[place] != held[filled[0]] for place in filled):
        raise TableError(f"{len(filled)} columns that differ are called “{column[:60]}”: rename all but one.")
    meant = filled[0] if filled else places[0]
    return ["" if place in places and place != meant else name for place, name in enumerate(header)]


def _swallows(records: Sequence[tuple[int, list[str] | str]], text: str, delimiter: str) -> bool:
    """Whether a quotation mark that nobody closed has taken in hundreds of lines; a long text that is well quoted has not."""
    starts = [line for line, _ in records]
    if max((later - line for line, later in pairwise([*starts, text.count("\n") + 2])), default=0) <= LONGEST_RECORD:
        return False
    lines = list(io.StringIO(text, newline=""))
    return any(
        end - start > LONGEST_RECORD and not _holds(lines[start - 1 : end - 1], delimiter)
        for start, end in pairwise([*starts, len(lines) + 1])
    )


def _as_wide(fields: list[str], header: Sequence[str]) -> list[str]:
    """Fields without empty ones beyond the header's, and with those that stand under no name."""
    if len(fields) > len(header) and not any(field.strip() for field in fields[len(header) :]):
        return fields[: len(header)]
    if len(fields) < len(header) and not any(header[len(fields) :]):
        return [*fields, *[""] * (len(header) - len(fields))]
    return fields


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
    return Table(columns, tuple(good), tuple(bad), "", "", number)


def _named(header: Sequence[str]) -> tuple[str, ...]:
    """Column names; empty and repeated ones get their place behind."""
    seen: set[str] = set()
    names = []
    for place, name in enumerate(header, start=1):
        unique = name or f"column {place}"
        while unique in seen:  # What it would be called may be the name of another.
            unique = f"{unique} {place}"
        seen.add(unique)
        names.append(unique)
    return tuple(names)
