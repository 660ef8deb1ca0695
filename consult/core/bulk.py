"""Many rows at once: PostgreSQL's COPY, many times faster than an INSERT for each; and bytes read as they lie there."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Boolean, Float, Integer, Select, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

#: Rows of one COPY: none may last as long as the limit of a statement.
BATCH = 50_000
#: Compressed bytes opened at once.
_PIECE = 1 << 18
#: `json.dumps` makes an encoder anew for each value.
_encode = json.JSONEncoder(ensure_ascii=False).encode
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Json(str):
    """A value of a column of JSON that is written out already."""

    __slots__ = ()


def copy_rows(session: Session, table: type[Any], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, values in the order of `columns`, within the session's transaction. No row may be there already.

    Defaults of Python are not applied: every column without one in the database must be named.
    """
    kept: Table = table.__table__
    writers = [_writer(kept, column) for column in columns]
    statement = f"COPY {kept.name} ({', '.join(columns)}) FROM STDIN"
    session.flush()
    connection: Any = session.connection().connection.driver_connection
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        with connection.cursor() as cursor, cursor.copy(statement) as out:
            for block in _blocks(batch, writers):
                out.write(block)


def binary_rows(session: Session, statement: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Rows of a statement in PostgreSQL's binary form: bytes come as they are, where they otherwise come as twice as many digits."""
    session.flush()
    connection = session.connection()
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        cursor.execute(str(compiled), compiled.params)
        yield from cursor


def packed_lines(lines: Iterable[str]) -> bytes:
    """The same of rows that somebody wrote out as COPY takes them, a line with its end each."""
    waiting = iter(lines)
    return _packed(iter(lambda: "".join(islice(waiting, 500)), ""))


def _packed(blocks: Iterable[str]) -> bytes:
    squeezed = zlib.compressobj(1)
    parts = [squeezed.compress(block.encode()) for block in blocks]
    return b"".join([*parts, squeezed.flush()])


def copy_packed(session: Session, table: type[Any], columns: Sequence[str], packed: bytes) -> None:
    """Write rows that `packed_lines` put by, within the session's transaction."""
    kept: Table = table.__table__
    session.flush()
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(f"COPY {kept.name} ({', '.join(columns)}) FROM STDIN") as out:
        opened = zlib.decompressobj()
        for start in range(0, len(packed), _PIECE):
            out.write(opened.decompress(packed[start : start + _PIECE]))
        out.write(opened.flush())


def _blocks(rows: Sequence[Sequence[Any]], writers: Sequence[Callable[[Any], str]]) -> Iterator[str]:
    for start in range(0, len(rows), 500):
        lines = (
            "\t".join(["\\N" if value is None else write(value) for write, value in zip(writers, row, strict=True)])
            for row in rows[start : start + 500]
        )
        yield "\n".join(lines) + "\n"


def _writer(table: Table, column: str) -> Callable[[Any], str]:
    """How values of a column are written in COPY's text format."""
    kind = table.c[column].type
    if isinstance(kind, JSONB):
        return _json
    if isinstance(kind, Boolean):
        return lambda value: "t" if value else "f"
    if isinstance(kind, Integer | Float | Uuid):
        return str  # Nothing in them is ever escaped.
    return lambda value: str(value).translate(_ESCAPES)


def _json(value: Any) -> str:
    if type(value) is Json:
        return value  # Whoever wrote it out says so of numbers and names alone: nothing in it is ever escaped.
    return _encode(value).replace("\\", "\\\\")
