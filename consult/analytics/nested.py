"""One side of a table of two questions: a question's codes against groups, each of which holds people who gave another answer.

Pure. Most questions are one table with its sums. An order is two, one in the other: how many of each group gave one is known wherever the
order of the group is told, so who did not answer can't help to hide an option.

Of an order two views may be asked for: which option people put first, and at which place they put one of them. Both are taken from the same
counts by option, place and group. An option's counts in a group are shown with all their places or not at all, by the same rule and for the
same reason as in `standings`: the points of the group are one more sum over them. What is hidden is hidden in lines of two at least, for
every place, so that it does not follow from the sums; `cells_not_shown` does that, place after place, until nothing more goes. Where that
leaves few of the first choices that could be told alone, only these are told, and no places: one of the two. Of three options always places: beside
first choices the points would tell the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consult.analytics.asked import NO_ANSWER, Asked, Given, lined, told_or_not
from consult.analytics.counted import table_of
from consult.analytics.standings import standings
from consult.analytics.suppression import Cell, cells_not_shown, not_shown
from consult.analytics.tallies import ranks_of

SAID = "_said"
#: Places of an option where an order has many: the first, the two that follow, and the rest with what was left out.
FIRST, NEXT, REST = "1", "2..3", "rest"
_FEW_OPTIONS = 4
#: Which part of the people whose first choice could be told must be left where places are told.
ENOUGH = 0.9


@dataclass(frozen=True, slots=True)
class Side:
    """Codes by group, None where hidden, and their sums over all groups."""

    rows: tuple[str, ...]
    cells: Mapping[tuple[str, Any], int | None]
    sums: Mapping[str, int | None]

    @property
    def dark(self) -> set[str]:
        """Codes whose sums are hidden."""
        return {code for code, number in self.sums.items() if number is None}


def side_of(
    asked: Asked, given: Sequence[Given], least: int, *, part: str = "", dark_groups: Collection[str] | None = None
) -> Side:
    """A question by group; `part`: the row of a grid, the option of an order. `dark_groups` as in `table_of`."""
    if asked.shape == "order":
        return _nested(asked, given, least, part, dark_groups)
    one, mine = lined(asked, given, part)
    table = table_of(one, mine, least, dark_groups=dark_groups)
    rows = (*one.codes, NO_ANSWER)
    groups = {each.group for each in mine}
    cells = {(row, group): table.shown(row, group) for row in rows for group in groups}
    return Side(rows, cells, {row: table.whole(row) for row in rows})


def _nested(asked: Asked, given: Sequence[Given], least: int, part: str, dark_groups: Collection[str] | None) -> Side:
    said = table_of(Asked("single", (SAID,)), told_or_not(asked, given, SAID), least, dark_groups=dark_groups)
    groups = sorted({each.group for each in given})
    dark = {group for group in groups if said.shown(SAID, group) is None}
    inner = _led(asked, given, least, groups, dark)
    if len(asked.options) > 2:
        inner = _placed(asked, given, least, part, groups, dark, first=inner)
    silent = {(NO_ANSWER, group): said.shown(NO_ANSWER, group) for group in groups}
    return Side((*inner.rows, NO_ANSWER), {**inner.cells, **silent}, {**inner.sums, NO_ANSWER: said.whole(NO_ANSWER)})


def _led(asked: Asked, given: Sequence[Given], least: int, groups: Sequence[Any], dark: Collection[Any]) -> Side:
    """Options by group of those who put them first."""
    one, mine = lined(asked, given)
    counts: Counter[tuple[Any, Any]] = Counter()
    for each in mine:
        counts[each.value, each.group] += each.people
    sums = [sum(counts[code, group] for group in groups) for code in one.codes]
    hidden_rows = not_shown(sums, least=least) | _unplaced(asked, given, least)
    table = [[counts[code, group] for group in groups] for code in one.codes]
    columns = {i for i, group in enumerate(groups) if group in dark}
    found = cells_not_shown(table, hidden_rows=hidden_rows, hidden_columns=columns, least=least)
    cells = {
        (code, group): None if (r, c) in found or r in hidden_rows or c in columns else table[r][c]
        for r, code in enumerate(one.codes)
        for c, group in enumerate(groups)
    }
    return Side(tuple(one.codes), cells, {c: None if r in hidden_rows else sums[r] for r, c in enumerate(one.codes)})


def _unplaced(asked: Asked, given: Sequence[Given], least: int) -> set[int]:
    """Options of an order whose places are told nowhere."""
    if len(asked.options) < 3:
        return set()
    ballots = [g.value for g in given for _ in range(g.people) if isinstance(g.value, list)]
    rows = standings(asked.options, ballots, least=least)
    if not rows:
        return set(range(len(asked.options)))
    return {i for i, (_code, places) in enumerate(rows) if any(place.count is None for place in places)}


def heads_of(options: int) -> tuple[str, ...]:
    """The places that are told apart where two questions are crossed."""
    if options > _FEW_OPTIONS:
        return FIRST, NEXT, REST
    return (*(str(n) for n in range(1, options)), REST)


def _head(place: int | None, options: int) -> str:
    if place is None or place == options - 1:
        return REST
    if options <= _FEW_OPTIONS or place == 0:
        return str(place + 1)
    return NEXT if place < 3 else REST


def _placed(
    asked: Asked,
    given: Sequence[Given],
    least: int,
    part: str,
    groups: Sequence[Any],
    dark: Collection[Any],
    *,
    first: Side,
) -> Side:
    """First choices, or the places of one option. `first`: first choices as they are told with no regard to places."""
    options, heads = list(asked.options), heads_of(len(asked.options))
    counts: Counter[tuple[str, str, Any]] = Counter()
    for each in given:
        order = ranks_of(each.value, set(options)) if isinstance(each.value, list) else {}
        if order:
            for code in options:
                counts[code, _head(order.get(code), len(options)), each.group] += each.people
    hidden_rows = _unplaced(asked, given, least)
    columns = {i for i, group in enumerate(groups) if group in dark}
    tables = [[[counts[code, head, group] for group in groups] for code in options] for head in heads]
    hidden = _hidden_alike(tables, hidden_rows, columns, least)
    hidden |= {(r, c) for r in range(len(options)) for c in range(len(groups)) if r in hidden_rows or c in columns}
    lit = sum(
        counts[code, FIRST, group]
        for r, code in enumerate(options)
        for c, group in enumerate(groups)
        if (r, c) not in hidden
    )
    if len(options) > 3 and lit < ENOUGH * sum(number or 0 for number in first.cells.values()):
        if not part:
            return first
        return Side(heads, {(head, group): None for head in heads for group in groups}, dict.fromkeys(heads))

    def shown(code: str, head: str, group: Any) -> int | None:
        return None if (options.index(code), groups.index(group)) in hidden else counts[code, head, group]

    def summed(code: str, head: str) -> int | None:
        return None if options.index(code) in hidden_rows else sum(counts[code, head, group] for group in groups)

    if part:
        cells = {(head, group): shown(part, head, group) for head in heads for group in groups}
        return Side(heads, cells, {head: summed(part, head) for head in heads})
    cells = {(code, group): shown(code, FIRST, group) for code in options for group in groups}
    return Side(tuple(options), cells, {code: summed(code, FIRST) for code in options})


def _hidden_alike(
    tables: Sequence[Sequence[Sequence[int]]], hidden_rows: Collection[int], columns: Collection[int], least: int
) -> set[Cell]:
    """Cells that are hidden in all of several tables, so that in none of them anything follows from the sums."""
    hidden: set[Cell] = set()
    while True:
        before = len(hidden)
        for table in tables:
            hidden |= cells_not_shown(
                table, hidden=hidden, hidden_rows=hidden_rows, hidden_columns=columns, least=least
            )
        if len(hidden) == before:
            return hidden
