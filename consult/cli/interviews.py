"""Transcripts of interviews."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config import Settings
from consult.cli.shell import FILE, Refusal, database, main, refusals
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import SYSTEM

if TYPE_CHECKING:
    from consult.listening.interviews.rules import Transcript


@main.group()
def transcript() -> None:
    """What was said in interviews."""


@transcript.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Print the passages as JSON and store nothing; needs no database.")
@click.option("--interview", help="Key of the interview, as in its address; needed to store.")
@click.option("--interviewer", "interviewers", multiple=True, help="A voice that asks; may be given again.")
def transcript_import(file: Path, dry_run: bool, interview: str | None, interviewers: tuple[str, ...]) -> None:
    """Read a transcript (DOCX, ODT, TXT, Markdown, SRT, VTT): who speaks, when, what."""
    from consult.files.services import read_upload  # noqa: PLC0415  # Commands load only the room they call.
    from consult.listening.interviews import rules, services  # noqa: PLC0415  # Commands load only the room they call.
    from consult.ports.storage import storage_for  # noqa: PLC0415  # Commands load only the room they call.

    with refusals():
        with file.open("rb") as stream:
            upload = read_upload(stream, file.name, kinds=services.KINDS)
        found = services.read_transcript(upload)
        if interviewers:
            found = rules.with_interviewers(found, interviewers)
        if dry_run:
            click.echo(json.dumps(_printed(file.name, found), ensure_ascii=False, indent=1))
            return
        if interview is None:
            raise Refusal(
                "Which interview is it? Give --interview KEY to store the passages, or --dry-run to see them."
            )
        try:
            key = uuid.UUID(interview)
        except ValueError as error:
            raise Refusal(f"«{interview}» is no key of an interview: copy it from the address of its page.") from error
        settings = Settings.from_env()
        with database() as sessions, unit_of_work(sessions) as session:
            now = database_now(session)
            process_id = services.process_of(session, interview_id=key)
            original = services.keep_file(
                session, process_id=process_id, interview_id=key, upload=upload, storage=storage_for(settings), actor=SYSTEM, now=now
            )  # fmt: skip  # one row of values reads better so
            made = services.confirm_file(
                session, process_id=process_id, interview_id=key, original_id=original, actor=SYSTEM, now=now,
                interviewers=[speaker.name for speaker in found.speakers if speaker.asks],
            )  # fmt: skip  # one row of values reads better so
    told = {"interview": str(key), "passages": len(found.turns), "sources": len(made.sources), "left_out": made.left_out}
    click.echo(json.dumps(told))


def _printed(name: str, found: Transcript) -> dict[str, Any]:
    """What a dry run prints."""
    return {
        "file": name,
        "layout": found.layout,
        "passages": [
            {
                "position": number,
                "speaker": turn.speaker,
                "time": _clock(turn.at),
                "seconds": turn.at / 1000 if turn.at is not None else None,
                "asked": turn.asked,
                "text": turn.text,
            }
            for number, turn in enumerate(found.turns, 1)
        ],
        "speakers": [{"name": s.name, "passages": s.turns, "words": s.words, "asks": s.asks} for s in found.speakers],
        "interviewer_is_certain": found.sure,
        "left_out": list(found.left_out),
    }


def _clock(at: int | None) -> str | None:
    if at is None:
        return None
    seconds = at // 1000
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
