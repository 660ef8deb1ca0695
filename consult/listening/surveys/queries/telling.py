"""What the answers say, question by question: counts out of the database, small groups hidden by `analytics.results`."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from consult.analytics.asked import CROSSABLE, Asked, Given, Group
from consult.analytics.results import (
    Crossing,
    Result,
    crossed,
    crossed_groups,
    crossed_with_groups,
    of_groups,
    of_said,
    result,
    turned,
)
from consult.core.vocabulary import SpeakerKind
from consult.framework import queries as framework
from consult.listening.surveys.queries.building import frame_of
from consult.listening.surveys.queries.counting import Groups, groups, pair_counts, said_by_group, value_counts
from consult.listening.surveys.rules import option_codes
from consult.listening.surveys.types import QuestionRow

#: Kinds whose answers make the groups that results are told by.
SIDES = {"place": "zone", "speaker": "kind"}
#: Kinds of which only the number of answers is told.
UNCOUNTED = frozenset({"short", "long", "file", "display"})


@dataclass(frozen=True, slots=True)
class Frame:
    """The codes that come from outside the questionnaire."""

    zones: Sequence[framework.ZoneRow]
    strategies: Sequence[framework.StrategyRow]


def frame(
    session: Session, *, process_id: uuid.UUID, territory_id: uuid.UUID, questions: Sequence[QuestionRow]
) -> Frame:
    """Zones always (results are told by zone), the rest where it is asked about."""
    kinds = {question.kind for question in questions}
    wanted = kinds & {"strategy", "axis"}
    return Frame(
        framework.zones(session, territory_id=territory_id),
        framework.strategies(session, frame_id=frame_of(session, process_id=process_id)) if wanted else (),
    )


def asked(question: QuestionRow, found: Frame) -> Asked:
    """The question as far as counting goes."""
    kind = question.kind
    if kind == "scale":
        codes = [str(n) for n in range(question.settings.get("min", 1), question.settings.get("max", 5) + 1)]
    else:
        codes = {
            "yes_no": ["yes", "no"],
            "consent": ["yes"],
            "speaker": [str(each) for each in SpeakerKind],
            "place": [f"z:{zone.id}" for zone in found.zones],
            "strategy": [strategy.code for strategy in found.strategies],
            "axis": list(dict.fromkeys(str(strategy.axis_number) for strategy in found.strategies)),
        }.get(kind) or option_codes(question)
    return Asked(kind, tuple(codes), tuple(row.code for row in question.rows), question.ways_out)


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything that a page of results shows."""

    groups: Groups
    results: Mapping[uuid.UUID, Result]


def tell(
    session: Session,
    *,
    questionnaire_id: uuid.UUID,
    questions: Sequence[QuestionRow],
    frame: Frame,
    by: str = "",
    group: Group | None = None,
) -> Telling:
    """Results of all questions that are counted; `by` "zone", "kind" or "both" with a `group` of it: of that group."""
    sizes = groups(session, questionnaire_id=questionnaire_id)
    given = _given(session, questionnaire_id, questions, sizes, by)
    told: dict[uuid.UUID, Result] = {}
    for question in questions:
        if question.kind in UNCOUNTED or question.personal:
            continue
        if question.kind in SIDES and sizes.lent:
            if by in {"", SIDES[question.kind]}:
                told[question.id] = _said(session, questionnaire_id, question, frame, sizes, group)
        elif question.kind in SIDES:
            told[question.id] = of_groups(
                group_codes(question, frame), sizes.by_both, kinds=question.kind == "speaker", by=by, group=group
            )
        else:
            told[question.id] = result(asked(question, frame), given(question), group=group)
    return Telling(sizes, told)


def _said(
    session: Session, questionnaire_id: uuid.UUID, question: QuestionRow, found: Frame, sizes: Groups, group: Group | None
) -> Result:
    """Where groups may be the invitations': what was answered, of everybody or of one of the question's own groups.

    By the other filter nothing is told of it, nor crossed: beside the groups, which are known of those too who did not answer, that
    would be one view more of who left it out.
    """
    side = SIDES[question.kind]
    said = said_by_group(session, questionnaire_id=questionnaire_id, question_id=question.id, by=side)
    return of_said(group_codes(question, found), sizes.of(side), said, group=None if group is None else str(group))


def group_codes(question: QuestionRow, found: Frame) -> dict[str, str]:
    """The group that each code of a question about zone or kind of speaker stands for."""
    if question.kind == "place":
        return {f"z:{zone.id}": str(zone.id) for zone in found.zones}
    return {str(kind): str(kind) for kind in SpeakerKind}


def _given(
    session: Session, questionnaire_id: uuid.UUID, questions: Sequence[QuestionRow], sizes: Groups, by: str
) -> Callable[[QuestionRow], list[Given]]:
    """The answers to each question by group, those included who gave none."""
    given: dict[str, list[Given]] = defaultdict(list)
    counted: dict[str, dict[Group, int]] = defaultdict(lambda: defaultdict(int))
    kinds = {str(question.id): question.kind for question in questions}
    for row in value_counts(session, questionnaire_id=questionnaire_id, by=by):
        kind = kinds.get(row.question)
        if kind is not None:
            given[row.question].append(Given(_plain(kind, row.value), row.group, row.people))
            counted[row.question][row.group] += row.people

    def of(question: QuestionRow) -> list[Given]:
        key = str(question.id)
        missing = {name: n - counted[key][name] for name, n in sizes.of(by).items()}
        return [*given[key], *(Given(None, name, n) for name, n in missing.items() if n > 0)]

    return of


def _plain(kind: str, value: Any) -> Any:
    """The value as it is counted: a point of a scale is a code."""
    return str(value) if kind == "scale" and isinstance(value, int) else value


def cross(
    session: Session, *, questionnaire_id: uuid.UUID, first: QuestionRow, second: QuestionRow, frame: Frame
) -> Crossing | None:
    """Two questions against each other; None where there is too little, or they can't be crossed.

    Whichever is named first the same table is made and then turned, and one with a zone or a kind of speaker is the one the filter
    shows: two tables of the same answers that hide different cells would tell both.
    """
    one, other = sorted((first, second), key=lambda question: (question.kind in SIDES, question.position))
    found = _table(session, questionnaire_id, one, other, frame)
    return found if found is None or one is first else turned(found)


def _table(
    session: Session, questionnaire_id: uuid.UUID, one: QuestionRow, other: QuestionRow, frame: Frame
) -> Crossing | None:
    side = SIDES.get(other.kind)
    if side is None:
        counts = pair_counts(session, questionnaire_id=questionnaire_id, first=one.id, second=other.id)
        pairs = [(_plain(one.kind, a), _plain(other.kind, b), n) for a, b, n in counts]
        return crossed(asked(one, frame), asked(other, frame), pairs)
    sizes = groups(session, questionnaire_id=questionnaire_id)
    if sizes.lent:
        return None
    if one.kind not in SIDES:
        given = _given(session, questionnaire_id, [one], sizes, side)
        return crossed_with_groups(asked(one, frame), given(one), group_codes(other, frame))
    place, speaker = (one, other) if one.kind == "place" else (other, one)
    found = crossed_groups(group_codes(place, frame), group_codes(speaker, frame), sizes.by_both)
    return found if found is None or place is one else turned(found)


def crossable(question: QuestionRow, sizes: Groups) -> bool:
    """Whether a question can be crossed with another."""
    return not (question.personal or (sizes.lent and question.kind in SIDES)) and Asked(question.kind).shape in CROSSABLE
