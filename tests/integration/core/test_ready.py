"""Statements that stand ready give what SQLAlchemy gives, are heard where it is heard, and fail as it fails."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, Float, Integer, String, Uuid, bindparam, cast, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from consult.core.db import UtcDateTime, make_readers
from consult.core.ready import Ready
from consult.process.models import Phase, Process
from tests.factories.world import World, counted_statements

PHASES = (
    select(
        Phase.id,
        Phase.kind,
        Phase.opens_at,
        cast(Phase.position, Float).label("place"),
        literal({"a": [1, None]}, JSONB).label("facts"),
        func.json_build_array(Phase.title).label("titles"),
        Phase.closes_at.is_(None).label("endless"),
    )
    .where(
        Phase.process_id == bindparam("process_id", type_=Uuid()),
        Phase.kind.in_(["listening", "co_planning", "drafting"]),
        or_(Phase.opens_at.is_(None), Phase.opens_at < bindparam("before", type_=UtcDateTime())),
    )
    .order_by(Phase.position, Phase.id)
)
QUOTIENT = Ready(select(literal(10) / bindparam("by", type_=Integer())), "by")


def test_rows_are_those_of_the_usual_way(session: Session, world: World) -> None:
    ready = Ready(PHASES, "process_id", "before")
    for before in (datetime(2100, 1, 1, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC)):
        values = {"process_id": world.process_id, "before": before}
        usual = [tuple(row) for row in session.execute(PHASES, values)]
        assert [tuple(row) for row in ready.rows(session, **values)] == usual
        assert [[type(cell) for cell in row] for row in ready.rows(session, **values)] == [
            [type(cell) for cell in row] for row in usual
        ]
        assert bool(usual) == (before.year == 2100)
    with pytest.raises(ValueError, match="time zone"):
        ready.rows(session, process_id=world.process_id, before=datetime(2100, 1, 1))  # noqa: DTZ001  # Refused, as by the column.


def test_what_is_written_as_sql_stands_ready_too(session: Session, world: World) -> None:
    rename = text("UPDATE process SET title = :title WHERE id = :key RETURNING id, json_build_array(title) AS facts")
    typed = rename.bindparams(bindparam("title", type_=String()), bindparam("key", type_=Uuid()))
    ready = Ready(typed.columns(id=Uuid(), facts=JSONB()), "title", "key")
    assert [tuple(row) for row in ready.rows(session, title="Cento %", key=world.process_id)] == [(world.process_id, ["Cento %"])]
    assert session.get_one(Process, world.process_id, populate_existing=True).title == "Cento %"


def test_values_that_are_missing_or_unknown_are_refused(session: Session) -> None:
    for values in ({}, {"by": 1, "too": 2}):
        with pytest.raises(ValueError, match=r"\['by'\]"):
            QUOTIENT.rows(session, **values)


def test_what_the_transaction_changed_is_seen(session: Session, world: World) -> None:
    title = Ready(select(Process.title).where(Process.id == bindparam("key", type_=Uuid())), "key")
    session.get_one(Process, world.process_id).title = "Un altro titolo"
    assert [row[0] for row in title.rows(session, key=world.process_id)] == ["Un altro titolo"]


def test_who_counts_statements_counts_these(engine: Engine) -> None:
    with counted_statements(engine) as sent, make_readers(engine)() as session:
        assert [tuple(row) for row in QUOTIENT.rows(session, by=5)] == [(2,)]
        assert [tuple(row) for row in QUOTIENT.rows(session, by=2)] == [(5,)]
    assert len(sent) == 2
    assert all("SELECT" in each for each in sent)


def test_an_error_is_the_one_that_every_statement_gives(engine: Engine) -> None:
    with make_readers(engine)() as session:
        with pytest.raises(DataError) as refused:
            QUOTIENT.rows(session, by=0)
        assert not refused.value.connection_invalidated
        session.rollback()
        assert QUOTIENT.rows(session, by=10)[0][0] == 1


def test_a_connection_that_died_is_not_used_again(engine: Engine) -> None:
    sessions = make_readers(engine)
    with sessions() as session, sessions() as other:
        ours = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        assert other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ours}).scalar_one()
        with pytest.raises(OperationalError) as lost:
            QUOTIENT.rows(session, by=1)
        assert lost.value.connection_invalidated
    with sessions() as session:
        assert QUOTIENT.rows(session, by=1)[0][0] == 10
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != ours
