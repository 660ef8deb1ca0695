"""What numbers, points and orders say group by group: means, quartiles, places. Pure.

A mean is a sum, and sums can be taken away from each other as counts can. So it is told of just those groups of which it may be said how many
gave a number. Where each bin of a chart holds a single value, the mean is one more sum over the bins, which would give two hidden ones away:
there it is told only beside counts that are all visible; and one group alone of which none is told would be what is left of all.

What an option got in points counts as hidden where few gave it any, with others of the same group (all points of a group are known) and of the
same option (so are all points of an option).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consult.analytics.asked import Asked, Given, binned, is_mixed, told_or_not
from consult.analytics.counted import table_of
from consult.analytics.nested import SAID, side_of
from consult.analytics.standings import with_standings
from consult.analytics.suppression import Cell, cells_not_shown
from consult.analytics.tallies import Allocation, Ranking, Share, Spread, allocation, ranking, spread

#: Kinds of question that are measured, not only counted.
MEASURED = frozenset({"number", "scale", "points", "ranking"})


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
    found = {group: Measure() for group in groups}
    for group in told:
        values = _values(asked, given, group)
        if asked.shape == "order":
            order = ranking(asked.options, [v for v, n in values for _ in range(n)], least=least)
            # Only places and points: counts and pairs of the whole less those of a group would be those of the rest.
            found[group] = Measure(order=with_standings(order, (), pairs=False))
        else:
            found[group] = Measure(numbers=spread((float(v) for v, n in values for _ in range(n)), least=least))
    return found


def measured_whole(asked: Asked, given: Sequence[Given], least: int) -> Spread | None:
    """Mean and quartiles of everybody's numbers; None where they would tell what the chart hides."""
    if asked.shape != "number" and asked.kind != "scale":
        return None
    if asked.kind == "scale" or not is_mixed(given):
        one, mine = binned(asked, given) if asked.shape == "number" else (asked, given)
        if table_of(one, mine, least, cells=False).dark:
            return None
    numbers = [float(v) for v, n in _values(asked, given, None) for _ in range(n)]
    return spread(numbers, least=least)


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
    counts = side_of(asked, given, least, dark_groups=dark_groups)
    open_ones = {group for group in told if all(counts.cells[code, group] is not None for code in counts.rows)}
    mixed = {group for group in told if asked.shape == "number" and is_mixed(given, group)}
    clear = [group for group in told if group in open_ones or group in mixed]
    if len(groups) - len(clear) == 1 and clear:
        people = {group: sum(each.people for each in given if each.group == group) for group in clear}
        clear.remove(min(clear, key=lambda group: (people[group], group)))
    return clear


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
            found[group] = Measure(points=_without(part, out))
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


def _without(part: Allocation, out: Collection[str]) -> Allocation:
    """Points of a group without those of some options; how many gave any is never told of a group."""
    shares: list[Share] = []
    for share in part.shares:
        kept = replace(share, givers=None)
        shares.append(Share(share.code, share.place, None, None, None, None) if share.code in out else kept)
    return replace(part, shares=tuple(shares))


def by_code(found: Mapping[Any, Measure], codes: Sequence[str]) -> dict[str, Measure]:
    """The measures of these groups; nothing of those that nobody is in."""
    return {code: found.get(code, Measure()) for code in codes}
