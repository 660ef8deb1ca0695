"""Building a questionnaire: its settings, publishing, closing; what fixes its structure. Questions have a module of their own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.listening.surveys import queries
from consult.listening.surveys.models import Invitation, Questionnaire, TextRevision
from consult.listening.surveys.rules.logic import check_conditions
from consult.process.queries import slug_of

KEYS_KEPT = timedelta(days=180)
FIXED = "C’è già una risposta: si possono correggere i testi, non la struttura."


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set about a questionnaire."""

    title: str
    intro: str = ""
    thanks: str = ""
    privacy: str = "pseudonymous"
    access: str = "invitation"
    closes_at: datetime | None = None
    keys_deleted_on: date | None = None
    may_edit: bool = True


def lock_key(questionnaire_id: uuid.UUID) -> int:
    """The advisory lock of a questionnaire: sending takes it shared, sweeping and closing exclusively."""
    return int.from_bytes(questionnaire_id.bytes[8:], "big", signed=True)


def create_questionnaire(
    session: Session, *, process_id: uuid.UUID, settings: Settings, actor: Actor, now: datetime
) -> uuid.UUID:
    """Begin a questionnaire as a draft. Raises Invalid."""
    _check(settings)
    row = Questionnaire(
        process_id=process_id, title=settings.title, intro=settings.intro, thanks=settings.thanks, privacy=settings.privacy,
        access=settings.access, closes_at=settings.closes_at, keys_deleted_on=settings.keys_deleted_on, may_edit=settings.may_edit,
        created_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(row)
    session.flush()
    record(
        session,
        actor=actor,
        action="questionnaire.begun",
        kind=ThingKind.questionnaire,
        object_id=row.id,
        process_id=process_id,
    )
    session.flush()
    return row.id


def _check(settings: Settings) -> None:
    accesses = {"invitation", "registered", "open"}
    if settings.privacy not in {"pseudonymous", "anonymous"} or settings.access not in accesses:
        raise Invalid("Una delle scelte non è nell’elenco.")


def locked(session: Session, process_id: uuid.UUID, questionnaire_id: uuid.UUID) -> Questionnaire:
    """The questionnaire of a process, held for this transaction. Raises NotFound."""
    row = session.execute(
        select(Questionnaire)
        .where(Questionnaire.id == questionnaire_id, Questionnaire.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questo questionario non c’è.")
    return row


def edit_questionnaire(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    version: int,
    settings: Settings,
    actor: Actor,
    now: datetime,
) -> None:
    """Save the settings. Raises Conflict where they are stale, Invalid where the privacy mode or the access can't change any more."""
    _check(settings)
    row = locked(session, process_id, questionnaire_id)
    if row.version != version:
        names = {
            "title": "Titolo",
            "intro": "Introduzione",
            "thanks": "Ringraziamento",
            "privacy": "Riservatezza",
            "access": "Accesso",
        }
        raise Conflict(
            "Qualcun altro ha salvato questo questionario mentre lo modificavi.",
            link_endpoint="surveys.settings",
            link_values=link(session, process_id, questionnaire_id),
            differences=tuple(
                Difference(words, str(getattr(row, name)), str(getattr(settings, name)))
                for name, words in names.items()
                if getattr(row, name) != getattr(settings, name)
            ),
            current_version=row.version,
        )
    promised = (settings.privacy, settings.access, settings.may_edit)
    if (row.privacy, row.access, row.may_edit) != promised and mode_is_fixed(session, row.id, row.state):
        raise Invalid(
            "Riservatezza, accesso e correzioni non si cambiano più: qualcuno è già stato invitato, o il questionario è pubblicato.",
            {"privacy": "Era una promessa a chi risponde: non si cambia più."},
        )
    vague = ("anonymous", "invitation")
    # One that is in this mode already, with a stop from before it was refused, is edited like any other: only getting there is refused.
    if row.stops and (settings.privacy, settings.access) == vague != (row.privacy, row.access):
        raise Invalid(
            "In modalità anonima su invito gli obiettivi non fermano la raccolta: zona e tipo di voce vi restano vaghi.",
            {"access": "Con un obiettivo che ferma la raccolta non si può: prima si toglie lo stop, nella copertura."},
        )
    if (row.title, row.intro, row.thanks) != (settings.title, settings.intro, settings.thanks):
        remember(session, row, {"title": row.title, "intro": row.intro, "thanks": row.thanks}, actor=actor, now=now)
    row.title, row.intro, row.thanks = settings.title, settings.intro, settings.thanks
    row.privacy, row.access, row.may_edit = settings.privacy, settings.access, settings.may_edit
    row.closes_at, row.keys_deleted_on = settings.closes_at, settings.keys_deleted_on
    row.version += 1
    record(
        session,
        actor=actor,
        action="questionnaire.edited",
        kind=ThingKind.questionnaire,
        object_id=row.id,
        process_id=process_id,
    )
    session.flush()


def mode_is_fixed(session: Session, questionnaire_id: uuid.UUID, state: str) -> bool:
    """Whether privacy mode and access can't change any more; a trigger in the database says the same."""
    invited = select(Invitation.id).where(Invitation.questionnaire_id == questionnaire_id).limit(1)
    return state != "draft" or session.execute(invited).scalar_one_or_none() is not None


def link(session: Session, process_id: uuid.UUID, questionnaire_id: uuid.UUID) -> dict[str, str]:
    """The address of a questionnaire's pages, as values of its routes."""
    slug = slug_of(session, process_id=process_id)
    return {"slug": slug, "questionnaire_id": str(questionnaire_id)}


def structure_fixed(session: Session, row: Questionnaire) -> bool:
    """Whether an answer is there, so that only words may change. The caller holds the questionnaire's row.

    Waits for the sendings that are under way; those that come after wait for the caller's transaction.
    """
    if row.state == "draft":
        return False
    if row.state == "closed":
        return True
    session.execute(select(func.pg_advisory_xact_lock(lock_key(row.id))))
    return queries.has_answers(session, questionnaire_id=row.id)


def remember(
    session: Session,
    row: Questionnaire,
    before: Mapping[str, Any],
    *,
    page: int | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep what the questionnaire, or a page of it, said before a correction, once somebody may have answered what stood there."""
    if structure_fixed(session, row):
        kept = {name: text for name, text in before.items() if text}
        session.add(
            TextRevision(questionnaire_id=row.id, page=page, content=kept, changed_at=now, changed_by=actor.account_id)
        )


def structured(session: Session, process_id: uuid.UUID, questionnaire_id: uuid.UUID) -> Questionnaire:
    """The questionnaire, held, to change its structure. Raises Invalid once there is an answer."""
    row = locked(session, process_id, questionnaire_id)
    if structure_fixed(session, row):
        raise Invalid(FIXED)
    return row


def publish(
    session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Open a questionnaire to answers; its structure and privacy mode are fixed from now on. Raises Invalid."""
    row = locked(session, process_id, questionnaire_id)
    if row.state == "published":
        return
    if row.state == "closed":
        raise Invalid("Un questionario chiuso non si riapre.")
    if row.aside:
        raise Invalid("Questa bozza è messa da parte: prima si riprende.")
    questions = queries.questions(session, questionnaire_id=questionnaire_id)
    if not any(question.asks for question in questions):
        raise Invalid("Prima di pubblicare serve almeno una domanda.")
    if row.privacy == "anonymous":
        telling = [q.text for q in questions if q.kind == "file" or q.personal]
        if telling:
            raise Invalid(
                Sentence(
                    "Un questionario anonimo non può chiedere file né dati personali, che direbbero chi ha risposto: «%(question)s».",
                    question=telling[0],
                )
            )
    problem = check_conditions(questions, queries.pages(session, questionnaire_id=questionnaire_id))
    if problem:
        raise Invalid(problem.sentence)
    if row.closes_at is not None and row.closes_at <= now:
        raise Invalid("La data di chiusura è già passata.")
    row.state, row.published_at = "published", now
    if row.privacy == "pseudonymous" and row.keys_deleted_on is None:
        row.keys_deleted_on = ((row.closes_at or now) + KEYS_KEPT).date()
    row.version += 1
    record(
        session, actor=actor, action="questionnaire.published", kind=ThingKind.questionnaire, object_id=row.id, process_id=process_id,
        privacy=row.privacy, access=row.access,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def close(session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Close a questionnaire: answers in flight finish first, nothing comes in after, and the last sweep is asked for."""
    session.execute(select(func.pg_advisory_xact_lock(lock_key(questionnaire_id))))
    done = session.execute(
        update(Questionnaire)
        .where(
            Questionnaire.id == questionnaire_id,
            Questionnaire.process_id == process_id,
            Questionnaire.state == "published",
        )
        .values(state="closed", version=Questionnaire.version + 1)
        .returning(Questionnaire.privacy)
    ).scalar_one_or_none()
    if done is None:
        raise Invalid("Solo un questionario pubblicato si può chiudere.")
    record(
        session,
        actor=actor,
        action="questionnaire.closed",
        kind=ThingKind.questionnaire,
        object_id=questionnaire_id,
        process_id=process_id,
    )
    if done == "anonymous":
        jobs.enqueue(session, "surveys.sweep", key=f"{questionnaire_id}:close", questionnaire_id=questionnaire_id)
    session.flush()
