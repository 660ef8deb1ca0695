"""Databases with the schema and no rows, lent to one test after the other: emptying one costs a tenth of copying one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from consult.runtime.servers import ADMIN_ROLE, EmbeddedServers

#: A test that leaves more rows than this gives its database to be dropped: dead rows would slow those that come after.
MANY = 5_000
#: What a test that changes the schema leaves behind.
SHAPE = """SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger),
  (SELECT count(*) FROM pg_attribute)"""


class Lending:
    """The databases of one test process. Each loan has a name of its own, so that nothing remembered by address outlives it."""

    def __init__(self, servers: EmbeddedServers, template: str) -> None:
        self._servers, self._template = servers, template
        self._free: list[str] = []
        self._numbers = itertools.count()
        self._tables: list[str] = []
        self._shape: tuple[object, ...] | None = None

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

    def _enter(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self._servers.addresses.sockets), user=ADMIN_ROLE, dbname=name, autocommit=True)

    def _rename(self, old: str, new: str) -> None:
        with self._enter("postgres") as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
            )

    def _learn(self, name: str) -> None:
        """Note the tables that are empty and the shape of the schema; what the migrations filled is never touched."""
        with self._enter(name) as connection:
            rows = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            ).fetchall()
            tables = [str(row[0]) for row in rows]
            filled = self._filled(connection, tables)
            self._tables = [table for table in tables if table not in filled]
            self._shape = connection.execute(SHAPE).fetchone()

    @staticmethod
    def _filled(connection: psycopg.Connection[tuple[object, ...]], tables: list[str]) -> list[str]:
        asked = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), sql.Identifier(table))
            for table in tables
        )
        return [str(row[0]) for row in connection.execute(asked).fetchall()]

    def _empty(self, name: str) -> bool:
        """Whether the database is as it was lent: rows removed, nobody connected, the schema untouched."""
        with self._enter("postgres") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        with self._enter(name) as connection:
            if connection.execute(SHAPE).fetchone() != self._shape:
                return False
            # Without triggers and foreign keys, so in any order.
            connection.execute("SET session_replication_role = replica")
            gone = 0
            for table in self._filled(connection, self._tables):
                gone += connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table))).rowcount
        return gone < MANY
