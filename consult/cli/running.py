"""Starting everything, the schema, accounts, the table of permissions."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from config import ROOT, Settings
from consult.cli.shell import database, main, refusals
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import SYSTEM, table_lines
from consult.runtime import schema, supervisor
from consult.runtime.data_folder import default_data_dir


@main.command()
@click.option("--port", default=8000, show_default=True, help="Port of the site on 127.0.0.1.")
@click.option(
    "--serve/--no-serve", default=True, help="Serve until Ctrl-C, or stop once the draft position paper is written."
)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Where --no-serve writes the paper's files.")
def run(port: int, serve: bool, out: Path | None) -> None:
    """Start servers, worker and site; on an empty database load and aggregate the demonstration consultation."""
    from consult.demo import showcase  # noqa: PLC0415  # Loads the text analytics, which other commands need not wait for.

    started = time.monotonic()
    with refusals():
        Settings.from_env()  # An unsafe setting is refused before anything starts.
        folder = default_data_dir(ROOT)
        show = showcase.Showcase(out=out or ROOT / "var" / "paper", say=click.echo, started=started, build=not serve)
        code = supervisor.run(
            data_dir=folder,
            checkout=ROOT,
            environ=os.environ,
            prepare=show.prepare,
            announce=show.announce if serve else None,
            job=None if serve else show.finish,
            serve=serve,
            port=port,
        )
    sys.exit(code)


@main.command()
def permissions() -> None:
    """Print the table of who may do what."""
    for text in table_lines():
        click.echo(text)


@main.group("database")
def database_commands() -> None:
    """Schema of the database."""


@database_commands.command("upgrade")
def database_upgrade() -> None:
    """Run the migrations that are missing."""
    with refusals(), database(any_schema=True) as sessions:
        url = sessions.kw["bind"].url.render_as_string(hide_password=False)
        schema.upgrade(url)
        click.echo(f"schema at {schema.current(url)}")


@database_commands.command("check")
def database_check() -> None:
    """Exit 1 when the schema and the models differ."""
    with refusals(), database(any_schema=True) as sessions:
        found = schema.differences(sessions.kw["bind"].url.render_as_string(hide_password=False))
    for difference in found:
        click.echo(difference)
    sys.exit(1 if found else 0)


@main.command("administrator")
@click.argument("email")
@click.argument("name")
@click.password_option(help="Asked for when it is not given.")
def create_administrator(email: str, name: str, password: str) -> None:
    """Open an account for a platform administrator."""
    from consult.people.services import open_account  # noqa: PLC0415  # Only this command needs password hashing.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        open_account(
            session,
            email=email,
            display_name=name,
            password=password,
            verified=True,
            administrator=True,
            demonstration=False,
            actor=SYSTEM,
            now=database_now(session),
        )
    click.echo(f"{email} can sign in as administrator.")
