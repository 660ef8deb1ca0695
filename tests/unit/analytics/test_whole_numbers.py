"""What follows from means and quartiles when it is also known that people are whole and never fewer than none. Orders: `test_whole_orders`.

Elimination (`test_crossing_small_groups`) asks which sums are given by sums. Here small cases are searched for another set of answers that
would be told in just the same words: a hidden cell of one to four people that is the same in all of them is given away. Each search has its
control: without the rule that hides means, or points, it finds cells that are.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import pytest

from consult.analytics import by_group
from consult.analytics.asked import Asked, Given, binned
from consult.analytics.crossing import crossed_with_groups
from consult.analytics.results import result
from consult.analytics.tallies import Spread

Bounds = tuple[tuple[int, int], ...]


@lru_cache(maxsize=200_000)
def sums_that_fit(counts: tuple[int, ...], bins: Bounds, told: Spread | None, near: float) -> tuple[int, int] | None:
    """From what to what the numbers of so many people in each bin may add up, told such a mean and such quartiles; None: they can't be."""
    if any(n and start > end for (start, end), n in zip(bins, counts, strict=True)):
        return None
    low = [start for (start, _end), n in zip(bins, counts, strict=True) for _ in range(n)]
    high = [end for (_start, end), n in zip(bins, counts, strict=True) for _ in range(n)]
    people = len(low)
    least, most = sum(low), sum(high)
    if told is None or not people:
        return least, most
    if told.n != people:
        return None
    if told.median is not None and told.low_quarter is not None and told.high_quarter is not None:
        ranges = []
        for part, number in ((0.25, told.low_quarter), (0.5, told.median), (0.75, told.high_quarter)):
            place = (people - 1) * part
            one, rest = math.floor(place), place - math.floor(place)
            other = min(one + 1, people - 1)
            ranges.append(
                [
                    {one: a, other: b}
                    for a in range(low[one], high[one] + 1)
                    for b in (range(max(a, low[other]), high[other] + 1) if other != one else [a])
                    if abs(a + (b - a) * rest - number) <= near
                ]
            )
        found = []
        for three in product(*ranges):
            fixed: dict[int, int] = {}
            if all(fixed.setdefault(k, v) == v for each in three for k, v in each.items()):
                down, up, floor_, roof = [*low], [*high], 0, math.inf
                for i in range(people):
                    floor_ = max(floor_, fixed.get(i, down[i]))
                    down[i] = floor_
                for i in reversed(range(people)):
                    roof = min(roof, fixed.get(i, up[i]))
                    up[i] = int(roof)
                if all(a <= b for a, b in zip(down, up, strict=True)):
                    found.append((sum(down), sum(up)))
        if not found:
            return None
        least, most = min(a for a, _b in found), max(b for _a, b in found)
    least, most = (
        max(least, math.ceil((told.mean - near) * people - 1e-6)),
        min(most, math.floor((told.mean + near) * people + 1e-6)),
    )
    return (least, most) if least <= most else None


def shared_out(people: int, places: int) -> Iterator[tuple[int, ...]]:
    """All ways in which people may stand at so many places."""
    if places == 1:
        yield (people,)
        return
    for n in range(people + 1):
        for rest in shared_out(people - n, places - 1):
            yield (n, *rest)


def given_away(
    sizes: Sequence[int],
    cells: Sequence[Sequence[int | None]],
    sums: Sequence[int | None],
    bins: Bounds,
    told: Sequence[Spread | None],
    whole: Spread | None,
    near: float,
    true: Sequence[Sequence[int]],
) -> set[tuple[int, int]]:
    """Hidden cells (group, bin) of one to four people that are the same in all answers that would be told so."""
    wanted = {(g, b) for g, row in enumerate(cells) for b, n in enumerate(row) if n is None and 0 < true[g][b] < 5}

    def of(group: int) -> list[tuple[tuple[int, ...], tuple[int, int]]]:
        dark = [b for b, n in enumerate(cells[group]) if n is None]
        left = sizes[group] - sum(n for n in cells[group] if n is not None)
        found = []
        for part in shared_out(left, len(dark)) if dark else [()]:
            row = [n or 0 for n in cells[group]]
            for b, n in zip(dark, part, strict=True):
                row[b] = n
            fits = sums_that_fit(tuple(row), bins, told[group], near)
            if fits is not None:
                found.append((tuple(row), fits))
        return found

    if not wanted:
        return set()
    lists = [of(group) for group in range(len(sizes))]
    for each in lists:
        random.Random(len(each)).shuffle(each)
    last: dict[Any, list[Any]] = defaultdict(list)
    for row, fits in lists[-1]:
        last[tuple(n for n, s in zip(row, sums, strict=True) if s is not None)].append((row, fits))
    for firsts in product(*lists[:-1]):
        so_far = [sum(row[b] for row, _fits in firsts) for b in range(len(bins))]
        needed = tuple(s - n for n, s in zip(so_far, sums, strict=True) if s is not None)
        for final in last.get(needed, ()):
            rows = [*firsts, final]
            if whole is not None:
                people = sum(sizes)
                low, high = (sum(fits[i] for _row, fits in rows) for i in (0, 1))
                if high < (whole.mean - near) * people - 1e-6 or low > (whole.mean + near) * people + 1e-6:
                    continue
            wanted = {(g, b) for g, b in wanted if rows[g][0][b] == true[g][b]}
            if not wanted:
                return set()
    return wanted


def numbers_told(kind: str, values: Sequence[Sequence[int]]) -> tuple[set[tuple[int, int]], int, int]:
    """Which hidden cells of these groups' numbers are given away by charts, means and quartiles; how many means are told, and cells hidden."""
    codes = [str(n) for n in range(4)]
    asked = Asked("number") if kind == "number" else Asked("scale", codes)
    names = [f"g{i}" for i in range(len(values))]
    given = [
        Given(v if kind == "number" else str(v), name, n)
        for name, own in zip(names, values, strict=True)
        for v, n in Counter(own).items()
    ]
    one, mine = binned(asked, given) if kind == "number" else (asked, given)
    heads = list(one.options)
    if kind == "number":
        ends = [head.split("..") for head in heads]
        bins: Bounds = tuple((math.ceil(float(a)), math.ceil(float(b)) - 1) for a, b in ends)
    else:
        bins = tuple((int(head), int(head)) for head in heads)
    counts = Counter[Any]()
    for each in mine:
        counts[each.value, each.group] += each.people
    true = [[counts[head, name] for head in heads] for name in names]
    table = crossed_with_groups(asked, given, {name: name for name in names})
    assert table is not None
    told = [table.by_column[name].numbers for name in names]
    whole = result(asked, given)
    for name, spread_ in zip(names, told, strict=True):
        assert result(asked, given, group=name).numbers == spread_, "the filter tells what the table tells"
    cells = [[table.cells[head, name] for head in heads] for name in names]
    near = by_group._step(asked, given) / 2 + 1e-6
    leaks = given_away(
        [len(own) for own in values],
        cells,
        [table.row_sums[head] for head in heads],
        bins,
        told,
        whole.numbers,
        near,
        true,
    )
    if whole.numbers is not None:
        # Everybody as one group, with their own quartiles.
        shown = [[line.count for line in whole.lines]]
        everybody = [[sum(row[b] for row in true) for b in range(len(heads))]]
        leaks |= given_away(
            [sum(map(len, values))], shown, [None] * len(heads), bins, [whole.numbers], None, near, everybody
        )
    hidden = sum(n is None and 0 < true[g][b] < 5 for g, row in enumerate(cells) for b, n in enumerate(row))
    return leaks, sum(each is not None for each in [*told, whole.numbers]), hidden


def small_groups(chance: random.Random, kind: str) -> list[list[int]]:
    """Numbers of three groups; the first is large and keeps to two of them, so that its chart may be seen."""
    numbers = range(9) if kind == "number" else range(4)
    found = []
    for place in range(3):
        few = chance.sample(numbers, 2 if place == 0 else chance.choice((2, 3)))
        found.append([chance.choice(few) for _ in range(24 if place == 0 else chance.choice((5, 7, 10, 12)))])
    return found


def old_rule(asked: Asked, given: Any, groups: Any, *_rest: Any) -> list[Any]:
    """Means of all groups, whatever is hidden."""
    return list(groups)


def without_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Means and quartiles of five people, beside whatever is hidden, told to the last digit."""
    monkeypatch.setattr(by_group, "LEAST_MEAN", 5)
    monkeypatch.setattr(by_group, "LEAST_QUARTERS", 5)
    monkeypatch.setattr(by_group, "_told", old_rule)
    monkeypatch.setattr(by_group, "_step", lambda *_given: 0.0)


#: The group of five that was found out, beside 23 others.
FOUND_OUT = [[0, 1, 2, 7, 8], [0] * 6 + [2] * 6 + [5] * 5 + [8] * 6]


@pytest.mark.parametrize("kind", ["number", "scale"])
def test_no_few_follow_from_means_and_quartiles(kind: str) -> None:
    chance = random.Random(f"whole numbers {kind}")
    cases = [small_groups(chance, kind) for _ in range(25 if kind == "number" else 60)] + (
        [FOUND_OUT] if kind == "number" else []
    )
    means = hidden = 0
    for values in cases:
        leaks, told, dark = numbers_told(kind, values)
        assert not leaks, values
        means, hidden = means + told, hidden + dark
    assert means > 10, "nothing at all is told: the test tests nothing"
    assert hidden > 40


def test_without_the_rule_a_few_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    without_rule(monkeypatch)
    leaks, _told, _hidden = numbers_told("number", FOUND_OUT)
    assert {cell for cell in leaks if cell[0] == 0} >= {(0, 0), (0, 3)}
    chance = random.Random("whole numbers number")
    assert sum(bool(numbers_told("number", small_groups(chance, "number"))[0]) for _ in range(6)) > 1


def test_of_everybody_a_mean_is_told_beside_a_few_who_are_far_off() -> None:
    """Two people far off keep nobody's mean from being told, where people are many; how many they are does not follow."""
    chance = random.Random("far off")
    told = 0
    for people in (160,):
        values = [[chance.choice((0, 1, 1, 2, 3, 4, 6, 7)) for _ in range(people)] + [19, 27]]
        leaks, means, _hidden = numbers_told("number", values)
        assert not leaks
        told += means
    assert told, "of many it is told"
