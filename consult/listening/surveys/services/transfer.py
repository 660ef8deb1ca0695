"""A questionnaire out of the database as a document, and in again; templates and copies are the same road."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import NotFound
from consult.core.permissions import Actor
from consult.listening.surveys import queries
from consult.listening.surveys.models import Question, Questionnaire, QuestionnairePage
from consult.listening.surveys.rules.document import PagePlan, Plan, dump, load
from consult.listening.surveys.services.building import Settings, create_questionnaire
from consult.listening.surveys.types import Option

TEMPLATES = ("zone_spokespersons", "stakeholders", "residents", "municipalities")
_FOLDER = Path(__file__).resolve().parents[1] / "templates"


def plan_of(session: Session, *, questionnaire_id: uuid.UUID) -> Plan:
    """The questionnaire as a plan. Raises NotFound."""
    found = queries.questionnaire(session, questionnaire_id=questionnaire_id)
    if found is None:
        raise NotFound("Questo questionario non c’è.")
    questions = queries.questions(session, questionnaire_id=questionnaire_id)
    pages = queries.pages(session, questionnaire_id=questionnaire_id, questions=questions)
    return Plan(
        found.title, found.intro, found.thanks, tuple(found.languages), found.texts,
        tuple(
            PagePlan(p.title, p.intro, p.condition, p.texts, tuple(q for q in questions if q.page == p.number)) for p in pages
        ),
    )  # fmt: skip  # one row of values reads better so


def export_questionnaire(session: Session, *, questionnaire_id: uuid.UUID) -> dict[str, Any]:
    """The questionnaire as a document of our own."""
    return dump(plan_of(session, questionnaire_id=questionnaire_id))


def import_questionnaire(
    session: Session,
    *,
    process_id: uuid.UUID,
    plan: Plan,
    actor: Actor,
    now: datetime,
    privacy: str = "pseudonymous",
    access: str = "invitation",
    may_edit: bool = True,
) -> uuid.UUID:
    """Make a draft of a plan, which was checked when it was read; returns its key."""
    settings = Settings(plan.title, plan.intro, plan.thanks, privacy, access, may_edit=may_edit)
    key = create_questionnaire(session, process_id=process_id, settings=settings, actor=actor, now=now)
    row = session.execute(select(Questionnaire).where(Questionnaire.id == key)).scalar_one()
    row.languages, row.texts = list(plan.languages), dict(plan.texts)
    place = 0
    for number, page in enumerate(plan.pages, 1):
        if page.title or page.intro or page.condition or page.texts or not page.questions:
            session.add(
                QuestionnairePage(
                    questionnaire_id=key, number=number, title=page.title, intro=page.intro, condition=page.condition, texts=page.texts, version=1
                )
            )  # fmt: skip  # one row of values reads better so
        for question in page.questions:
            place += 1
            session.add(
                Question(
                    questionnaire_id=key, code=question.code, page=number, position=place, kind=question.kind, text=question.text,
                    help=question.help, purpose=question.purpose, required=question.required, options=_stored(question.options),
                    rows=_stored(question.rows), settings=question.settings, condition=question.condition, texts=question.texts, version=1,
                )
            )  # fmt: skip  # one row of values reads better so
    session.flush()
    return key


def template_names() -> tuple[str, ...]:
    """The questionnaires that come with the product, in the order in which they are offered."""
    return TEMPLATES


def read_template(name: str) -> Plan:
    """A questionnaire that comes with the product. Raises NotFound."""
    if name not in TEMPLATES:
        raise NotFound("Questo modello non c’è.")
    return load((_FOLDER / f"{name}.json").read_bytes())


def _stored(options: Sequence[Option]) -> list[dict[str, Any]]:
    return [{"code": o.code, "label": o.label, **({"exclusive": True} if o.exclusive else {})} for o in options]
