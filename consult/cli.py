"""The one command-line program: `consult --help` lists all. Each command calls the services that the pages call."""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session, sessionmaker

from config import ROOT, Settings, UnsafeSettings
from consult.core.clock import database_now
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.errors import DomainError
from consult.core.permissions import SYSTEM, table_lines
from consult.process import queries as process_queries
from consult.runtime import schema, supervisor
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
        show = showcase.Showcase(out=out or ROOT / "var" / "paper", say=click.echo, started=started)
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
    with refusals(), database() as sessions:
        url = sessions.kw["bind"].url.render_as_string(hide_password=False)
        schema.upgrade(url)
        click.echo(f"schema at {schema.current(url)}")


@database_commands.command("check")
def database_check() -> None:
    """Exit 1 when the schema and the models differ."""
    with refusals(), database() as sessions:
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


@main.group()
def frame() -> None:
    """Axes, strategies and reference plans."""


@frame.command("import")
@click.argument("file", type=FILE)
def frame_import(file: Path) -> None:
    """Import a frame from JSON."""
    from consult.framework import services  # noqa: PLC0415  # Commands load only the room they call.
    from consult.framework.rules import load_json  # noqa: PLC0415  # Commands load only the room they call.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        services.import_frame(session, data=load_json(file.read_bytes()), actor=SYSTEM, now=database_now(session))
    click.echo("frame imported")


@main.group()
def territory() -> None:
    """Zones and municipalities."""


@territory.command("import")
@click.argument("file", type=FILE)
def territory_import(file: Path) -> None:
    """Import a territory from JSON."""
    from consult.framework import services  # noqa: PLC0415  # Commands load only the room they call.
    from consult.framework.rules import load_json  # noqa: PLC0415  # Commands load only the room they call.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        services.import_territory(session, data=load_json(file.read_bytes()), actor=SYSTEM, now=database_now(session))
    click.echo("territory imported")


def _process_id(session: Session, slug: str) -> uuid.UUID:
    found = process_queries.by_slug(session, slug=slug)
    if found is None:
        raise Refusal(f"No process is called «{slug}». `consult processes` lists them.")
    return found.id


def _process_for_import(session: Session, slug: str) -> uuid.UUID:
    """The process of this name; where there is none, a new unpublished one on the first frame and territory, or on those that come with us."""
    from consult.demo import loader  # noqa: PLC0415  # Only a first import needs the frame that comes with the program.

    found = process_queries.by_slug(session, slug=slug)
    if found is not None:
        return found.id
    click.echo(f"No process is called «{slug}»: opening it, not published.", err=True)
    return loader.open_blank(session, slug=slug, now=database_now(session))


@main.command()
def processes() -> None:
    """List the processes by their name in addresses."""
    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        for row in process_queries.processes(session, published_only=False):
            click.echo(f"{row.slug}\t{row.state}\t{row.title}")


@main.group()
def sources() -> None:
    """What was said."""


@sources.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--process",
    "slug",
    required=True,
    help="Name of the process in addresses; opened, unpublished, if there is none of that name.",
)
@click.option("--text", "text_column", required=True, help="Column with the texts.")
@click.option("--zone", "zone_column", help="Column with zone codes or names.")
@click.option("--speaker", "speaker_column", help="Column with the kind of speaker.")
@click.option("--language", "language_column", help="Column with the language.")
def sources_import(
    file: Path,
    slug: str,
    text_column: str,
    zone_column: str | None,
    speaker_column: str | None,
    language_column: str | None,
) -> None:
    """Import open answers from CSV or TSV; delimiter and encoding are detected, bad rows listed, importing twice adds nothing."""
    from consult.listening.contributions import services  # noqa: PLC0415  # Commands load only the room they call.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        report = services.import_file(
            session,
            process_id=_process_for_import(session, slug),
            path=file,
            text_column=text_column,
            zone_column=zone_column,
            speaker_column=speaker_column,
            language_column=language_column,
            actor=SYSTEM,
            now=database_now(session),
        )
    for bad in report.bad:
        click.echo(f"line {bad.line}: {bad.reason}", err=True)
    click.echo(json.dumps({"added": report.added, "already_there": report.already_there, "bad_rows": len(report.bad)}))


@main.group()
def paper() -> None:
    """The position paper."""


@paper.command("build")
@click.argument("slug")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the files.")
def paper_build(slug: str, out: Path) -> None:
    """Aggregate all sources and write the draft paper as HTML and PDF; needs the database only, no worker."""
    from consult.position_paper import services  # noqa: PLC0415  # Loads the text analytics and the typesetter.

    started = time.monotonic()
    with refusals(), database() as sessions:
        with unit_of_work(sessions) as session:
            process_id = _process_id(session, slug)
        services.aggregate_here(sessions, process_id=process_id, settings=Settings.from_env(), say=click.echo)
        with unit_of_work(sessions) as session:
            files = services.build_outputs(session, process_id=process_id, out=out, settings=Settings.from_env())
    click.echo(f"position paper: {files.html} {files.pdf}")
    click.echo(
        f"sources: {files.sources}, themes: {files.themes}, findings: {files.findings}, seconds: {time.monotonic() - started:.1f}"
    )


class Pace:
    """Says how far a command is and how fast, on standard error, so that its output stays clean."""

    def __init__(self) -> None:
        self._step = ""
        self._began = time.monotonic()

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            self._step, self._began = step, time.monotonic()
        passed = time.monotonic() - self._began
        rate = f", {done / passed:.0f}/s" if done and passed > 0.05 else ""
        click.echo(f"{step}: {done}/{total}{rate}", err=True)


@main.command()
@click.argument("file", type=FILE)
@click.option("--text", "text_column", required=True, help="Column with the texts.")
@click.option("--by", "by_columns", multiple=True, help="Columns to spread counts over; may be given again.")
@click.option("--frame", "frame_file", type=FILE, help="Frame with strategies, as JSON.")
@click.option("--descriptions", type=FILE, help="What each strategy is about, as JSON by code.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the files.")
def themes(
    file: Path,
    text_column: str,
    by_columns: tuple[str, ...],
    frame_file: Path | None,
    descriptions: Path | None,
    out: Path,
) -> None:
    """Find themes in a file of texts: no server, no database."""
    from consult.analytics import tool  # noqa: PLC0415  # Loads the text analytics, which other commands need not wait for.

    with refusals():
        outcome = tool.themes_of_file(
            file,
            text=text_column,
            by=list(by_columns),
            frame=frame_file,
            descriptions=descriptions,
            out=out,
            model=Settings.from_env().model_dir,
            progress=Pace(),
        )
    _tell(outcome)
    click.echo(f"{outcome.themes} themes, {outcome.assigned} of {outcome.rows} rows assigned")


@main.command()
@click.argument("file", type=FILE)
@click.option("--text", "text_column", required=True, help="Column with the texts.")
@click.option("--frame", "frame_file", type=FILE, required=True, help="Frame, as JSON.")
@click.option("--descriptions", type=FILE, help="What each strategy is about, as JSON by code.")
@click.option("--top", default=3, show_default=True, help="How many strategies for each text.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="CSV file to write.")
def suggest(file: Path, text_column: str, frame_file: Path, descriptions: Path | None, top: int, out: Path) -> None:
    """Suggest strategies of a frame for each text of a file: no server, no database."""
    from consult.analytics import tool  # noqa: PLC0415  # Loads the text analytics, which other commands need not wait for.

    with refusals():
        outcome = tool.suggest_for_file(
            file,
            text=text_column,
            frame=frame_file,
            descriptions=descriptions,
            top=top,
            out=out,
            model=Settings.from_env().model_dir,
            progress=Pace(),
        )
    _tell(outcome)
    click.echo(f"{outcome.assigned} of {outcome.rows} rows linked")


def _tell(outcome: Any) -> None:
    """Rows that could not be read, where the files are, and what compared the texts."""
    for bad in outcome.bad:
        click.echo(f"line {bad.line}: {bad.reason}", err=True)
    for path in outcome.written:
        click.echo(str(path))
    click.echo(f"compared by {outcome.embedding}")


if __name__ == "__main__":
    main()
