"""Answers collected elsewhere: a file is brought, its columns are mapped, its rows looked at, taken in, and taken out again.

A small file is looked at and taken in while somebody waits; a large one by the worker, which says how far it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ARRAY, Uuid, any_, delete, func, literal, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.reading.running import Told
from consult.core.sentences import parts_of
from consult.core.vocabulary import ThingKind
from consult.files.services import forget, keep
from consult.files.types import Upload
from consult.listening.sources.models import Source
from consult.listening.sources.services import withdraw_many
from consult.listening.surveys.models import Answer, AnswerImport, ImportedAnswer, Questionnaire
from consult.listening.surveys.services import tables, workbooks
from consult.listening.surveys.services.building import lock_key, locked
from consult.listening.surveys.services.taking_in import TOGETHER, look_or_take
from consult.ports.storage import Storage

TOPIC = "surveys.work_through"
#: What may be asked of a file, and the state in which the worker does it.
WORK = {"read": "reading", "look": "looking", "take": "taking", "undo": "undoing"}
#: So many answers are taken out while somebody waits; more by the worker.
UNDONE_AT_ONCE = 2_000


def begin_import(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    upload: Upload,
    storage: Storage,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Keep a file of answers and guess what its columns answer; a large workbook is read by the worker first.

    Raises Invalid where it is no table, or nothing is published yet.
    """
    row = locked(session, process_id, questionnaire_id)
    if row.state == "draft":
        raise Invalid("Prima si pubblica il questionario, poi si portano le risposte raccolte altrove.")
    large = tables.is_large(upload.data)
    by_worker = large and tables.is_workbook(upload.data)
    table = None if by_worker else tables.first_rows(upload.data) if large else tables.read_table(upload.data)
    made = AnswerImport(
        questionnaire_id=questionnaire_id, name=upload.name, state="mapping", begun_at=now, begun_by=actor.account_id, added=0, already=0, bad=[],
        file_id=keep(session, upload=upload, process_id=process_id, storage=storage, actor=actor, now=now), asked=0,
        total=0 if table is None or large else len(table.rows), mapping=workbooks.guess(session, questionnaire_id, table) if table else {},
    )  # fmt: skip  # one row of values reads better so
    session.add(made)
    session.flush()
    if by_worker:
        _ask(session, made, "reading", actor)
    return made.id


def work_through(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    import_id: uuid.UUID,
    mapping: Mapping[int, str],
    incomplete: bool,
    beyond: bool = False,
    work: str,
    storage: Storage,
    actor: Actor,
    now: datetime,
) -> None:
    """Look what these columns would give (`look`) or take the rows in (`take`): now, or by the worker where the file is large.

    Raises Invalid where the file was taken in already or the worker is at it, NotFound.
    """
    state = WORK[work]
    row = _import(session, questionnaire_id, import_id, "mapping")
    row.mapping, row.incomplete = {str(n): target for n, target in mapping.items()}, incomplete
    row.beyond = beyond
    row.looked, row.failure = None, None
    data = workbooks.bytes_of(session, process_id=process_id, import_id=import_id, storage=storage)
    if tables.is_large(data):
        _ask(session, row, state, actor)
        return
    look_or_take(session, row, process_id=process_id, work=work, data=data, progress=None, actor=actor)
    session.flush()


def _ask(session: Session, row: AnswerImport, state: str, actor: Actor) -> None:
    """Give it to the worker, who does it as this person."""
    row.state, row.seen, row.asked, row.failure = state, 0, row.asked + 1, None
    jobs.enqueue(session, TOPIC, key=f"{row.id}:{row.asked}", import_id=row.id, turn=row.asked, by=actor.account_id)
    session.flush()


def run_work(
    session: Session,
    *,
    import_id: uuid.UUID,
    turn: int,
    storage: Storage,
    progress: Told,
    actor: Actor,
    now: datetime,
) -> None:
    """What the worker was asked: safe to run again. A file that can't be read goes back to who brought it, with the reason."""
    # Not held meanwhile: how far it is stands in transactions of their own. Nobody else may do anything with it in this state.
    row = session.execute(
        select(AnswerImport).where(AnswerImport.id == import_id, AnswerImport.asked == turn)
    ).scalar_one_or_none()
    work = next((name for name, state in WORK.items() if row is not None and row.state == state), None)
    if row is None or work is None:
        return
    process_id = session.execute(
        select(Questionnaire.process_id).where(Questionnaire.id == row.questionnaire_id)
    ).scalar_one()
    if work == "undo":
        _undo(session, row, process_id=process_id, actor=actor, now=now)
        return
    if work == "read":
        workbooks.read_workbook(session, row, process_id=process_id, storage=storage, progress=progress, actor=actor, now=now)
        session.flush()
        return
    try:
        data = workbooks.bytes_of(session, process_id=process_id, import_id=import_id, storage=storage)
        look_or_take(session, row, process_id=process_id, work=work, data=data, progress=progress, actor=actor)
    except (Invalid, NotFound) as error:
        row.state, row.failure = "mapping", parts_of(error.said_of("file"))
    session.flush()


def note_rows(session: Session, *, import_id: uuid.UUID, seen: int, total: int) -> None:
    """How far the worker is, in a transaction of its own."""
    session.execute(update(AnswerImport).where(AnswerImport.id == import_id).values(seen=seen, total=total))


def fail_work(session: Session, *, import_id: uuid.UUID, turn: int) -> None:
    """Say that the worker could not do it, in a transaction of its own."""
    mine = (AnswerImport.id == import_id) & (AnswerImport.asked == turn)
    session.execute(
        update(AnswerImport)
        .where(mine, AnswerImport.state.in_(("looking", "taking")))
        .values(state="mapping", failure=parts_of(jobs.NOTHING_CAME_IN))
    )
    unread = session.execute(select(AnswerImport.file_id).where(mine, AnswerImport.state == "reading")).scalar_one_or_none()
    if unread is not None:
        session.execute(
            update(AnswerImport).where(mine).values(state="refused", failure=parts_of(jobs.NOTHING_CAME_IN), file_id=None)
        )
        forget(session, file_ids=[unread])
    session.execute(
        update(AnswerImport)
        .where(mine, AnswerImport.state == "undoing")
        .values(state="done", failure=parts_of(jobs.NOTHING_WENT_OUT))
    )


def _import(session: Session, questionnaire_id: uuid.UUID, import_id: uuid.UUID, state: str) -> AnswerImport:
    row = session.execute(
        select(AnswerImport)
        .where(AnswerImport.id == import_id, AnswerImport.questionnaire_id == questionnaire_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa importazione non c’è.")
    if row.state in WORK.values():
        raise Invalid("Il file si sta ancora leggendo: tra poco si può andare avanti.")
    if row.state != state:
        raise Invalid("Questa importazione è già stata fatta, o annullata.")
    return row


def undo_import(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    import_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> int | None:
    """Take out the answers an import added; their words stay as withdrawn sources, for whoever cited them.

    Returns how many, or nothing where there are so many that the worker does it.
    """
    locked(session, process_id, questionnaire_id)
    row = _import(session, questionnaire_id, import_id, "done")
    if row.added > UNDONE_AT_ONCE:
        _ask(session, row, "undoing", actor)
        return None
    return _undo(session, row, process_id=process_id, actor=actor, now=now)


def _undo(session: Session, row: AnswerImport, *, process_id: uuid.UUID, actor: Actor, now: datetime) -> int:
    session.execute(select(func.pg_advisory_xact_lock(lock_key(row.questionnaire_id))))
    keys = list(
        session.execute(
            select(ImportedAnswer.answer_id)
            .where(ImportedAnswer.import_id == row.id)
            .order_by(ImportedAnswer.answer_id)
        ).scalars()
    )
    gone = 0
    for start in range(0, len(keys), TOGETHER * 4):
        some = any_(literal(keys[start : start + TOGETHER * 4], ARRAY(Uuid)))
        withdraw_many(
            session, process_id=process_id, which=Source.voice_id == some, reason_code="mistake", actor=actor, now=now
        )
        gone += len(session.execute(delete(Answer).where(Answer.id == some).returning(Answer.id)).all())
    session.execute(delete(ImportedAnswer).where(ImportedAnswer.import_id == row.id))
    row.state = "undone"
    record(
        session, actor=actor, action="answers.import_undone", kind=ThingKind.questionnaire, object_id=row.questionnaire_id,
        process_id=process_id, removed=gone,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return gone
