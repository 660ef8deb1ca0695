"""Codebooks in and out."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config import Settings
from consult.cli.shell import FILE, Refusal, database, main, process_id_of, refusals
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import SYSTEM

if TYPE_CHECKING:
    from consult.evidence.rules.projects import Project
    from consult.evidence.types import ProjectReport


@main.group()
def codebook() -> None:
    """Codes with which sources are coded."""


@codebook.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--dry-run", is_flag=True, help="Store nothing: without --process the codes as JSON, with it what would be done."
)
@click.option("--process", "slug", help="Name of the process in addresses; needed to store.")
def codebook_import(file: Path, dry_run: bool, slug: str | None) -> None:
    """Read a REFI-QDA codebook (.qdc), a coded project (.qdpx) or one exported from Taguette (.sqlite3): its pieces are kept where its
    texts are interviews of the process."""
    from consult.evidence.services import bringing, projects  # noqa: PLC0415  # Commands load only the room they call.
    from consult.files.services import read_once  # noqa: PLC0415  # Commands load only the room they call.

    with refusals():
        with file.open("rb") as stream:
            _kind, project = bringing.read_file(read_once(stream, file.name, maximum=Settings.from_env().upload_bytes))
        if slug is None:
            if not dry_run:
                raise Refusal(
                    "Which process is it for? Give --process SLUG to store the codes, or --dry-run to see them."
                )
            click.echo(json.dumps(_printed(file.name, project), ensure_ascii=False, indent=1))
            return
        with database() as sessions, unit_of_work(sessions) as session:
            run = bringing.preview if dry_run else projects.import_project
            report = run(
                session,
                process_id=process_id_of(session, slug),
                project=project,
                actor=SYSTEM,
                now=database_now(session),
            )
    click.echo(json.dumps(_reported(report), ensure_ascii=False))


def _printed(name: str, project: Project) -> dict[str, Any]:
    """What a dry run prints that needs no database."""
    book = project.book
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
    return {
        "file": name, "origin": book.origin, "codes": printed,
        "sets": [{"guid": str(s.guid), "name": s.name, "members": [str(m) for m in s.members]} for s in book.sets],
        "texts": [{"name": text.name, "characters": len(text.text), "pieces": len(text.pieces)} for text in project.texts],
        "notes": list(book.notes),
    }  # fmt: skip  # one row of values reads better so


def _reported(report: ProjectReport) -> dict[str, Any]:
    """What an import did, or would do."""
    return {
        **asdict(report.codebook),
        "codings": report.codings,
        "already_there": report.already,
        "texts": [
            {
                "name": text.name,
                "interview": str(text.interview_id) if text.interview_id else None,
                "pieces": text.pieces,
                "added": text.added,
                "already_there": text.already,
                "lost": text.lost,
            }
            for text in report.texts
        ],
        "notes": list(report.notes),
    }


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
