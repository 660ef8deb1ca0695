"""What the answers to one question say, for everybody, for a group, or crossed with another question; small groups hidden.

Pure. Kinds of question come in shapes: one of several codes ("one"), several codes ("many"), codes by row ("grid", "grid_many"),
a number, a date, an order of codes, points by code. Whatever is shown of the whole, of groups and of crossings is protected as one
table with its sums (`suppression`), those who did not answer being a line of it: what is hidden in one view can't be worked out
from another. A result that fewer than five people gave is `few`, and holds no number.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from consult.analytics.suppression import LEAST, cells_not_shown, not_shown
from consult.analytics.tallies import (
    Allocation,
    Choice,
    Pair,
    Place,
    Ranking,
    Share,
    Spread,
    allocation,
    ranking,
    spread,
)

#: The line of those who did not answer, in tables with sums.
NO_ANSWER = "_none"
SHAPES = {
    "single": "one", "likert": "one", "yes_no": "one", "scale": "one", "place": "one", "speaker": "one", "multiple": "many",
    "strategy": "many", "axis": "many", "consent": "many", "matrix": "grid", "matrix_multiple": "grid_many", "number": "number",
    "date": "date", "ranking": "order", "points": "points",
}  # fmt: skip  # pairs read better side by side
CROSSABLE = frozenset({"one", "many"})
_BINS = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as far as counting goes: codes that can be chosen, rows of a grid, answers instead of an answer ("don't know")."""

    kind: str
    options: Sequence[str] = ()
    rows: Sequence[str] = ()
    ways_out: Sequence[str] = ()

    @property
    def shape(self) -> str:
        """How its answers are counted; empty: they are not (words, files)."""
        return SHAPES.get(self.kind, "")

    @property
    def codes(self) -> list[str]:
        """All that can be counted."""
        return [*self.options, *self.ways_out]


@dataclass(frozen=True, slots=True)
class Given:
    """So many people of a group gave this value; None: they did not answer."""

    value: Any
    group: str
    people: int


@dataclass(frozen=True, slots=True)
class Result:
    """What is shown of one question. `answered` None: hidden. Of the other parts only those of its shape are there."""

    answered: int | None
    few: bool = False
    lines: tuple[Choice, ...] = ()
    grid: tuple[tuple[str, tuple[Choice, ...]], ...] = ()
    numbers: Spread | None = None
    order: Ranking | None = None
    points: Allocation | None = None
    hidden: bool = False


def as_json(found: Result) -> dict[str, Any]:
    """The result as plain values, to be kept."""
    return asdict(found)


def from_json(kept: Mapping[str, Any]) -> Result:
    """The result that `as_json` gave."""
    order, points = kept.get("order"), kept.get("points")
    return Result(
        kept["answered"],
        kept["few"],
        tuple(Choice(**line) for line in kept["lines"]),
        tuple((row, tuple(Choice(**line) for line in lines)) for row, lines in kept["grid"]),
        Spread(**kept["numbers"]) if kept.get("numbers") else None,
        Ranking(
            order["ballots"], order["empty"], tuple(Place(**p) for p in order["places"]), tuple(Pair(**p) for p in order["pairs"]),
            order["winner"], tuple(order["top_set"]), order["agrees"],
        )
        if order
        else None,
        Allocation(
            points["people"],
            points["total"],
            tuple(Share(**{**s, "spread": Spread(**s["spread"]) if s["spread"] else None}) for s in points["shares"]),
        )
        if points
        else None,
        kept["hidden"],
    )  # fmt: skip  # one row of values reads better so


@dataclass(frozen=True, slots=True)
class Crossing:
    """A table of two questions: people by code of the one and of the other (None: hidden), with the codes of those who did not answer."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], int | None]
    row_sums: Mapping[str, int | None]
    column_sums: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class _Table:
    """Counts by code and group, what of them is hidden, and what of the sums."""

    counts: Counter[tuple[str, str]]
    hidden: frozenset[tuple[str, str]]
    sums: Mapping[str, int]
    dark: frozenset[str] = field(default_factory=frozenset)

    def shown(self, code: str, group: str) -> int | None:
        return None if (code, group) in self.hidden else self.counts[code, group]

    def whole(self, code: str) -> int | None:
        return None if code in self.dark else self.sums.get(code, 0)


def groups_shown(people: Mapping[str, int], *, least: int = LEAST) -> dict[str, int | None]:
    """How many people each group holds, None where that is hidden: those are the groups that can't be looked at alone."""
    names = list(people)
    hidden = not_shown([people[name] for name in names], least=least)
    return {name: None if i in hidden else people[name] for i, name in enumerate(names)}


def result(asked: Asked, given: Sequence[Given], *, group: str | None = None, least: int = LEAST) -> Result:
    """What a question's answers say; `given` holds all groups, also when only one is looked at."""
    sizes: Counter[str] = Counter()
    for each in given:
        sizes[each.group] += each.people
    if group is not None and groups_shown(sizes, least=least).get(group) is None:
        return Result(None, few=True)
    people = [each for each in given if group is None or each.group == group]
    answered = sum(each.people for each in people if each.value not in (None, [], {}, ""))
    if answered < least:
        return Result(None, few=True)
    if asked.shape in CROSSABLE:
        return _lines(asked, given, group, answered, least)
    if asked.shape in {"grid", "grid_many"}:
        return _grid(asked, given, group, answered, least)
    out = _lines(Asked("single", asked.ways_out), _only_codes(given, asked.ways_out), group, answered, least)
    values = [
        (each.value, each.people)
        for each in people
        if not _is_code(each.value, asked.ways_out) and each.value is not None
    ]
    if asked.shape == "number":
        bins = _lines(*_binned(asked, given), group, answered, least)
        found = spread((float(v) for v, n in values for _ in range(n) if isinstance(v, (int, float))), least=least)
        return Result(bins.answered, lines=bins.lines, numbers=found, hidden=bins.hidden)
    if asked.shape == "date":
        return _lines(*_monthly(asked, given), group, answered, least)
    if asked.shape == "order":
        order = ranking(
            asked.options, (list(v) for v, n in values for _ in range(n) if isinstance(v, list)), least=least
        )
        return Result(out.answered, lines=out.lines, order=_without_pairs(order) if group else order, hidden=out.hidden)
    if asked.shape == "points":
        shares = allocation(asked.options, (v for v, n in values for _ in range(n) if isinstance(v, dict)), least=least)
        return Result(out.answered, lines=out.lines, points=shares, hidden=out.hidden)
    return Result(answered)


def _without_pairs(order: Ranking | None) -> Ranking | None:
    """Of a group only places and points are shown: pairs of the whole less those of a group would be those of the rest."""
    if order is None:
        return None
    return Ranking(order.ballots, order.empty, order.places, (), order.winner, order.top_set, order.agrees)


def _is_code(value: Any, codes: Iterable[str]) -> bool:
    return isinstance(value, str) and value in set(codes)


def _only_codes(given: Sequence[Given], codes: Sequence[str]) -> list[Given]:
    """Any real answer counts as answered and chooses none of the codes."""
    return [
        Given(each.value if each.value is None or _is_code(each.value, codes) else "_said", each.group, each.people)
        for each in given
    ]


def _binned(asked: Asked, given: Sequence[Given]) -> tuple[Asked, list[Given]]:
    """Numbers put into a few bins of a round width; a bin's code is "from..to", its end not included."""
    values = [float(each.value) for each in given if isinstance(each.value, (int, float))]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    width = _round_width((high - low) / _BINS or 1.0)
    start = math.floor(low / width) * width
    number = max(1, math.floor((high - start) / width) + 1)
    names = [f"{_plain(start + i * width)}..{_plain(start + (i + 1) * width)}" for i in range(number)]

    def bin_of(value: Any) -> Any:
        return names[min(number - 1, int((float(value) - start) / width))] if isinstance(value, (int, float)) else value

    return Asked("single", names, ways_out=asked.ways_out), [Given(bin_of(g.value), g.group, g.people) for g in given]


def _round_width(width: float) -> float:
    power = float(10 ** math.floor(math.log10(width)))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= width))


def _plain(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")


def _monthly(asked: Asked, given: Sequence[Given]) -> tuple[Asked, list[Given]]:
    """Dates by month, or by year where they span more than two years."""
    days = [each.value for each in given if isinstance(each.value, str) and each.value[:4].isdigit()]
    length = 7 if not days or int(max(days)[:4]) - int(min(days)[:4]) < 3 else 4
    cut = [
        Given(g.value[:length] if isinstance(g.value, str) and g.value[:4].isdigit() else g.value, g.group, g.people)
        for g in given
    ]
    return Asked("single", sorted({day[:length] for day in days}), ways_out=asked.ways_out), cut


def _chosen(asked: Asked, value: Any) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _lines(asked: Asked, given: Sequence[Given], group: str | None, answered: int, least: int) -> Result:
    table = _table(asked, given, least, cells=group is not None)
    people = answered if group is None else None
    if group is not None:
        nobody = table.shown(NO_ANSWER, group)
        size = sum(each.people for each in given if each.group == group)
        people = None if nobody is None else size - nobody
    rows = []
    for code in asked.codes:
        count = table.whole(code) if group is None else table.shown(code, group)
        rows.append(Choice(code, count, count / people if count is not None and people else None))
    return Result(people, lines=tuple(rows), hidden=any(row.count is None for row in rows))


def _grid(asked: Asked, given: Sequence[Given], group: str | None, answered: int, least: int) -> Result:
    inner = "single" if asked.shape == "grid" else "multiple"
    rows = []
    for row in asked.rows:
        mine = [Given(g.value.get(row) if isinstance(g.value, dict) else None, g.group, g.people) for g in given]
        found = result(Asked(inner, asked.options), mine, group=group, least=least)
        rows.append((row, found.lines or tuple(Choice(code, None, None) for code in asked.options)))
    out = _lines(Asked("single", asked.ways_out), _only_codes(given, asked.ways_out), group, answered, least)
    return Result(
        out.answered, lines=out.lines, grid=tuple(rows), hidden=any(c.count is None for _row, line in rows for c in line) or out.hidden
    )  # fmt: skip  # one row of values reads better so


def _table(
    asked: Asked, given: Sequence[Given], least: int, *, cells: bool = True, dark_groups: Collection[str] | None = None
) -> _Table:
    """Codes by group with what may not be shown, of sums and (where asked for) of cells.

    `dark_groups`: groups whose sums are shown nowhere; None: those that are too small.
    """
    groups = sorted({each.group for each in given})
    counts: Counter[tuple[str, str]] = Counter()
    people: Counter[str] = Counter()
    for each in given:
        people[each.group] += each.people
        codes = _chosen(asked, each.value)
        if not codes:
            counts[NO_ANSWER, each.group] += each.people
        for code in dict.fromkeys(codes):
            counts[code, each.group] += each.people
    if dark_groups is None:
        dark_columns = not_shown([people[group] for group in groups], least=least)
    else:
        dark_columns = {i for i, group in enumerate(groups) if group in dark_groups}
    sums = {code: sum(counts[code, group] for group in groups) for code in [*asked.codes, NO_ANSWER]}
    whole = sum(people.values())
    if asked.shape == "one" or asked.kind == "single":
        known = set(asked.codes) | {NO_ANSWER}
        others = sorted({code for code, _group in counts if code not in known})
        codes = [*asked.codes, *others, NO_ANSWER]
        own = [*asked.codes, *others]
        totals = [sum(counts[code, group] for group in groups) for code in own]
        dark = not_shown(totals, least=least)
        found = (
            cells_not_shown(
                [[counts[code, group] for group in groups] for code in codes],
                hidden_rows=dark, hidden_columns=dark_columns, least=least,
            )
            if cells
            else set()
        )  # fmt: skip  # one row of values reads better so
        hidden = {(codes[r], groups[c]) for r, c in found}
        return _Table(counts, frozenset(hidden), sums, frozenset(own[i] for i in dark))
    hidden, dark_codes = set(), set()
    answered = whole - sums[NO_ANSWER]
    for code in [*asked.codes, NO_ANSWER]:
        chosen = [counts[code, group] for group in groups]
        others_of = [people[group] - n for group, n in zip(groups, chosen, strict=True)]
        total = sums[code]
        # Of those who answered, both they who chose it and they who did not must be nobody or enough.
        is_dark = code != NO_ANSWER and bool(not_shown([total], whole=answered, least=least))
        if cells:
            found = cells_not_shown(
                [chosen, others_of], hidden_rows={0, 1} if is_dark else (), hidden_columns=dark_columns, least=least
            )
            hidden |= {(code, groups[c]) for r, c in found if r == 0}
        if is_dark:
            dark_codes.add(code)
    return _Table(counts, frozenset(hidden), sums, frozenset(dark_codes))


def crossed(
    first: Asked, second: Asked, pairs: Sequence[tuple[Any, Any, int]], *, least: int = LEAST
) -> Crossing | None:
    """Two questions against each other: (answer to the one, answer to the other, people). None where fewer than `least` people are there."""
    if sum(people for _a, _b, people in pairs) < least or not {first.shape, second.shape} <= CROSSABLE:
        return None
    columns = [*second.codes, NO_ANSWER]
    cells: dict[tuple[str, str], int | None] = {}
    rows = [*first.codes, NO_ANSWER]
    by_row = _table(first, [Given(a, "", n) for a, _b, n in pairs], least, cells=False)
    by_column = _table(second, [Given(b, "", n) for _a, b, n in pairs], least, cells=False)
    if second.shape == "one":
        groups = [Given(a, str(b) if b is not None else NO_ANSWER, n) for a, b, n in pairs]
        table = _table(first, groups, least, dark_groups=by_column.dark)
        cells = {(row, column): table.shown(row, column) for row in rows for column in columns}
    else:
        # Of several answers each column is a question of its own: chosen or not.
        for column in columns:
            halves = [
                Given(a, "in" if column in (_chosen(second, b) or [NO_ANSWER]) else "out", n) for a, b, n in pairs
            ]
            table = _table(first, halves, least, dark_groups={"in", "out"} if column in by_column.dark else ())
            cells |= {(row, column): table.shown(row, "in") for row in rows}
    return Crossing(
        tuple(rows), tuple(columns), cells, {row: by_row.whole(row) for row in rows}, {c: by_column.whole(c) for c in columns}
    )  # fmt: skip  # one row of values reads better so
