"""The position paper."""

from __future__ import annotations

import time
from pathlib import Path

import click

from config import Settings
from consult.cli.shell import database, main, process_id_of, refusals
from consult.core.db import unit_of_work
from consult.position_paper.types import FILE_KINDS


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
            process_id = process_id_of(session, slug)
        services.aggregate_here(sessions, process_id=process_id, settings=Settings.from_env(), say=click.echo)
        with unit_of_work(sessions) as session:
            files = services.build_outputs(session, process_id=process_id, out=out, settings=Settings.from_env())
    click.echo(f"position paper: {files.html} {files.pdf}")
    click.echo(
        f"sources: {files.sources}, themes: {files.themes}, findings: {files.findings}, seconds: {time.monotonic() - started:.1f}"
    )


@paper.command("export")
@click.argument("slug")
@click.option("--format", "kind", type=click.Choice(FILE_KINDS), required=True, help="Format of the file.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option(
    "--version", "number", type=int, help="Published version; without it the latest, or the draft where there is none."
)
@click.option("--draft", is_flag=True, help="The draft as it is now, even where a version is published.")
@click.option("--consultation", type=click.IntRange(min=1), help="A draft in public consultation, by its number.")
def paper_export(slug: str, kind: str, out: Path, number: int | None, draft: bool, consultation: int | None) -> None:
    """Write the position paper as a file; quotes stand in it as far as consent goes now."""
    from consult.position_paper import services  # noqa: PLC0415  # Loads the typesetter and the writers of documents.

    if sum([number is not None, draft, consultation is not None]) > 1:
        raise click.UsageError("Only one of --version, --draft and --consultation can be asked for.")
    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        found = services.export_paper(
            session,
            process_id=process_id_of(session, slug),
            kind=kind,
            version_number=0 if draft else number,
            draft_number=consultation or 0,
            settings=Settings.from_env(),
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(found.body)
    which = f"version {found.version}" if found.version else f"draft {consultation or ''}".strip()
    click.echo(f"{out}: {which}, {found.findings} findings, {len(found.body)} bytes")


@paper.command("check")
@click.argument("slug")
@click.option("--accepted", is_flag=True, help="Only findings that were accepted, as they would be published.")
def paper_check(slug: str, accepted: bool) -> None:
    """Check every finding's sources, numbers, words of quantity and quotes; exit 1 and list what fails."""
    from consult.position_paper import services  # noqa: PLC0415  # Commands load only the room they call.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        found = services.check_paper(session, process_id=process_id_of(session, slug), accepted_only=accepted)
    if found is None:
        raise click.ClickException("There is no draft yet: run an aggregation first.")
    for line in services.check_lines(found):
        click.echo(line)
    if found.severe:
        raise SystemExit(1)


@paper.command("verify")
@click.argument("slug")
@click.option("--version", "number", type=int, help="Published version; without it the latest.")
def paper_verify(slug: str, number: int | None) -> None:
    """Hold a published version against its manifest: content, inputs and numbers; exit 1 and list what is not the same."""
    from consult.position_paper import services  # noqa: PLC0415  # Commands load only the room they call.

    with refusals(), database() as sessions, unit_of_work(sessions) as session:
        found = services.verify_version(session, process_id=process_id_of(session, slug), number=number)
    if found is None:
        raise click.ClickException("There is no such published version.")
    for line in found.wrong:
        click.echo(f"DIFFERS {line}")
    click.echo(
        f"version {found.version}: {found.sources} cited sources, {found.numbers} numbers counted again, {found.emptied} texts emptied since, "
        f"different: {len(found.wrong)}"
    )
    if found.wrong:
        raise SystemExit(1)
