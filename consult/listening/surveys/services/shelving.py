"""What the desk lists: a draft that came to nothing, or a closed questionnaire, is put aside and taken up again; another begins as a copy."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.listening.surveys import queries
from consult.listening.surveys.services.building import locked
from consult.listening.surveys.services.transfer import import_questionnaire, plan_of

_LONGEST_TITLE = 200


def shelve(
    session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, aside: bool, actor: Actor, now: datetime
) -> None:
    """Put a questionnaire aside, or take it up again. Nothing of it is lost. Raises NotFound; Invalid for one that takes answers."""
    row = locked(session, process_id, questionnaire_id)
    if aside and row.state == "published":
        raise Invalid("Un questionario aperto non si mette da parte: prima si chiude.")
    if row.aside == aside:
        return
    row.aside = aside
    row.version += 1
    record(
        session, actor=actor, action="questionnaire.put_aside" if aside else "questionnaire.taken_up", kind=ThingKind.questionnaire,
        object_id=questionnaire_id, process_id=process_id,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def copy_questionnaire(
    session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, title: str, actor: Actor, now: datetime
) -> uuid.UUID:
    """A draft with the same pages, questions, conditions, languages and promises; no answer, invitation or date. Raises NotFound."""
    found = queries.questionnaire(session, questionnaire_id=questionnaire_id, process_id=process_id)
    if found is None:
        raise NotFound("Questo questionario non c’è.")
    plan = plan_of(session, questionnaire_id=questionnaire_id)
    texts = {code: {name: text for name, text in each.items() if name != "title"} for code, each in plan.texts.items()}
    return import_questionnaire(
        session, process_id=process_id, plan=replace(plan, title=title[:_LONGEST_TITLE], texts=texts), actor=actor, now=now,
        privacy=found.privacy, access=found.access, may_edit=found.may_edit,
    )  # fmt: skip  # one row of values reads better so
