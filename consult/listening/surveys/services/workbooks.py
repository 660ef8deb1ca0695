"""The file of an import of answers: its bytes, its first rows, and a large workbook that is read once and kept as plain rows."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.reading.running import Told
from consult.core.sentences import parts_of
from consult.files import queries as files
from consult.files.services import content, forget, keep
from consult.files.types import FileKind, Upload
from consult.listening.surveys import queries
from consult.listening.surveys.models import AnswerImport
from consult.listening.surveys.rules import responses
from consult.listening.surveys.rules.tables import Table
from consult.listening.surveys.services import tables
from consult.ports.storage import Storage


def bytes_of(session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID, storage: Storage) -> bytes:
    """The file of an import that was not taken in yet. Raises NotFound."""
    row = session.execute(select(AnswerImport.file_id).where(AnswerImport.id == import_id)).scalar_one_or_none()
    file = files.one(session, file_id=row, process_id=process_id) if row else None
    if file is None:
        raise NotFound("Questo file è già stato preso, o non c’è più.")
    return content(file, storage=storage)


def first_rows(session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID, storage: Storage) -> Table:
    """Headings and first rows of the file of an import that was not taken in yet. Raises NotFound."""
    return tables.first_rows(bytes_of(session, process_id=process_id, import_id=import_id, storage=storage))


def guess(session: Session, questionnaire_id: uuid.UUID, table: Table) -> dict[str, str]:
    """What the columns of a table most likely answer, by their number."""
    questions = queries.questions(session, questionnaire_id=questionnaire_id)
    return {str(n): target for n, target in responses.guess(table.headings, questions).items()}


def read_workbook(
    session: Session, row: AnswerImport, *, process_id: uuid.UUID, storage: Storage, progress: Told, actor: Actor, now: datetime
) -> None:  # fmt: skip  # one row of names reads better so
    """Keep a large workbook as plain rows in its place, and guess what its columns answer. What can't be read says why, and goes."""
    came = row.file_id
    try:
        data = bytes_of(session, process_id=process_id, import_id=row.id, storage=storage)
        plain, table = tables.to_keep(data, told=progress)
    except (Invalid, NotFound) as error:
        row.state, row.failure, row.file_id = "refused", parts_of(error.said_of("file")), None
    else:
        upload = Upload(row.name, FileKind.json, plain)
        row.file_id = keep(session, upload=upload, process_id=process_id, storage=storage, actor=actor, now=now)
        row.state, row.seen, row.total = "mapping", 0, len(table.rows)
        row.mapping = guess(session, row.questionnaire_id, table)
    forget(session, file_ids=[came] if came else [])
