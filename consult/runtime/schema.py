"""Bringing a database to the schema of this version, and checking that it is there."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine

from config import ROOT
from consult.registry import all_tables
from consult.runtime.privileges import RuntimeProblem


def configuration() -> Config:
    """Alembic's configuration, made here so that there is no file to keep in step."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations that are missing; two programs doing so at once wait for each other.

    Raises RuntimeProblem where the database was written by a newer version.
    """
    refuse_unknown(current(url))
    config = configuration()
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()


def downgrade(url: str, revision: str) -> None:
    """Run migrations backwards to a revision (`base` for an empty database)."""
    config = configuration()
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, revision)
    finally:
        engine.dispose()


def current(url: str) -> str | None:
    """The revision a database is at."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str | None:
    """The newest revision of this version."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def refuse_unknown(revision: str | None) -> None:
    """Raise RuntimeProblem where this version has no such revision, because a newer one wrote the database."""
    if revision is None:
        return
    try:
        ScriptDirectory.from_config(configuration()).get_revision(revision)
    except CommandError as error:
        raise RuntimeProblem(
            f"A newer version of Consult has written this database (schema {revision}): update the program, "
            "or give this one another database (CONSULT_DATA_DIR or DATABASE_URL). Nothing was changed."
        ) from error


def expect_current(url: str) -> None:
    """Raise RuntimeProblem unless the database stands at the newest revision of this version."""
    revision = current(url)
    refuse_unknown(revision)
    if revision != head():
        stands = f"stands at schema {revision}" if revision else "holds no tables of Consult yet"
        raise RuntimeProblem(
            f"The database {stands}, and this version needs {head()}: run `consult database upgrade` first. Nothing was changed."
        )


def differences(url: str) -> list[object]:
    """What autogeneration would still change: empty when migrations and models say the same."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, all_tables()))
    finally:
        engine.dispose()
