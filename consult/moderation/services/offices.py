"""The offices of a process that evaluate proposals, and who works in them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.moderation.models import Evaluation, EvaluationOffice, EvaluationOfficeMember
from consult.moderation.queries import offices as queries
from consult.process.models import Process
from consult.process.queries import slug_of


def keep_office(
    session: Session,
    *,
    process_id: uuid.UUID,
    office_id: uuid.UUID | None,
    name: str,
    account_ids: Collection[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Enter an office (`office_id` None) or change its name and people; returns its key.

    Raises Invalid for an empty or used name and for people who evaluate nothing here, NotFound for an unknown office.
    """
    # The process's row is held, so that one name is never given twice.
    session.execute(select(Process.id).where(Process.id == process_id).with_for_update())
    wrong: dict[str, str] = {}
    used = session.execute(
        select(EvaluationOffice.id).where(EvaluationOffice.process_id == process_id, EvaluationOffice.name == name)
    ).scalar_one_or_none()
    if not name.strip():
        wrong["name"] = Sentence("Scrivi il nome dell’ufficio.")
    elif used is not None and used != office_id:
        wrong["name"] = Sentence("C’è già un ufficio con questo nome.")
    evaluators = {row.account_id for row in queries.evaluators(session, process_id=process_id)}
    if not set(account_ids) <= evaluators:
        wrong["people"] = Sentence("Scegli persone che valutano in questo processo.")
    if wrong:
        raise Invalid("All’ufficio manca qualcosa.", wrong)
    if office_id is None:
        office_id = uuid.uuid4()
        session.add(EvaluationOffice(id=office_id, process_id=process_id, name=name, created_at=now))
        session.flush()
    else:
        _office(session, process_id, office_id).name = name
        session.execute(delete(EvaluationOfficeMember).where(EvaluationOfficeMember.office_id == office_id))
    if account_ids:
        session.execute(
            insert(EvaluationOfficeMember),
            [{"office_id": office_id, "account_id": key} for key in sorted(set(account_ids))],
        )
    record(
        session, actor=actor, action="evaluation.office", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        office=office_id, people=len(set(account_ids)),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return office_id


def drop_office(session: Session, *, process_id: uuid.UUID, office_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Take an office off the list. Raises Conflict where something was ever asked of it: what it answered names it."""
    office = _office(session, process_id, office_id)
    if session.execute(select(exists().where(Evaluation.office_id == office_id))).scalar_one():
        raise Conflict(
            "A questo ufficio sono già state chieste valutazioni: il suo nome resta. Se ne possono togliere le persone.",
            link_endpoint="evaluation_desk.offices",
            link_values={"slug": slug_of(session, process_id=process_id)},
        )
    session.delete(office)
    record(
        session, actor=actor, action="evaluation.office_dropped", kind=ThingKind.process, object_id=process_id,
        process_id=process_id, office=office_id,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def _office(session: Session, process_id: uuid.UUID, office_id: uuid.UUID) -> EvaluationOffice:
    office = session.execute(
        select(EvaluationOffice)
        .where(EvaluationOffice.id == office_id, EvaluationOffice.process_id == process_id)
        .with_for_update()
    ).scalar_one_or_none()
    if office is None:
        raise NotFound("Questo ufficio non c’è.")
    return office
