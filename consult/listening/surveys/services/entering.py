"""Answers that came on paper, typed by an operator with the numbers that are printed on the sheet."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.normalise import clean_email
from consult.core.permissions import Actor
from consult.framework import queries as framework
from consult.listening.sources.rules import fold
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import Answer, AnswerDraft, AnswerKey, Invitation
from consult.listening.surveys.rules.paper import NOT_ON_PAPER, read_line
from consult.listening.surveys.services import storing
from consult.listening.surveys.services.answering import spend_ballot
from consult.listening.surveys.services.sheet import Sheet
from consult.listening.surveys.types import Outcome
from consult.process.models import Process

INVITED = "invitato"
UNKNOWN = "Nessun invito a questo questionario ha questo link o questo indirizzo."
SPENT = "Chi ha questo invito ha già risposto: il foglio non si conta una seconda volta."


def enter_paper(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    lines: Mapping[uuid.UUID, str],
    code: str,
    actor: Actor,
    now: datetime,
    invited: str = "",
) -> Outcome:
    """Take one sheet: `lines` are what was typed, by question. It belongs to nobody, unless `invited` (the personal link, or in
    pseudonymous mode the address) names the invitation it spends; an anonymous one leaves no trace of the operator either.

    Raises NotFound, PhaseClosed, Invalid with a sentence at each line that can't be read.
    """
    questionnaire = storing.hold_open(session, questionnaire_id)
    if questionnaire.process_id != process_id:
        raise NotFound("Questo questionario non c’è.")
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
    if invited.strip():
        return _of_invitation(session, sheet, values, code_hash, invited.strip(), now)
    if questionnaire.anonymous:
        return (
            Outcome("stored") if storing.stage(session, sheet, values, code_hash, on_paper=True) else Outcome("already")
        )
    stored = storing.store(session, sheet, values, code_hash, None, now, on_paper=True)
    session.flush()
    return Outcome("stored") if stored is not None else Outcome("already")


def _of_invitation(
    session: Session, sheet: Sheet, values: dict[str, Any], code_hash: bytes, invited: str, now: datetime
) -> Outcome:
    """Take the sheet of somebody who was invited: their link opens nothing more afterwards."""
    questionnaire = sheet.questionnaire
    if questionnaire.access != "invitation":
        raise _refuse("A questo questionario non si risponde su invito: il foglio si inserisce senza.")
    mark = rules.token_hash(invited.rstrip("/").rpartition("/")[2])
    if questionnaire.anonymous:
        if "@" in invited:
            raise _refuse("In modalità anonima un foglio non si lega a una persona: serve il link della sua lettera.")
        if not queries.is_ballot(session, questionnaire_id=questionnaire.id, token_hash=mark):
            raise _refuse(UNKNOWN)
        outcome = spend_ballot(session, sheet, values, mark, code_hash, on_paper=True)
        if outcome.state == "already" and not outcome.same:
            raise _refuse(SPENT)
        session.execute(delete(AnswerDraft).where(AnswerDraft.token_hash == mark))
        return outcome
    whose = Invitation.email == clean_email(invited) if "@" in invited else Invitation.token_hash == mark
    invitation = session.execute(
        select(Invitation).where(Invitation.questionnaire_id == questionnaire.id, whose).with_for_update()
    ).scalar_one_or_none()
    if invitation is None:
        raise _refuse(UNKNOWN)
    given = select(AnswerKey.answer_id).where(AnswerKey.invitation_id == invitation.id)
    before = session.execute(select(Answer.receipt_hash).where(Answer.id.in_(given))).scalar_one_or_none()
    if before is not None:
        if before != code_hash:
            raise _refuse(SPENT)
        return Outcome("already")
    answer_id = storing.store(session, sheet, values, code_hash, invitation, now, on_paper=True)
    if answer_id is None:
        return Outcome("already")
    session.add(
        AnswerKey(answer_id=answer_id, questionnaire_id=questionnaire.id, invitation_id=invitation.id, submitted_at=now)
    )
    if invitation.token_hash is not None:
        session.execute(delete(AnswerDraft).where(AnswerDraft.token_hash == invitation.token_hash))
    session.flush()
    return Outcome("stored")


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, {INVITED: sentence})


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
