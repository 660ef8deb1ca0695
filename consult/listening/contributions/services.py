"""Writes on contributions: taking one, importing a file of them, export and erasure of a person's own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.analytics.tabular import TableError, read_table
from consult.audit.services import record
from consult.core.errors import Invalid
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Channel, PhaseKind, ThingKind
from consult.listening.contributions.models import Contribution
from consult.listening.contributions.queries import own
from consult.listening.sources.rules import new_receipt_code, receipt_hash
from consult.listening.sources.services import add_source, change_source, import_rows
from consult.listening.sources.types import BadRow, ImportReport, ImportRow
from consult.process.services import hold_phase_open, remember_notice

ERASED_TEXT = "[testo tolto su richiesta di chi lo aveva scritto]"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What taking a contribution gives back; the code is shown once and only its hash is kept."""

    contribution_id: uuid.UUID
    source_id: uuid.UUID
    code: str


def submit(
    session: Session,
    *,
    process_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    zone_id: uuid.UUID | None = None,
    municipality_id: uuid.UUID | None = None,
    speaker_kind: str | None = None,
    publish: bool = False,
    notice_id: uuid.UUID | None = None,
    on_paper: bool = False,
    code: str | None = None,
) -> Submitted:
    """Take a contribution while listening is open. `code`: the receipt code minted with the form, so that a replay finds it.

    On paper, `actor` is the operator who types it, never the author. Raises PhaseClosed, Invalid.
    """
    hold_phase_open(session, process_id=process_id, kinds=[PhaseKind.listening])
    code_hash = receipt_hash(code or "")
    if code is None or code_hash is None:
        code = new_receipt_code()
        code_hash = receipt_hash(code)
    source_id = add_source(
        session,
        process_id=process_id,
        channel=Channel.contribution,
        text=text,
        zone_id=zone_id,
        municipality_id=municipality_id,
        speaker_kind=speaker_kind,
        visibility="public" if publish else "internal",
        quotable="anonymous" if publish else "none",
        said_on=now.date(),
        actor=actor,
        now=now,
    )
    contribution_id = session.execute(
        insert(Contribution)
        .values(
            process_id=process_id,
            source_id=source_id,
            account_id=None if on_paper else actor.account_id,
            receipt_hash=code_hash,
            on_paper=on_paper,
            notice_id=notice_id,
            given_on=now.date(),
        )
        .on_conflict_do_nothing(index_elements=["receipt_hash"])
        .returning(Contribution.id)
    ).scalar_one_or_none()
    if contribution_id is None:
        raise Invalid("Questo contributo è già stato ricevuto: la ricevuta è quella mostrata la prima volta.")
    if not on_paper:
        remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.contribution, now=now)
    record(
        session,
        actor=actor,
        action="contribution.entered_on_paper" if on_paper else "contribution.given",
        kind=ThingKind.contribution,
        object_id=contribution_id,
        process_id=process_id,
    )
    session.flush()
    return Submitted(contribution_id, source_id, code)


def import_file(
    session: Session,
    *,
    process_id: uuid.UUID,
    path: Path,
    text_column: str,
    actor: Actor,
    now: datetime,
    zone_column: str | None = None,
    speaker_column: str | None = None,
    language_column: str | None = None,
) -> ImportReport:
    """Import a CSV or TSV file of open answers; delimiter and encoding are found. Importing it twice adds nothing.

    Good rows are kept, bad ones are listed with line and reason. Raises Invalid for a file that is no table or lacks a column.
    """
    try:
        table = read_table(path, column=text_column)
        for column in filter(None, (zone_column, speaker_column, language_column)):
            table.require(column)
    except TableError as error:
        raise Invalid(str(error)) from error
    rows = (
        ImportRow(
            line=row.line,
            text=row.values[text_column],
            zone=row.values[zone_column] if zone_column else None,
            speaker=row.values[speaker_column] if speaker_column else None,
            language=row.values[language_column] if language_column else None,
        )
        for row in table.rows
    )
    report = import_rows(session, process_id=process_id, rows=rows, actor=actor, now=now, column=text_column)
    unreadable = [BadRow(row.line, row.reason) for row in table.bad]
    bad = tuple(sorted([*unreadable, *report.bad], key=lambda row: row.line))
    return ImportReport(added=report.added, already_there=report.already_there, bad=bad, notes=report.notes)


class OwnContributions:
    """A person's contributions, for export and erasure (`core.protocols.PersonalData`)."""

    name = "contributi"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """All contributions the person gave while signed in."""
        return [
            {
                "processo": row.process_title,
                "testo": row.text,
                "dato_il": row.given_on.isoformat(),
                "stato": row.state,
                "visibilita": row.visibility,
                "fonte": str(row.source_id),
            }
            for row in own(session, account_id=account_id, limit=100_000)
        ]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Take the person and their words away; the contribution stays counted, and what cites it becomes stale."""
        rows = session.execute(
            select(Contribution.process_id, Contribution.source_id)
            .where(Contribution.account_id == account_id)
            .order_by(Contribution.id)
        ).all()
        for process_id, source_id in rows:
            change_source(
                session,
                process_id=process_id,
                source_id=source_id,
                change="redact",
                text=ERASED_TEXT,
                reason_code="author_asked",
                actor=SYSTEM,
                now=now,
            )
            change_source(
                session,
                process_id=process_id,
                source_id=source_id,
                change="withdraw",
                reason_code="author_asked",
                actor=SYSTEM,
                now=now,
            )
        session.execute(update(Contribution).where(Contribution.account_id == account_id).values(account_id=None))
        session.flush()


PERSONAL_DATA = OwnContributions()
