"""Processes, and what was said in them."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import click
from sqlalchemy.orm import Session

from consult.cli.shell import FILE, database, main, refusals
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import SYSTEM
from consult.process import queries as process_queries


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
@click.option("--date", "date_column", help="Column with the day.")
@click.option(
    "--question", "question_column", help="Column with the question; without it, the name of the column of texts."
)
def sources_import(
    file: Path,
    slug: str,
    text_column: str,
    zone_column: str | None,
    speaker_column: str | None,
    language_column: str | None,
    date_column: str | None,
    question_column: str | None,
) -> None:
    """Import open answers from CSV, TSV or XLSX; delimiter and encoding are detected, bad rows listed, importing twice adds nothing."""
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
            date_column=date_column,
            question_column=question_column,
            actor=SYSTEM,
            now=database_now(session),
        )
    for bad in report.bad:
        click.echo(f"line {bad.line}: {bad.reason}", err=True)
    click.echo(json.dumps({"added": report.added, "already_there": report.already_there, "bad_rows": len(report.bad)}))
