"""Themes and strategies of a file of texts: no server, no database."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from config import Settings
from consult.analytics.types import Parameters
from consult.cli.shell import FILE, main, refusals
from consult.ports.language_model import language_model

FAST = click.option("--fast", is_flag=True, help="Compare by fixed word vectors: much faster, a little worse.")


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
@click.option("--language", type=click.Choice(["it", "en", "fr"]), help="Of the report; else that of most texts.")
@click.option(
    "--rephrase", is_flag=True, help="Let the configured language model rephrase the quotes, checked and marked."
)
@FAST
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the files.")
def themes(
    file: Path,
    text_column: str,
    by_columns: tuple[str, ...],
    frame_file: Path | None,
    descriptions: Path | None,
    language: str | None,
    rephrase: bool,
    fast: bool,
    out: Path,
) -> None:
    """Find themes in a file of texts: no server, no database."""
    from consult.analytics import tool  # noqa: PLC0415  # Loads the text analytics, which other commands need not wait for.

    settings = Settings.from_env()
    model = language_model(
        url=settings.language_model_url if rephrase else "",
        model=settings.language_model_name,
        key=settings.language_model_key,
        data_dir=settings.data_dir,
        now=lambda: datetime.now(UTC),
    )
    if rephrase and not model.name:
        raise click.UsageError("--rephrase needs LANGUAGE_MODEL_URL and LANGUAGE_MODEL_NAME to be set.")

    def write(instruction: str, texts: list[str], spoken: str) -> str | None:
        return model.write(instruction=instruction, texts=texts, language=spoken)

    with refusals():
        outcome = tool.themes_of_file(
            file,
            text=text_column,
            by=list(by_columns),
            frame=frame_file,
            descriptions=descriptions,
            parameters=Parameters(language=language) if language else None,
            out=out,
            model=settings.model_dir,
            fast=fast or settings.fast_texts,
            write=write if model.name else None,
            written_by=model.name,
            progress=Pace(),
        )
    _tell(outcome)
    click.echo(f"{outcome.themes} themes, {outcome.assigned} of {outcome.rows} rows assigned")


@main.command()
@click.argument("file", type=FILE)
@click.option("--text", "text_column", required=True, help="Column with the texts.")
@click.option("--frame", "frame_file", type=FILE, required=True, help="Frame, as JSON.")
@click.option("--descriptions", type=FILE, help="What each strategy is about, as JSON by code.")
@click.option("--top", type=click.IntRange(min=1), default=3, show_default=True, help="How many strategies for each text.")
@FAST
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="CSV file to write.")
def suggest(
    file: Path, text_column: str, frame_file: Path, descriptions: Path | None, top: int, fast: bool, out: Path
) -> None:
    """Suggest strategies of a frame for each text of a file: no server, no database."""
    from consult.analytics import tool  # noqa: PLC0415  # Loads the text analytics, which other commands need not wait for.

    settings = Settings.from_env()
    with refusals():
        outcome = tool.suggest_for_file(
            file,
            text=text_column,
            frame=frame_file,
            descriptions=descriptions,
            top=top,
            out=out,
            model=settings.model_dir,
            fast=fast or settings.fast_texts,
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
