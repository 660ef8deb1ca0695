"""What the answers say, question by question: counts out of the database, small groups hidden by `analytics.results`."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from consult.analytics.asked import CROSSABLE, Asked, Given, Group
from consult.analytics.results import Crossing, Result, crossed, result
from consult.core.vocabulary import SpeakerKind
from consult.framework import queries as framework
from consult.listening.surveys.queries.building import frame_of
from consult.listening.surveys.queries.counting import Groups, groups, pair_counts, value_counts
from consult.listening.surveys.rules import option_codes
from consult.listening.surveys.types import QuestionRow

#: Kinds of which only the number of answers is told.
UNCOUNTED = frozenset({"short", "long", "file", "display"})


@dataclass(frozen=True, slots=True)
class Frame:
    """The codes that come from outside the questionnaire."""

    zones: Sequence[framework.ZoneRow]
    towns: Sequence[framework.MunicipalityRow]
    strategies: Sequence[framework.StrategyRow]

    def zone_of(self) -> dict[str, str]:
        """The zone's code of each municipality's code."""
        return {f"m:{town.id}": f"z:{town.zone_id}" for town in self.towns}


def frame(
    session: Session, *, process_id: uuid.UUID, territory_id: uuid.UUID, questions: Sequence[QuestionRow]
) -> Frame:
    """Zones always (results are told by zone), the rest where it is asked about."""
    kinds = {question.kind for question in questions}
    wanted = kinds & {"strategy", "axis"}
    return Frame(
        framework.zones(session, territory_id=territory_id),
        framework.municipalities(session, territory_id=territory_id) if "place" in kinds else (),
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
    people = sizes.of(by)
    towns = frame.zone_of()
    given: dict[str, list[Given]] = defaultdict(list)
    counted: dict[str, dict[Group, int]] = defaultdict(lambda: defaultdict(int))
    kinds = {str(question.id): question.kind for question in questions}
    for row in value_counts(session, questionnaire_id=questionnaire_id, by=by):
        kind = kinds.get(row.question)
        if kind is not None:
            given[row.question].append(Given(_plain(kind, row.value, towns), row.group, row.people))
            counted[row.question][row.group] += row.people
    told: dict[uuid.UUID, Result] = {}
    for question in questions:
        if question.kind in UNCOUNTED or question.personal:
            continue
        key = str(question.id)
        nobody = [Given(None, name, n - counted[key][name]) for name, n in people.items() if n > counted[key][name]]
        told[question.id] = result(asked(question, frame), [*given[key], *nobody], group=group)
    return Telling(sizes, told)


def _plain(kind: str, value: Any, towns: Mapping[str, str]) -> Any:
    """The value as it is counted: a municipality counts for its zone, a point of a scale is a code."""
    if kind == "place":
        return towns.get(value, value)
    if kind == "scale" and isinstance(value, int):
        return str(value)
    return value


def cross(
    session: Session, *, questionnaire_id: uuid.UUID, first: QuestionRow, second: QuestionRow, frame: Frame
) -> Crossing | None:
    """Two questions against each other; None where there is too little, or they can't be crossed."""
    towns = frame.zone_of()
    pairs = [
        (_plain(first.kind, a, towns), _plain(second.kind, b, towns), n)
        for a, b, n in pair_counts(session, questionnaire_id=questionnaire_id, first=first.id, second=second.id)
    ]
    return crossed(asked(first, frame), asked(second, frame), pairs)


def crossable(question: QuestionRow) -> bool:
    """Whether a question can be crossed with another."""
    return not question.personal and Asked(question.kind).shape in CROSSABLE
