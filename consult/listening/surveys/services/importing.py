"""Answers collected elsewhere: a file is brought, its columns are mapped, its rows looked at, taken in, and taken out again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, ThingKind
from consult.files import queries as files
from consult.files.models import StoredFile
from consult.files.services import content, keep
from consult.files.types import Upload
from consult.framework import queries as framework
from consult.listening.sources.models import Source
from consult.listening.sources.rules import fold
from consult.listening.sources.services import add_sources, change_source
from consult.listening.sources.types import NewSource
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import Answer, AnswerImport, ImportedAnswer
from consult.listening.surveys.rules import responses
from consult.listening.surveys.services.building import lock_key, locked
from consult.listening.surveys.services.sheet import Sheet
from consult.listening.surveys.types import unit_of
from consult.ports.storage import Storage
from consult.process.models import Process

_CHANCE = SystemRandom()


@dataclass(frozen=True, slots=True)
class Looked:
    """What an import would do: rows that can be taken, those that are there already, and lines with the reason why not."""

    good: list[responses.Taken]
    already: int
    bad: list[tuple[int, str]]


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
    """Keep a file of answers and guess what its columns answer. Raises Invalid where it is no table, or nothing is published yet."""
    row = locked(session, process_id, questionnaire_id)
    if row.state == "draft":
        raise Invalid("Prima si pubblica il questionario, poi si portano le risposte raccolte altrove.")
    sheet = responses.read_sheet(upload.data)
    questions = queries.questions(session, questionnaire_id=questionnaire_id)
    made = AnswerImport(
        questionnaire_id=questionnaire_id, name=upload.name, state="mapping", begun_at=now, begun_by=actor.account_id, added=0, already=0, bad=[],
        file_id=keep(session, upload=upload, process_id=process_id, storage=storage, actor=actor, now=now),
        mapping={str(n): target for n, target in responses.guess(sheet.headings, questions).items()},
    )  # fmt: skip  # one row of values reads better so
    session.add(made)
    session.flush()
    return made.id


def read_import(session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID, storage: Storage) -> responses.Sheet:
    """The table of an import that was not taken in yet. Raises NotFound."""
    row = session.execute(select(AnswerImport).where(AnswerImport.id == import_id)).scalar_one_or_none()
    file = files.one(session, file_id=row.file_id, process_id=process_id) if row and row.file_id else None
    if file is None:
        raise NotFound("Questo file è già stato preso, o non c'è più.")
    return responses.read_sheet(content(file, storage=storage))


def look(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    import_id: uuid.UUID,
    mapping: Mapping[int, str],
    incomplete: bool,
    storage: Storage,
) -> Looked:
    """What an import would do. A read."""
    table = read_import(session, process_id=process_id, import_id=import_id, storage=storage)
    found = queries.questionnaire(session, questionnaire_id=questionnaire_id, process_id=process_id)
    if found is None:
        raise NotFound("Questo questionario non c'è.")
    sheet = Sheet.load(session, found)
    territory = session.execute(select(Process.territory_id).where(Process.id == process_id)).scalar_one()
    places: dict[str, str] = {}
    for zone in framework.zones(session, territory_id=territory):
        places |= {
            fold(text): f"z:{zone.id}"
            for text in (zone.code, zone.name, f"{zone.code} {zone.name}", f"zona {zone.code}")
        }
    places |= {fold(t.name): f"m:{t.id}" for t in framework.municipalities(session, territory_id=territory)}
    good, bad = responses.take_rows(
        table, mapping, sheet.questions, responses.Outside(places, sheet.codes), questionnaire_id=questionnaire_id, incomplete=incomplete
    )  # fmt: skip  # one call reads better so
    marks = [row.mark for row in good]
    there = set(
        session.execute(
            select(Answer.receipt_hash).where(Answer.receipt_hash.in_(marks)).order_by(Answer.receipt_hash)
        ).scalars()
    )
    return Looked([row for row in good if row.mark not in there], len(there), bad)


def finish_import(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    import_id: uuid.UUID,
    mapping: Mapping[int, str],
    incomplete: bool,
    storage: Storage,
    actor: Actor,
    now: datetime,
) -> Looked:
    """Take the rows in, shuffled, and delete the file. The same row again adds nothing. Raises Invalid, NotFound."""
    locked(session, process_id, questionnaire_id)
    session.execute(select(func.pg_advisory_xact_lock_shared(lock_key(questionnaire_id))))
    row = _import(session, questionnaire_id, import_id, "mapping")
    found = look(
        session, process_id=process_id, questionnaire_id=questionnaire_id, import_id=import_id, mapping=mapping, incomplete=incomplete,
        storage=storage,
    )  # fmt: skip  # one call reads better so
    questionnaire = queries.questionnaire(session, questionnaire_id=questionnaire_id)
    if questionnaire is None:
        raise NotFound("Questo questionario non c'è.")
    sheet = Sheet.load(session, questionnaire)
    invited = queries.invited(session, questionnaire=questionnaire)
    taken = list(found.good)
    _CHANCE.shuffle(taken)
    sources: list[NewSource] = []
    for each in taken:
        zone_id, town = sheet.place(each.values)
        kind = rules.given_speaker(sheet.questions, each.values)
        values = each.values
        if questionnaire.anonymous:
            # As coarse as an answer that was given here: a zone has one spokesperson, wherever they wrote.
            zone_id, kind = rules.coarsen(zone_id, kind, invited) if invited is not None else (zone_id, kind)
            town, values = None, rules.coarse_values(sheet.questions, values, zone_id, kind)
        answer_id = session.execute(
            insert(Answer)
            .values(
                id=uuid.uuid4(), questionnaire_id=questionnaire_id, values=sheet.closed(values), zone_id=zone_id, speaker_kind=kind,
                receipt_hash=each.mark,
            )
            .on_conflict_do_nothing(index_elements=["receipt_hash"])
            .returning(Answer.id)
        ).scalar_one_or_none()  # fmt: skip  # one row of values reads better so
        if answer_id is None:
            continue
        session.add(ImportedAnswer(answer_id=answer_id, import_id=row.id))
        sources += [
            NewSource(
                channel=Channel.answer, text=words, unit_kind=unit_of(key)[0], unit_id=unit_of(key)[1], voice_id=answer_id, zone_id=zone_id,
                municipality_id=town, speaker_kind=kind,
            )
            for key, words in sheet.words(values).items()
        ]  # fmt: skip  # one row of values reads better so
    _CHANCE.shuffle(sources)
    add_sources(session, process_id=process_id, rows=sources)
    row.state, row.mapping = "done", {str(n): target for n, target in mapping.items()}
    row.added, row.already, row.bad = len(taken), found.already, [[line, str(why)] for line, why in found.bad[:500]]
    # The file may name people; what was needed of it is here now. Its bytes go with the next tidying of the storage.
    session.execute(delete(StoredFile).where(StoredFile.id == row.file_id))
    row.file_id = None
    record(
        session, actor=actor, action="answers.imported", kind=ThingKind.questionnaire, object_id=questionnaire_id, process_id=process_id,
        added=len(taken), already=found.already, bad=len(found.bad),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return found


def _import(session: Session, questionnaire_id: uuid.UUID, import_id: uuid.UUID, state: str) -> AnswerImport:
    row = session.execute(
        select(AnswerImport)
        .where(AnswerImport.id == import_id, AnswerImport.questionnaire_id == questionnaire_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa importazione non c'è.")
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
) -> int:
    """Take out the answers an import added; their words stay as withdrawn sources, for whoever cited them. Returns how many."""
    locked(session, process_id, questionnaire_id)
    session.execute(select(func.pg_advisory_xact_lock(lock_key(questionnaire_id))))
    row = _import(session, questionnaire_id, import_id, "done")
    mine = select(ImportedAnswer.answer_id).where(ImportedAnswer.import_id == import_id)
    sources = session.execute(
        select(Source.id).where(Source.voice_id.in_(mine), Source.state == "live").order_by(Source.id)
    ).scalars()
    for source_id in sources.all():
        change_source(
            session, process_id=process_id, source_id=source_id, change="withdraw", reason_code="mistake", actor=actor, now=now
        )  # fmt: skip  # one call reads better so
    gone = session.execute(delete(Answer).where(Answer.id.in_(mine)).returning(Answer.id)).all()
    session.execute(delete(ImportedAnswer).where(ImportedAnswer.import_id == import_id))
    row.state = "undone"
    record(
        session, actor=actor, action="answers.import_undone", kind=ThingKind.questionnaire, object_id=questionnaire_id, process_id=process_id,
        removed=len(gone),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return len(gone)
