"""Tables in files of answers. A large one is read once, by the worker, and kept as plain rows, which pages read in no time."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from consult.analytics.tabular import BadRow, Row, Table, TableError, read_bytes, table_of
from consult.core.errors import Invalid
from consult.core.reading.kept import Line, cells_at, is_kept, kept_rows, rows_in
from consult.core.reading.running import BRIEF, LARGE_WORKBOOK_BYTES, Patience, Told, read_blocks
from consult.files.types import FileKind

#: Larger files of text are read by the worker.
LARGE_BYTES = 1_000_000
#: Rows for a look at a large table.
FIRST_ROWS = 60


def is_large(kind: str, size: int) -> bool:
    """Whether a file takes longer to read than somebody likes to wait; one that was read and kept does not."""
    return kind != FileKind.json and size > (LARGE_WORKBOOK_BYTES if kind == FileKind.xlsx else LARGE_BYTES)


def read_answers(data: bytes, kind: str, *, patience: Patience = BRIEF, told: Told | None = None) -> Table:
    """The table in a file: CSV or TSV in any usual encoding, the first sheet of an XLSX, or one that was kept. Raises Invalid at `file`."""
    if is_kept(data):
        return table_again(data)
    try:
        if kind == FileKind.xlsx:
            return table_of([block.cells for block in read_blocks(data, kind, patience=patience, told=told)])
        return read_bytes(data)
    except TableError as error:
        sentence = "In questo file non c’è una tabella: la prima riga deve avere i nomi delle colonne."
        raise Invalid(sentence, {"file": sentence}) from error


def with_rows(table: Table) -> Table:
    """The table, where it has any row. Raises Invalid at `file`."""
    if not table.rows:
        raise Invalid(
            "Nel file non c’è nessuna riga.", {"file": "Nel file non c’è nessuna riga sotto i nomi delle colonne."}
        )
    return table


def to_keep(table: Table) -> bytes:
    """A table as a file of plain rows: read again, it is equal but for its encoding and delimiter."""

    def lines() -> Iterator[Line]:
        yield 0, table.columns, ""
        rows = {row.number: (row.line, tuple(row.values.values()), "") for row in table.rows}
        rows |= {bad.number: (bad.line, bad.fields, bad.reason) for bad in table.bad}
        yield from (rows[number] for number in sorted(rows))

    return kept_rows(lines())


def table_again(data: bytes, *, most: int | None = None) -> Table:
    """A table that was kept, or its first rows."""
    lines = rows_in(data, most=most)
    _line, columns, _wrong = next(lines)
    rows: list[Row] = []
    bad: list[BadRow] = []
    for number, (line, cells, wrong) in enumerate(lines, 1):
        if wrong:
            bad.append(BadRow(number, line, wrong, tuple(cells)))
        else:
            rows.append(Row(number, line, dict(zip(columns, cells, strict=True))))
    return Table(tuple(columns), tuple(rows), tuple(bad), "", "")


def cells_of(data: bytes, kind: str, lines: Collection[int]) -> tuple[tuple[str, ...], dict[int, list[str]]]:
    """The names of the columns, and what stood in some lines of a file. Raises Invalid at `file`."""
    if is_kept(data):
        found = cells_at(data, {0, *lines})
        return tuple(found.pop(0)), found
    table = read_answers(data, kind)
    rows = {bad.line: list(bad.fields) for bad in table.bad} | {row.line: list(row.values.values()) for row in table.rows}
    return table.columns, {line: rows[line] for line in lines if line in rows}
