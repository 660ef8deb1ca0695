"""Files of coded work brought in by a person: read in a child, tried without effect, decided, taken back as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from consult.audit.services import record
from consult.core import jobs
from consult.core.db import attempt, without_effect
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.reading.running import BRIEF, LONG, Patience, Told, read_in_child, refusal
from consult.core.sentences import Sentence, parts_of, sentence_of
from consult.core.vocabulary import ThingKind
from consult.evidence.models import Code, CodeSet, Coding, CodingImport
from consult.evidence.rules.opening import PROGRAM, seems
from consult.evidence.rules.projects import Project, as_json, from_json
from consult.evidence.services.codebook import hold
from consult.evidence.services.coding import remove_many
from consult.evidence.services.finishing import note_progress
from consult.evidence.services.projects import NOTHING, TWICE, import_project
from consult.evidence.types import AT_WORK, ProjectReport, Trail
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source

#: A larger file is read by the worker: the request would take longer than somebody likes to wait.
LARGE_BYTES = 200_000
#: How long what was read is kept for a decision.
PATIENCE = timedelta(days=7)
#: The report of a file that was not tried yet.
NOTHING_YET: dict[str, Any] = {"codes": [0, 0, 0, 0], "texts": [], "notes": []}
TOPIC = "evidence.forget_drafts"
#: What the worker does with a large file, by the state it stands in meanwhile.
WORK = "evidence.work_through"
#: A project of so many pieces is tried, imported and taken back by the worker: the request would take longer than somebody likes to wait.
LARGE_PIECES = 2_000


def read_file(data: bytes, *, patience: Patience = BRIEF, told: Told | None = None) -> tuple[str, Project]:
    """What a file is and the project in it: a codebook (.qdc), a coded project (.qdpx) or one of Taguette. Raises Invalid at `file`."""
    found = read_in_child(data, PROGRAM, patience=patience, told=told)
    if "sentence" in found:
        sentence = sentence_of(found["sentence"])
        raise Invalid(sentence, {"file": sentence})
    return found["kind"], from_json(found["project"])


def preview(
    session: Session, *, process_id: uuid.UUID, project: Project, actor: Actor, now: datetime, told: Told | None = None
) -> ProjectReport:
    """What an import would do: it is done and rolled back, so that nothing is foreseen by another rule than it happens by."""
    with without_effect(session):
        return import_project(session, process_id=process_id, project=project, actor=actor, now=now, told=told)


def bring(
    session: Session, *, process_id: uuid.UUID, name: str, data: bytes, actor: Actor, now: datetime
) -> uuid.UUID:
    """Read a file and keep what is in it until somebody decides; returns the key of the draft. A large one is read by the worker.

    Raises Invalid at `file`.
    """
    kind = seems(data)
    if kind is None:
        raise refusal("wrong_type")
    row = CodingImport(
        process_id=process_id, name=name[:200], kind=kind, state="draft", content={}, report=NOTHING_YET, trail={},
        created_by=actor.account_id, created_at=now, asked=0,
    )  # fmt: skip  # one row of values reads better so
    work = "reading"
    if len(data) > LARGE_BYTES:
        row.raw = data
    else:
        row.kind, project = read_file(data)
        row.content = as_json(project)
        if is_large(project):
            work = "trying"
        else:
            row.report = _kept(preview(session, process_id=process_id, project=project, actor=actor, now=now))
            work = ""
    session.add(row)
    session.flush()
    if work:
        _ask(session, row, work, actor)
    return row.id


def is_large(project: Project) -> bool:
    """Whether a project is too much for a request."""
    return sum(len(text.pieces) for text in project.texts) > LARGE_PIECES


def _ask(session: Session, row: CodingImport, state: str, actor: Actor) -> None:
    """Give it to the worker, who does it as this person."""
    row.state, row.asked, row.failure, row.seen, row.total = state, row.asked + 1, None, 0, 0
    jobs.enqueue(session, WORK, key=f"{row.id}:{row.asked}", import_id=row.id, turn=row.asked, by=actor.account_id)
    session.flush()


def run_work(
    session: Session, *, import_id: uuid.UUID, turn: int, actor: Actor, now: datetime, told: Told | None = None
) -> None:
    """What the worker was asked: read a large file and try it, import it, take it back. Safe to run again. What can't be done says why."""
    # Not held meanwhile: how far it is stands in transactions of their own. Nobody else may do anything with it in these states.
    row = session.execute(
        select(CodingImport).where(CodingImport.id == import_id, CodingImport.asked == turn)
    ).scalar_one_or_none()
    if row is None or row.state not in AT_WORK:
        return
    if row.state == "undoing":
        row.report = {**row.report, "stays": [parts_of(note) for note in _undo(session, row, actor=actor, now=now)]}
    elif row.state in {"reading", "trying"}:
        _read_and_try(session, row, actor=actor, now=now, told=told)
    else:
        chosen = {uuid.UUID(text): uuid.UUID(interview) for text, interview in row.trail.get("chosen", {}).items()}
        try:
            with attempt(session):
                _import(session, row, chosen=chosen, actor=actor, now=now, told=told)
        except (Invalid, NotFound) as error:
            row.state, row.failure, row.trail = "draft", parts_of(error.message), {}
    session.flush()


def _read_and_try(session: Session, row: CodingImport, *, actor: Actor, now: datetime, told: Told | None) -> None:
    """Read a file, where it was not, and see what an import would do. A file that can't be read is refused with the reason, and forgotten."""
    if row.state == "trying":
        kind, project = row.kind, from_json(row.content)
    else:
        try:
            kind, project = read_file(row.raw or b"", patience=LONG, told=_part(told, 0))
        except Invalid as error:
            row.state, row.failure, row.raw = "refused", parts_of(error.said_of("file")), None
            return
    found = preview(session, process_id=row.process_id, project=project, actor=actor, now=now, told=_part(told, 1))
    # Only now: what was told stands in transactions of its own, which would have waited for this row.
    if row.state == "reading":
        row.kind, row.content, row.raw = kind, as_json(project), None
    row.state, row.report = "draft", _kept(found)


def _part(told: Told | None, part: int) -> Told | None:
    """Tells reading and trying as one way through the texts."""
    return None if told is None else lambda seen, total: told(part * total + seen, 2 * total)


def note_texts(session: Session, *, import_id: uuid.UUID, seen: int, total: int) -> None:
    """How far the worker is, in a transaction of its own."""
    session.execute(update(CodingImport).where(CodingImport.id == import_id).values(seen=seen, total=total))


def fail_work(session: Session, *, import_id: uuid.UUID, turn: int) -> None:
    """Say that a fault stopped the worker, in a transaction of its own: everything stands as it did before."""
    mine = (CodingImport.id == import_id) & (CodingImport.asked == turn)
    session.execute(
        update(CodingImport)
        .where(mine, CodingImport.state == "reading")
        .values(state="refused", raw=None, failure=parts_of(jobs.NOTHING_CAME_IN))
    )
    session.execute(
        update(CodingImport)
        .where(mine, CodingImport.state.in_(("trying", "taking")))
        .values(state="draft", failure=parts_of(jobs.NOTHING_CAME_IN))
    )
    session.execute(
        update(CodingImport)
        .where(mine, CodingImport.state == "undoing")
        .values(state="done", failure=parts_of(jobs.NOTHING_WENT_OUT))
    )


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Once a day, ask that drafts nobody decided on are forgotten: they hold the words of people who may not have agreed to be here."""
    if session.execute(select(CodingImport.id).where(_left_behind(now)).limit(1)).first() is not None:
        jobs.enqueue(session, TOPIC, key=now.date().isoformat())


def forget_drafts(session: Session, *, now: datetime) -> int:
    """Forget drafts that nobody decided on; returns how many."""
    return len(session.execute(delete(CodingImport).where(_left_behind(now)).returning(CodingImport.id)).all())


def _left_behind(now: datetime) -> ColumnElement[bool]:
    # A draft is decided on within its time, so what the worker still holds after twice as long was lost on the way.
    lost = and_(CodingImport.state.in_(("reading", "trying", "taking")), CodingImport.created_at < now - 2 * PATIENCE)
    return or_(and_(CodingImport.state.in_(("draft", "refused")), CodingImport.created_at < now - PATIENCE), lost)


def _kept(report: ProjectReport) -> dict[str, Any]:
    """A report as plain values."""
    return {
        "codes": [report.codebook.added, report.codebook.changed, report.codebook.unchanged, report.codebook.sets],
        "texts": [
            {**asdict(text), "guid": str(text.guid), "interview_id": str(text.interview_id) if text.interview_id else None}
            for text in report.texts
        ],
        "notes": [parts_of(note) for note in report.notes],
    }  # fmt: skip  # one row of values reads better so


def _held(session: Session, process_id: uuid.UUID, import_id: uuid.UUID) -> CodingImport:
    row = session.execute(
        select(CodingImport)
        .where(CodingImport.id == import_id, CodingImport.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questo file non c’è, o qualcuno vi ha già rinunciato.")
    return row


def confirm(
    session: Session,
    *,
    process_id: uuid.UUID,
    import_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    chosen: Mapping[uuid.UUID, uuid.UUID] = NOTHING,
) -> None:
    """Import what was read; what it did is kept, what was read is not. A large project is given to the worker.

    Raises Conflict where it was decided, Invalid.
    """
    row = _held(session, process_id, import_id)
    _waits(row, "draft", "Questo file è già stato importato.")
    row.failure = None
    if is_large(from_json(row.content)):
        if len(set(chosen.values())) < len(chosen):
            raise Invalid(TWICE)
        row.trail = {"chosen": {str(text): str(interview) for text, interview in chosen.items()}}
        _ask(session, row, "taking", actor)
        return
    _import(session, row, chosen=chosen, actor=actor, now=now)


def _waits(row: CodingImport, state: str, otherwise: str) -> None:
    """Raises Conflict where the worker is at it, or it does not stand in this state."""
    if row.state in AT_WORK:
        raise Conflict("Su questo file si sta ancora lavorando: tra poco si può andare avanti.")
    if row.state != state:
        raise Conflict(otherwise)


def _import(
    session: Session, row: CodingImport, *, chosen: Mapping[uuid.UUID, uuid.UUID], actor: Actor, now: datetime, told: Told | None = None
) -> None:  # fmt: skip  # one row of names reads better so
    process_id, import_id = row.process_id, row.id
    trail = Trail()
    report = import_project(
        session, process_id=process_id, project=from_json(row.content), actor=actor, now=now, chosen=chosen, trail=trail, told=told
    )
    row.state, row.ended_at, row.content = "done", now, {}
    row.report, row.trail = _kept(report), trail.as_json()
    record(
        session, actor=actor, action="coding.imported", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        file_import=import_id, codes=len(trail.codes_added), codings=len(trail.codings), passages=len(trail.sources),
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def give_up(session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Forget what was read. Raises Conflict where it was imported."""
    row = _held(session, process_id, import_id)
    if row.state != "refused":
        _waits(row, "draft", "Questo file è già stato importato.")
    session.delete(row)
    session.flush()


def undo(
    session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID, actor: Actor, now: datetime
) -> list[str] | None:
    """Take a whole import back: pieces, passages, codes, and what it changed in others; returns what stays, one sentence each.

    A code that somebody used or changed since stays as it is now. Returns nothing where it is so much that the worker does it.
    Raises Conflict where it is not imported.
    """
    row = _held(session, process_id, import_id)
    _waits(row, "done", "Questo file non è importato, o è già stato tolto.")
    if len(row.trail.get("codings", ())) + len(row.trail.get("sources", ())) > LARGE_PIECES:
        _ask(session, row, "undoing", actor)
        return None
    return _undo(session, row, actor=actor, now=now)


def _undo(session: Session, row: CodingImport, *, actor: Actor, now: datetime) -> list[str]:
    process_id, import_id = row.process_id, row.id
    hold(session, process_id)
    trail = Trail.from_json(row.trail)
    touched = session.execute(
        select(Source.unit_id).join(Coding, Coding.source_id == Source.id).where(Coding.id.in_(trail.codings)).distinct()
    ).scalars().all()  # fmt: skip  # one chain reads better so
    remove_many(session, process_id=process_id, coding_ids=trail.codings, actor=actor, now=now)
    live = session.execute(
        select(Source.id).where(Source.id.in_(trail.sources), Source.state == "live").order_by(Source.id)
    ).scalars()
    for source_id in live.all():
        change_source(
            session,
            process_id=process_id,
            source_id=source_id,
            change="withdraw",
            reason_code="mistake",
            actor=actor,
            now=now,
        )
    notes = [*_withdraw_codes(session, process_id, trail), *_restore(session, process_id, trail)]
    for unit_id in sorted(key for key in touched if key is not None):
        any_of_it = session.execute(
            select(Source.id).where(Source.unit_id == unit_id, Source.state == "live").order_by(Source.id).limit(1)
        ).scalar_one_or_none()
        if any_of_it is not None:
            note_progress(session, process_id=process_id, source_id=any_of_it, actor=actor, now=now)
    row.state, row.ended_at = "undone", now
    record(
        session, actor=actor, action="coding.import_undone", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        file_import=import_id, stay=len(notes),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return notes


def _withdraw_codes(session: Session, process_id: uuid.UUID, trail: Trail) -> list[str]:
    """Take added codes out of use, from the leaves up; who holds pieces, other codes, or what was merged into it stays."""
    below, merged = aliased(Code), aliased(Code)
    used = exists().where(Coding.code_id == Code.id, Coding.live)
    parent = exists().where(below.parent_id == Code.id, below.state == "live")
    heir = exists().where(merged.merged_into_id == Code.id)
    left = set(trail.codes_added)
    while left:
        gone = set(
            session.execute(
                update(Code)
                .where(Code.id.in_(left), Code.process_id == process_id, Code.state == "live", ~used, ~parent, ~heir)
                .values(state="withdrawn", version=Code.version + 1)
                .returning(Code.id)
                .execution_options(synchronize_session=False)
            ).scalars()
        )
        if not gone:
            break
        left -= gone
    names = session.execute(
        select(Code.name).where(Code.id.in_(left), Code.state == "live").order_by(Code.name, Code.id)
    ).scalars()
    session.execute(delete(CodeSet).where(CodeSet.process_id == process_id, CodeSet.guid.in_(trail.sets_added)))
    return [Sentence("«%(name)s» resta: intanto è stato usato.", name=name) for name in names]


def _restore(session: Session, process_id: uuid.UUID, trail: Trail) -> list[str]:
    """Put back what the import changed in codes and sets that were there before."""
    notes: list[str] = []
    for key, version, before in trail.codes_changed:
        code = session.execute(
            select(Code).where(Code.id == key, Code.process_id == process_id).execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if code is None or code.state != "live" or code.version != version:
            if code is not None:
                notes.append(Sentence("«%(name)s» resta com’è: intanto è stato cambiato.", name=code.name))
            continue
        for name, value in before.items():
            setattr(code, name, value)
        code.version += 1
    for guid, name, description, members in trail.sets_changed:
        session.execute(
            update(CodeSet)
            .where(CodeSet.process_id == process_id, CodeSet.guid == guid)
            .values(name=name, description=description, members=members)
        )
    session.flush()
    return notes
