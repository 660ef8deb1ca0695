"""What follows from what orders tell, by group and of everybody, when it is also known that people are whole and never fewer than none.

As `test_whole_numbers`: small cases are searched for another set of answers that would be told in just the same words. What is told: first
choices, places, points, and who has more points than whom. Each search has its controls: with counts of pairs, with the bare order of
neighbours, without the rule that hides points, cells of a few people are given away.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from consult.analytics import by_group, orders, rooms
from consult.analytics.asked import NO_ANSWER, Asked, Given
from consult.analytics.by_group import Measure
from consult.analytics.crossing import crossed_with_groups
from consult.analytics.results import Result, result
from consult.analytics.rooms import of_room
from consult.analytics.tallies import Ranking
from tests.unit.analytics.test_whole_numbers import shared_out

CODES = ("a", "b", "c")
ORDERS = [list(order) for order in permutations(CODES)]
PAIRS = list(combinations(CODES, 2))
#: Of each order: at which place each option stands, its points, and whether one stands before another.
SIGNS = {
    **{(code, place): [int(order.index(code) == place) for order in ORDERS] for code in CODES for place in range(3)},
    **{(code, "points"): [2 - order.index(code) for order in ORDERS] for code in CODES},
    **{pair: [int(order.index(pair[0]) < order.index(pair[1])) for order in ORDERS] for pair in PAIRS},
}
Signs = dict[Any, int]


def signs(counts: Sequence[int]) -> Signs:
    """What so many people of each order say together."""
    return {name: sum(n * weight for n, weight in zip(counts, own, strict=True)) for name, own in SIGNS.items()}


def turns(order: Ranking | None) -> list[tuple[str, str]]:
    """Of which option it is told that it has more points than which; where neither stands before the other, either may."""
    places = {place.code: place.place for place in order.places} if order else {}
    return [(a, b) for a in places for b in places if places[a] < places[b]]


def told_of(view: Any) -> Signs:
    """What a ranking tells in numbers: counts and points."""
    found: Signs = {}
    if view.order is None:
        return found
    for place in view.order.places:
        if place.points is not None:
            found[place.code, "points"] = int(place.points)
        if place.first is not None:
            found[place.code, 0] = place.first
    for code, row in view.grid:
        found |= {(code, int(c.code) - 1): c.count for c in row if c.count is not None and c.code in {"1", "2", "3"}}
    return found


def fits(each: Signs, order: Ranking | None) -> bool:
    """Whether such answers stand in such an order."""
    return all(each[a, "points"] > each[b, "points"] for a, b in turns(order))


@lru_cache(maxsize=32)
def all_signs(people: int) -> NDArray[np.int64]:
    """All that so many people may say together, a row each."""
    counts = np.array(list(shared_out(people, len(ORDERS))), dtype=np.int64)
    return np.asarray(counts @ np.array(list(SIGNS.values()), dtype=np.int64).T)


def possible(people: int, view: Signs, order: Ranking | None, *, pairs: bool) -> list[Signs]:
    """What so many people may have said of whom this is told; of those that differ in pairs alone, which nobody is told, one is enough."""
    heads = list(SIGNS)
    rows = all_signs(people)
    for head, n in view.items():
        rows = rows[rows[:, heads.index(head)] == n]
    for a, b in turns(order):
        rows = rows[rows[:, heads.index((a, "points"))] > rows[:, heads.index((b, "points"))]]
    told = len(heads) if pairs else len(heads) - len(PAIRS)
    _kept, first = np.unique(rows[:, :told], axis=0, return_index=True)
    found = [dict(zip(heads, row, strict=True)) for row in rows[np.sort(first)].tolist()]
    random.Random(people).shuffle(found)
    return found


Told = tuple[Signs, Ranking | None]


def as_a_questionnaire(asked: Asked, given: Sequence[Given], names: Sequence[str]) -> tuple[Told, list[Told]]:
    """What results, filters and crossings tell of everybody, and of each group."""
    of_all = result(asked, given)
    whole, groups = told_of(of_all), []
    for name in names:
        mine = result(asked, given, group=name)
        view = told_of(mine)
        for part in ("", *CODES):
            table = crossed_with_groups(asked, given, {each: each for each in names}, part=part)
            assert table is not None
            for code in table.rows:
                count, total = table.cells[code, name], table.row_sums[code]
                if code == NO_ANSWER:
                    continue
                head = (code, 0) if not part else (part, {"1": 0, "2": 1, "rest": 2}[code])
                view |= {head: count} if count is not None else {}
                whole |= {head: total} if total is not None else {}
        groups.append((view, mine.order))
    return (whole, of_all.order), groups


def as_a_room(asked: Asked, given: Sequence[Given], names: Sequence[str]) -> tuple[Told, list[Told]]:
    """What first sessions of meetings and rounds of priorities tell."""
    room = of_room(asked, [each.value for each in given for _ in range(each.people)])
    groups = rooms.of_groups(asked, given)
    found = told_of(Result(None, order=room.whole.order, grid=room.grid))
    return (found, room.whole.order), [
        (told_of(Result(None, order=groups[name].order)), groups[name].order) for name in names
    ]


def orders_told(
    groups: Sequence[Sequence[int]], *, pairs: bool = False, how: Callable[..., Any] = as_a_questionnaire
) -> tuple[set[Any], int, int]:
    """Which hidden places of few are given away by what is told of two groups and of everybody; how many turns are told of groups."""
    names = [f"g{i}" for i in range(len(groups))]
    given = [
        Given(order, name, n)
        for name, own in zip(names, groups, strict=True)
        for order, n in zip(ORDERS, own, strict=True)
        if n
    ]
    (whole, turn_of_all), of_groups = how(Asked("ranking", CODES), given, names)
    true = [signs(own) for own in groups]
    everybody = {name: sum(each[name] for each in true) for name in SIGNS}
    whole |= {pair: everybody[pair] for pair in PAIRS if pairs}
    could: list[list[Signs]] = []
    for own, counts, (view, order) in zip(true, groups, of_groups, strict=True):
        assert all(own[head] == n for head, n in view.items()), "what is told is right"
        assert fits(own, order), "what is told is right"
        could.append(possible(sum(counts), view, order, pairs=pairs))
    assert all(everybody[head] == n for head, n in whole.items()), "what is told is right"
    assert fits(everybody, turn_of_all), "what is told is right"
    seen = [view for view, _order in of_groups]
    points = sum(len(turns(order)) for _view, order in of_groups)
    cells = [(code, place) for code in CODES for place in range(3)]
    wanted = {(g, *cell) for g, own in enumerate(true) for cell in cells if cell not in seen[g] and 0 < own[cell] < 5}
    wanted |= {("all", *cell) for cell in cells if cell not in whole and 0 < everybody[cell] < 5}
    hidden = len(wanted)
    heads = list(whole)
    last: dict[Any, list[Signs]] = defaultdict(list)
    for each in could[1]:
        last[tuple(each[head] for head in heads)].append(each)
    for first in could[0]:
        for second in last.get(tuple(whole[head] - first[head] for head in heads), ()):
            if not wanted:
                break
            both = {name: first[name] + second[name] for name in SIGNS}
            if not fits(both, turn_of_all):
                continue
            now: dict[Any, Signs] = {0: first, 1: second, "all": both}
            then: dict[Any, Signs] = {0: true[0], 1: true[1], "all": everybody}
            wanted = {(g, *cell) for g, *cell in wanted if now[g][tuple(cell)] == then[g][tuple(cell)]}
    return wanted, points, hidden


#: Of the first twelve one puts «a» second, all others last.
ONE_SECOND = [[0, 0, 1, 6, 0, 5], [0, 6, 6, 0, 1, 6]]


def small_orders(chance: random.Random, most: int = 14) -> list[list[int]]:
    """Orders of two groups, of which nearly all agree on something."""
    found: list[list[int]] = []
    while len(found) < 2:
        own = [chance.choice((0, 0, 1, 5, 6)) for _ in ORDERS]
        if 5 <= sum(own) <= most:
            found.append(own)
    return found


#: Eight people beside 22 in whose order two neighbours lie one point apart.
NEIGHBOURS = [[0, 1, 0, 0, 6, 1], [6, 5, 0, 6, 0, 5]]
#: Two groups of which counts of pairs would tell a cell.
PREFERRED = [[5, 5, 0, 1, 1, 0], [6, 0, 0, 1, 6, 0]]


def test_no_few_follow_from_points_and_orders() -> None:
    chance = random.Random("whole orders")
    turns_told = hidden = 0
    cases = [ONE_SECOND, NEIGHBOURS, PREFERRED, *(small_orders(chance) for _ in range(14))]
    for groups in cases:
        leaks, told, dark = orders_told(groups)
        assert not leaks, groups
        turns_told, hidden = turns_told + told, hidden + dark
    assert turns_told > 3, "nothing at all is told: the test tests nothing"
    assert hidden > 50


def test_without_the_rule_a_few_orders_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_group, "_unpointed", lambda *_given: set())
    monkeypatch.setattr(orders, "telling_points", lambda *_given, **_more: set())
    assert orders_told(ONE_SECOND)[0] >= {(0, "a", 1)}
    chance = random.Random("whole orders")
    assert sum(bool(orders_told(small_orders(chance))[0]) for _ in range(16)) > 1


def test_with_the_bare_order_of_few_neighbours_a_few_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "NEAR", 1)
    assert orders_told(NEIGHBOURS)[0] >= {(0, "a", 0), (0, "b", 1)}


def test_with_counts_of_pairs_a_few_follow() -> None:
    """Why nothing is told of who prefers which of two, of everybody either."""
    assert orders_told(PREFERRED, pairs=True)[0] >= {("all", "b", 0)}
    assert orders_told([[0, 1, 0, 5, 0, 5], [6, 0, 0, 0, 0, 0]], pairs=True)[0] >= {(0, "a", 0)}


def test_no_few_follow_from_what_rooms_and_rounds_tell() -> None:
    chance = random.Random("rooms")
    hidden = 0
    for groups in [ONE_SECOND, PREFERRED, *(small_orders(chance) for _ in range(8))]:
        leaks, _told, dark = orders_told(groups, how=as_a_room)
        assert not leaks, groups
        hidden += dark
    assert hidden > 25


def test_with_all_points_of_groups_a_few_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As rooms and rounds told it once: points and order of each group of five people or more."""

    def all_points(asked: Asked, given: Sequence[Given]) -> dict[Any, Measure]:
        of = {g.group: [o.value for o in given if o.group == g.group for _ in range(o.people)] for g in given}
        return {name: Measure(order=orders.of_a_group(asked.options, own, ())) for name, own in of.items()}

    monkeypatch.setattr(rooms, "of_groups", all_points)
    chance = random.Random("rooms")
    assert sum(bool(orders_told(small_orders(chance), how=as_a_room)[0]) for _ in range(12)) > 1
