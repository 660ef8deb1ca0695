"""The shuffled sweep: anonymous answers reach their table, and their words the sources, in random order.

At least ten leave together, and all at closing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.core.vocabulary import Channel
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_sources
from consult.listening.sources.types import NewSource
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import (
    AccountDraft,
    Answer,
    AnswerDraft,
    AnswerKey,
    Invitation,
    Questionnaire,
    StagedAnswer,
)
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.services.sheet import words_in
from consult.listening.surveys.types import QuestionnaireRow, QuestionRow, unit_of

_PERIOD = timedelta(minutes=5)
_KEPT = ("id", "questionnaire_id", "values", "zone_id", "speaker_kind", "receipt_hash", "on_paper")
_CHANCE = SystemRandom()


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Put the sweeps that are due, and once a day the deletion of keys, into the outbox. Looking often gives each period's effect once."""
    staged = (
        select(func.count())
        .select_from(StagedAnswer)
        .where(StagedAnswer.questionnaire_id == Questionnaire.id)
        .correlate(Questionnaire)
        .scalar_subquery()
    )
    due = session.execute(
        select(Questionnaire.id)
        .where(
            Questionnaire.privacy == "anonymous",
            Questionnaire.state != "draft",
            or_(staged >= rules.SMALLEST_BATCH, queries.over() & or_(staged > 0, Questionnaire.swept.is_(False))),
        )
        .order_by(Questionnaire.id)
    ).scalars()
    period = int(now.timestamp() // _PERIOD.total_seconds())
    for key in due:
        jobs.enqueue(session, "surveys.sweep", key=f"{key}:{period}", questionnaire_id=key)
    jobs.enqueue(session, "surveys.delete_keys", key=now.date().isoformat(), day=now.date().isoformat())


def sweep(session: Session, *, questionnaire_id: uuid.UUID, now: datetime) -> int:
    """Move staged answers in random order; returns how many. Below ten it waits, unless the questionnaire is over. Safe to run again.

    The staging table is emptied by TRUNCATE, since DELETE would leave the rows readable on disk; what others wait there is put back
    shuffled. At the end all answers and sources of the questionnaire are rewritten in one transaction, so that no batch can be told.
    """
    session.execute(select(func.pg_advisory_xact_lock(lock_key(questionnaire_id))))
    over = session.execute(
        select(queries.over()).where(Questionnaire.id == questionnaire_id, Questionnaire.privacy == "anonymous")
    ).scalar_one_or_none()
    questionnaire = queries.questionnaire(session, questionnaire_id=questionnaire_id)
    if over is None or questionnaire is None:
        return 0
    session.execute(text("LOCK TABLE staged_answer IN ACCESS EXCLUSIVE MODE"))
    rows = [_plain(row) for row in session.execute(select(StagedAnswer).order_by(StagedAnswer.id)).scalars()]
    mine = [row for row in rows if row["questionnaire_id"] == questionnaire_id]
    if not over and len(mine) < rules.SMALLEST_BATCH:
        return 0
    others = [row for row in rows if row["questionnaire_id"] != questionnaire_id]
    _CHANCE.shuffle(others)
    session.expunge_all()
    session.execute(text("TRUNCATE staged_answer"))
    if others:
        session.execute(insert(StagedAnswer), others)
    _move(session, questionnaire, mine, rewrite=bool(over))
    if over:
        _forget(session, questionnaire_id)
    session.flush()
    return len(mine)


def _plain(row: StagedAnswer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _KEPT}


def _move(session: Session, questionnaire: QuestionnaireRow, mine: list[dict[str, Any]], *, rewrite: bool) -> None:
    questions = queries.questions(session, questionnaire_id=questionnaire.id)
    invited = queries.invited(session, questionnaire=questionnaire)
    answers: list[dict[str, Any]] = []
    sources: list[NewSource] = []
    for row in mine:
        answer, words = _final(row, questions, invited)
        answers.append(answer)
        sources.extend(words)
    if rewrite:
        there = (
            session.execute(delete(Answer).where(Answer.questionnaire_id == questionnaire.id).returning(Answer))
            .scalars()
            .all()
        )
        answers += [{name: getattr(row, name) for name in _KEPT} for row in there]
        session.expunge_all()
    _CHANCE.shuffle(answers)
    _CHANCE.shuffle(sources)
    if answers:
        session.execute(insert(Answer), answers)
    add_sources(session, process_id=questionnaire.process_id, rows=sources)
    if rewrite:
        _rewrite_sources(session, [q.id for q in questions if q.open or q.invites_words])


def _rewrite_sources(session: Session, units: list[uuid.UUID]) -> None:
    """Write every source of these questions anew, one by one in random order: others point at their keys, so they can't be inserted again.

    One statement for all would go through them as they lie, and leave batch behind batch.
    """
    keys = list(session.execute(select(Source.id).where(Source.unit_id.in_(units)).order_by(Source.id)).scalars())
    _CHANCE.shuffle(keys)
    if keys:
        table: Any = Source.__table__
        session.execute(
            update(table).where(table.c.id == bindparam("key")).values(position=0), [{"key": key} for key in keys]
        )


def _final(
    row: dict[str, Any], questions: list[QuestionRow], invited: Mapping[tuple[uuid.UUID | None, str | None], int] | None
) -> tuple[dict[str, Any], list[NewSource]]:
    """The answer as it is kept: without words, a new key, zone and kind as coarse as they must be, no municipality."""
    zone_id, kind = row["zone_id"], row["speaker_kind"]
    if invited is not None:
        zone_id, kind = rules.coarsen(zone_id, kind, invited)
    values = rules.coarse_values(questions, row["values"], zone_id, kind)
    answer_id = uuid.uuid4()
    words = words_in(questions, values)
    sources = [
        NewSource(
            channel=Channel.answer, text=text, unit_kind=unit_of(key)[0], unit_id=unit_of(key)[1], voice_id=answer_id, zone_id=zone_id,
            speaker_kind=kind,
        )
        for key, text in words.items()
    ]  # fmt: skip  # one row of values reads better so
    kept = {key: value for key, value in values.items() if key not in words}
    answer = {
        "id": answer_id,
        "questionnaire_id": row["questionnaire_id"],
        "values": kept,
        "zone_id": zone_id,
        "speaker_kind": kind,
        "receipt_hash": row["receipt_hash"],
        "on_paper": row["on_paper"],
    }
    return answer, sources


def _forget(session: Session, questionnaire_id: uuid.UUID) -> None:
    """After the end: drafts leave no trace, and the questionnaire is marked as swept."""
    session.execute(text("LOCK TABLE answer_draft IN ACCESS EXCLUSIVE MODE"))
    names = ("token_hash", "questionnaire_id", "values", "version")
    others = [
        {name: getattr(row, name) for name in names}
        for row in session.execute(
            select(AnswerDraft).where(AnswerDraft.questionnaire_id != questionnaire_id).order_by(AnswerDraft.token_hash)
        ).scalars()
    ]
    session.expunge_all()
    session.execute(text("TRUNCATE answer_draft"))
    if others:
        _CHANCE.shuffle(others)
        session.execute(insert(AnswerDraft), others)
    session.execute(update(Questionnaire).where(Questionnaire.id == questionnaire_id).values(swept=True))


def delete_keys(session: Session, *, now: datetime) -> int:
    """Delete the key tables whose announced day has come, and the links that lead to them; returns how many keys."""
    due = (
        select(Questionnaire.id)
        .where(Questionnaire.privacy == "pseudonymous", Questionnaire.keys_deleted_on <= now.date())
        .scalar_subquery()
    )
    gone = session.execute(
        delete(AnswerKey).where(AnswerKey.questionnaire_id.in_(due)).returning(AnswerKey.answer_id)
    ).all()
    session.execute(
        update(Invitation)
        .where(Invitation.questionnaire_id.in_(due), Invitation.token_hash.is_not(None))
        .values(token_hash=None)
    )
    # Drafts of what takes no more answers go with them; anonymous ones went with the last sweep, and left no dead rows.
    ended = select(Questionnaire.id).where(Questionnaire.privacy == "pseudonymous", queries.over()).scalar_subquery()
    session.execute(delete(AnswerDraft).where(AnswerDraft.questionnaire_id.in_(ended)))
    session.execute(delete(AccountDraft).where(AccountDraft.questionnaire_id.in_(ended)))
    session.flush()
    return len(gone)
