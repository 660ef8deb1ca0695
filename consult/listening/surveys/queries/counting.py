"""Reads for results: answers counted by question, value and group; groups; coverage; what was published; files."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from consult.analytics.asked import Group
from consult.analytics.results import RULES
from consult.listening.sources.models import Source, SourceRevision
from consult.listening.surveys.models import (
    Answer,
    Ballot,
    Invitation,
    PublishedResult,
    Question,
    Questionnaire,
    SurveyFile,
    Target,
)
from consult.listening.surveys.queries.building import facts, over
from consult.listening.surveys.types import DONT_KNOW, PREFER_NOT, QuestionnaireRow


@dataclass(frozen=True, slots=True)
class ValueCount:
    """So many answers of a group ("": everybody, or not said; a pair where both zone and kind are told apart) gave this value."""

    question: str
    value: Any
    group: Group
    people: int


_ZONE, _KIND = "coalesce(a.zone_id::text, '')", "coalesce(a.speaker_kind, '')"
_GROUPS = {"": ("''", "''"), "zone": (_ZONE, "''"), "kind": ("''", _KIND), "both": (_ZONE, _KIND)}
_VALUES = """
SELECT e.key, e.value, {zone} AS zone, {kind} AS kind, count(*)
FROM answer a CROSS JOIN LATERAL jsonb_each(a.values) AS e
WHERE a.questionnaire_id = :questionnaire
GROUP BY e.key, e.value, zone, kind ORDER BY e.key, zone, kind, e.value
"""
_STOPS = """
SELECT t.id, t.zone_id, t.speaker_kind, t.wanted,
  (SELECT count(*) FROM (
     (SELECT 1 FROM answer a WHERE a.questionnaire_id = t.questionnaire_id
        AND (a.zone_id = t.zone_id OR a.speaker_kind = t.speaker_kind) LIMIT t.wanted)
     UNION ALL
     (SELECT 1 FROM staged_answer s WHERE s.questionnaire_id = t.questionnaire_id
        AND (s.zone_id = t.zone_id OR s.speaker_kind = t.speaker_kind) LIMIT t.wanted)
   ) AS found) AS there
FROM survey_target t WHERE t.questionnaire_id = :questionnaire AND t.stops ORDER BY t.id
"""
_PAIRS = """
SELECT a.values -> :first, a.values -> :second, count(*)
FROM answer a WHERE a.questionnaire_id = :questionnaire
GROUP BY 1, 2 ORDER BY 1, 2
"""


_SAID = """
SELECT {group} AS side, count(*) FROM answer a
WHERE a.questionnaire_id = :questionnaire AND a.values ->> :question <> ALL (:out)
GROUP BY side ORDER BY side
"""


def said_by_group(session: Session, *, questionnaire_id: uuid.UUID, question_id: uuid.UUID, by: str) -> dict[str, int]:
    """How many of each zone, or kind of speaker, answered the question that asks for theirs: their group is what they answered."""
    statement = text(_SAID.format(group=_ZONE if by == "zone" else _KIND))
    given = {"questionnaire": questionnaire_id, "question": str(question_id), "out": [DONT_KNOW, PREFER_NOT]}
    return {row[0]: int(row[1]) for row in session.execute(statement, given)}


def value_counts(session: Session, *, questionnaire_id: uuid.UUID, by: str = "") -> list[ValueCount]:
    """All answers to all closed questions, counted by value, in one statement; `by` "zone", "kind" or "both": also by group."""
    zone, kind = _GROUPS[by]
    rows = session.execute(text(_VALUES.format(zone=zone, kind=kind)), {"questionnaire": questionnaire_id})
    return [ValueCount(row[0], row[1], (row[2], row[3]) if by == "both" else row[2] or row[3], row[4]) for row in rows]


def pair_counts(
    session: Session, *, questionnaire_id: uuid.UUID, first: uuid.UUID, second: uuid.UUID
) -> list[tuple[Any, Any, int]]:
    """How many gave each pair of answers to two questions."""
    values = {"questionnaire": questionnaire_id, "first": str(first), "second": str(second)}
    return [(a, b, int(n)) for a, b, n in session.execute(text(_PAIRS), values)]


@dataclass(frozen=True, slots=True)
class Groups:
    """Counted answers: in all, from paper, by zone and by kind of speaker ("": not said)."""

    answers: int
    on_paper: int
    by_zone: dict[str, int]
    by_kind: dict[str, int]
    by_both: dict[tuple[str, str], int]
    #: Whether a group may be what the invitation says of somebody who did not answer where from, or how, they speak.
    lent: bool = False

    def of(self, by: str) -> Mapping[Any, int]:
        """People by group: of everybody where `by` is empty."""
        found: dict[str, Mapping[Any, int]] = {"zone": self.by_zone, "kind": self.by_kind, "both": self.by_both}
        return found.get(by) or {"": self.answers}


def groups(session: Session, *, questionnaire_id: uuid.UUID) -> Groups:
    """How the counted answers divide, in one statement."""
    lends = (Questionnaire.privacy == "pseudonymous") & (Questionnaire.access == "invitation")
    rows = session.execute(
        select(Answer.zone_id, Answer.speaker_kind, func.count(), func.count().filter(Answer.on_paper), lends)
        .join(Questionnaire, Questionnaire.id == Answer.questionnaire_id)
        .where(Answer.questionnaire_id == questionnaire_id)
        .group_by(Answer.zone_id, Answer.speaker_kind, Questionnaire.id)
        .order_by(Answer.zone_id, Answer.speaker_kind)
    ).all()
    by_zone: dict[str, int] = {}
    by_kind: dict[str, int] = {}
    by_both = {(str(zone or ""), kind or ""): int(people) for zone, kind, people, _paper, _lent in rows}
    for zone, kind, people, _paper, _lent in rows:
        by_zone[str(zone or "")] = by_zone.get(str(zone or ""), 0) + int(people)
        by_kind[kind or ""] = by_kind.get(kind or "", 0) + int(people)
    return Groups(sum(int(r[2]) for r in rows), sum(int(r[3]) for r in rows), by_zone, by_kind, by_both, any(r[4] for r in rows))


def invited(
    session: Session, *, questionnaire: QuestionnaireRow
) -> dict[tuple[uuid.UUID | None, str | None], int] | None:
    """How many were invited by zone and kind, which say how coarse anonymous answers must be; None where nobody is invited by name."""
    if questionnaire.access != "invitation":
        return None
    rows = session.execute(
        select(Invitation.zone_id, Invitation.speaker_kind, func.count())
        .where(Invitation.questionnaire_id == questionnaire.id)
        .group_by(Invitation.zone_id, Invitation.speaker_kind)
        .order_by(Invitation.zone_id, Invitation.speaker_kind)
    )
    return {(zone, kind): int(n) for zone, kind, n in rows}


def is_ballot(session: Session, *, questionnaire_id: uuid.UUID, token_hash: bytes) -> bool:
    """Whether a link's hash is that of a ballot of this questionnaire, spent or not."""
    statement = select(Ballot.used).where(Ballot.token_hash == token_hash, Ballot.questionnaire_id == questionnaire_id)
    return session.execute(statement).scalar_one_or_none() is not None


def is_over(session: Session, *, questionnaire_id: uuid.UUID) -> bool:
    """Whether it takes no more answers and all of them are counted: only then results may be made public."""
    statement = select(over() & ((Questionnaire.privacy != "anonymous") | Questionnaire.swept)).where(
        Questionnaire.id == questionnaire_id
    )
    return bool(session.execute(statement).scalar_one_or_none())


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many answers are wanted of a group, and whether no more are taken then."""

    wanted: int
    stops: bool


def targets(session: Session, *, questionnaire_id: uuid.UUID) -> tuple[dict[str, Wanted], dict[str, Wanted]]:
    """How many answers are wanted by zone and by kind of speaker."""
    rows = session.execute(
        select(Target.zone_id, Target.speaker_kind, Target.wanted, Target.stops)
        .where(Target.questionnaire_id == questionnaire_id)
        .order_by(Target.zone_id, Target.speaker_kind)
    ).all()
    return (
        {str(row.zone_id): Wanted(row.wanted, row.stops) for row in rows if row.zone_id},
        {row.speaker_kind: Wanted(row.wanted, row.stops) for row in rows if row.speaker_kind},
    )


@dataclass(frozen=True, slots=True)
class Stop:
    """A target that stops, and whether it is reached."""

    id: uuid.UUID
    zone_id: uuid.UUID | None
    kind: str | None
    wanted: int
    #: How many there are, never more than are wanted.
    there: int

    @property
    def full(self) -> bool:
        """Whether no more are taken."""
        return self.there >= self.wanted


def stops(session: Session, *, questionnaire_id: uuid.UUID) -> list[Stop]:
    """The targets that stop, in one statement; answers that wait for the sweep count. No more are counted than were wanted."""
    rows = session.execute(text(_STOPS), {"questionnaire": questionnaire_id})
    return [Stop(row.id, row.zone_id, row.speaker_kind, int(row.wanted), int(row.there)) for row in rows]


@dataclass(frozen=True, slots=True)
class Published:
    """A result as it was made public."""

    question_id: uuid.UUID
    content: dict[str, Any]
    published_at: datetime

    @property
    def may_be_read(self) -> bool:
        """Whether small groups are hidden in it as they are now."""
        return bool(self.content.get("rules") == RULES)


def published(session: Session, *, questionnaire_id: uuid.UUID) -> dict[uuid.UUID, Published]:
    """The results of a questionnaire that are public, by question."""
    rows = session.execute(
        select(PublishedResult.question_id, PublishedResult.content, PublishedResult.published_at)
        .where(PublishedResult.questionnaire_id == questionnaire_id)
        .order_by(PublishedResult.question_id)
    )
    return {row.question_id: Published(row.question_id, row.content, row.published_at) for row in rows}


@dataclass(frozen=True, slots=True)
class Told:
    """A questionnaire with public results."""

    id: uuid.UUID
    title: str
    questions: int


def with_results(session: Session, *, process_id: uuid.UUID) -> list[Told]:
    """The questionnaires of a process whose results are public, by title."""
    rows = session.execute(
        select(Questionnaire.id, Questionnaire.title, func.count())
        .join(PublishedResult, PublishedResult.questionnaire_id == Questionnaire.id)
        .where(Questionnaire.process_id == process_id)
        .group_by(Questionnaire.id, Questionnaire.title)
        .order_by(Questionnaire.title, Questionnaire.id)
    )
    return [Told(row[0], row[1], int(row[2])) for row in rows]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file being written or ready."""

    id: uuid.UUID
    kind: str
    language: str
    state: str
    done: int
    total: int
    size: int | None
    file_id: uuid.UUID | None
    asked_at: datetime
    ready_at: datetime | None
    #: It may hold words that were withdrawn, hidden or cut since.
    outdated: bool = False

    @property
    def running(self) -> bool:
        """Whether the worker is not done with it."""
        return self.state in {"waiting", "writing"}


_FILE = (
    SurveyFile.id, SurveyFile.kind, SurveyFile.language, SurveyFile.state, SurveyFile.done, SurveyFile.total, SurveyFile.size,
    SurveyFile.file_id, SurveyFile.asked_at, SurveyFile.ready_at,
)  # fmt: skip  # the order of FileRow's fields


def files(session: Session, *, questionnaire_id: uuid.UUID, most: int = 20) -> list[FileRow]:
    """The latest files, newest first."""
    rows = session.execute(
        select(*_FILE)
        .where(SurveyFile.questionnaire_id == questionnaire_id)
        .order_by(SurveyFile.asked_at.desc(), SurveyFile.id)
        .limit(most)
    )
    found = [FileRow(*facts(row)) for row in rows]
    taken = _words_taken(session, questionnaire_id) if found else None
    return [replace(row, outdated=_outdated(row, taken)) for row in found]


def _words_taken(session: Session, questionnaire_id: uuid.UUID) -> datetime | None:
    """When words of answers to a questionnaire were withdrawn, hidden or cut for the last time."""
    return session.execute(
        select(func.max(SourceRevision.changed_at))
        .join(Source, Source.id == SourceRevision.source_id)
        .join(Question, Question.id == Source.unit_id)
        .where(Question.questionnaire_id == questionnaire_id, SourceRevision.change.in_(("withdraw", "hide", "redact")))
    ).scalar_one()


def _outdated(row: FileRow, taken: datetime | None) -> bool:
    return taken is not None and row.asked_at <= taken and row.kind not in {"dictionary", "sheet"}


def file(session: Session, *, file_id: uuid.UUID, questionnaire_id: uuid.UUID) -> FileRow | None:
    """One file of a questionnaire, or None."""
    row = session.execute(
        select(*_FILE).where(SurveyFile.id == file_id, SurveyFile.questionnaire_id == questionnaire_id)
    ).one_or_none()
    if row is None:
        return None
    found = FileRow(*facts(row))
    return replace(found, outdated=_outdated(found, _words_taken(session, questionnaire_id)))
