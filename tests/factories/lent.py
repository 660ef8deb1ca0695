"""Databases with the schema, lent to one test after the other: emptying one costs a tenth of copying one.

What many tests begin with, a small world above all, is written once per process and put back as rows: writing it through the
models, or an aggregation through the services, costs many times as much.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from consult.runtime.servers import ADMIN_ROLE, EmbeddedServers

Told = TypeVar("Told")
#: A test that leaves more rows than this gives its database to be dropped: dead rows would slow those that come after.
MANY = 5_000
#: What a test that changes the schema leaves behind.
SHAPE = """SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger),
  (SELECT count(*) FROM pg_attribute)"""
#: How many rows were ever written into each table, and since when that is counted: a server that crashed begins anew.
WRITTEN = """SELECT relname, pg_stat_get_tuples_inserted(oid), pg_postmaster_start_time() FROM pg_class
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
COLUMNS = """SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
  WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY 1"""
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written once: the rows of each table, how far the sequences were, and what the writer told of it."""

    rows: dict[str, list[bytes]]
    sequences: list[tuple[Any, ...]]
    told: Any


class Lending:
    """The databases of one test process. Each loan has a name of its own, so that nothing remembered by address outlives it."""

    def __init__(self, servers: EmbeddedServers, template: str) -> None:
        self._servers, self._template = servers, template
        self._free: list[str] = []
        self._numbers = itertools.count()
        self._tables: list[str] = []
        self._columns: dict[str, sql.Composable] = {}
        self._shape: tuple[object, ...] | None = None
        #: By name of the database, what `WRITTEN` said when it was empty.
        self._written: dict[str, set[tuple[Any, ...]]] = {}
        self._kept: dict[str, Kept] = {}

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The address of an empty database, for the block."""
        name = f"lent{next(self._numbers)}"
        if self._free:
            self._rename(self._free.pop(), name)
        else:
            self._servers.create_database(name, template=self._template)
        if self._shape is None:
            self._learn(name)
        try:
            yield self._servers.addresses.database_url_of(name)
        finally:
            if self._empty(name):
                self._free.append(name)
            else:
                self._servers.drop_database(name)

    def bring(self, url: str, what: str, write: Callable[[], Told], *, on: str = "") -> Told:
        """Let `write` write `what` into a lent database that is empty, or holds what was brought before as `on`; returns what it returns.

        The second time the rows are put back as they were. Where a test has written something else before, `write` is called again.
        """
        name, before = str(make_url(url).database), self._kept[on].rows if on else {}
        with self._enter(name) as connection:
            untouched = self._rows(connection) == before if on else True
            if untouched and what in self._kept:
                self._put(connection, self._kept[what], instead_of=list(before))
                told: Told = copy.deepcopy(self._kept[what].told)
                return told
        told = write()
        if untouched:
            with self._enter(name) as connection:
                sequences = connection.execute(SEQUENCES).fetchall()
                self._kept[what] = Kept(self._rows(connection), sequences, copy.deepcopy(told))
        return told

    def _enter(self, name: str) -> Connection:
        return psycopg.connect(host=str(self._servers.addresses.sockets), user=ADMIN_ROLE, dbname=name, autocommit=True)

    def _rename(self, old: str, new: str) -> None:
        with self._enter("postgres") as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
            )
        self._written[new] = self._written.pop(old, set())

    def _learn(self, name: str) -> None:
        """Note the tables that are empty and the shape of the schema; what the migrations filled is never touched."""
        with self._enter(name) as connection:
            rows = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            ).fetchall()
            tables = [str(row[0]) for row in rows]
            filled = self._filled(connection, tables)
            self._tables = [table for table in tables if table not in filled]
            for table, columns in connection.execute(COLUMNS).fetchall():
                listed = sql.SQL(", ").join(map(sql.Identifier, columns))
                self._columns[str(table)] = sql.SQL("{} ({})").format(sql.Identifier(table), listed)
            self._shape = connection.execute(SHAPE).fetchone()

    @staticmethod
    def _filled(connection: Connection, tables: list[str]) -> list[str]:
        asked = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), sql.Identifier(table))
            for table in tables
        )
        return [str(row[0]) for row in connection.execute(asked).fetchall()]

    def _rows(self, connection: Connection) -> dict[str, list[bytes]]:
        """The rows of each table that holds any, as PostgreSQL writes them, in an order that does not depend on where they lie."""
        found = {}
        for table in self._filled(connection, self._tables):
            with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(self._columns[table])) as copied:
                found[table] = sorted(bytes(row) for row in copied)
        return found

    def _put(self, connection: Connection, kept: Kept, *, instead_of: list[str]) -> None:
        # Without triggers and foreign keys, so in any order: what they did is in the rows.
        connection.execute("SET session_replication_role = replica")
        with connection.transaction():
            self._delete(connection, instead_of)
            for table, rows in kept.rows.items():
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(self._columns[table])) as copied:
                    copied.write(b"".join(rows))
            for sequence, last in kept.sequences:
                connection.execute(
                    sql.SQL("SELECT setval({0}, greatest({1}, last_value)) FROM {2}").format(
                        sql.Literal(sequence), sql.Literal(last), sql.Identifier(sequence)
                    )
                )

    @staticmethod
    def _delete(connection: Connection, tables: list[str]) -> int:
        """Delete the rows of some tables, in one round trip; returns how many there were."""
        if not tables:
            return 0
        done = connection.execute(
            sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in tables)
        )
        gone = done.rowcount
        while done.nextset():
            gone += done.rowcount
        return gone

    def _empty(self, name: str) -> bool:
        """Whether the database is as it was lent: rows removed, nobody connected, the schema untouched."""
        with self._enter("postgres") as connection:
            # Each tells what it wrote before it is gone.
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        with self._enter(name) as connection:
            if connection.execute(SHAPE).fetchone() != self._shape:
                return False
            connection.execute("SET session_replication_role = replica")
            gone = self._delete(connection, self._written_into(connection, name))
        return gone < MANY

    def _written_into(self, connection: Connection, name: str) -> list[str]:
        """The tables written into since the database was last empty; where that is not known, those that hold rows.

        Asking the statistics costs a tenth of looking into each table.
        """
        before, now = self._written.get(name), set(connection.execute(WRITTEN).fetchall())
        self._written[name] = now
        if not before or {row[2] for row in before} != {row[2] for row in now}:
            return self._filled(connection, self._tables)
        return sorted({str(row[0]) for row in now - before} & set(self._tables))
