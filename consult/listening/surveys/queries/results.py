"""Reads of answers: progress, counts, export, receipts, a person's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from consult.core.vocabulary import ThingKind
from consult.framework.models import Zone
from consult.listening.sources.models import Source
from consult.listening.sources.queries import ids_of_voice
from consult.listening.sources.types import Receipt
from consult.listening.surveys.models import (
    Answer,
    AnswerCount,
    AnswerImport,
    AnswerKey,
    ImportedAnswer,
    Invitation,
    Questionnaire,
    StagedAnswer,
)
from consult.listening.surveys.queries.building import facts
from consult.listening.surveys.types import OTHER_UNIT, words_key
from consult.people.models import Account
from consult.process.models import Process


@dataclass(frozen=True, slots=True)
class Progress:
    """How many answers there are: all that were sent, of them those counted (swept), and ballots spent."""

    sent: int
    counted: int
    by_day: tuple[tuple[date, int], ...]
    #: Of those counted, the ones that came from files: nobody sent them here.
    imported: int

    @property
    def waiting(self) -> int:
        """How many were sent and are not counted yet."""
        return max(self.sent - (self.counted - self.imported), 0)


def progress(session: Session, *, questionnaire_id: uuid.UUID, timezone: str = "Europe/Rome") -> Progress:
    """Answers sent, counted and per day; the counters know hours, nothing finer."""
    day = func.date(func.timezone(timezone, AnswerCount.hour))
    days = session.execute(
        select(day, func.sum(AnswerCount.answers))
        .where(AnswerCount.questionnaire_id == questionnaire_id)
        .group_by(day)
        .order_by(day)
    ).all()
    from_files = (
        select(func.count())
        .select_from(ImportedAnswer)
        .join(AnswerImport, AnswerImport.id == ImportedAnswer.import_id)
        .where(AnswerImport.questionnaire_id == questionnaire_id)
        .scalar_subquery()
    )
    counted, imported = session.execute(
        select(func.count(), from_files).select_from(Answer).where(Answer.questionnaire_id == questionnaire_id)
    ).one()
    by_day = tuple((row[0], int(row[1])) for row in days)
    return Progress(sum(n for _day, n in by_day), int(counted), by_day, int(imported))


def words_per_question(session: Session, *, question_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many live sources each question gave: answers in words, or the words of other answers."""
    statement = (
        select(Source.unit_id, func.count())
        .where(Source.unit_id.in_(list(question_ids)), Source.state == "live")
        .group_by(Source.unit_id)
        .order_by(Source.unit_id)
    )
    return {unit: int(n) for unit, n in session.execute(statement) if unit is not None}


def other_words(
    session: Session, *, question_ids: Sequence[uuid.UUID], most: int = 20
) -> dict[uuid.UUID, list[tuple[str, int]]]:
    """The words of other answers by question, the most frequent first, each spelling told once whatever its capitals."""
    folded = func.lower(Source.text)
    counted = (
        select(Source.unit_id, func.min(Source.text).label("words"), func.count().label("people"))
        .where(Source.unit_id.in_(list(question_ids)), Source.unit_kind == OTHER_UNIT, Source.state == "live")
        .group_by(Source.unit_id, folded)
        .subquery()
    )
    place = func.row_number().over(partition_by=counted.c.unit_id, order_by=(counted.c.people.desc(), counted.c.words))
    ranked = select(counted, place.label("place")).subquery()
    found: dict[uuid.UUID, list[tuple[str, int]]] = {}
    for row in session.execute(select(ranked).where(ranked.c.place <= most).order_by(ranked.c.unit_id, ranked.c.place)):
        found.setdefault(row.unit_id, []).append((row.words, int(row.people)))
    return found


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer for the export: no person, no time."""

    id: uuid.UUID
    zone_code: str | None
    zone_name: str | None
    speaker_kind: str | None
    on_paper: bool
    values: dict[str, Any]


def answers(session: Session, *, questionnaire_id: uuid.UUID, batch: int = 500) -> Iterator[AnswerRow]:
    """All counted answers with their words, piece by piece, in the order of their random keys."""
    last = uuid.UUID(int=0)
    while True:
        rows = session.execute(
            select(Answer.id, Zone.code, Zone.name, Answer.speaker_kind, Answer.on_paper, Answer.values)
            .outerjoin(Zone, Zone.id == Answer.zone_id)
            .where(Answer.questionnaire_id == questionnaire_id, Answer.id > last)
            .order_by(Answer.id)
            .limit(batch)
        ).all()
        if not rows:
            return
        words: dict[uuid.UUID, dict[str, str]] = {}
        for voice, unit_kind, unit, its_text in session.execute(
            select(Source.voice_id, Source.unit_kind, Source.unit_id, Source.text)
            .where(Source.voice_id.in_([row.id for row in rows]), Source.state == "live")
            .order_by(Source.id)
        ):
            words.setdefault(voice or last, {})[words_key(unit_kind, unit)] = its_text
        for row in rows:
            values = {**row.values, **words.get(row.id, {})}
            yield AnswerRow(row.id, row.code, row.name, row.speaker_kind, row.on_paper, values)
        last = rows[-1].id


def by_receipt(session: Session, *, code_hash: bytes) -> Receipt | None:
    """What a receipt code leads to, or None; an anonymous answer that waits for the sweep says so."""
    for table, waiting in ((Answer, False), (StagedAnswer, True)):
        row = session.execute(
            select(Process.id, Process.slug, Process.title, Questionnaire.title, table.id)
            .select_from(table)
            .join(Questionnaire, Questionnaire.id == table.questionnaire_id)
            .join(Process, Process.id == Questionnaire.process_id)
            .where(table.receipt_hash == code_hash)
        ).one_or_none()
        if row is not None:
            return Receipt(
                kind=ThingKind.questionnaire,
                process_id=row[0],
                process_slug=row[1],
                process_title=row[2],
                title=row[3],
                source_ids=() if waiting else ids_of_voice(session, voice_id=row[4]),
                waiting=waiting,
            )
    return None


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """An answer that a signed-in person gave in pseudonymous mode."""

    process_slug: str
    process_title: str
    questionnaire_id: uuid.UUID
    title: str
    answer_id: uuid.UUID
    values: dict[str, Any]
    submitted_at: datetime
    source_ids: list[uuid.UUID] | None
    #: Given through an invitation's link, without signing in: it is opened again by that link alone.
    by_link: bool = False


#: The sources made from an answer.
_SOURCES = (
    select(func.array_agg(Source.id))
    .where(Source.voice_id == AnswerKey.answer_id)
    .correlate(AnswerKey)
    .scalar_subquery()
)


def own(session: Session, *, account_id: uuid.UUID, by_link: bool = False) -> list[OwnAnswer]:
    """The answers of one person in pseudonymous mode, newest first, with the sources made from them; anonymous ones can't be found.

    With `by_link` also those given through an invitation to the person's own address, once they have proved that it is theirs.
    """
    whose: ColumnElement[bool] = AnswerKey.account_id == account_id
    if by_link:
        whose = or_(
            whose,
            AnswerKey.invitation_id.in_(
                select(Invitation.id)
                .join(Account, Account.email == Invitation.email)
                .where(Account.id == account_id, Account.email_verified_at.is_not(None))
            ),
        )
    rows = session.execute(
        select(
            Process.slug, Process.title, Questionnaire.id, Questionnaire.title, Answer.id, Answer.values, AnswerKey.submitted_at, _SOURCES,
            AnswerKey.account_id.is_(None),
        )
        .select_from(AnswerKey)
        .join(Answer, Answer.id == AnswerKey.answer_id)
        .join(Questionnaire, Questionnaire.id == AnswerKey.questionnaire_id)
        .join(Process, Process.id == Questionnaire.process_id)
        .where(whose)
        .order_by(AnswerKey.submitted_at.desc(), Answer.id)
    )  # fmt: skip  # the order of OwnAnswer's fields
    return [OwnAnswer(*facts(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class AnsweredForBody:
    """A questionnaire answered through an invitation to an organisation: which one, and the sources made from the answers, no words."""

    process_id: uuid.UUID
    process_slug: str
    questionnaire_id: uuid.UUID
    title: str
    source_ids: tuple[uuid.UUID, ...]


def answered_for(session: Session, *, organisation: str) -> list[AnsweredForBody]:
    """Pseudonymous questionnaires answered by who was invited for an organisation (its name in small letters), latest closed first."""
    rows = session.execute(
        select(Process.id, Process.slug, Questionnaire.id, Questionnaire.title, _SOURCES)
        .select_from(AnswerKey)
        .join(Invitation, Invitation.id == AnswerKey.invitation_id)
        .join(Questionnaire, Questionnaire.id == AnswerKey.questionnaire_id)
        .join(Process, Process.id == Questionnaire.process_id)
        .where(func.lower(func.trim(Invitation.organisation)) == organisation, Process.state != "draft")
        .order_by(Questionnaire.closes_at.desc().nulls_first(), Questionnaire.id, AnswerKey.answer_id)
    )
    found: dict[uuid.UUID, AnsweredForBody] = {}
    for process_id, slug, key, title, sources in rows:
        before = found[key].source_ids if key in found else ()
        found[key] = AnsweredForBody(process_id, slug, key, title, (*before, *(sources or ())))
    return list(found.values())
