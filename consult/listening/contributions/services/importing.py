"""Files of answers: looked at, mapped, imported by a job, undone as a whole. The command line calls the same."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.analytics.tabular import Table
from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.reading.running import BRIEF, LONG, Told
from consult.core.sentences import Sentence, parts_of
from consult.core.vocabulary import ThingKind
from consult.files import queries as files
from consult.files.models import StoredFile
from consult.files.services import content, forget, keep
from consult.files.types import FileKind, FileRow, Upload
from consult.listening.contributions.rules import MAPPED, read_day
from consult.listening.contributions.services import tables
from consult.listening.sources.models import Source, SourceImport
from consult.listening.sources.services import import_rows, withdraw_many
from consult.listening.sources.types import BadRow, ImportReport, ImportRow
from consult.ports.storage import Storage

#: So many sources are taken back while somebody waits; more by the worker.
UNDONE_AT_ONCE = 5_000
READING = "contributions.read_file"


def bring_file(
    session: Session, *, process_id: uuid.UUID, upload: Upload, storage: Storage, actor: Actor, now: datetime
) -> uuid.UUID:
    """Keep a file of answers, to be mapped; returns the key of the import. A large one is read by the worker first.

    Raises Invalid for a file that holds no table.
    """
    large = tables.is_large(upload.kind, len(upload.data))
    if not large:
        tables.with_rows(tables.read_answers(upload.data, upload.kind))
    file_id = keep(session, upload=upload, process_id=process_id, storage=storage, actor=actor, now=now)
    row = _draft(session, process_id, file_id, upload.name, actor, now)
    if large:
        _ask_to_read(session, row, actor)
    return row.id


def _ask_to_read(session: Session, row: SourceImport, actor: Actor) -> None:
    row.state = "reading"
    jobs.enqueue(session, READING, key=row.id, import_id=row.id, by=actor.account_id)
    session.flush()


def run_reading(
    session: Session, *, import_id: uuid.UUID, storage: Storage, actor: Actor, now: datetime, told: Told | None = None
) -> None:
    """Read a large file and keep its table as plain rows in its place; one that can't be read says why. Safe to run again."""
    # Not held meanwhile: how far it is stands in transactions of their own. Nobody else may do anything with it in this state.
    row = session.execute(
        select(SourceImport).where(SourceImport.id == import_id, SourceImport.state == "reading")
    ).scalar_one_or_none()
    if row is None:
        return
    try:
        stored = _stored(session, row)
        data = content(stored, storage=storage)
        table = tables.with_rows(tables.read_answers(data, stored.kind, patience=LONG, told=told))
    except (Invalid, NotFound) as error:
        row.state, row.failure, row.ended_at = "failed", str(error.said_of("file"))[:300], now
    else:
        plain = Upload(stored.name, FileKind.json, tables.to_keep(table))
        row.file_id = keep(session, upload=plain, process_id=row.process_id, storage=storage, actor=actor, now=now)
        row.state, row.seen, row.total = "draft", 0, len(table.rows)
        session.flush()
        _forget_unless_shared(session, stored.id)
    session.flush()


def _forget_unless_shared(session: Session, file_id: uuid.UUID) -> None:
    """The file as it was brought goes, unless another import, begun with the same file, still has to read it.

    Of readings at once the last one sees that it is the last. Imports that failed let go of the file: its rows are read now.
    """
    same = SourceImport.file_id == file_id
    failed = same & (SourceImport.state == "failed")
    # Whoever begins again with it holds the import first, then the file: in the same order here.
    session.execute(select(SourceImport.id).where(failed).order_by(SourceImport.id).with_for_update())
    session.execute(select(StoredFile.id).where(StoredFile.id == file_id).with_for_update())
    waiting = select(SourceImport.id).where(same, SourceImport.state != "failed").limit(1)
    if session.execute(waiting).first() is None:
        session.execute(update(SourceImport).where(failed).values(file_id=None))
        forget(session, file_ids=[file_id])


def _draft(
    session: Session, process_id: uuid.UUID, file_id: uuid.UUID | None, name: str, actor: Actor, now: datetime
) -> SourceImport:
    row = SourceImport(
        process_id=process_id, file_id=file_id, name=name, state="draft", mapping={}, bad=[], notes=[],
        created_by=actor.account_id, created_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(row)
    session.flush()
    return row


def _locked(session: Session, process_id: uuid.UUID, import_id: uuid.UUID) -> SourceImport:
    row = session.execute(
        select(SourceImport)
        .where(SourceImport.id == import_id, SourceImport.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questo file non c’è.")
    return row


def another_column(
    session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID, actor: Actor, now: datetime
) -> uuid.UUID:
    """Begin again with the same file, for another question of the same answers; returns the key of the new import."""
    row = _locked(session, process_id, import_id)
    made = _draft(session, process_id, row.file_id, row.name, actor, now)
    stored = _stored(session, row)
    if tables.is_large(stored.kind, stored.size):
        _ask_to_read(session, made, actor)
    elif stored.kind == FileKind.json:
        made.total = row.total
    return made.id


def _stored(session: Session, row: SourceImport | None) -> FileRow:
    """The file of an import. Raises NotFound."""
    stored = files.one(session, file_id=row.file_id, process_id=row.process_id) if row and row.file_id else None
    if stored is None:
        raise NotFound("Questo file non c’è.")
    return stored


def _file_of(session: Session, process_id: uuid.UUID, import_id: uuid.UUID) -> FileRow:
    row = session.execute(
        select(SourceImport).where(SourceImport.id == import_id, SourceImport.process_id == process_id)
    ).scalar_one_or_none()
    return _stored(session, row)


def cells_in_storage(
    session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID, lines: Collection[int], storage: Storage
) -> tuple[tuple[str, ...], dict[int, list[str]]]:
    """The names of the columns of an import's file, and what stood in some of its lines. Raises NotFound, Invalid."""
    stored = _file_of(session, process_id, import_id)
    return tables.cells_of(content(stored, storage=storage), stored.kind, lines)


def table_in_storage(
    session: Session,
    *,
    process_id: uuid.UUID,
    import_id: uuid.UUID,
    storage: Storage,
    whole: bool = False,
    told: Told | None = None,
) -> tuple[Table, bool]:
    """The table in the file of an import, and whether it is all of it: of a large one that was kept only the first rows, but for who asks
    for the `whole`, and has time. Raises NotFound, Invalid."""
    stored = _file_of(session, process_id, import_id)
    data = content(stored, storage=storage)
    if stored.kind == FileKind.json and not whole:
        return tables.table_again(data, most=tables.FIRST_ROWS), False
    return tables.read_answers(data, stored.kind, patience=LONG if whole else BRIEF, told=told), True


def start_import(
    session: Session,
    *,
    process_id: uuid.UUID,
    import_id: uuid.UUID,
    mapping: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> None:
    """Ask for the import with this mapping (column by what it holds). Raises Invalid where it was asked for already."""
    row = _locked(session, process_id, import_id)
    if row.state == "reading":
        raise Conflict("Il file si sta ancora leggendo: tra poco si può andare avanti.")
    if row.state != "draft":
        raise Invalid("Questo file è già stato importato.")
    chosen = {name: column for name, column in mapping.items() if name in MAPPED and column}
    if not chosen.get("text"):
        raise Invalid("Serve la colonna con i testi.", {"text": "Scegli la colonna con i testi."})
    row.mapping, row.state = chosen, "queued"
    jobs.enqueue(session, "contributions.import_file", key=import_id, import_id=import_id, by=actor.account_id)
    record(
        session,
        actor=actor,
        action="sources.import_asked",
        kind=ThingKind.process,
        object_id=process_id,
        process_id=process_id,
        file_import=import_id,
    )
    session.flush()


def run_import(
    session: Session, *, import_id: uuid.UUID, storage: Storage, actor: Actor, now: datetime, told: Told | None = None
) -> None:
    """Do an import that was asked for; one that can't be done says why and adds nothing. Safe to run again."""
    process_id = session.execute(
        select(SourceImport.process_id).where(SourceImport.id == import_id)
    ).scalar_one_or_none()
    if process_id is None:
        return
    # Not held meanwhile: how far it is stands in transactions of their own. Nobody else may do anything with it in this state.
    row = session.execute(
        select(SourceImport).where(SourceImport.id == import_id, SourceImport.state == "queued")
    ).scalar_one_or_none()
    if row is None:
        return
    try:
        table, _whole = table_in_storage(
            session, process_id=process_id, import_id=import_id, storage=storage, whole=True, told=told
        )
        report = _import(session, row, table, actor=actor, now=now, told=told)
    except (Invalid, NotFound) as error:
        row.state, row.failure, row.ended_at = "failed", str(error.message)[:300], now
    else:
        _finish(row, report, now)
    session.flush()


def note_rows(session: Session, *, import_id: uuid.UUID, seen: int, total: int) -> None:
    """How far the worker is, in a transaction of its own."""
    session.execute(update(SourceImport).where(SourceImport.id == import_id).values(seen=seen, total=total))


def fail_import(session: Session, *, import_id: uuid.UUID, now: datetime) -> None:
    """Say that a fault stopped the worker, in a transaction of its own: nothing came in, and the file may be tried again."""
    session.execute(
        update(SourceImport)
        .where(SourceImport.id == import_id, SourceImport.state.in_(("queued", "reading")))
        .values(state="failed", ended_at=now, failure=str(jobs.NOTHING_CAME_IN))
    )


def _finish(row: SourceImport, report: ImportReport, now: datetime) -> None:
    row.state, row.ended_at, row.added, row.already_there = "done", now, report.added, report.already_there
    row.bad = [[bad.line, *parts_of(bad.reason)] for bad in report.bad]
    row.notes = [parts_of(note) for note in report.notes]


def _import(
    session: Session, row: SourceImport, table: Table, *, actor: Actor, now: datetime, told: Told | None = None
) -> ImportReport:
    mapping: dict[str, str] = row.mapping
    for column in mapping.values():
        if column not in table.columns:
            raise Invalid(Sentence("Nel file non c’è la colonna «%(name)s».", name=column[:80]))
    text_column = mapping["text"]
    unread = 0

    def cell(values: Mapping[str, str], name: str) -> str | None:
        return values[mapping[name]] if name in mapping else None

    rows = []
    for good in table.rows:
        typed = cell(good.values, "date")
        said_on = read_day(typed, latest=now.date()) if typed else None
        unread += bool(typed and said_on is None and good.values[text_column].strip())
        asked = cell(good.values, "question") if "question" in mapping else text_column
        rows.append(
            ImportRow(
                line=good.line, text=good.values[text_column], zone=cell(good.values, "place"), speaker=cell(good.values, "speaker"),
                language=cell(good.values, "language"), said_on=said_on, asked=" ".join((asked or "").split())[:500],
            )
        )  # fmt: skip  # one row of values reads better so
    report = import_rows(
        session, process_id=row.process_id, rows=rows, actor=actor, now=now, column=text_column, import_id=row.id,
        told=told,
    )  # fmt: skip  # one call reads better so
    unreadable = [BadRow(bad.line, table_reason(bad.reason, len(bad.fields), len(table.columns))) for bad in table.bad]
    notes = list(report.notes)
    if unread:
        notes.append(Sentence("Righe con una data che non si legge: %(n)s. Lì la data è rimasta vuota.", n=unread))
    return ImportReport(
        added=report.added,
        already_there=report.already_there,
        bad=tuple(sorted([*unreadable, *report.bad], key=lambda bad: bad.line)),
        notes=tuple(notes),
    )


def table_reason(reason: str, fields: int, wanted: int) -> str:
    """Why a row is no row, in a sentence that pages can translate."""
    if fields:
        return Sentence("La riga ha %(n)s campi invece di %(m)s.", n=fields, m=wanted)
    return Sentence("La riga non si legge: di solito manca una virgoletta.")


def undo_import(
    session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID, actor: Actor, now: datetime
) -> int | None:
    """Take a whole import back: its sources are withdrawn with history, what cites them becomes stale; returns how many.

    The same file may then be imported again. Sources that somebody withdrew or hid in the meantime stay as they are.
    Returns nothing where there are so many that the worker does it.
    """
    row = _locked(session, process_id, import_id)
    if row.state != "done":
        raise Invalid("Questo file non è stato importato, o è già stato tolto.")
    if row.added > UNDONE_AT_ONCE:
        row.state = "undoing"
        row.failure = ""
        jobs.enqueue(session, "contributions.undo_import", import_id=import_id, by=actor.account_id)
        session.flush()
        return None
    return _undo(session, row, actor=actor, now=now)


def fail_undo(session: Session, *, import_id: uuid.UUID) -> None:
    """Say that a fault stopped the worker, in a transaction of its own: all stands as it did, and may be tried again."""
    session.execute(
        update(SourceImport)
        .where(SourceImport.id == import_id, SourceImport.state == "undoing")
        .values(state="done", failure=str(jobs.NOTHING_WENT_OUT))
    )


def run_undo(session: Session, *, import_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Take back a large import, as somebody asked. Safe to run again."""
    row = session.execute(
        select(SourceImport).where(SourceImport.id == import_id, SourceImport.state == "undoing").with_for_update()
    ).scalar_one_or_none()
    if row is not None:
        _undo(session, row, actor=actor, now=now)


def _undo(session: Session, row: SourceImport, *, actor: Actor, now: datetime) -> int:
    process_id, import_id = row.process_id, row.id
    gone = withdraw_many(
        session, process_id=process_id, which=Source.import_id == import_id, reason_code="mistake", actor=actor, now=now
    )
    row.state, row.ended_at = "undone", now
    record(
        session, actor=actor, action="sources.import_undone", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        file_import=import_id, withdrawn=gone,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return gone


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
    date_column: str | None = None,
    question_column: str | None = None,
) -> ImportReport:
    """Import a CSV, TSV or XLSX file of open answers at once; delimiter and encoding are found. Importing it twice adds nothing.

    Good rows are kept, bad ones are listed with line and reason. Raises Invalid for a file that is no table or lacks a column.
    """
    data = path.read_bytes()
    kind = FileKind.xlsx if data.startswith(b"PK") else FileKind.csv
    table = tables.read_answers(data, kind, patience=LONG)
    given = {
        "text": text_column, "place": zone_column, "speaker": speaker_column, "language": language_column, "date": date_column,
        "question": question_column,
    }  # fmt: skip  # one row of values reads better so
    mapping = {name: column for name, column in given.items() if column}
    for column in mapping.values():
        if column not in table.columns:
            raise Invalid(
                Sentence(
                    "Nel file non c’è la colonna «%(name)s». Ci sono: %(all)s.",
                    name=column,
                    all=", ".join(table.columns),
                )
            )
    row = _draft(session, process_id, None, path.name[:200], actor, now)
    row.mapping = mapping
    report = _import(session, row, table, actor=actor, now=now)
    _finish(row, report, now)
    session.flush()
    return report
