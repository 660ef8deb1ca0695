"""Statements that nearly every page asks or every sending writes: compiled once, then handed to the driver as they stand.

SQLAlchemy's own way costs about two thirds of a small statement: the key under which the compiled one is found, the description of
forty columns, a result that knows names. A statement that is always the same needs none of it. What counts, logs or stops statements
still hears of these; an error is SQLAlchemy's error, and a connection that died is not used again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Dialect, SelectBase
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Convert = Callable[[Any], Any]


class Ready:
    """A statement that gives rows and is always the same but for some values: a selection, or SQL that is said what its columns are.

    `names` are the parameters whose values each call gives, also where the statement does not ask for some of them; every other value
    of the statement stands from the start.
    """

    def __init__(self, statement: SelectBase, *names: str) -> None:
        self._statement = statement.params(dict.fromkeys(names))
        self._names = frozenset(names)
        self._compiled: _Compiled | None = None

    def rows(self, session: Session, **values: Any) -> list[Sequence[Any]]:
        """All rows, each a sequence in the order of the columns.

        Raises `ValueError` where a value is missing or unknown, and `sqlalchemy.exc.DBAPIError` as any other statement does.
        """
        if values.keys() != self._names:
            raise ValueError(f"this statement takes {sorted(self._names)}")
        if session.new or session.dirty or session.deleted:
            session.flush()  # What this transaction changed is seen by what it reads, as everywhere.
        connection = session.connection()
        compiled = self._compiled
        if compiled is None or compiled.dialect is not connection.dialect:
            compiled = self._compiled = _Compiled(self._statement, self._names, connection.dialect)
        return compiled.rows(connection, values)


class _Compiled:
    """The text of a statement for one dialect, with what its values and columns go through."""

    def __init__(self, statement: SelectBase, names: frozenset[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        whole = compiled.construct_expanded_state()  # With every value of an `in_` written out.
        made: dict[str, Convert | None] = {
            **{name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()},
            **cast("dict[str, Convert]", whole.processors),
        }
        self.dialect = dialect
        self._text = whole.statement
        self._sent = self._text.encode()
        self._standing = {
            name: convert(value) if (convert := made.get(name)) else value
            for name, value in whole.parameters.items()
            if name not in names
        }
        self._given = [(name, convert) for name, convert in made.items() if convert and name in names]
        self._types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        #: Places of the columns that are more than the driver makes of them; known once the server has said what they are.
        self._read: list[tuple[int, Convert]] | None = None

    def rows(self, connection: Connection, values: dict[str, Any]) -> list[Sequence[Any]]:
        """Ask; every value and every column is what SQLAlchemy would make of it."""
        parameters = {**self._standing, **values, **{name: convert(values[name]) for name, convert in self._given}}
        driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        with driver.cursor() as cursor:
            # Where nobody listens this costs nothing; whoever counts statements must not miss these.
            for told in connection.dispatch.before_cursor_execute:
                told(connection, cursor, self._text, parameters, None, False)
            try:
                found: list[Sequence[Any]] = cursor.execute(self._sent, parameters).fetchall()
            except psycopg.Error as error:
                if driver.closed:
                    connection.invalidate(error)
                raise DBAPIError.instance(
                    self._text,
                    parameters,
                    error,
                    psycopg.Error,
                    connection_invalidated=driver.closed,
                    dialect=self.dialect,
                ) from error
            if self._read is None:
                self._read = self._processors([column.type_code for column in cursor.description or ()])
        return [self._converted(row, self._read) for row in found] if self._read else found

    def _processors(self, codes: Sequence[int]) -> list[tuple[int, Convert]]:
        made = (
            (place, kind.result_processor(self.dialect, code))
            for place, (kind, code) in enumerate(zip(self._types, codes, strict=True))
        )
        return [(place, convert) for place, convert in made if convert is not None]

    @staticmethod
    def _converted(row: Sequence[Any], processors: list[tuple[int, Convert]]) -> Sequence[Any]:
        cells = list(row)
        for place, convert in processors:
            cells[place] = convert(cells[place])
        return cells
