"""Pages of a questionnaire, conditions of pages and questions, and texts in other languages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.listening.surveys import queries
from consult.listening.surveys.models import Question, Questionnaire, QuestionnairePage, QuestionRevision
from consult.listening.surveys.rules.languages import mark_of
from consult.listening.surveys.rules.logic import check_conditions, well_formed
from consult.listening.surveys.rules.structure import LANGUAGE, MOST_PAGES
from consult.listening.surveys.services.building import link, locked, remember, structure_fixed, structured
from consult.listening.surveys.services.ordering import last_page
from consult.listening.surveys.services.questions import (
    check_questionnaire,
    find_question,
    in_order,
    renumber,
    words_of,
)

_LONGEST = 5000
MOST_LANGUAGES = 12


def _page(session: Session, questionnaire_id: uuid.UUID, number: int) -> QuestionnairePage:
    """The page's own row, made where it had none yet."""
    found = session.execute(
        select(QuestionnairePage)
        .where(QuestionnairePage.questionnaire_id == questionnaire_id, QuestionnairePage.number == number)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        found = QuestionnairePage(
            questionnaire_id=questionnaire_id, number=number, title="", intro="", condition=None, texts={}, version=1
        )
        session.add(found)
        session.flush()
    return found


def _last(session: Session, questionnaire_id: uuid.UUID) -> int:
    named = session.execute(
        select(func.coalesce(func.max(QuestionnairePage.number), 0)).where(
            QuestionnairePage.questionnaire_id == questionnaire_id
        )
    ).scalar_one()
    return max(int(named), last_page(session, questionnaire_id) if in_order(session, questionnaire_id) else 0)


def add_page(
    session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, title: str, actor: Actor, now: datetime
) -> int:
    """Add an empty page at the end; returns its number."""
    row = structured(session, process_id, questionnaire_id)
    number = _last(session, questionnaire_id) + 1
    if number > MOST_PAGES:
        raise Invalid(Sentence("Le pagine possono essere al massimo %(n)s.", n=MOST_PAGES))
    _page(session, questionnaire_id, number).title = title
    row.version += 1
    session.flush()
    return number


def edit_page(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    number: int,
    title: str,
    intro: str,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Save the words of a page; they may be corrected for ever. Raises Conflict where the save is stale."""
    row = locked(session, process_id, questionnaire_id)
    page = _page(session, questionnaire_id, number)
    if page.version != version:
        raise Conflict(
            "Qualcun altro ha salvato questa pagina mentre la modificavi.",
            link_endpoint="surveys.page",
            link_values=link(session, process_id, questionnaire_id) | {"number": str(number)},
            differences=tuple(
                Difference(name, theirs, mine)
                for name, theirs, mine in (("Titolo", page.title, title), ("Introduzione", page.intro, intro))
                if theirs != mine
            ),
            current_version=page.version,
        )
    if (page.title, page.intro) != (title, intro):
        remember(session, row, {"title": page.title, "intro": page.intro}, page=number, actor=actor, now=now)
    page.title, page.intro = title, intro
    page.version += 1
    row.version += 1
    record(
        session, actor=actor, action="questionnaire.page_edited", kind=ThingKind.questionnaire, object_id=row.id, process_id=process_id,
        page=number,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def move_page(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    number: int,
    by: int,
    actor: Actor,
    now: datetime,
) -> int:
    """Exchange a page with the one before (-1) or after (1) it; returns its new number. Raises Invalid where a condition would look ahead."""
    row = structured(session, process_id, questionnaire_id)
    there = number + (1 if by > 0 else -1)
    if not 1 <= there <= _last(session, questionnaire_id):
        return number
    swap = {number: there, there: number}
    for page in session.execute(
        select(QuestionnairePage)
        .where(QuestionnairePage.questionnaire_id == questionnaire_id, QuestionnairePage.number.in_(swap))
        .order_by(QuestionnairePage.number)
    ).scalars():
        page.number = swap[page.number]
    for question in in_order(session, questionnaire_id):
        question.page = swap.get(question.page, question.page)
    session.flush()
    renumber(session, in_order(session, questionnaire_id))
    row.version += 1
    check_questionnaire(session, questionnaire_id)
    return there


def set_condition(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    condition: Mapping[str, Any] | None,
    actor: Actor,
    now: datetime,
    question_id: uuid.UUID | None = None,
    page: int | None = None,
    version: int | None = None,
) -> None:
    """Say when a question or a page is shown; None: always. `version`: of the question or page that was seen.

    Raises Invalid where that is circular or impossible, Conflict where somebody else saved the question or page meanwhile.
    """
    row = structured(session, process_id, questionnaire_id)
    if condition is not None and not well_formed(condition):
        raise Invalid("Questa condizione è troppo lunga o scritta male.")
    wanted = dict(condition) if condition is not None else None
    questions = queries.questions(session, questionnaire_id=questionnaire_id)
    pages = queries.pages(session, questionnaire_id=questionnaire_id, questions=questions)
    if question_id is not None:
        questions = [replace(q, condition=wanted) if q.id == question_id else q for q in questions]
    else:
        questions = [replace(q, page_condition=wanted) if q.page == page else q for q in questions]
        pages = [replace(p, condition=wanted) if p.number == page else p for p in pages]
    thing = (
        find_question(session, questionnaire_id, question_id)
        if question_id is not None
        else _page(session, questionnaire_id, page or 1)
    )
    if version is not None and version != thing.version and thing.condition != wanted:
        where = {"question_id": str(question_id)} if question_id is not None else {"number": str(page or 1)}
        raise Conflict(
            "Qualcun altro ha salvato questa parte mentre ne cambiavi la condizione.",
            link_endpoint="surveys.question_condition" if question_id is not None else "surveys.page_condition",
            link_values=link(session, process_id, questionnaire_id) | where,
            current_version=thing.version,
        )
    # Looked at before anything is written, so that a refusal leaves the page as it was.
    problem = check_conditions(questions, pages)
    if problem:
        raise Invalid(problem.sentence)
    thing.condition = wanted
    thing.version += 1
    row.version += 1
    session.flush()


def set_languages(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    languages: list[str],
    actor: Actor,
    now: datetime,
) -> None:
    """Say in which languages it is written; the first stays the original. Texts of a language taken out are kept, unseen."""
    row = locked(session, process_id, questionnaire_id)
    wanted = list(dict.fromkeys([row.languages[0], *languages]))
    if len(wanted) > MOST_LANGUAGES or not all(LANGUAGE.fullmatch(code) for code in wanted):
        raise Invalid("Scegli le lingue dall’elenco.", {"languages": "Scegli le lingue dall’elenco."})
    row.languages = wanted
    row.version += 1
    session.flush()


def translate(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    language: str,
    texts: Mapping[str, str],
    actor: Actor,
    now: datetime,
    seen: Mapping[str, str] | None = None,
) -> int:
    """Save texts of one language by their keys (`rules.texts_of`); returns how many changed. Keys that do not exist are ignored.

    `seen`: the marks of the texts that were shown (`rules.languages.mark_of`): what its writer did not touch stays as others left it.
    Raises Invalid, Conflict where somebody else changed the same text meanwhile.
    """
    row = locked(session, process_id, questionnaire_id)
    if language not in row.languages[1:]:
        raise Invalid("Questo questionario non è scritto in questa lingua.")
    if seen is not None:
        texts = _touched(session, row, language, texts, seen)
    history = structure_fixed(session, row)
    earlier = dict(row.texts)
    changed = _put(row, "", language, texts)
    if changed:
        remember(session, row, {"texts": earlier}, actor=actor, now=now)
    pages = session.execute(
        select(QuestionnairePage)
        .where(QuestionnairePage.questionnaire_id == questionnaire_id)
        .order_by(QuestionnairePage.number)
    ).scalars()
    for page in pages:
        earlier = dict(page.texts)
        number = _put(page, f"p{page.number}.", language, texts)
        if number:
            remember(session, row, {"texts": earlier}, page=page.number, actor=actor, now=now)
        changed += number
    for question in in_order(session, questionnaire_id):
        before = words_of(question)
        number = _put(question, f"{question.code}.", language, texts)
        if number and history:
            session.add(
                QuestionRevision(
                    question_id=question.id, text=question.text, help=question.help, content=before, changed_at=now, changed_by=actor.account_id
                )
            )  # fmt: skip  # one row of values reads better so
        changed += number
    row.version += 1 if changed else 0
    session.flush()
    return changed


def _touched(
    session: Session, row: Questionnaire, language: str, texts: Mapping[str, str], seen: Mapping[str, str]
) -> dict[str, str]:
    """The texts that were changed on the page. Raises Conflict where another saved a different one meanwhile."""
    there = {key: str(text) for key, text in row.texts.get(language, {}).items()}
    for page in session.execute(
        select(QuestionnairePage).where(QuestionnairePage.questionnaire_id == row.id).order_by(QuestionnairePage.number)
    ).scalars():
        there |= {f"p{page.number}.{key}": str(text) for key, text in page.texts.get(language, {}).items()}
    for question in in_order(session, row.id):
        there |= {f"{question.code}.{key}": str(text) for key, text in question.texts.get(language, {}).items()}
    mine = {key: text for key, text in texts.items() if mark_of(text) != seen.get(key)}
    stale = [
        key for key, text in mine.items() if mark_of(there.get(key, "")) != seen.get(key) and there.get(key, "") != text
    ]
    if stale:
        raise Conflict(
            "Qualcun altro ha salvato le stesse traduzioni mentre le scrivevi.",
            link_endpoint="surveys.languages",
            link_values=link(session, row.process_id, row.id),
            differences=tuple(Difference(key, there.get(key, ""), mine[key]) for key in stale),
            current_version=row.version,
        )
    return mine


def _put(
    thing: Questionnaire | QuestionnairePage | Question, prefix: str, language: str, texts: Mapping[str, str]
) -> int:
    mine = {
        key.removeprefix(prefix): text[:_LONGEST]
        for key, text in texts.items()
        if key.startswith(prefix) and (prefix or "." not in key)
    }
    before = dict(thing.texts.get(language, {}))
    after = {key: text for key, text in {**before, **mine}.items() if text}
    if after == before:
        return 0
    thing.texts = {**thing.texts, language: after}
    return sum(after.get(key) != before.get(key) for key in {*after, *before})
