"""Questions and pages taken out, and put back as they were."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.listening.surveys.models import Question, QuestionnairePage, RemovedPart
from consult.listening.surveys.rules.conditions import asked_of
from consult.listening.surveys.rules.structure import free_code
from consult.listening.surveys.services.building import structured
from consult.listening.surveys.services.questions import check_questionnaire, find_question, in_order, renumber

_QUESTION = (
    "code", "page", "position", "kind", "text", "help", "purpose", "required", "options", "rows", "settings", "condition", "texts", "version",
)  # fmt: skip  # one line reads better
_PAGE = ("number", "title", "intro", "condition", "texts", "version")


#: Far behind all places, until the questions are numbered again.
_FAR = 100_000


def _kept(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {"id": str(row.id)} | {name: getattr(row, name) for name in names}


def _not_needed(session: Session, questionnaire_id: uuid.UUID, going: Sequence[Question]) -> None:
    """Nothing that stays may look at what goes. Raises Invalid."""
    codes = {question.code for question in going}
    for question in in_order(session, questionnaire_id):
        if question.code not in codes and asked_of(question.condition) & codes:
            raise Invalid(
                Sentence("La domanda «%(question)s» dipende da questa: prima va cambiata la sua condizione.", question=question.text[:80])
            )  # fmt: skip  # the sentence reads better on one line
    leaving = {question.page for question in going}
    for page in session.execute(
        select(QuestionnairePage)
        .where(QuestionnairePage.questionnaire_id == questionnaire_id)
        .order_by(QuestionnairePage.number)
    ).scalars():
        if asked_of(page.condition) & codes and not (leaving == {page.number} and len(going) > 1):
            raise Invalid(
                Sentence("La pagina %(n)s dipende da questa domanda: prima va cambiata la sua condizione.", n=page.number)
            )  # fmt: skip  # the sentence reads better on one line


def remove_question(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    question_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Take a question out; returns the key under which it can be put back. Raises Invalid where a condition looks at it."""
    row = structured(session, process_id, questionnaire_id)
    question = find_question(session, questionnaire_id, question_id)
    _not_needed(session, questionnaire_id, [question])
    part = RemovedPart(
        questionnaire_id=questionnaire_id, content={"page": None, "questions": [_kept(question, _QUESTION)]}, removed_at=now,
        removed_by=actor.account_id,
    )  # fmt: skip  # one row of values reads better so
    session.add(part)
    session.delete(question)
    session.flush()
    renumber(session, in_order(session, questionnaire_id))
    row.version += 1
    session.flush()
    return part.id


def remove_page(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    number: int,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Take a page out with its questions; the pages after it move up. Returns the key under which it can be put back."""
    row = structured(session, process_id, questionnaire_id)
    going = [question for question in in_order(session, questionnaire_id) if question.page == number]
    page = session.execute(
        select(QuestionnairePage).where(
            QuestionnairePage.questionnaire_id == questionnaire_id, QuestionnairePage.number == number
        )
    ).scalar_one_or_none()
    if page is None and not going:
        raise NotFound("Questa pagina non c’è.")
    _not_needed(session, questionnaire_id, going)
    part = RemovedPart(
        questionnaire_id=questionnaire_id, removed_at=now, removed_by=actor.account_id,
        content={
            "page": _kept(page, _PAGE) if page is not None else {"number": number},
            "questions": [_kept(question, _QUESTION) for question in going],
        },
    )  # fmt: skip  # one row of values reads better so
    session.add(part)
    for each in (*going, *([page] if page is not None else [])):
        session.delete(each)
    session.flush()
    _shift(session, questionnaire_id, number, -1)
    renumber(session, in_order(session, questionnaire_id))
    row.version += 1
    session.flush()
    return part.id


def _shift(session: Session, questionnaire_id: uuid.UUID, number: int, by: int) -> None:
    """Move the pages from `number` on by one."""
    for question in in_order(session, questionnaire_id):
        if question.page >= number:
            question.page += by
    for page in session.execute(
        select(QuestionnairePage)
        .where(QuestionnairePage.questionnaire_id == questionnaire_id, QuestionnairePage.number >= number)
        .order_by(QuestionnairePage.number)
    ).scalars():
        page.number += by
    session.flush()


def put_back(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    part_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Put a question or page back where it was; a code that was taken meanwhile is replaced. Raises NotFound, Invalid."""
    row = structured(session, process_id, questionnaire_id)
    part = session.execute(
        select(RemovedPart)
        .where(RemovedPart.id == part_id, RemovedPart.questionnaire_id == questionnaire_id)
        .with_for_update()
    ).scalar_one_or_none()
    if part is None:
        raise NotFound("Questa parte è già stata rimessa, o non c’è più.")
    page, kept = part.content["page"], part.content["questions"]
    if page is not None:
        _shift(session, questionnaire_id, page["number"], 1)
        if "id" in page:
            session.add(_made(QuestionnairePage, questionnaire_id, page, _PAGE))
    order = in_order(session, questionnaire_id)
    places = [(question.page, question.position) for question in order]
    kinds = {question.kind for question in order} & {"place", "speaker"}
    for content in sorted(kept, key=lambda each: each["position"]):
        if content["kind"] in kinds:
            raise Invalid("Questa domanda c’è già: zona e tipo di voce si chiedono una volta sola.")
        question = _made(Question, questionnaire_id, content, _QUESTION)
        if question.code in {each.code for each in order}:
            question.code = free_code([each.code for each in order])
        question.position += _FAR
        session.add(question)
        session.flush()
        mine = (content["page"], content["position"])
        there = next((i for i, place in enumerate(places) if place >= mine and order[i].position < _FAR), len(places))
        order.insert(there, question)
        places.insert(there, mine)
    session.delete(part)
    renumber(session, sorted(order, key=lambda each: each.page))
    row.version += 1
    check_questionnaire(session, questionnaire_id)


def _made(table: Any, questionnaire_id: uuid.UUID, content: dict[str, Any], names: Sequence[str]) -> Any:
    values = {name: content[name] for name in names}
    return table(id=uuid.UUID(content["id"]), questionnaire_id=questionnaire_id, **values)
