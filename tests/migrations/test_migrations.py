"""Migrations: the head equals the models; up, down and up again; the append-only guard is there; two programs at once."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, inspect, text
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


def put(connection: Connection, table: str, **given: object) -> Any:
    """Write a row as it stands in databases of an older version: what must be filled and isn't given is filled with anything."""
    written = Table(table, MetaData(), autoload_with=connection, resolve_fks=False)
    anything: dict[type, object] = {bool: False, int: 0, bytes: b"", object: {}, datetime: datetime(2026, 1, 1, tzinfo=UTC), str: ""}
    values = {"id": uuid.uuid4(), **given}
    for column in written.columns:
        if column.name not in values and not column.nullable and column.server_default is None:
            kind = column.type.python_type
            values[column.name] = uuid.uuid4() if kind is uuid.UUID else anything[kind]
    # What a row points at is not made, as nothing of it is read here.
    for key in inspect(connection).get_foreign_keys(table):
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {key['name']}"))
    connection.execute(written.insert(), values)
    return values["id"]


def test_passages_that_went_with_consent_are_told_from_those_withdrawn_by_hand(empty: str) -> None:
    schema.upgrade(empty, "0048")
    engine = create_engine(empty)
    then, who = datetime(2026, 5, 4, 9, 30, 0, 123, tzinfo=UTC), uuid.uuid4()
    cases = {}
    with engine.begin() as connection:
        for consents in (False, True):
            interview = put(connection, "interview", status="held", consent_quote="none", consent_transcribe=True, consent_code=consents)
            put(connection, "consent_change", interview_id=interview, given_by="staff", changed_at=then)
            for minutes, by in ((0, who), (5, who), (5, None)):
                source = put(
                    connection, "source", channel="interview", unit_id=interview, state="withdrawn", visibility="internal", text="Sì."
                )  # fmt: skip  # one row of values reads better so
                cases[source] = "consent_lapsed" if not consents and (not minutes or by is None) else "consent_withdrawn"
                put(
                    connection, "source_revision", source_id=source, revision=1, state="live", reason_code="consent_withdrawn",
                    changed_at=then + timedelta(minutes=minutes), changed_by=by,
                )  # fmt: skip  # one row of values reads better so

    def reasons() -> dict[uuid.UUID, str]:
        with engine.begin() as connection:
            rows = connection.execute(text("SELECT source_id, reason_code FROM source_revision"))
            return {row.source_id: row.reason_code for row in rows}

    schema.upgrade(empty)
    assert reasons() == cases
    assert list(cases.values()).count("consent_lapsed") == 2
    schema.downgrade(empty, "0048")
    assert set(reasons().values()) == {"consent_withdrawn"}
    engine.dispose()


def test_plain_rows_of_large_files_are_not_left_to_the_program_before(empty: str) -> None:
    schema.upgrade(empty, "0046")
    engine = create_engine(empty)
    made: dict[Any, tuple[str, str]] = {}
    with engine.begin() as connection:
        for kind, states in (("json", "draft queued done undone failed"), ("csv", "draft done reading")):
            for state in states.split():
                file = put(connection, "stored_file", storage_key=uuid.uuid4().hex, kind=kind)
                made[put(connection, "source_import", state=state, file_id=file)] = (kind, state)
        for kind, states in (("json", "mapping looking taking"), ("csv", "mapping"), ("xlsx", "reading refused")):
            for state in states.split():
                file = put(connection, "stored_file", storage_key=uuid.uuid4().hex, kind=kind)
                put(connection, "answer_import", state=state, file_id=file)
        put(connection, "stored_file", storage_key=uuid.uuid4().hex, kind="json", name="di altri")
    schema.downgrade(empty, "0045")
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT id, state, file_id IS NOT NULL FROM source_import")).all()
        assert {made[row[0]]: (row[1], row[2]) for row in rows} == {
            ("json", "draft"): ("failed", False), ("json", "queued"): ("failed", False), ("json", "done"): ("done", False),
            ("json", "undone"): ("undone", False), ("json", "failed"): ("failed", False),
            ("csv", "draft"): ("draft", True), ("csv", "done"): ("done", True), ("csv", "reading"): ("failed", True),
        }  # fmt: skip  # pairs read better side by side
        assert connection.execute(text("SELECT state FROM answer_import")).scalars().all() == ["mapping"]
        left = connection.execute(text("SELECT kind, name FROM stored_file ORDER BY kind, name")).all()
        assert [tuple(row) for row in left] == [("csv", "")] * 4 + [("json", "di altri")]
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
