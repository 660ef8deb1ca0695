"""Answers that came on paper, typed by an operator with the numbers that are printed on the sheet."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.framework import queries as framework
from consult.listening.sources.rules import fold
from consult.listening.surveys.rules.paper import NOT_ON_PAPER, read_line
from consult.listening.surveys.services import storing
from consult.listening.surveys.services.sheet import Sheet
from consult.listening.surveys.types import Outcome
from consult.process.models import Process


def enter_paper(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    lines: Mapping[uuid.UUID, str],
    code: str,
    actor: Actor,
    now: datetime,
) -> Outcome:
    """Take one sheet: `lines` are what was typed, by question. It belongs to nobody, whatever the access; an anonymous one leaves no
    trace of the operator either. Raises NotFound, PhaseClosed, Invalid with a sentence at each line that can't be read."""
    questionnaire = storing.hold_open(session, questionnaire_id)
    if questionnaire.process_id != process_id:
        raise NotFound("Questo questionario non c'è.")
    code_hash = storing.code_hash_of(code)
    sheet = Sheet.load(session, questionnaire)
    raw: dict[str, Any] = {}
    problems: dict[str, str] = {}
    places = place_names(session, process_id=process_id) if any(q.kind == "place" for q in sheet.questions) else {}
    for question in sheet.questions:
        if question.kind in NOT_ON_PAPER:
            continue
        try:
            raw |= read_line(question, lines.get(question.id, ""), places)
        except ValueError as error:
            problems[question.field] = error.args[0]
    if problems:
        raise Invalid("Qualche risposta non si può leggere.", problems)
    values = sheet.read(raw)
    if questionnaire.anonymous:
        return (
            Outcome("stored") if storing.stage(session, sheet, values, code_hash, on_paper=True) else Outcome("already")
        )
    stored = storing.store(session, sheet, values, code_hash, None, now, on_paper=True)
    session.flush()
    return Outcome("stored") if stored is not None else Outcome("already")


def place_names(session: Session, *, process_id: uuid.UUID) -> dict[str, str]:
    """How an operator may write a place, folded, and its code: the number or name of a zone, the name of a municipality."""
    territory = session.get_one(Process, process_id).territory_id
    found: dict[str, str] = {}
    for zone in framework.zones(session, territory_id=territory):
        for spelling in (zone.code, zone.name, f"{zone.code} {zone.name}", f"zona {zone.code}"):
            found[fold(spelling)] = f"z:{zone.id}"
    for town in framework.municipalities(session, territory_id=territory):
        found.setdefault(fold(town.name), f"m:{town.id}")
    return found
