"""Building a questionnaire: its settings, its questions, publishing, closing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.listening.surveys.models import Invitation, Question, Questionnaire, QuestionRevision
from consult.listening.surveys.rules import KINDS
from consult.process.models import Process

KEYS_KEPT = timedelta(days=180)


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


@dataclass(frozen=True, slots=True)
class QuestionFields:
    """What can be typed about a question; `options` are labels, in order."""

    kind: str
    text: str
    help: str = ""
    purpose: str = ""
    required: bool = False
    page: int = 1
    options: Sequence[str] = ()
    settings: dict[str, Any] = field(default_factory=dict)


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
        access=settings.access, closes_at=settings.closes_at, keys_deleted_on=settings.keys_deleted_on, created_at=now,
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
    if settings.privacy not in {"pseudonymous", "anonymous"} or settings.access not in {"invitation", "open"}:
        raise Invalid("Una delle scelte non è nell'elenco.")


def _locked(session: Session, process_id: uuid.UUID, questionnaire_id: uuid.UUID) -> Questionnaire:
    row = session.execute(
        select(Questionnaire)
        .where(Questionnaire.id == questionnaire_id, Questionnaire.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questo questionario non c'è.")
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
    row = _locked(session, process_id, questionnaire_id)
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
            link_values=_link(session, process_id, questionnaire_id),
            differences=tuple(
                Difference(words, str(getattr(row, name)), str(getattr(settings, name)))
                for name, words in names.items()
                if getattr(row, name) != getattr(settings, name)
            ),
            current_version=row.version,
        )
    if (row.privacy, row.access) != (settings.privacy, settings.access) and mode_is_fixed(session, row.id, row.state):
        raise Invalid(
            "La riservatezza e l'accesso non si cambiano più: qualcuno è già stato invitato, o il questionario è pubblicato.",
            {"privacy": "Era una promessa a chi risponde: non si cambia più."},
        )
    row.title, row.intro, row.thanks = settings.title, settings.intro, settings.thanks
    row.privacy, row.access = settings.privacy, settings.access
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


def _link(session: Session, process_id: uuid.UUID, questionnaire_id: uuid.UUID) -> dict[str, str]:
    slug = session.execute(select(Process.slug).where(Process.id == process_id)).scalar_one()
    return {"slug": slug, "questionnaire_id": str(questionnaire_id)}


def _checked_options(fields: QuestionFields) -> list[dict[str, str]]:
    labels = [label.strip() for label in fields.options if label.strip()]
    if fields.kind in {"single", "multiple"}:
        if len(labels) < 2:
            raise Invalid(
                "Servono almeno due voci tra cui scegliere.", {"options": "Scrivi almeno due voci, una per riga."}
            )
        if len(set(labels)) < len(labels):
            raise Invalid("Due voci sono uguali.", {"options": "Ogni voce deve essere diversa dalle altre."})
        return [{"code": f"o{i}", "label": label} for i, label in enumerate(labels, 1)]
    return []


def _checked_settings(fields: QuestionFields) -> dict[str, Any]:
    if fields.kind == "scale":
        low, high = int(fields.settings.get("min") or 1), int(fields.settings.get("max") or 5)
        if not 0 <= low < high <= 10:
            raise Invalid(
                "La scala va da un numero più piccolo a uno più grande, tra 0 e 10.",
                {"high": "Controlla i due numeri."},
            )
        return {
            "min": low, "max": high, "min_label": str(fields.settings.get("min_label") or "")[:100],
            "max_label": str(fields.settings.get("max_label") or "")[:100],
        }  # fmt: skip  # one row of values reads better so
    most = fields.settings.get("most")
    return {"most": int(most)} if fields.kind == "multiple" and most else {}


def add_question(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    fields: QuestionFields,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Add a question at the end. Raises Invalid once the questionnaire is published."""
    row = _draft(session, process_id, questionnaire_id)
    if fields.kind not in KINDS:
        raise Invalid("Questo tipo di domanda non esiste.", {"kind": "Scegli un tipo dell'elenco."})
    if fields.kind in {"place", "speaker"}:
        twice = session.execute(
            select(Question.id).where(Question.questionnaire_id == questionnaire_id, Question.kind == fields.kind)
        ).scalar_one_or_none()
        if twice:
            raise Invalid("Questa domanda c'è già.", {"kind": "Zona e tipo di voce si chiedono una volta sola."})
    last = session.execute(
        select(func.coalesce(func.max(Question.position), 0)).where(Question.questionnaire_id == questionnaire_id)
    ).scalar_one()
    question = Question(
        questionnaire_id=questionnaire_id, page=max(1, min(fields.page, 20)), position=last + 1, kind=fields.kind, text=fields.text,
        help=fields.help, purpose=fields.purpose, required=fields.required, options=_checked_options(fields), settings=_checked_settings(fields),
    )  # fmt: skip  # one row of values reads better so
    session.add(question)
    row.version += 1
    session.flush()
    return question.id


def _draft(session: Session, process_id: uuid.UUID, questionnaire_id: uuid.UUID) -> Questionnaire:
    row = _locked(session, process_id, questionnaire_id)
    if row.state != "draft":
        raise Invalid("Il questionario è pubblicato: si possono correggere i testi, non la struttura.")
    return row


def _question(session: Session, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Question:
    found = session.execute(
        select(Question).where(Question.id == question_id, Question.questionnaire_id == questionnaire_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questa domanda non c'è.")
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
) -> None:
    """Save a question. Once published only its texts and the labels of its options change, with history."""
    row = _locked(session, process_id, questionnaire_id)
    question = _question(session, questionnaire_id, question_id)
    if row.state == "draft":
        question.kind, question.required, question.page = fields.kind, fields.required, max(1, min(fields.page, 20))
        question.options, question.settings = _checked_options(fields), _checked_settings(fields)
    else:
        if fields.kind != question.kind or fields.required != question.required or fields.page != question.page:
            raise Invalid("Il questionario è pubblicato: si possono correggere i testi, non la struttura.")
        options = _checked_options(fields)
        if len(options) != len(question.options):
            raise Invalid("Il questionario è pubblicato: le voci si correggono, non si aggiungono né si tolgono.")
        session.add(
            QuestionRevision(
                question_id=question.id,
                text=question.text,
                help=question.help,
                changed_at=now,
                changed_by=actor.account_id,
            )
        )
        question.options = [
            {"code": old["code"], "label": new["label"]} for old, new in zip(question.options, options, strict=True)
        ]
        record(
            session,
            actor=actor,
            action="question.corrected",
            kind=ThingKind.questionnaire,
            object_id=row.id,
            process_id=process_id,
        )
    question.text, question.help, question.purpose = fields.text, fields.help, fields.purpose
    row.version += 1
    session.flush()


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
    """Move a question one place up (-1) or down (1) in a draft."""
    row = _draft(session, process_id, questionnaire_id)
    order = list(
        session.execute(
            select(Question)
            .where(Question.questionnaire_id == questionnaire_id)
            .order_by(Question.page, Question.position)
        ).scalars()
    )
    here = next((i for i, q in enumerate(order) if q.id == question_id), None)
    if here is None:
        raise NotFound("Questa domanda non c'è.")
    there = here + (1 if by > 0 else -1)
    if 0 <= there < len(order):
        mine, other = order[here], order[there]
        if mine.page != other.page:
            mine.page = other.page
        else:
            mine.position, other.position = other.position, mine.position
        row.version += 1
    session.flush()


def remove_question(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    question_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a question out of a draft."""
    row = _draft(session, process_id, questionnaire_id)
    session.delete(_question(session, questionnaire_id, question_id))
    row.version += 1
    session.flush()


def publish(
    session: Session, *, process_id: uuid.UUID, questionnaire_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Open a questionnaire to answers; its structure and privacy mode are fixed from now on. Raises Invalid."""
    row = _locked(session, process_id, questionnaire_id)
    if row.state == "published":
        return
    if row.state == "closed":
        raise Invalid("Un questionario chiuso non si riapre.")
    kinds = list(
        session.execute(
            select(Question.kind).where(Question.questionnaire_id == questionnaire_id).order_by(Question.position)
        ).scalars()
    )
    if not kinds:
        raise Invalid("Prima di pubblicare serve almeno una domanda.")
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
