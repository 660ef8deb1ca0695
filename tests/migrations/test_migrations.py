"""Migrations: the head equals the models; up, down and up again; the append-only guard is there; two programs at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from config import ROOT
from consult.cli import main
from consult.registry import all_tables
from consult.runtime import schema
from consult.runtime.servers import EmbeddedServers


@pytest.fixture
def empty(servers: EmbeddedServers, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of the test's own."""
    name = f"m{abs(hash(request.node.name)) % 10**9}"
    yield servers.create_database(name)
    servers.drop_database(name)


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_the_head_is_the_models(empty: str) -> None:
    schema.upgrade(empty)
    assert schema.current(empty) == schema.head()
    assert schema.differences(empty) == []


def test_up_down_and_up_again(empty: str) -> None:
    schema.upgrade(empty)
    engine = create_engine(empty)
    first = tables(engine)
    assert set(all_tables().tables) <= first
    schema.downgrade(empty, "base")
    assert tables(engine) <= {"alembic_version"}
    schema.upgrade(empty)
    assert tables(engine) == first
    engine.dispose()


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_audit_events_cannot_be_changed(empty: str, statement: str) -> None:
    schema.upgrade(empty)
    engine = create_engine(empty)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_event (actor_kind, action, object_kind, object_id, meta) VALUES ('system', 'a', 'account', '1', '{}')"
            )
        )
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_two_programs_migrating_at_once_wait_for_each_other(empty: str) -> None:
    program = "import sys; from consult.runtime import schema; schema.upgrade(sys.argv[1])"
    running = [subprocess.Popen([sys.executable, "-c", program, empty], cwd=ROOT) for _ in range(2)]
    assert [child.wait(timeout=120) for child in running] == [0, 0]
    assert schema.differences(empty) == []


def test_another_versions_database_is_told_in_one_sentence_and_left_alone(empty: str) -> None:
    program = CliRunner(env={"DATABASE_URL": empty})
    early = program.invoke(main, ["processes"])
    assert early.exit_code == 2
    assert "holds no tables of Consult yet" in early.output
    assert program.invoke(main, ["database", "upgrade"]).exit_code == 0
    assert program.invoke(main, ["processes"]).exit_code == 0
    engine = create_engine(empty)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    before = tables(engine)
    for command in (["processes"], ["database", "upgrade"]):
        said = program.invoke(main, command)
        assert (said.exit_code, said.output.count("\n")) == (2, 1)
        assert "A newer version of Consult has written this database (schema 9999_later)" in said.output
    assert tables(engine) == before
    engine.dispose()


def test_a_database_that_does_not_answer_is_told_in_one_sentence() -> None:
    said = CliRunner(env={"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/nothing"}).invoke(
        main, ["processes"]
    )
    assert said.exit_code == 2
    assert "The database cannot be reached" in said.output
    assert "Traceback" not in said.output
