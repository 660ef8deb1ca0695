"""What all commands share: the group, the database, refusals as one sentence."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from config import ROOT, Settings, UnsafeSettings
from consult.core.db import make_engine, make_sessions
from consult.core.errors import DomainError
from consult.ports.press import PressFailed
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
    except PressFailed as failed:
        raise Refusal(f"{failed} A PDF may take a minute and half a gigabyte; the other formats have no such bound.") from failed
    except (DomainError, UnsafeSettings, RuntimeProblem, ValueError) as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        if error.filename is None:
            raise
        raise Refusal(f"{error.filename}: {error.strerror}.") from error
    except OperationalError as error:
        reason = str(error.orig or error).strip().splitlines()[0]
        raise Refusal(
            f"The database cannot be reached: {reason}. Look at DATABASE_URL, then run this again."
        ) from error


@contextmanager
def database(*, any_schema: bool = False) -> Iterator[sessionmaker[Session]]:
    """Sessions on the configured database, or on the embedded one, started for the length of the command if nobody runs it.

    Raises RuntimeProblem where the database has another schema than this version's, unless `any_schema`.
    """
    settings = Settings.from_env()
    folder = default_data_dir(ROOT)
    running = None if settings.database_url else EmbeddedServers.joined(folder)
    url = running.database_url if running else settings.database_url
    if url:
        if not any_schema:
            schema.expect_current(url)
        yield _sessions(url)
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
