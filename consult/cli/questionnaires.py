"""Questionnaires made elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from consult.cli.shell import FILE, Refusal, database, main, refusals
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import SYSTEM


@main.group()
def questionnaire() -> None:
    """Questionnaires made elsewhere, or to be taken elsewhere."""


@questionnaire.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Print the report as JSON and store nothing; needs no database.")
@click.option("--process", "slug", help="Slug of the process that gets the questionnaire; needed to store.")
@click.option("--access", type=click.Choice(["invitation", "open"]), default="invitation", show_default=True)
@click.option(
    "--privacy",
    type=click.Choice(["pseudonymous", "anonymous"]),
    help="The promise to respondents; default: what the file says, else pseudonymous.",
)
def questionnaire_import(file: Path, dry_run: bool, slug: str | None, access: str, privacy: str | None) -> None:
    """Read a questionnaire (LimeSurvey .lss, XLSForm .xlsx, our own JSON) and print as JSON what could not be carried over."""
    from consult.listening.surveys import services  # noqa: PLC0415  # Commands load only the room they call.
    from consult.listening.surveys.rules.imported import report  # noqa: PLC0415  # Commands load only the room they call.
    from consult.listening.surveys.rules.reading import (  # noqa: PLC0415  # Commands load only the room they call.
        LARGEST_BYTES,
        read_questionnaire,
    )
    from consult.process.queries import by_slug  # noqa: PLC0415  # Commands load only the room they call.

    with refusals():
        with file.open("rb") as stream:
            found = read_questionnaire(stream.read(LARGEST_BYTES + 1))
        printed: dict[str, Any] = report(found, file.name) | {"dry_run": dry_run, "questionnaire": None}
        if not dry_run:
            if slug is None:
                raise Refusal(
                    "Which process is it for? Give --process SLUG to store the questionnaire, or --dry-run to see the report."
                )
            with database() as sessions, unit_of_work(sessions) as session:
                process = by_slug(session, slug=slug)
                if process is None:
                    raise Refusal(f"There is no process {slug!r}.")
                key = services.import_questionnaire(
                    session, process_id=process.id, plan=found.plan, actor=SYSTEM, now=database_now(session), access=access,
                    privacy=privacy or ("anonymous" if found.anonymous else "pseudonymous"),
                )  # fmt: skip  # one row of values reads better so
                printed["questionnaire"] = str(key)
        click.echo(json.dumps(printed, ensure_ascii=False, indent=1))
