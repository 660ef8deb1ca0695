"""What numbers, points and orders say group by group: means, quartiles, places. Pure.

A mean is a sum, and quartiles are people's own answers: beside a chart both would give away what it hides. So they are told of just those
groups of whose chart every bin may be seen, a mean of `LEAST_MEAN` numbers at least, median and quartiles of `LEAST_QUARTERS`. Where each bin
holds a single value, they follow from what is seen; elsewhere they are rounded to a tenth of a bin, and one group alone of which no mean is
told would be what is left of all. Of everybody they are told beside hidden bins too, where people are so many that what is rounded away is
more than anybody's going from one bin to another would change.

Points of an order are sums over places. They are told of the options whose places, or first choices, may be seen in that group; hidden by two at
least in each group and of each option, as the points of all are known; and never where so few are given, or missing, that a few gave them.
Where some are hidden the order of a group is told as `orders.of_a_group` does.

What an option got in points counts as hidden where few gave it any, with others of the same group (all points of a group are known) and of the
same option (so are all points of an option).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consult.analytics.asked import Asked, Given, binned, is_mixed, told_or_not
from consult.analytics.counted import table_of
from consult.analytics.nested import SAID, side_of
from consult.analytics.orders import of_a_group
from consult.analytics.standings import standings, telling_points
from consult.analytics.suppression import LEAST_QUARTERS, Cell, cells_not_shown
from consult.analytics.tallies import Allocation, Ranking, Share, Spread, allocation, ranking, spread

#: Kinds of question that are measured, not only counted.
MEASURED = frozenset({"number", "scale", "points", "ranking"})
#: Of how many numbers at least a mean is told.
LEAST_MEAN = 10
#: How many parts of a bin are told apart in a mean; so many people for each bin hide what one of them changes, doubled for both directions.
_PARTS = 10


@dataclass(frozen=True, slots=True)
class Measure:
    """What is told of one group, each part where the question is of its kind; nothing where it is hidden."""

    numbers: Spread | None = None
    order: Ranking | None = None
    points: Allocation | None = None

    @property
    def told(self) -> bool:
        """Whether anything is."""
        return not (self.numbers is None and self.order is None and self.points is None)


def measured(
    asked: Asked, given: Sequence[Given], least: int, *, dark_groups: Collection[str] | None = None
) -> dict[Any, Measure]:
    """What each group's answers measure; `dark_groups` as in `table_of`."""
    groups = sorted({each.group for each in given})
    if asked.kind not in MEASURED:
        return {group: Measure() for group in groups}
    told = _told(asked, given, groups, least, dark_groups)
    if asked.shape == "points":
        return _portioned(asked, given, groups, told, least)
    if asked.shape == "order":
        return _ordered(asked, given, groups, told, least, dark_groups)
    found = {group: Measure() for group in groups}
    step = _step(asked, given)
    for group in told:
        found[group] = Measure(numbers=_figures(_numbers(asked, given, group), step))
    return found


def measured_whole(asked: Asked, given: Sequence[Given], least: int) -> Spread | None:
    """Mean and quartiles of everybody's numbers; None where they would tell what the chart hides."""
    if asked.shape != "number" and asked.kind != "scale":
        return None
    one, mine = binned(asked, given) if asked.shape == "number" else (asked, given)
    dark = table_of(one, mine, least, cells=False).dark
    numbers, step = _numbers(asked, given, None), _step(asked, given)
    if not dark:
        return _figures(numbers, step)
    if not step or len(numbers) < 2 * _PARTS * len(one.options):
        return None
    hidden = [
        float(each.value) for each, code in zip(given, mine, strict=True) if code.value in dark and _is_real(each)
    ]
    # The quartiles say how many stand below them: nothing that is hidden, where all of it stands on the same side.
    aside = not hidden or min(hidden) > _at(numbers, 0.75, math.ceil) or max(hidden) < _at(numbers, 0.25, math.floor)
    found = _figures(numbers, step, quarters=aside)
    return replace(found, deviation=None) if found else None


def _at(numbers: Sequence[float], part: float, to: Callable[[float], int]) -> float:
    """The number next to a quartile."""
    return sorted(numbers)[to((len(numbers) - 1) * part)]


def _is_real(each: Given) -> bool:
    return isinstance(each.value, (int, float))


def _numbers(asked: Asked, given: Sequence[Given], group: Any) -> list[float]:
    return [float(v) for v, n in _values(asked, given, group) for _ in range(n)]


def _step(asked: Asked, given: Sequence[Given]) -> float:
    """To what means and quartiles are rounded; 0 where each bin holds one value, so that they follow from what is seen."""
    if asked.shape != "number" or not is_mixed(given):
        return 0.0
    ends = [code.split("..") for code in binned(asked, given)[0].options]
    return min(float(high) - float(low) for low, high in ends) / _PARTS


def _figures(numbers: Sequence[float], step: float, *, quarters: bool = True) -> Spread | None:
    """What is told of these numbers, by how many they are."""
    found = spread(numbers, least=LEAST_MEAN)
    if found is None:
        return None

    if not quarters or found.n < LEAST_QUARTERS:
        found = without_quarters(found)
    if not step:
        return found
    mean, *others = (
        None if number is None else round(round(number / step) * step, 6)
        for number in (found.mean, found.median, found.low_quarter, found.high_quarter, found.deviation)
    )
    return Spread(found.n, mean or 0.0, *others)


def without_quarters(found: Spread) -> Spread:
    """The mean alone: of few people median and quartiles are their own answers."""
    return replace(found, median=None, low_quarter=None, high_quarter=None, deviation=None)


def whole_points(found: Allocation | None) -> Allocation | None:
    """Points shared out, their median and quartiles only where people are enough."""
    if found is None or found.people >= LEAST_QUARTERS:
        return found
    shares = (replace(s, spread=without_quarters(s.spread)) if s.spread else s for s in found.shares)
    return replace(found, shares=tuple(shares))


def _values(asked: Asked, given: Sequence[Given], group: Any) -> list[tuple[Any, int]]:
    """Real answers of a group (None: of everybody)."""
    kinds: dict[str, tuple[type, ...]] = {"order": (list,), "points": (dict,), "number": (int, float), "one": (str,)}
    wanted = kinds[asked.shape]
    silent = set(asked.ways_out)
    return [
        (each.value, each.people)
        for each in given
        if (group is None or each.group == group)
        and isinstance(each.value, wanted)
        and not (isinstance(each.value, str) and (each.value in silent or not _is_number(each.value)))
    ]


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdigit()


def _told(
    asked: Asked, given: Sequence[Given], groups: Sequence[Any], least: int, dark_groups: Collection[str] | None
) -> list[Any]:
    """The groups of which it may be said how many gave a real answer, and whose mean tells nothing that is hidden."""
    said = table_of(Asked("single", (SAID,)), told_or_not(asked, given, SAID), least, dark_groups=dark_groups)
    told = [group for group in groups if said.shown(SAID, group) is not None]
    if asked.shape == "order":
        if len(asked.options) > 2:
            return told
        # Of two options the points say how many put the one first. Not of a zone and a kind of speaker together: see `_portioned`.
        if groups and isinstance(groups[0], tuple):
            return []
        first = side_of(asked, given, least, dark_groups=dark_groups)
        return [group for group in told if all(first.cells[code, group] is not None for code in asked.options)]
    if asked.shape == "points":
        return told
    mixed = bool(_step(asked, given))
    if mixed and groups and isinstance(groups[0], tuple):
        # The mean of a zone less those of its pairs is that of the pair that is left.
        return []
    counts = side_of(asked, given, least, dark_groups=dark_groups)
    clear = [
        group
        for group in told
        if all(counts.cells[code, group] is not None for code in counts.rows)
        and len(_numbers(asked, given, group)) >= LEAST_MEAN
    ]
    left = [group for group in groups if group not in clear and said.shown(SAID, group) != 0]
    if mixed and clear and len(left) == 1:
        people = {group: sum(each.people for each in given if each.group == group) for group in clear}
        clear.remove(min(clear, key=lambda group: (people[group], group)))
    return clear


def _ordered(
    asked: Asked,
    given: Sequence[Given],
    groups: Sequence[Any],
    told: Sequence[Any],
    least: int,
    dark_groups: Collection[str] | None,
) -> dict[Any, Measure]:
    """Places and points by option and group; counts and pairs of the whole less those of a group would be those of the rest."""
    ballots = {group: [v for v, n in _values(asked, given, group) for _ in range(n)] for group in groups}
    hidden = _unpointed(asked, given, ballots, told, least, dark_groups) if len(asked.options) > 2 else set()
    found = {group: Measure() for group in groups}
    for group in told:
        order = of_a_group(asked.options, ballots[group], {code for code, g in hidden if g == group}, least=least)
        found[group] = Measure(order=order)
    return found


def _unpointed(
    asked: Asked,
    given: Sequence[Given],
    ballots: Mapping[Any, Sequence[Any]],
    told: Sequence[Any],
    least: int,
    dark_groups: Collection[str] | None,
) -> set[tuple[str, Any]]:
    """Options and groups of which no points are told."""
    side = side_of(asked, given, least, dark_groups=dark_groups)
    codes, groups = list(asked.options), list(ballots)
    orders = {group: ranking(codes, ballots[group], least=1) for group in groups}
    points = {(p.code, group): p.points or 0 for group, order in orders.items() if order for p in order.places}
    most = {group: (len(codes) - 1) * order.ballots if order else 0 for group, order in orders.items()}
    everybody = [ballot for group in groups for ballot in ballots[group]]
    whole, rows = ranking(codes, everybody, least=least), standings(codes, everybody, least=least)
    out = telling_points(whole, rows, least=least) if whole else set(codes)
    cells = [(r, c) for r in range(len(codes)) for c in range(len(groups))]
    table = [[points.get((code, group), 0) for group in groups] for code in codes]
    dark = {(r, c) for r, c in cells if side.cells[codes[r], groups[c]] is None}
    found = cells_not_shown(
        [[math.ceil(number) for number in row] for row in table],
        hidden=dark | {(r, c) for r, c in cells if 0 < most[groups[c]] - table[r][c] < least},
        hidden_rows={r for r, code in enumerate(codes) if code in out},
        hidden_columns={c for c, group in enumerate(groups) if group not in told},
        least=least,
    )
    return {(codes[r], groups[c]) for r, c in found}


def _portioned(
    asked: Asked, given: Sequence[Given], groups: Sequence[Any], told: Sequence[Any], least: int
) -> dict[Any, Measure]:
    """Points by option and group. Not of a zone and a kind of speaker together, where three tables would have to hide alike."""
    found = {group: Measure() for group in groups}
    if not told or isinstance(groups[0], tuple):
        return found
    ballots = {group: [v for v, n in _values(asked, given, group) for _ in range(n)] for group in groups}
    parts = {group: allocation(asked.options, ballots[group], least=least) for group in told}
    whole = allocation(asked.options, [each for group in groups for each in ballots[group]], least=least)
    codes = list(asked.options)
    dark = (
        {codes.index(share.code) for share in whole.shares if share.share is None} if whole else set(range(len(codes)))
    )
    table = [[sum(ballot.get(code, 0) > 0 for ballot in ballots[group]) for group in groups] for code in codes]
    columns = {c for c, group in enumerate(groups) if parts.get(group) is None}
    hidden = {
        (codes.index(share.code), c)
        for c, group in enumerate(groups)
        for share in _shares(parts.get(group))
        if share.share is None
    }
    hidden = _settled(table, hidden, dark, columns, least)
    for c, group in enumerate(groups):
        part = parts.get(group)
        if c in columns or part is None:
            continue
        out = {codes[r] for r in range(len(codes)) if r in dark or (r, c) in hidden}
        if len(out) < len(codes):
            found[group] = Measure(points=whole_points(_without(part, out, codes)))
    return found


def _shares(part: Allocation | None) -> Sequence[Share]:
    return part.shares if part else ()


def _settled(
    table: Sequence[Sequence[int]], hidden: set[Cell], dark: Collection[int], columns: set[int], least: int
) -> set[Cell]:
    """Hidden cells, with others until what is hidden in a group was given by enough people: the same ones may have given all of it."""
    while True:
        hidden = cells_not_shown(table, hidden=hidden, hidden_rows=dark, hidden_columns=columns, least=least)
        more = next(
            (cell for c in range(len(table[0])) if c not in columns for cell in _wanting(table, hidden, c, least)), None
        )
        if more is None:
            return hidden
        hidden = hidden | {more}


def _wanting(table: Sequence[Sequence[int]], hidden: set[Cell], column: int, least: int) -> list[Cell]:
    mine = [r for r, c in hidden if c == column]
    if not mine or max(table[r][column] for r in mine) >= least:
        return []
    free = [r for r in range(len(table)) if r not in mine]
    return [(min(free, key=lambda r: (table[r][column] < least, table[r][column], r)), column)] if free else []


def _without(part: Allocation, out: set[str], codes: Sequence[str]) -> Allocation:
    """Points of a group without those of some options; how many gave any is never told of a group."""
    kept = [replace(share, givers=None) for share in part.shares if share.code not in out]
    hidden = sorted(out & {share.code for share in part.shares}, key=list(codes).index)
    return replace(part, shares=(*kept, *(Share(code, None, None, None, None, None) for code in hidden)))


def by_code(found: Mapping[Any, Measure], codes: Sequence[str]) -> dict[str, Measure]:
    """The measures of these groups; nothing of those that nobody is in."""
    return {code: found.get(code, Measure()) for code in codes}
