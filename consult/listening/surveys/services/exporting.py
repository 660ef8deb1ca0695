"""Files of answers: asked for on the page, written by the worker piece by piece with real progress, deleted after some days.

Never all answers in memory: they are read by key in batches, and the workbook is written row by row. A file holds what the answers
hold: no person and no time, in the order of random keys.
"""

from __future__ import annotations

import csv
import json
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config import Settings
from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.spreadsheets import csv_lines, safe_cell
from consult.core.vocabulary import ThingKind
from consult.core.workbooks import BookWriter
from consult.files import services as files
from consult.files.types import FileKind
from consult.framework import queries as framework
from consult.listening.surveys import queries
from consult.listening.surveys.models import Questionnaire, SurveyFile
from consult.listening.surveys.queries.results import AnswerRow
from consult.listening.surveys.services.columns import Column, Words, columns_of, dictionary_rows
from consult.listening.surveys.services.printing import print_sheet
from consult.listening.surveys.services.uploads import write_uploads
from consult.listening.surveys.types import QuestionnaireRow
from consult.ports.storage import Storage
from consult.process.models import Process

KINDS = ("csv", "codes", "xlsx", "json", "dictionary", "sheet", "uploads")
ENDINGS = {
    "csv": ("csv", FileKind.csv), "codes": ("csv", FileKind.csv), "xlsx": ("xlsx", FileKind.xlsx), "json": ("json", FileKind.json),
    "dictionary": ("csv", FileKind.csv), "sheet": ("pdf", FileKind.pdf), "uploads": ("zip", FileKind.zip),
}  # fmt: skip  # pairs read better side by side
KEPT = timedelta(days=7)
BATCH = 1000
Progress = Callable[[int, int], None]


def ask_for_file(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    kind: str,
    language: str,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Ask for a file; the one that is being written already is given instead of a second. Raises NotFound, Invalid."""
    if kind not in KINDS:
        raise Invalid("Questo tipo di file non esiste.")
    row = session.execute(
        select(Questionnaire.id)
        .where(Questionnaire.id == questionnaire_id, Questionnaire.process_id == process_id)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questo questionario non c’è.")
    under_way = session.execute(
        select(SurveyFile.id)
        .where(
            SurveyFile.questionnaire_id == questionnaire_id,
            SurveyFile.kind == kind,
            SurveyFile.language == language,
            SurveyFile.state.in_(("waiting", "writing")),
            SurveyFile.asked_at > now - timedelta(hours=1),
        )
        .order_by(SurveyFile.asked_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    # One that was asked for before words were taken back would arrive closed.
    row_under_way = under_way and queries.file(session, file_id=under_way, questionnaire_id=questionnaire_id)
    if row_under_way and not row_under_way.outdated:
        return row_under_way.id
    file = SurveyFile(
        questionnaire_id=questionnaire_id, kind=kind, language=language, state="waiting", asked_by=actor.account_id, asked_at=now
    )  # fmt: skip  # one row of values reads better so
    session.add(file)
    session.flush()
    jobs.enqueue(session, "surveys.write_file", key=file.id, file_id=file.id)
    record(
        session, actor=actor, action="questionnaire.file_asked", kind=ThingKind.questionnaire, object_id=questionnaire_id,
        process_id=process_id, format=kind,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return file.id


def begin_file(session: Session, *, file_id: uuid.UUID) -> None:
    """Say that the worker has begun, in a transaction of its own."""
    session.execute(update(SurveyFile).where(SurveyFile.id == file_id).values(state="writing", done=0))


def note_progress(session: Session, *, file_id: uuid.UUID, done: int, total: int) -> None:
    """How far the worker is, in a transaction of its own."""
    session.execute(update(SurveyFile).where(SurveyFile.id == file_id).values(done=done, total=total))


def fail_file(session: Session, *, file_id: uuid.UUID) -> None:
    """Say that the file will not come."""
    session.execute(
        update(SurveyFile).where(SurveyFile.id == file_id, SurveyFile.state != "ready").values(state="failed")
    )


def write_file(
    session: Session, *, file_id: uuid.UUID, storage: Storage, progress: Progress, settings: Settings, now: datetime
) -> None:
    """Write the file and keep it. Safe to run again: an earlier half is overwritten."""
    file = session.execute(select(SurveyFile).where(SurveyFile.id == file_id)).scalar_one_or_none()
    if file is None or file.state == "ready":
        return
    questionnaire = queries.questionnaire(session, questionnaire_id=file.questionnaire_id)
    if questionnaire is None:
        return
    with _part() as path:
        done = _write(session, questionnaire, file.kind, file.language, path, progress, settings, storage, now)
        size = path.stat().st_size
        ending, kind = ENDINGS[file.kind]
        key = files.keep_written(
            session, path=path, name=f"{file.kind}-{questionnaire.title}"[:80] + f".{ending}", kind=kind,
            process_id=questionnaire.process_id, storage=storage, actor=Actor(account_id=file.asked_by), now=now,
        )  # fmt: skip  # one row of values reads better so
    file.state, file.done, file.total = "ready", done, done
    file.file_id, file.size, file.ready_at = key, size, now
    session.flush()


@contextmanager
def _part() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="answers-"))
    try:
        yield folder / "file"
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _write(
    session: Session,
    questionnaire: QuestionnaireRow,
    kind: str,
    language: str,
    path: Path,
    progress: Progress,
    settings: Settings,
    storage: Storage,
    now: datetime,
) -> int:
    words = words_of(session, questionnaire, language)
    questions = queries.questions(session, questionnaire_id=questionnaire.id)
    if kind == "sheet":
        path.write_bytes(print_sheet(session, questionnaire, questions, words, settings=settings, now=now))
        return len(questions)
    columns = columns_of(questions, words)
    if kind == "dictionary":
        path.write_text("".join(csv_lines(*_split(dictionary_rows(columns, words)))), "utf-8")
        return len(columns)
    total = queries.progress(session, questionnaire_id=questionnaire.id).counted
    progress(0, total)
    rows = _told(queries.answers(session, questionnaire_id=questionnaire.id, batch=BATCH), total, progress)
    if kind == "uploads":
        return write_uploads(session, path, questionnaire, questions, rows, storage=storage)
    if kind == "json":
        return _json(path, questionnaire, columns, words, rows)
    if kind == "xlsx":
        return _workbook(path, columns, words, rows)
    done = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        table = _Table(columns, words, coded=kind == "codes")
        out.write("\ufeff")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([safe_cell(cell) for cell in table.head()])
        for row in rows:
            writer.writerow([safe_cell(cell) for cell in table.row(row)])
            done += 1
    return done


def _split(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    return rows[0], rows[1:]


def _told(rows: Iterator[AnswerRow], total: int, progress: Progress) -> Iterator[AnswerRow]:
    for done, row in enumerate(rows, 1):
        yield row
        if done % BATCH == 0:
            progress(done, max(total, done))


def words_of(session: Session, questionnaire: QuestionnaireRow, language: str) -> Words:
    """The words of places and of the plan's frame, and our own in a language."""
    process = session.get_one(Process, questionnaire.process_id)
    zones = framework.zones(session, territory_id=process.territory_id)
    towns = framework.municipalities(session, territory_id=process.territory_id)
    strategies = framework.strategies(session, frame_id=process.frame_id)
    axes = framework.axes(session, frame_id=process.frame_id)
    return Words(
        language,
        places={f"z:{z.id}": f"{z.code} {z.name}" for z in zones} | {f"m:{t.id}": t.name for t in towns},
        strategies={s.code: f"{s.code} {s.title}" for s in strategies},
        axes={str(a.number): f"{a.number} {a.title}" for a in axes},
    )


class _Table:
    """Answers as rows of cells."""

    def __init__(self, columns: Sequence[Column], words: Words, *, coded: bool) -> None:
        self.columns, self.words, self.coded = columns, words, coded

    def head(self) -> list[object]:
        """The names of the columns: codes in the coded table, the questions themselves in the other."""
        _ = self.words.say
        own = [_("risposta"), _("zona"), _("tipo di voce"), _("su carta")]
        names = [
            c.question.code or c.key if self.coded else f"{place}. {c.question.text}"
            for place, c in enumerate(self.columns, 1)
        ]
        return [*own, *names]

    def row(self, answer: AnswerRow) -> list[object]:
        """One answer."""
        values, words = answer.values, self.words
        kind = answer.speaker_kind or ""
        if self.coded:
            cells = [column.coded(values) for column in self.columns]
            own = [str(answer.id), answer.zone_code or "", kind, int(answer.on_paper)]
        else:
            cells = [column.labelled(values) for column in self.columns]
            zone = f"{answer.zone_code} {answer.zone_name}" if answer.zone_code else ""
            own = [str(answer.id), zone, words.speakers.get(kind, kind), words.yes if answer.on_paper else words.no]
        return [*own, *cells]


def _workbook(path: Path, columns: Sequence[Column], words: Words, rows: Iterator[AnswerRow]) -> int:
    """Three sheets: answers in words, answers in codes, and what columns and codes mean."""
    _ = words.say
    tables = [_Table(columns, words, coded=coded) for coded in (False, True)]
    done = 0
    with BookWriter(path, [_("Risposte"), _("Codici"), _("Dizionario")]) as book:
        for sheet, table in enumerate(tables):
            book.head(sheet, table.head(), [14] * 4 + [24] * len(columns))
        for answer in rows:
            done += 1
            for sheet, table in enumerate(tables):
                book.row(sheet, table.row(answer))
        head, *lines = dictionary_rows(columns, words)
        book.head(len(tables), head, [30] * len(head))
        for line in lines:
            book.row(len(tables), line)
    return done


def _json(
    path: Path, questionnaire: QuestionnaireRow, columns: Sequence[Column], words: Words, rows: Iterator[AnswerRow]
) -> int:
    """One object: the questions with what their codes mean, and the answers in codes with their words beside."""
    questions = [
        {
            "code": c.question.code or c.key, "text": c.question.text, "kind": c.question.kind, "page": c.question.page,
            "required": c.question.required, "options": [{"code": o.code, "label": o.label} for o in c.question.options],
            "rows": [{"code": r.code, "label": r.label} for r in c.question.rows], "condition": c.question.condition,
        }
        for c in columns
    ]  # fmt: skip  # one row of values reads better so
    done = 0
    with path.open("w", encoding="utf-8") as out:
        head = {"format": "consult-answers/1", "title": questionnaire.title, "privacy": questionnaire.privacy}
        out.write(json.dumps(head, ensure_ascii=False)[:-1])
        out.write(f', "questions": {json.dumps(questions, ensure_ascii=False)}, "answers": [')
        for done, row in enumerate(rows, 1):
            answer = {
                "id": str(row.id), "zone": row.zone_code, "speaker": row.speaker_kind, "on_paper": row.on_paper,
                "values": {c.question.code or c.key: row.values.get(c.key) for c in columns},
                "words": {c.question.code or c.key: c.labelled(row.values) for c in columns},
            }  # fmt: skip  # one row of values reads better so
            out.write((",\n" if done > 1 else "\n") + json.dumps(answer, ensure_ascii=False))
        out.write("\n]}\n")
    return done


def delete_files(session: Session, *, now: datetime) -> int:
    """Forget the files that were asked for some days ago; returns how many."""
    gone = session.execute(
        delete(SurveyFile).where(SurveyFile.asked_at < now - KEPT).returning(SurveyFile.file_id)
    ).scalars().all()  # fmt: skip  # one chain reads better so
    files.forget(session, file_ids=[key for key in gone if key])
    return len(gone)
