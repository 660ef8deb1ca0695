"""Codebooks in and out."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from pathlib import Path

import click

from consult.cli.shell import FILE, Refusal, database, main, process_id_of, refusals
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import SYSTEM

MAXIMUM = 8 * 1024 * 1024
MAXIMUM_PROJECT = 64 * 1024 * 1024


@main.group()
def codebook() -> None:
    """Codes with which sources are coded."""


@codebook.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Print the codes as JSON and store nothing; needs no database.")
@click.option("--process", "slug", help="Name of the process in addresses; needed to store.")
def codebook_import(file: Path, dry_run: bool, slug: str | None) -> None:
    """Read a REFI-QDA codebook (.qdc), or a coded project (.qdpx): its pieces are kept where its texts are interviews of the process."""
    from consult.evidence import rules  # noqa: PLC0415  # Commands load only the room they call.
    from consult.evidence.rules import projects as project_rules  # noqa: PLC0415  # Commands load only the room they call.
    from consult.evidence.services import exchange  # noqa: PLC0415  # Commands load only the room they call.
    from consult.evidence.services import projects as project_services  # noqa: PLC0415  # Commands load only the room they call.
    from consult.files.services import read_markup  # noqa: PLC0415  # Commands load only the room they call.

    with refusals():
        with file.open("rb") as stream:
            packed = stream.read(4) == b"PK\x03\x04"
            stream.seek(0)
            project = project_rules.parse_project(stream.read(MAXIMUM_PROJECT)) if packed else None
            book = project.book if project else rules.parse_codebook(read_markup(stream, file.name, maximum=MAXIMUM))
        if slug is None:
            if not dry_run:
                raise Refusal(
                    "Which process is it for? Give --process SLUG to store the codes, or --dry-run to see them."
                )
            ids: dict[uuid.UUID, str] = {}
            printed = []
            for code, above, _place in book.walk():
                ids[code.guid] = (f"{ids[above.guid]} › " if above else "") + code.name
                printed.append(
                    {
                        "guid": str(code.guid), "name": code.name, "path": ids[code.guid], "parent": str(above.guid) if above else None,
                        "codable": code.codable, "color": code.colour, "description": code.description,
                    }
                )  # fmt: skip  # one row of values reads better so
            click.echo(
                json.dumps(
                    {
                        "file": file.name, "origin": book.origin, "codes": printed,
                        "sets": [{"guid": str(s.guid), "name": s.name, "members": [str(m) for m in s.members]} for s in book.sets],
                        "notes": list(book.notes),
                    },
                    ensure_ascii=False, indent=1,
                )
            )  # fmt: skip  # one row of values reads better so
            return
        with database() as sessions, unit_of_work(sessions) as session:
            if project is not None and not dry_run:
                done = project_services.import_project(
                    session,
                    process_id=process_id_of(session, slug),
                    project=project,
                    actor=SYSTEM,
                    now=database_now(session),
                )
                click.echo(json.dumps(asdict(done), ensure_ascii=False))
                return
            report = exchange.import_codebook(
                session, process_id=process_id_of(session, slug), book=book, actor=SYSTEM, now=database_now(session), dry_run=dry_run
            )  # fmt: skip  # one row of values reads better so
    click.echo(json.dumps(asdict(report), ensure_ascii=False))


@codebook.command("export")
@click.argument("slug")
@click.option(
    "--format", "form", type=click.Choice(["qdc", "qdpx"]), default="qdc", show_default=True, help="Kind of file."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
def codebook_export(slug: str, form: str, out: Path) -> None:
    """Write the codebook of a process as REFI-QDA (.qdc), or with the coded interviews (.qdpx)."""
    from consult.evidence import rules  # noqa: PLC0415  # Commands load only the room they call.
    from consult.evidence.rules import projects as project_rules  # noqa: PLC0415  # Commands load only the room they call.
    from consult.evidence.services import exchange  # noqa: PLC0415  # Commands load only the room they call.
    from consult.evidence.services import projects as project_services  # noqa: PLC0415  # Commands load only the room they call.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        process_id = process_id_of(session, slug)
        book = exchange.export_codebook(session, process_id=process_id)
        data = rules.write_codebook(book)
        if form == "qdpx":
            project = project_services.export_project(session, process_id=process_id)
            data = project_rules.write_project(project, written_at=database_now(session))
    out.write_bytes(data)
    click.echo(f"{sum(1 for _ in book.walk())} codes: {out}")
