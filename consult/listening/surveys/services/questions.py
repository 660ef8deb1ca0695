"""Questions of a questionnaire: added, edited, moved, copied. Structure changes until the first answer, texts for ever."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.framework import queries as framework
from consult.listening.surveys import queries
from consult.listening.surveys.models import Question, Questionnaire, QuestionRevision
from consult.listening.surveys.rules import KINDS, WITH_OPTIONS, WITH_ROWS
from consult.listening.surveys.rules.logic import check_conditions
from consult.listening.surveys.rules.structure import (
    AGREEMENT,
    MOST_PAGES,
    MOST_QUESTIONS,
    check_code,
    check_options,
    check_settings,
    free_code,
    make_options,
    wrong,
)
from consult.listening.surveys.services.building import FIXED, link, locked, structure_fixed, structured
from consult.listening.surveys.services.renaming import rename_in_conditions
from consult.listening.surveys.types import Option


@dataclass(frozen=True, slots=True)
class QuestionFields:
    """What can be typed about a question; `options` and `rows` in order, as labels ("*" in front: excludes the others) or with codes."""

    kind: str
    text: str
    help: str = ""
    purpose: str = ""
    required: bool = False
    page: int = 1
    options: Sequence[str | Option] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[str | Option] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Made:
    options: tuple[Option, ...]
    rows: tuple[Option, ...]
    settings: dict[str, Any]


def stored(options: Sequence[Option]) -> list[dict[str, Any]]:
    """Options as the database keeps them."""
    return [{"code": o.code, "label": o.label, **({"exclusive": True} if o.exclusive else {})} for o in options]


def read(options: Sequence[Mapping[str, Any]]) -> tuple[Option, ...]:
    """Options as they are used."""
    return tuple(Option(o["code"], o["label"], bool(o.get("exclusive"))) for o in options)


def _checked(fields: QuestionFields, before: Question | None = None) -> _Made:
    if fields.kind not in KINDS:
        raise wrong("kind", "Questo tipo di domanda non esiste: scegli un tipo dell’elenco.")
    given: Sequence[str | Option] = fields.options if fields.kind in WITH_OPTIONS else ()
    if fields.kind == "likert" and not [each for each in given if not isinstance(each, str) or each.strip()]:
        given = AGREEMENT
    lines = fields.rows if fields.kind in WITH_ROWS else ()
    options = make_options(given, read(before.options) if before is not None else ())
    rows = make_options(lines, read(before.rows) if before is not None else (), prefix="r", field="rows")
    check_options(fields.kind, options, rows)
    try:
        settings = check_settings(fields.kind, fields.settings, options)
    except (TypeError, ValueError) as error:
        raise Invalid("Una delle impostazioni della domanda non è un numero.") from error
    return _Made(options, rows, settings)


def add_question(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    fields: QuestionFields,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Add a question at the end of its page. Raises Invalid once there is an answer."""
    row = structured(session, process_id, questionnaire_id)
    made = _checked(fields)
    codes = _codes(session, questionnaire_id)
    if len(codes) >= MOST_QUESTIONS:
        raise Invalid(Sentence("Un questionario può avere al massimo %(n)s domande.", n=MOST_QUESTIONS))
    _once_only(session, questionnaire_id, fields.kind, None)
    code = check_code(fields.code) if fields.code else free_code(codes)
    if code.lower() in {each.lower() for each in codes}:
        raise wrong("code", "Un’altra domanda ha già questo codice.")
    page = max(1, min(fields.page, MOST_PAGES))
    question = Question(
        questionnaire_id=questionnaire_id, code=code, page=page, position=len(codes) + 1_000, kind=fields.kind, text=fields.text,
        help=fields.help, purpose=fields.purpose, required=fields.required and fields.kind != "display", options=stored(made.options),
        rows=stored(made.rows), settings=made.settings, condition=None, texts={}, version=1,
    )  # fmt: skip  # one row of values reads better so
    session.add(question)
    session.flush()
    renumber(session, in_order(session, questionnaire_id))
    row.version += 1
    session.flush()
    return question.id


def _codes(session: Session, questionnaire_id: uuid.UUID) -> list[str]:
    return list(
        session.execute(
            select(Question.code).where(Question.questionnaire_id == questionnaire_id).order_by(Question.position)
        ).scalars()
    )


def _once_only(session: Session, questionnaire_id: uuid.UUID, kind: str, but: uuid.UUID | None) -> None:
    """Zone and kind of speaker are what answers are read by: asked twice they could disagree."""
    if kind not in {"place", "speaker"}:
        return
    there = session.execute(
        select(Question.id).where(Question.questionnaire_id == questionnaire_id, Question.kind == kind)
    ).scalar_one_or_none()
    if there is not None and there != but:
        raise wrong("kind", "Questa domanda c’è già: zona e tipo di voce si chiedono una volta sola.")


def in_order(session: Session, questionnaire_id: uuid.UUID) -> list[Question]:
    """The questions as they are asked."""
    return list(
        session.execute(
            select(Question)
            .where(Question.questionnaire_id == questionnaire_id)
            .order_by(Question.page, Question.position)
        ).scalars()
    )


def renumber(session: Session, order: Sequence[Question]) -> None:
    """Give the questions their places in this order; the constraint looks when the transaction ends."""
    for place, question in enumerate(order, 1):
        if question.position != place:
            question.position = place
    session.flush()


def frame_options(session: Session, *, process_id: uuid.UUID, which: str) -> list[Option]:
    """Options out of the plan's frame, with its codes: "strategies", "axes", or "axis:2" (the strategies of one). Raises Invalid."""
    listed = framework.axes(session, frame_id=queries.frame_of(session, process_id=process_id))
    if which == "axes":
        return [Option(str(axis.number), f"{axis.number}. {axis.title}") for axis in listed]
    wanted = which.partition(":")[2]
    found = [s for axis in listed if which == "strategies" or str(axis.number) == wanted for s in axis.strategies]
    if not found:
        raise wrong("from_frame", "Nel quadro del piano non ci sono voci da prendere.")
    return [Option(s.code, f"{s.code} {s.title}") for s in found]


def find_question(session: Session, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Question:
    """One question. Raises NotFound."""
    found = session.execute(
        select(Question)
        .where(Question.id == question_id, Question.questionnaire_id == questionnaire_id)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questa domanda non c’è.")
    return found


def edit_question(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    question_id: uuid.UUID,
    fields: QuestionFields,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> None:
    """Save a question. Once there is an answer only its words change, with history. Raises Conflict where the save is stale."""
    row = locked(session, process_id, questionnaire_id)
    question = find_question(session, questionnaire_id, question_id)
    if version is not None and version != question.version:
        raise _stale(session, process_id, question, fields)
    made = _checked(fields, question)
    if structure_fixed(session, row):
        _correct(session, row, question, fields, made, actor, now)
    else:
        _restructure(session, row, question, fields, made)
    question.text, question.help, question.purpose = fields.text, fields.help, fields.purpose
    question.version += 1
    row.version += 1
    session.flush()
    if question.kind in WITH_OPTIONS or row.state == "draft":
        check_questionnaire(session, questionnaire_id)


def _restructure(session: Session, row: Questionnaire, question: Question, fields: QuestionFields, made: _Made) -> None:
    _once_only(session, row.id, fields.kind, question.id)
    if fields.code and fields.code != question.code:
        code = check_code(fields.code)
        if code.lower() in {each.lower() for each in _codes(session, row.id) if each != question.code}:
            raise wrong("code", "Un’altra domanda ha già questo codice.")
        rename_in_conditions(session, row.id, question.code, code)
        question.code = code
    question.kind = fields.kind
    question.required = fields.required and fields.kind != "display"
    question.options, question.rows, question.settings = stored(made.options), stored(made.rows), made.settings
    page = max(1, min(fields.page, MOST_PAGES))
    if page != question.page:
        question.page = page
        session.flush()
        renumber(session, in_order(session, row.id))


#: Settings that are words, and so may be corrected for ever.
_WORDS = frozenset({"min_label", "max_label", "other_label", "unit"})


def _correct(
    session: Session,
    row: Questionnaire,
    question: Question,
    fields: QuestionFields,
    made: _Made,
    actor: Actor,
    now: datetime,
) -> None:
    def shape(settings: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in settings.items() if name not in _WORDS}

    same = (
        (fields.kind, fields.required, fields.page) == (question.kind, question.required, question.page)
        and (not fields.code or fields.code == question.code)
        and shape(made.settings) == shape(question.settings)
        and [(o.code, o.exclusive) for o in made.options] == [(o.code, o.exclusive) for o in read(question.options)]
        and [o.code for o in made.rows] == [o.code for o in read(question.rows)]
    )
    if not same:
        raise Invalid(FIXED)
    session.add(
        QuestionRevision(
            question_id=question.id, text=question.text, help=question.help, content=words_of(question), changed_at=now,
            changed_by=actor.account_id,
        )
    )  # fmt: skip  # one row of values reads better so
    question.options, question.rows, question.settings = stored(made.options), stored(made.rows), made.settings
    record(
        session, actor=actor, action="question.corrected", kind=ThingKind.questionnaire, object_id=row.id, process_id=row.process_id,
    )  # fmt: skip  # one row of values reads better so


def words_of(question: Question) -> dict[str, Any]:
    """All the words of a question, for its history."""
    return {
        "purpose": question.purpose,
        "options": list(question.options),
        "rows": list(question.rows),
        "settings": {name: value for name, value in question.settings.items() if name in _WORDS},
        "texts": dict(question.texts),
    }


def _stale(session: Session, process_id: uuid.UUID, question: Question, fields: QuestionFields) -> Conflict:
    def lines(options: Sequence[str | Option | Mapping[str, Any]]) -> str:
        return "\n".join(
            o.label if isinstance(o, Option) else o["label"] if isinstance(o, Mapping) else o for o in options
        )

    pairs = (
        ("Domanda", question.text, fields.text),
        ("Aiuto", question.help, fields.help),
        ("Perché la chiediamo", question.purpose, fields.purpose),
        ("Voci", lines(question.options), lines(fields.options)),
        ("Righe", lines(question.rows), lines(fields.rows)),
    )
    return Conflict(
        "Qualcun altro ha salvato questa domanda mentre la modificavi.",
        link_endpoint="surveys.question",
        link_values=link(session, process_id, question.questionnaire_id) | {"question_id": str(question.id)},
        differences=tuple(Difference(name, theirs, mine) for name, theirs, mine in pairs if theirs != mine),
        current_version=question.version,
    )


def check_questionnaire(session: Session, questionnaire_id: uuid.UUID) -> None:
    """Every condition looks back, at something that can be answered so. Raises Invalid with a sentence."""
    session.flush()
    problem = check_conditions(
        queries.questions(session, questionnaire_id=questionnaire_id),
        queries.pages(session, questionnaire_id=questionnaire_id),
    )
    if problem:
        raise Invalid(problem.sentence)
