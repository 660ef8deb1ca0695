"""The plan."""

from __future__ import annotations

from pathlib import Path

import click

from config import Settings
from consult.cli.shell import database, main, process_id_of, refusals
from consult.core.db import unit_of_work
from consult.plan.types import FILE_KINDS


@main.group()
def plan() -> None:
    """The plan."""


@plan.command("export")
@click.argument("slug")
@click.option("--format", "kind", type=click.Choice([*FILE_KINDS, "csv"]), required=True, help="Format of the file.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
def plan_export(slug: str, kind: str, out: Path) -> None:
    """Write the draft plan as it is now, each action with what it rests on; csv is one row for each action."""
    from consult.plan import services  # noqa: PLC0415  # Loads the typesetter and the writers of documents.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        body, actions = services.export_plan(
            session, process_id=process_id_of(session, slug), kind=kind, settings=Settings.from_env()
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(body)
    click.echo(f"{out}: {actions} actions, {len(body)} bytes")
