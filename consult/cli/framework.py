"""Frames and territories."""

from __future__ import annotations

from pathlib import Path

import click

from consult.cli.shell import FILE, database, main, refusals
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import SYSTEM


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


@territory.command("outlines")
@click.argument("file", type=FILE)
@click.argument("slug")
def territory_outlines(file: Path, slug: str) -> None:
    """Import the zones' outlines of territory SLUG from GeoJSON."""
    from consult.framework import queries, services  # noqa: PLC0415  # Commands load only the room they call.
    from consult.framework.rules import load_json  # noqa: PLC0415  # Commands load only the room they call.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        found = next((t for t in queries.territories(session) if t.slug == slug), None)
        if found is None:
            raise click.ClickException(f"there is no territory «{slug}»")
        drawn, everything = services.import_outlines(
            session, territory_id=found.id, data=load_json(file.read_bytes()), actor=SYSTEM, now=database_now(session)
        )
    click.echo(f"outlines imported: {drawn} of {everything} zones have one")
