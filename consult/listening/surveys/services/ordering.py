"""The order of questions and pages: moving, placing, doubling."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.listening.surveys.models import Question
from consult.listening.surveys.rules.structure import (
    MOST_PAGES,
    MOST_QUESTIONS,
    free_code,
)
from consult.listening.surveys.services.building import structured
from consult.listening.surveys.services.questions import check_questionnaire, find_question, in_order, renumber


def move_question(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    question_id: uuid.UUID,
    by: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Move a question one place up (-1) or down (1); at the end of a page it crosses to the next."""
    row = structured(session, process_id, questionnaire_id)
    order = in_order(session, questionnaire_id)
    here = next((i for i, q in enumerate(order) if q.id == question_id), None)
    if here is None:
        raise NotFound("Questa domanda non c’è.")
    there = here + (1 if by > 0 else -1)
    if 0 <= there < len(order):
        mine, other = order[here], order[there]
        if mine.page != other.page:
            mine.page = other.page
        else:
            order[here], order[there] = other, mine
            renumber(session, order)
        row.version += 1
        check_questionnaire(session, questionnaire_id)
    session.flush()


def place_question(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    question_id: uuid.UUID,
    page: int,
    place: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Put a question at a place (from 1) of a page."""
    row = structured(session, process_id, questionnaire_id)
    order = in_order(session, questionnaire_id)
    mine = next((q for q in order if q.id == question_id), None)
    if mine is None:
        raise NotFound("Questa domanda non c’è.")
    mine.page = max(1, min(page, MOST_PAGES))
    rest = [q for q in order if q is not mine]
    before = [q for q in rest if q.page < mine.page]
    there = [q for q in rest if q.page == mine.page]
    there.insert(max(0, min(place - 1, len(there))), mine)
    session.flush()
    renumber(session, [*before, *there, *[q for q in rest if q.page > mine.page]])
    row.version += 1
    check_questionnaire(session, questionnaire_id)


def copy_question(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    question_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Add a copy right after a question, with a code of its own."""
    row = structured(session, process_id, questionnaire_id)
    order = in_order(session, questionnaire_id)
    first = find_question(session, questionnaire_id, question_id)
    if first.kind in {"place", "speaker"}:
        raise Invalid("Zona e tipo di voce si chiedono una volta sola: questa domanda non si duplica.")
    if len(order) >= MOST_QUESTIONS:
        raise Invalid(Sentence("Un questionario può avere al massimo %(n)s domande.", n=MOST_QUESTIONS))
    names = ("page", "kind", "help", "purpose", "required", "options", "rows", "settings", "condition", "texts", "text")
    twin = Question(
        questionnaire_id=questionnaire_id, code=free_code([q.code for q in order]), position=len(order) + 1_000, version=1,
        **{name: getattr(first, name) for name in names},
    )  # fmt: skip  # one row of values reads better so
    session.add(twin)
    session.flush()
    order.insert(next(i for i, q in enumerate(order) if q.id == first.id) + 1, twin)
    renumber(session, order)
    row.version += 1
    session.flush()
    return twin.id


def last_page(session: Session, questionnaire_id: uuid.UUID) -> int:
    """The number of the last page that holds a question, or 1."""
    statement = select(func.coalesce(func.max(Question.page), 1)).where(Question.questionnaire_id == questionnaire_id)
    return int(session.execute(statement).scalar_one())
