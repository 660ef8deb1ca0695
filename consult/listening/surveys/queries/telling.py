"""What the answers say, question by question: counts out of the database, small groups hidden by `analytics.results`."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from consult.analytics.asked import SHAPES, Asked, Given, Group
from consult.analytics.crossing import Crossing, crossed, crossed_groups, crossed_with_groups, turned
from consult.analytics.results import Result, of_groups, of_said, result
from consult.core.vocabulary import SpeakerKind
from consult.framework import queries as framework
from consult.listening.surveys.queries.building import frame_of
from consult.listening.surveys.queries.counting import Groups, groups, pair_counts, said_by_group, value_counts
from consult.listening.surveys.rules import most_of, option_codes, told_by_place
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
    if kind in {"multiple", "strategy", "axis"} and most_of(question) == 1:
        # One answer, wherever it was asked for: its lines have a sum that is known.
        kind = "single"
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
    session: Session,
    questionnaire_id: uuid.UUID,
    question: QuestionRow,
    found: Frame,
    sizes: Groups,
    group: Group | None,
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


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to cross a question: itself, or (`part`) the row of a matrix, the option of a ranking whose place is looked at."""

    question: QuestionRow
    part: str = ""

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return f"{self.question.id}:{self.part}" if self.part else str(self.question.id)


def facets(questions: Sequence[QuestionRow], sizes: Groups) -> list[Facet]:
    """All ways in which the questions can be crossed, in the order of the questions."""
    found: list[Facet] = []
    for question in questions:
        if question.personal or question.kind in UNCOUNTED or (sizes.lent and question.kind in SIDES):
            continue
        if question.rows:
            found += [Facet(question, row.code) for row in question.rows]
            continue
        found.append(Facet(question))
        if told_by_place(question):
            found += [Facet(question, option.code) for option in question.options]
    return found


def can_meet(first: Facet, second: Facet) -> bool:
    """Whether two facets give a table: not of one question, unless two rows of a matrix.

    A place in a ranking not with another ranking or with points, and points not with points: these are told by the answers to the other.
    """
    if first.question.id == second.question.id:
        return bool(first.question.rows) and first.part != second.part
    kinds = {first.question.kind, second.question.kind}
    by_place = any(each.part and each.question.kind == "ranking" for each in (first, second))
    return kinds != {"points"} and not (by_place and kinds <= {"ranking", "points"})


def cross(
    session: Session, *, questionnaire_id: uuid.UUID, first: Facet, second: Facet, frame: Frame
) -> Crossing | None:
    """Two questions against each other; None where there is too little, or they can't be crossed.

    Whichever is named first the same table is made and then turned, and one with a zone or a kind of speaker is the one the filter
    shows: two tables of the same answers that hide different cells would tell both.
    """
    if not can_meet(first, second):
        return None
    one, other = sorted((first, second), key=_standing)
    found = _table(session, questionnaire_id, one, other, frame)
    return found if found is None or one is first else turned(found)


def _standing(facet: Facet) -> tuple[Any, ...]:
    """Which of two stands along the rows: points, which are only measured, and orders, of which several views are made, before all others."""
    question = facet.question
    shape = SHAPES.get(question.kind, "")
    rows = [row.code for row in question.rows]
    place = (question.page, question.position, rows.index(facet.part) if rows else 0)
    return (question.kind in SIDES, shape != "points", shape != "order", *place)


def _table(session: Session, questionnaire_id: uuid.UUID, one: Facet, other: Facet, frame: Frame) -> Crossing | None:
    side = SIDES.get(other.question.kind)
    if side is None:
        counts = pair_counts(
            session, questionnaire_id=questionnaire_id, first=one.question.id, second=other.question.id
        )
        pairs = [(_plain(one.question.kind, a), _plain(other.question.kind, b), n) for a, b, n in counts]
        return crossed(asked(one.question, frame), asked(other.question, frame), pairs, parts=(one.part, other.part))
    sizes = groups(session, questionnaire_id=questionnaire_id)
    if sizes.lent:
        return None
    if one.question.kind not in SIDES:
        given = _given(session, questionnaire_id, [one.question], sizes, side)
        codes = group_codes(other.question, frame)
        return crossed_with_groups(asked(one.question, frame), given(one.question), codes, part=one.part)
    place, speaker = (one, other) if one.question.kind == "place" else (other, one)
    found = crossed_groups(group_codes(place.question, frame), group_codes(speaker.question, frame), sizes.by_both)
    return found if found is None or place is one else turned(found)
