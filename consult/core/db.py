"""The declarative base, typed column shorthands, and the engine."""

from __future__ import annotations

import select
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import DateTime, Engine, MetaData, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, stored with time zone and always handed out in UTC; a naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


Key = Annotated[
    uuid.UUID, mapped_column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4, comment="Random key.")
]


class Base(DeclarativeBase):
    """Base of all tables: named constraints, JSON as JSONB, keys as UUID."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
        uuid.UUID: UUID(as_uuid=True),
        datetime: UtcDateTime(),
    }


def make_engine(
    url: str,
    *,
    pool_size: int = 8,
    statement_timeout_s: int = 10,
    application: str = "consult-web",
    read_only_unless_said: bool = False,
) -> Engine:
    """An engine for PostgreSQL with short lock and statement time-outs, and connections looked at before use.

    A worker may compute for long between two statements: its idle limit lies above the hard time limit of a task.
    With `read_only_unless_said` the database itself refuses to write, except within a transaction that was begun for writing;
    those of this engine are, and `make_readers` gives sessions that never begin one.
    """
    reading = " -c default_transaction_read_only=on" if read_only_unless_said else ""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        execution_options={"postgresql_readonly": False} if read_only_unless_said else {},
        connect_args={
            "connect_timeout": 5,
            "application_name": application,
            "options": f"-c timezone=UTC -c lock_timeout=4s -c statement_timeout={statement_timeout_s}s"
            f" -c idle_in_transaction_session_timeout={max(60, statement_timeout_s + 20)}s -c jit=off"
            # Solid disks and a cached index: PostgreSQL's usual 4 is for turning ones, and makes it read whole tables of texts.
            f" -c random_page_cost=1.1{reading}",
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare_statements_early(connection: Any, _record: Any) -> None:
        # A page repeats the same few statements, so preparing on the second use saves planning time.
        connection.prepare_threshold = 2

    @event.listens_for(engine, "checkout")
    def _leave_dead_connections(connection: Any, _record: Any, _proxy: Any) -> None:
        # The site recovers by itself after a database restart. A server that goes away closes the socket, which can
        # then be read from; an idle one is silent. Looking costs no round trip, which `pool_pre_ping` pays on every page.
        if _is_silent(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise DisconnectionError("the database closed this connection") from error

    return engine


def _is_silent(connection: Any) -> bool:
    """Whether an idle connection's socket has nothing to say, neither a farewell nor its end."""
    if connection.closed:
        return False
    looking = select.poll()
    looking.register(connection.fileno(), select.POLLIN)
    return not looking.poll(0)


def make_readers(engine: Engine) -> sessionmaker[Session]:
    """Sessions that only read, each statement for itself: no round trips to begin and to end a transaction.

    What the database refuses to write is up to the engine: see `read_only_unless_said`. At the isolation level PostgreSQL starts with,
    two statements of one transaction see what others committed between them, so a page sees no less this way.
    """
    return sessionmaker(engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False)


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """The one session factory for web, worker and commands; rows stay readable after the commit at the edge."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def without_effect(session: Session) -> Iterator[None]:
    """What is done within is rolled back, also where it succeeds: to see what something would do by doing it."""
    with session.begin_nested() as attempt:
        try:
            yield
        finally:
            attempt.rollback()
            session.expire_all()


@contextmanager
def attempt(session: Session) -> Iterator[None]:
    """What is done within is rolled back where it fails, and nothing else of the transaction: to be able to write down why."""
    with session.begin_nested():
        yield


@contextmanager
def unit_of_work(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One transaction: commit at the end, roll back on any error. For worker, commands and tests."""
    with sessions() as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def joined_at_once(session: Session) -> Iterator[None]:
    """Statements within join large tables as wholes, not row by row.

    Right after a run the database knows no statistics of what it just took in, takes it for next to nothing, and would look up each of
    thousands of sources under each of hundreds of themes.
    """
    session.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    session.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
