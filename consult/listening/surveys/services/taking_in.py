"""The rows of an import of answers: looked at, and taken in, shuffled and as coarse as answers that were given here."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from random import SystemRandom
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, LargeBinary, any_, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.db import attempt
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.reading.running import BRIEF, LONG, Told
from consult.core.sentences import parts_of
from consult.core.vocabulary import Channel, ThingKind
from consult.files.services import forget
from consult.framework import queries as framework
from consult.listening.sources.rules import fold
from consult.listening.sources.services import add_sources
from consult.listening.sources.types import NewSource
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import Answer, AnswerImport, ImportedAnswer
from consult.listening.surveys.rules import responses
from consult.listening.surveys.rules.tables import Table
from consult.listening.surveys.services import tables
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.services.sheet import Sheet
from consult.listening.surveys.services.stopping import Measured, measure
from consult.listening.surveys.types import QuestionnaireRow, unit_of
from consult.process.models import Process

#: Refused lines that are kept with their reason.
KEPT_LINES = 500
#: Answers that are written with one statement.
TOGETHER = 500
_CHANCE = SystemRandom()


class _Found(NamedTuple):
    """What an import would do: rows that can be taken, how many are there already, and lines with the reason why not."""

    good: list[responses.Taken]
    already: int
    bad: list[tuple[int, str]]
    #: By group whose target stops: rows that come when all that were wanted are there.
    too_many: dict[str, int]


def look_or_take(
    session: Session, row: AnswerImport, *, process_id: uuid.UUID, work: str, data: bytes, progress: Told | None, actor: Actor
) -> None:  # fmt: skip  # one row of names reads better so
    """Note what an import would do (`work` is "look"), or take its answers in. Raises Invalid where the questionnaire changed meanwhile."""
    questionnaire = queries.questionnaire(session, questionnaire_id=row.questionnaire_id, process_id=process_id)
    if questionnaire is None:
        raise NotFound("Questo questionario non c’è.")
    sheet = Sheet.load(session, questionnaire)
    table = tables.read_table(data, patience=BRIEF if progress is None else LONG)
    told = _telling(progress, len(table.rows), steps=2 if work == "take" else 1)
    found = _look(session, row, process_id=process_id, table=table, sheet=sheet, told=told)
    if work == "look":
        found = _with(found, measure(session, sheet, found.good, beyond=row.beyond))
        row.state = "mapping"
        row.looked = {"good": len(found.good), "already": found.already, "refused": len(found.bad), "too_many": found.too_many}
        _note(row, table, found)
        return
    # Held from here on: who sweeps, closes or changes questions waits, or is waited for.
    session.execute(select(func.pg_advisory_xact_lock_shared(lock_key(row.questionnaire_id))))
    now_there = queries.questionnaire(session, questionnaire_id=row.questionnaire_id)
    if now_there is None or now_there.version != questionnaire.version:
        raise Invalid(
            "Il questionario è cambiato mentre si leggeva il file: conviene guardare di nuovo che cosa entrerebbe."
        )
    measured = measure(session, sheet, found.good, beyond=row.beyond)
    first, last = measured.free, measured.bound
    if questionnaire.anonymous and questionnaire.access == "invitation":
        # Zone and kind are made vague as they are written: an order by group would tell them again.
        first, last = ([], sorted([*first, *last], key=lambda each: each.line)) if last else (first, last)
    known: dict[str, Any] = {"process_id": process_id, "questionnaire": questionnaire, "sheet": sheet, "told": told}
    found = _with(found, measured)
    with attempt(session):
        added = _take(session, row, first, **known, read=len(table.rows))
        if last:
            # Who answers for these groups waits from here on, not while the rest is written: of these rows there are no more than had room.
            held = measure(session, sheet, last, beyond=False, hold=True)
            added += _take(session, row, [*held.free, *held.bound], **known, read=len(table.rows) + len(first))
            found = _with(found, held)
    # Only now: how far it is was told in transactions of their own, which would have waited for this row.
    _note(row, table, found)
    row.added, row.state = added, "done"
    row.looked = {"good": added, "already": found.already, "refused": len(found.bad), "too_many": found.too_many}
    # The file may name people; what was needed of it is here now. Its bytes go with the next tidying of the storage.
    forget(session, file_ids=[row.file_id] if row.file_id else [])
    row.file_id = None
    record(
        session, actor=actor, action="answers.imported", kind=ThingKind.questionnaire, object_id=row.questionnaire_id, process_id=process_id,
        added=row.added, already=found.already, bad=len(found.bad),
    )  # fmt: skip  # one row of values reads better so


def _with(found: _Found, told: Measured) -> _Found:
    """The same with regard to targets that stop: what goes beyond them is refused like other lines, or counted and taken."""
    bad = sorted([*found.bad, *told.refused])
    return _Found([*told.free, *told.bound], found.already, bad, dict(Counter(found.too_many) + told.too_many))


def _note(row: AnswerImport, table: Table, found: _Found) -> None:
    """Keep what was found in the file."""
    row.total, row.refused, row.already = len(table.rows), len(found.bad), found.already
    row.bad = [[line, *parts_of(why)] for line, why in found.bad[:KEPT_LINES]]


def _telling(progress: Told | None, rows: int, *, steps: int) -> Callable[[int], None] | None:
    """Tells rows of a work of one or two steps, reading and writing, as one way through the file."""
    if progress is None:
        return None
    return lambda seen: progress(seen // steps, rows)


def _look(
    session: Session,
    row: AnswerImport,
    *,
    process_id: uuid.UUID,
    table: Table,
    sheet: Sheet,
    told: Callable[[int], None] | None,
) -> _Found:
    territory = session.execute(select(Process.territory_id).where(Process.id == process_id)).scalar_one()
    places: dict[str, str] = {}
    for zone in framework.zones(session, territory_id=territory):
        places |= {
            fold(text): f"z:{zone.id}"
            for text in (zone.code, zone.name, f"{zone.code} {zone.name}", f"zona {zone.code}")
        }
    places |= {fold(t.name): f"m:{t.id}" for t in framework.municipalities(session, territory_id=territory)}
    good, bad = responses.take_rows(
        table, {int(n): target for n, target in row.mapping.items()}, sheet.questions, responses.Outside(places, sheet.codes),
        questionnaire_id=row.questionnaire_id, incomplete=row.incomplete, progress=told,
    )  # fmt: skip  # one call reads better so
    marks = literal([each.mark for each in good], ARRAY(LargeBinary))
    there = set(
        session.execute(
            select(Answer.receipt_hash).where(Answer.receipt_hash == any_(marks)).order_by(Answer.receipt_hash)
        ).scalars()
    )
    return _Found([each for each in good if each.mark not in there], len(there), bad, {})


def _take(
    session: Session,
    row: AnswerImport,
    good: Sequence[responses.Taken],
    *,
    process_id: uuid.UUID,
    questionnaire: QuestionnaireRow,
    sheet: Sheet,
    told: Callable[[int], None] | None,
    read: int,
) -> int:
    """Write the answers, shuffled, and their words as sources, shuffled again; returns how many were new."""
    invited = queries.invited(session, questionnaire=questionnaire)
    taken = list(good)
    _CHANCE.shuffle(taken)
    sources: list[NewSource] = []
    added = 0
    for start in range(0, len(taken), TOGETHER):
        if told:
            told(read + start)
        rows: list[dict[str, Any]] = []
        words: dict[uuid.UUID, list[NewSource]] = {}
        for each in taken[start : start + TOGETHER]:
            zone_id, town = sheet.place(each.values)
            kind = rules.given_speaker(sheet.questions, each.values)
            values = each.values
            if questionnaire.anonymous:
                # As coarse as an answer that was given here: a zone has one spokesperson, wherever they wrote.
                zone_id, kind = rules.coarsen(zone_id, kind, invited) if invited is not None else (zone_id, kind)
                town, values = None, rules.coarse_values(sheet.questions, values, zone_id, kind)
            key = uuid.uuid4()
            rows.append(
                {
                    "id": key, "questionnaire_id": row.questionnaire_id, "values": sheet.closed(values), "zone_id": zone_id,
                    "speaker_kind": kind, "receipt_hash": each.mark,
                }
            )  # fmt: skip  # one row of values reads better so
            words[key] = [
                NewSource(
                    channel=Channel.answer, text=text, unit_kind=unit_of(of)[0], unit_id=unit_of(of)[1], voice_id=key, zone_id=zone_id,
                    municipality_id=town, speaker_kind=kind,
                )
                for of, text in sheet.words(values).items()
            ]  # fmt: skip  # one row of values reads better so
        made = list(
            session.execute(
                insert(Answer).values(rows).on_conflict_do_nothing(index_elements=["receipt_hash"]).returning(Answer.id)
            ).scalars()
        )
        if made:
            session.execute(insert(ImportedAnswer), [{"answer_id": key, "import_id": row.id} for key in made])
        sources += [source for key in made for source in words[key]]
        added += len(made)
    _CHANCE.shuffle(sources)
    add_sources(session, process_id=process_id, rows=sources)
    return added
