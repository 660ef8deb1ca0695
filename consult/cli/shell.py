"""What all commands share: the group, the database, refusals as one sentence."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.orm import Session, sessionmaker

from config import ROOT, Settings, UnsafeSettings
from consult.core.db import make_engine, make_sessions
from consult.core.errors import DomainError
from consult.process import queries as process_queries
from consult.runtime import schema
from consult.runtime.data_folder import default_data_dir
from consult.runtime.privileges import RuntimeProblem
from consult.runtime.servers import EmbeddedServers

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Refusal(click.ClickException):
    """One sentence and exit code 2."""

    exit_code = 2


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the refusals of the services into one sentence and exit code 2."""
    try:
        yield
    except (DomainError, UnsafeSettings, RuntimeProblem, ValueError) as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        if error.filename is None:
            raise
        raise Refusal(f"{error.filename}: {error.strerror}.") from error


@contextmanager
def database() -> Iterator[sessionmaker[Session]]:
    """Sessions on the configured database, or on the embedded one, started for the length of the command if nobody runs it."""
    settings = Settings.from_env()
    if settings.database_url:
        yield _sessions(settings.database_url)
        return
    folder = default_data_dir(ROOT)
    running = EmbeddedServers.joined(folder)
    if running is not None:
        yield _sessions(running.database_url)
        return
    with EmbeddedServers(folder) as servers:
        schema.upgrade(servers.database_url)
        yield _sessions(servers.database_url)


def _sessions(url: str) -> sessionmaker[Session]:
    return make_sessions(make_engine(url, pool_size=2, statement_timeout_s=120, application="consult-cli"))


@click.group()
def main() -> None:
    """Consult: from a voice to an adopted action and back."""


def process_id_of(session: Session, slug: str) -> uuid.UUID:
    """The process of this name in addresses; a refusal where there is none."""
    found = process_queries.by_slug(session, slug=slug)
    if found is None:
        raise Refusal(f"No process is called «{slug}». `consult processes` lists them.")
    return found.id
