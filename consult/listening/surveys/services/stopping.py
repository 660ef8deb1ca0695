"""Targets that stop: once as many answers are there as were wanted of a zone or kind of speaker, no more are taken from it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid
from consult.core.sentences import Sentence
from consult.listening.surveys import queries
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.services.sheet import Sheet

FULL = Sentence("Da questo gruppo sono già arrivate tutte le risposte previste: il questionario non ne prende altre.")


def hold_room(
    session: Session, sheet: Sheet, values: Mapping[str, Any], zone_id: uuid.UUID | None, kind: str | None
) -> None:
    """Make sure that one more answer of this zone and kind is wanted; those who send at once wait for each other. Raises Invalid.

    Costs nothing where no target stops. Call it with the questionnaire held open, before the answer is written.
    """
    questionnaire = sheet.questionnaire
    if not questionnaire.stops:
        return
    mine = [
        stop
        for stop in queries.stops(session, questionnaire_id=questionnaire.id)
        if (stop.zone_id is not None and stop.zone_id == zone_id) or (stop.kind is not None and stop.kind == kind)
    ]
    for stop in mine:
        session.execute(select(func.pg_advisory_xact_lock(lock_key(questionnaire.id) ^ lock_key(stop.id))))
    full = (
        {stop.id for stop in queries.stops(session, questionnaire_id=questionnaire.id) if stop.full} if mine else set()
    )
    reached = [stop for stop in mine if stop.id in full]
    if reached:
        asked = "place" if reached[0].zone_id is not None else "speaker"
        field = next((q.field for q in sheet.questions if q.kind == asked), "")
        raise Invalid(FULL, {field: FULL} if field else {})
