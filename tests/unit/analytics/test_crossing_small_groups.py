"""That no small group follows from all tables and filters of two questions of any kind, by elimination modulo a prime."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest

from consult.analytics.asked import NO_ANSWER, Asked, Given, binned
from consult.analytics.counted import groups_shown
from consult.analytics.crossing import Crossing, crossed, crossed_with_groups
from consult.analytics.nested import FIRST, NEXT, REST, heads_of
from consult.analytics.results import result
from tests.factories.elimination import determined

MEANS = Asked("single", ("x", "y", "z"))
Pairs = list[tuple[Any, Any, int]]


def frozen(value: Any) -> Any:
    """A value that can be a key."""
    if isinstance(value, dict):
        return tuple(sorted((k, frozen(v)) for k, v in value.items()))
    return tuple(value) if isinstance(value, list) else value


class Attack:
    """Everything that was told of the answers to one question by the answers to another, as equations over counts of each pair of answers.

    The attacker knows which answers can be given, and not how many gave them.
    """

    def __init__(self, pairs: Pairs, possible: list[Any]) -> None:
        self.people: Counter[tuple[Any, Any]] = Counter()
        self.value_of: dict[Any, Any] = {frozen(value): value for value in possible}
        for value, other, number in pairs:
            self.people[frozen(value), other if other is not None else NO_ANSWER] += number
        self.unknowns = [(key, other) for key in self.value_of for other in [*MEANS.options, NO_ANSWER]]
        self.equations: list[tuple[dict[Any, int], int]] = []
        self.told = 0

    def terms(self, factor: Callable[[Any], float], other: str | None = None) -> dict[Any, int]:
        """How much each unknown weighs in a sum over one group, or over all."""
        found = {}
        for cell in self.unknowns:
            weight = Fraction(factor(self.value_of[cell[0]])) if other in (None, cell[1]) else Fraction(0)
            if weight:
                found[cell] = int(weight * 1000)
        return found

    def learn(self, number: float | None, factor: Callable[[Any], float], other: str | None = None) -> None:
        """A sum that was told; it must be right."""
        if number is None:
            return
        terms = self.terms(factor, other)
        right = sum(self.people[cell] * weight for cell, weight in terms.items())
        assert abs(right - number * 1000) < 1, "what is told is right"
        self.told += 1
        self.equations.append((terms, right))

    def learn_mean(self, mean: float, value: Callable[[Any], float | None], other: str | None = None) -> None:
        """A mean: of what is left of each number when the mean is taken away nothing remains."""
        own = Fraction(mean).limit_denominator(10**6)
        terms = {}
        for cell in self.unknowns:
            number = value(self.value_of[cell[0]])
            if number is not None and other in (None, cell[1]):
                terms[cell] = int((Fraction(number).limit_denominator(10**6) - own) * own.denominator * 1000)
        self.told += 1
        self.equations.append((terms, 0))

    def small_ones(self, groups: dict[Any, dict[Any, int]]) -> set[Any]:
        """Which of these groups of one to four people follow."""
        sizes = {name: sum(self.people[cell] for cell in terms) for name, terms in groups.items()}
        found = determined(self.unknowns, self.equations, groups)
        return {name for name in found if 0 < sizes[name] < 5}


def is_in(code: str) -> Callable[[Any], int]:
    return lambda value: int(value == code)


def answers(chance: random.Random, values: list[Any], people: int) -> Pairs:
    """Uneven answers to two questions; what the one says leans on the other."""
    others = ["x", "y", "z", None]
    weights = [chance.choice((1, 2, 5)) for _ in others[:3]] + [chance.choice((0, 0.2))]
    lean = {other: [chance.choice((1, 2, 6, 20)) for _ in values] for other in others}
    found: Counter[tuple[Any, Any]] = Counter()
    for _ in range(people):
        other = chance.choices(others, weights)[0]
        found[chance.choices(range(len(values)), lean[other])[0], other] += 1
    return [(values[place], other, n) for (place, other), n in found.items()]


def from_filter(attack: Attack, asked: Asked, pairs: Pairs, count: dict[str, Callable[[Any], float]]) -> dict[Any, Any]:
    """What results of everybody and of each group say beside the table, where the other question made the groups."""
    given = [Given(value, other or "", n) for value, other, n in pairs]
    sizes: Counter[Any] = Counter()
    for each in given:
        sizes[each.group] += each.people
    told = {}
    for group, size in [(None, sum(sizes.values())), *groups_shown(sizes).items()]:
        name = None if group is None else group or NO_ANSWER
        attack.learn(size, lambda _value: 1, name)
        if size is None or group == "":
            continue
        view = told[name] = result(asked, given, group=group)
        for line in view.lines:
            if line.code in count:
                attack.learn(line.count, count[line.code], name)
        for row, lines in view.grid:
            for line in lines:
                if f"{row}:{line.code}" in count:
                    attack.learn(line.count, count[f"{row}:{line.code}"], name)
    return told


def from_table(
    attack: Attack, table: Crossing, count: dict[str, Callable[[Any], float]], group: dict[str, str]
) -> None:
    """What a table says: cells and sums."""
    for column in table.columns:
        name = group.get(column, column)
        attack.learn(table.column_sums[column], lambda _value: 1, name)
        for row in table.rows:
            attack.learn(table.cells[row, column], count[row], name)
    for row in table.rows:
        attack.learn(table.row_sums[row], count[row])


def tables(asked: Asked, pairs: Pairs, by_filter: bool, part: str = "") -> tuple[Crossing, dict[str, str]] | None:
    """The table of two questions; or of one with the question that made the groups."""
    if by_filter:
        given = [Given(value, other or "", n) for value, other, n in pairs]
        found = crossed_with_groups(asked, given, {f"z:{code}": code for code in MEANS.options}, part=part)
        return (found, {f"z:{code}": code for code in MEANS.options}) if found else None
    found = crossed(asked, MEANS, pairs, parts=(part, ""))
    return (found, {}) if found else None


def at(code: str, *places: int | None) -> Callable[[Any], int]:
    """Whether an order puts an option at one of these places; None: leaves it out."""

    def found(value: Any) -> int:
        return int(isinstance(value, list) and (value.index(code) if code in value else None) in places)

    return found


def points(code: str, options: int) -> Callable[[Any], float]:
    """The points that an order gives an option."""

    def found(value: Any) -> float:
        if not isinstance(value, list):
            return 0
        return options - 1 - value.index(code) if code in value else (options - len(value) - 1) / 2

    return found


def ordered(value: Any) -> int:
    """Whether it is an order at all."""
    return int(isinstance(value, list))


def silent(value: Any) -> int:
    """Whether it is none."""
    return int(not isinstance(value, list))


@pytest.mark.parametrize("by_filter", [False, True])
@pytest.mark.parametrize("options", [2, 3, 4, 5])
def test_no_small_group_follows_from_first_choices_places_and_points(options: int, by_filter: bool) -> None:
    """A ranking against one answer: first choices, the places of each option, points of each group, and the result of the question itself."""
    chance = random.Random(f"orders {options} {by_filter}")
    codes = [chr(97 + n) for n in range(options)]
    asked = Asked("ranking", codes, ways_out=("_dk",))
    shown = hidden = 0
    for round_ in range(14 if options < 5 else 5):
        orders: list[Any] = [list(order) for order in permutations(codes)]
        if round_ % 3 == 2 and options > 2:
            orders += [list(order) for order in permutations(codes, 1)]
        chance.shuffle(orders)
        pairs = answers(chance, [*orders[:14], "_dk", None], chance.choice((40, 150, 600)))
        attack = Attack(pairs, [*orders, "_dk", None])

        last = tuple(range(3, options))
        count: dict[str, Callable[[Any], float]] = {"_dk": is_in("_dk")}
        for code in codes:
            places: dict[str, tuple[int | None, ...]] = {
                "1": (0,),
                "2": (1,),
                "3": (2,),
                "lower": last,
                "unranked": (None,),
            }
            count |= {f"{code}:{head}": at(code, *held) for head, held in places.items()}
        views = (
            from_filter(attack, asked, pairs, count)
            if by_filter
            else {None: result(asked, [Given(v, "", n) for v, _o, n in pairs])}
        )
        if not by_filter:
            for line in views[None].lines:
                attack.learn(line.count, count[line.code])
        for name, view in views.items():
            if view.order is not None:
                attack.learn(view.order.ballots, ordered, name)
                for place in view.order.places:
                    attack.learn(place.points, points(place.code, options), name)
                    attack.learn(place.first, at(place.code, 0), name)
                    attack.learn(place.named, lambda v, c=place.code: int(isinstance(v, list) and c in v), name)
        heads = heads_of(options)
        for part in ["", *(codes if options > 2 else [])]:
            found = tables(asked, pairs, by_filter, part)
            if found is None:
                continue
            table, group = found
            if part:
                held = {
                    FIRST: (0,),
                    "2": (1,),
                    "3": (2,),
                    NEXT: (1, 2),
                    REST: (*range(3 if options > 4 else options - 1, options), None),
                }
                assert table.rows == (*heads, NO_ANSWER)
                from_table(attack, table, {**{head: at(part, *held[head]) for head in heads}, NO_ANSWER: silent}, group)
            else:
                from_table(attack, table, {**{code: at(code, 0) for code in codes}, NO_ANSWER: silent}, group)
                for column, measure in table.by_column.items():
                    for place in measure.order.places if measure.order else ():
                        attack.learn(place.points, points(place.code, options), group.get(column, column))
            shown += sum(n is not None and n > 0 for n in table.cells.values())
        wanted: dict[Any, dict[Any, int]] = {}
        for other in [*MEANS.options, NO_ANSWER]:
            for code in codes:
                for place_ in range(options):
                    wanted[other, code, place_] = attack.terms(at(code, place_), other)
        hidden += sum(0 < sum(attack.people[c] for c in terms) < 5 for terms in wanted.values())
        assert not attack.small_ones(wanted), (options, round_, pairs)
    assert shown > 20, "nothing at all is shown: the test tests nothing"
    assert hidden > 30


@pytest.mark.parametrize("by_filter", [False, True])
@pytest.mark.parametrize("kind", ["scale", "number", "wide"])
def test_no_small_group_follows_from_bands_and_means(kind: str, by_filter: bool) -> None:
    """Numbers against one answer: bands, means of all and of each group; the mean is one more sum where each band holds one value."""
    chance = random.Random(f"numbers {kind} {by_filter}")
    numbers: list[Any] = [1, 2, 3, 4, 5, 6] if kind != "wide" else [3, 5, 12, 17, 24, 31, 44, 58]
    asked = (
        Asked("scale", [str(n) for n in numbers], ways_out=("_dk",))
        if kind == "scale"
        else Asked("number", ways_out=("_dk",))
    )
    means = hidden = 0
    for _round in range(40):
        values = [str(n) if kind == "scale" else n for n in numbers]
        pairs = answers(chance, [*values, "_dk", None], chance.choice((30, 80, 300, 1500)))
        attack = Attack(pairs, [*values, "_dk", None])

        def number(value: Any) -> float | None:
            return None if value in {None, "_dk"} else float(value)

        if kind == "scale":
            count: dict[str, Callable[[Any], float]] = {str(n): is_in(str(n)) for n in numbers}
        else:
            bands, _given = binned(asked, [Given(v, "", n) for v, _o, n in pairs])
            ends = {code: tuple(float(end) for end in code.split("..")) for code in bands.options}
            count = {
                code: lambda v, e=ends[code]: int(number(v) is not None and e[0] <= float(v) < e[1]) for code in ends
            }
        count |= {"_dk": is_in("_dk"), NO_ANSWER: lambda v: int(v is None)}
        views = (
            from_filter(attack, asked, pairs, count)
            if by_filter
            else {None: result(asked, [Given(v, "", n) for v, _o, n in pairs])}
        )
        for name, view in views.items():
            if view.numbers is not None:
                means += 1
                attack.learn_mean(view.numbers.mean, number, name)
        found = tables(asked, pairs, by_filter)
        if found is None:
            continue
        table, group = found
        from_table(attack, table, count, group)
        for column, measure in table.by_column.items():
            if measure.numbers is not None:
                means += 1
                attack.learn_mean(measure.numbers.mean, number, group.get(column, column))
        wanted = {
            (other, code): attack.terms(count[code], other)
            for other in [*MEANS.options, NO_ANSWER]
            for code in table.rows
            if code != NO_ANSWER and other != NO_ANSWER
        }
        hidden += sum(0 < sum(attack.people[c] for c in terms) < 5 for terms in wanted.values())
        assert not attack.small_ones(wanted), (kind, pairs)
    assert means > 20, "nothing at all is shown: the test tests nothing"
    assert hidden > 40


@pytest.mark.parametrize("by_filter", [False, True])
def test_no_points_of_a_few_follow_from_those_of_groups(by_filter: bool) -> None:
    """Points of an option in a group, where few gave it any, are not what is left of the group's points, nor of the option's."""
    chance = random.Random(f"points {by_filter}")
    codes = ("a", "b", "c", "d")
    asked = Asked("points", codes)
    told = small = 0
    for _round in range(60):
        ballots: list[Any] = [
            {"a": 10},
            {"a": 5, "b": 5},
            {"b": 10},
            {"c": 7, "d": 3},
            {"d": 10},
            {"a": 2, "b": 2, "c": 6},
            None,
        ]
        pairs = answers(chance, ballots, chance.choice((30, 60, 200)))
        found = tables(asked, pairs, by_filter)
        if found is None:
            continue
        table, group = found
        assert not table.rows, "points stand along no side"
        whole = result(asked, [Given(v, "", n) for v, _o, n in pairs]).points
        others = [*MEANS.options, NO_ANSWER]
        unknowns = [(code, other) for code in codes for other in others]
        truth: Counter[tuple[str, str]] = Counter()
        givers: dict[tuple[str, str], int] = Counter()
        sums: Counter[str] = Counter()
        for value, other, n in pairs:
            for code, number in (value or {}).items():
                truth[code, other or NO_ANSWER] += number * n
                givers[code, other or NO_ANSWER] += n
                sums[other or NO_ANSWER] += number * n
        equations: list[tuple[dict[Any, int], int]] = [({(c, o): 1 for c in codes}, sums[o]) for o in others]
        equations += [
            ({(s.code, o): 1 for o in others}, 0) for s in (whole.shares if whole else ()) if s.share is not None
        ]
        for column, measure in table.by_column.items():
            for share in measure.points.shares if measure.points else ():
                if share.spread is not None:
                    other = group.get(column, column)
                    assert share.total == truth[share.code, other]
                    assert share.givers is None
                    told += 1
                    equations.append(({(share.code, other): 1}, 0))
        small += sum(0 < n < 5 for n in givers.values())
        for name in determined(unknowns, equations, {cell: {cell: 1} for cell in unknowns}):
            assert not 0 < givers[name] < 5, (name, givers[name], pairs)
    assert told > 60, "nothing at all is shown: the test tests nothing"
    assert small > 60
