"""Files that respondents sent with their answers: all of a questionnaire in one archive, and what becomes of one that is replaced.

In the archive each lies in a folder that is called as its answer is in the tables, under the code of its question.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from consult.files import queries as files
from consult.listening.surveys.queries.results import AnswerRow
from consult.listening.surveys.services.working import note_upload
from consult.listening.surveys.types import QuestionnaireRow, QuestionRow
from consult.ports.storage import Storage

#: Nothing is packed closer: documents and pictures are already. No file says when it came: the order of days would tell who sent it.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
#: Of how many answers the files are looked up in one statement.
TOGETHER = 200


def place_in_archive(answer_id: uuid.UUID, question: QuestionRow, name: str) -> str:
    """Where a file lies in the archive; tables of answers say the same."""
    return f"{answer_id}/{question.code or question.id}-{name}"


def write_uploads(
    session: Session,
    path: Path,
    questionnaire: QuestionnaireRow,
    questions: Sequence[QuestionRow],
    rows: Iterator[AnswerRow],
    *,
    storage: Storage,
) -> int:
    """Write the archive piece by piece; returns how many answers were looked through. Bytes that are gone are left out."""
    asked = [question for question in questions if question.kind == "file"]
    done = 0
    with zipfile.ZipFile(path, "w") as archive:
        while some := list(islice(rows, TOGETHER)):
            done += len(some)
            named = {key for row in some for key in files_named(asked, row.values)}
            stored = files.several(session, file_ids=named, process_id=questionnaire.process_id) if named else {}
            for row in some:
                for question in asked:
                    key = _key_of(row.values.get(str(question.id)))
                    file = stored.get(key) if key else None
                    if file is not None:
                        _pack(archive, place_in_archive(row.id, question, file.name), file.storage_key, storage)
    return done


def _pack(archive: zipfile.ZipFile, place: str, storage_key: str, storage: Storage) -> None:
    try:
        pieces = storage.pieces(storage_key)
    except FileNotFoundError:
        return
    with archive.open(zipfile.ZipInfo(place, _NO_TIME), "w") as out:
        for piece in pieces:
            out.write(piece)


def _key_of(note: Any) -> uuid.UUID | None:
    """Which stored file the value of an answer names; None: none."""
    if not isinstance(note, Mapping):
        return None
    try:
        return uuid.UUID(str(note.get("file")))
    except ValueError:
        return None


def files_named(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> set[uuid.UUID]:
    """The stored files that an answer names."""
    keys = [_key_of(values.get(str(question.id))) for question in questions if question.kind == "file"]
    return {key for key in keys if key is not None}


def let_go(
    session: Session,
    *,
    questionnaire_id: uuid.UUID,
    questions: Sequence[QuestionRow],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    """Note the files that an answer named and names no more: they go some days later, as those of sheets that were never sent."""
    for key in sorted(files_named(questions, before) - files_named(questions, after)):
        note_upload(session, file_id=key, questionnaire_id=questionnaire_id, now=now)
