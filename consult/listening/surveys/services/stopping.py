"""Targets that stop: once as many answers are there as were wanted of a zone or kind of speaker, no more are taken from it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid
from consult.core.sentences import Sentence
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import Invitation
from consult.listening.surveys.rules.responses import Taken
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.services.sheet import Sheet

FULL = Sentence("Da questo gruppo sono già arrivate tutte le risposte previste: il questionario non ne prende altre.")

BEYOND = {
    "place": Sentence("Della sua zona ci sono già tutte le risposte previste, e l’obiettivo ferma la raccolta."),
    "speaker": Sentence("Del suo tipo di voce ci sono già tutte le risposte previste, e l’obiettivo ferma la raccolta."),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows of a file by whether there is room for them: those that are taken, why others are not, and how many each group has too many."""

    #: Taken whoever sends meanwhile: no target stops their groups, or they are taken beyond it.
    free: list[Taken]
    #: Taken as long as nobody else takes the room.
    bound: list[Taken]
    refused: list[tuple[int, str]]
    #: By zone or kind of speaker: rows that come when all that were wanted are there.
    too_many: Counter[str]


def measure(session: Session, sheet: Sheet, rows: Sequence[Taken], *, beyond: bool, hold: bool = False) -> Measured:
    """Rows collected elsewhere against the targets that stop, in the order of the file; `beyond`: they are taken all the same.

    `hold`: whoever sends for a group of these rows waits until the end of the transaction, as for one answer that is sent here.
    """
    found = Measured([], [], [], Counter())
    stops = queries.stops(session, questionnaire_id=sheet.questionnaire.id) if sheet.questionnaire.stops else []
    groups = [
        {stop.id for stop in _of_group(stops, sheet.place(row.values)[0], rules.given_speaker(sheet.questions, row.values))}
        for row in rows
    ]  # fmt: skip  # one row of names reads better so
    touched: set[uuid.UUID] = set().union(*groups)
    if hold and touched:
        for stop in stops:
            if stop.id in touched:
                _lock(session, sheet, stop)
        # Who sent until now is written: counted anew.
        stops = queries.stops(session, questionnaire_id=sheet.questionnaire.id)
    room = {stop.id: stop.wanted - stop.there for stop in stops}
    for row, group in zip(rows, groups, strict=True):
        mine = [stop for stop in stops if stop.id in group]
        full = [stop for stop in mine if room[stop.id] < 1]
        found.too_many.update(str(stop.zone_id or stop.kind) for stop in full)
        if full and not beyond:
            found.refused.append((row.line, BEYOND["place" if full[0].zone_id is not None else "speaker"]))
            continue
        (found.bound if mine and not beyond else found.free).append(row)
        for stop in mine:
            room[stop.id] -= 1
    return found


def _lock(session: Session, sheet: Sheet, stop: queries.Stop) -> None:
    session.execute(select(func.pg_advisory_xact_lock(lock_key(sheet.questionnaire.id) ^ lock_key(stop.id))))


def hold_room(
    session: Session, sheet: Sheet, values: Mapping[str, Any], zone_id: uuid.UUID | None, kind: str | None
) -> None:
    """Make sure that one more answer of this zone and kind is wanted; those who send at once wait for each other. Raises Invalid.

    Costs nothing where no target stops. Call it with the questionnaire held open, before the answer is written.
    """
    questionnaire = sheet.questionnaire
    if not questionnaire.stops:
        return
    mine = _of_group(queries.stops(session, questionnaire_id=questionnaire.id), zone_id, kind)
    for stop in mine:
        _lock(session, sheet, stop)
    full = (
        {stop.id for stop in queries.stops(session, questionnaire_id=questionnaire.id) if stop.full} if mine else set()
    )
    reached = [stop for stop in mine if stop.id in full]
    if reached:
        raise Invalid(FULL, _at_field(sheet, reached[0]))


def no_room(session: Session, sheet: Sheet, values: Mapping[str, Any], invitation_id: uuid.UUID | None = None) -> dict[str, str] | None:
    """Whether whoever gave these answers so far belongs to a group of which no more are taken: a sentence by field, empty where the
    invitation says the group; None where there is room.

    A look without a lock, so that nobody answers twenty questions in vain; what counts is asked again when the answer is sent.
    """
    if not sheet.questionnaire.stops:
        return None
    zone_id, _town = sheet.place(values)
    kind = rules.given_speaker(sheet.questions, values)
    if invitation_id is not None and (zone_id is None or kind is None):
        invited = session.execute(
            select(Invitation.zone_id, Invitation.speaker_kind).where(Invitation.id == invitation_id)
        ).one_or_none()
        zone_id, kind = (zone_id or invited.zone_id, kind or invited.speaker_kind) if invited else (zone_id, kind)
    found = _of_group(queries.stops(session, questionnaire_id=sheet.questionnaire.id), zone_id, kind)
    reached = next((stop for stop in found if stop.full), None)
    return _at_field(sheet, reached) if reached else None


def _of_group(stops: Sequence[queries.Stop], zone_id: uuid.UUID | None, kind: str | None) -> list[queries.Stop]:
    return [
        stop
        for stop in stops
        if (stop.zone_id is not None and stop.zone_id == zone_id) or (stop.kind is not None and stop.kind == kind)
    ]


def _at_field(sheet: Sheet, stop: queries.Stop) -> dict[str, str]:
    asked = "place" if stop.zone_id is not None else "speaker"
    field = next((q.field for q in sheet.questions if q.kind == asked), "")
    return {field: FULL} if field else {}
