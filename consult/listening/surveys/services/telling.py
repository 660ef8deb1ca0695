"""Results made public, question by question, and how many answers are wanted from whom."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.analytics.results import RULES, Result, as_json
from consult.analytics.suppression import LEAST
from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import SpeakerKind, ThingKind
from consult.framework import queries as framework
from consult.listening.surveys import queries
from consult.listening.surveys.models import PublishedResult, Target
from consult.listening.surveys.services.building import lock_key, locked
from consult.process.models import Process


def publish_results(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    question_ids: Sequence[uuid.UUID] | None,
    again: bool = False,
    actor: Actor,
    now: datetime,
) -> int:
    """Make the results of some questions public (None: of all that may be), as they are now; returns how many. Raises NotFound, Invalid.

    `again`: those that are public already, counted as small groups are hidden now; one that can't be told any more is taken back.
    Only once no more answers come: two publications with a few answers between them would tell what those said. Personal questions never.
    """
    # As who closes does, before anything is looked at: an answer of the last minute is written first, or sees that it is too late.
    session.execute(select(func.pg_advisory_xact_lock(lock_key(questionnaire_id))))
    row = locked(session, process_id, questionnaire_id)
    if not queries.is_over(session, questionnaire_id=questionnaire_id):
        raise Invalid("I risultati si pubblicano quando il questionario è chiuso e tutte le risposte sono contate.")
    questions = queries.questions(session, questionnaire_id=questionnaire_id)
    process = session.get_one(Process, process_id)
    frame = queries.frame(session, process_id=process_id, territory_id=process.territory_id, questions=questions)
    told = queries.tell(session, questionnaire_id=questionnaire_id, questions=questions, frame=frame)
    if again:
        question_ids = _settle_public(
            session, told.results, process_id=process_id, questionnaire_id=questionnaire_id, actor=actor
        )
    wanted = [q.id for q in questions if q.id in told.results and (question_ids is None or q.id in question_ids)]
    if question_ids is not None and set(question_ids) - set(wanted):
        raise NotFound("Di questa domanda non c’è un risultato da pubblicare.")
    shown = [key for key in wanted if not told.results[key].few]
    if again and not shown:
        session.flush()
        return 0
    if not shown:
        raise Invalid("Meno di cinque persone hanno risposto: non si pubblica.")
    # One that its date or the phase closed could be prolonged, and a few more answers would show in the next publication: it is closed for good.
    if row.state == "published":
        row.state = "closed"
        row.version += 1
        record(
            session, actor=actor, action="questionnaire.closed", kind=ThingKind.questionnaire, object_id=questionnaire_id,
            process_id=process_id, by="results",
        )  # fmt: skip  # one row of values reads better so
    # That no more answers were taken from some groups belongs to the result.
    stopped = [
        str(stop.zone_id or stop.kind)
        for stop in queries.stops(session, questionnaire_id=questionnaire_id)
        if stop.full
    ]
    rows = [
        {
            "question_id": key,
            "questionnaire_id": questionnaire_id,
            "content": {"answers": told.groups.answers, "result": as_json(told.results[key]), "stopped": stopped, "rules": RULES},
            "published_at": now,
        }
        for key in shown
    ]
    statement = insert(PublishedResult)
    fresh = {name: statement.excluded[name] for name in ("content", "published_at")}
    session.execute(statement.on_conflict_do_update(index_elements=["question_id"], set_=fresh), rows)
    record(
        session, actor=actor, action="questionnaire.results_published", kind=ThingKind.questionnaire, object_id=questionnaire_id,
        process_id=process_id, questions=len(shown),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return len(shown)


def _settle_public(
    session: Session, results: Mapping[uuid.UUID, Result], *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, actor: Actor
) -> list[uuid.UUID]:  # fmt: skip  # one row of names reads better so
    """The questions whose results are public; those of which too few answers are left are taken back, each on record."""
    public = list(queries.published(session, questionnaire_id=questionnaire_id))
    gone = [key for key in public if key not in results or results[key].few]
    if gone:
        session.execute(delete(PublishedResult).where(PublishedResult.question_id.in_(gone)))
    for key in gone:
        record(
            session, actor=actor, action="questionnaire.result_withdrawn", kind=ThingKind.questionnaire, object_id=questionnaire_id,
            process_id=process_id, question=str(key), by="count",
        )  # fmt: skip  # one row of values reads better so
    return [key for key in public if key not in gone]


def withdraw_results(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    question_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Take the result of a question back from the public page."""
    locked(session, process_id, questionnaire_id)
    gone = session.execute(
        delete(PublishedResult)
        .where(PublishedResult.question_id == question_id, PublishedResult.questionnaire_id == questionnaire_id)
        .returning(PublishedResult.question_id)
    ).scalar_one_or_none()
    if gone is None:
        raise NotFound("Questo risultato non è pubblicato.")
    record(
        session, actor=actor, action="questionnaire.result_withdrawn", kind=ThingKind.questionnaire, object_id=questionnaire_id,
        process_id=process_id, question=str(question_id),
    )  # fmt: skip  # one row of values reads better so
    session.flush()


@dataclass(frozen=True, slots=True)
class Goal:
    """How many answers are wanted of a group, and whether no more are taken once they are there."""

    wanted: int
    stops: bool = False


def set_targets(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    by_zone: Mapping[str, Goal],
    by_kind: Mapping[str, Goal],
    actor: Actor,
    now: datetime,
) -> None:
    """Say how many answers are wanted from each zone and kind of speaker; what is not named is not wanted in particular. Raises Invalid."""
    row = locked(session, process_id, questionnaire_id)
    territory = session.get_one(Process, process_id).territory_id
    zones = {str(zone.id) for zone in framework.zones(session, territory_id=territory)}
    if set(by_zone) - zones or set(by_kind) - {str(kind) for kind in SpeakerKind}:
        raise Invalid("Una delle scelte non è nell’elenco.")
    goals = [*by_zone.values(), *by_kind.values()]
    if any(goal.stops and goal.wanted < LEAST for goal in goals):
        raise Invalid("Un obiettivo che ferma la raccolta è di almeno 5 risposte: sotto, direbbe chi ha risposto.")
    stopping = any(goal.stops for goal in goals)
    if stopping and row.privacy == "anonymous" and row.access == "invitation":
        raise Invalid(
            "In modalità anonima su invito gli obiettivi non fermano la raccolta: zona e tipo di voce vi restano vaghi."
        )
    session.execute(delete(Target).where(Target.questionnaire_id == questionnaire_id))
    rows = [
        {"id": uuid.uuid4(), "questionnaire_id": questionnaire_id, "zone_id": zone, "speaker_kind": kind, "wanted": goal.wanted, "stops": goal.stops}
        for zone, kind, goal in (
            *((uuid.UUID(zone), None, goal) for zone, goal in by_zone.items()), *((None, kind, goal) for kind, goal in by_kind.items())
        )
    ]  # fmt: skip  # one row of values reads better so
    if rows:
        session.execute(insert(Target), rows)
    row.stops = stopping
    record(
        session, actor=actor, action="questionnaire.targets_set", kind=ThingKind.questionnaire, object_id=questionnaire_id,
        process_id=process_id, targets=len(rows), stopping=sum(goal.stops for goal in goals),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
