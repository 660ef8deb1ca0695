"""Two questions against each other: people by the answer to the one and to the other, and what the one measures by the answers to the other.

Pure. Each question stands along a side with its codes (`asked.lined`): a grid by one of its rows, numbers in bins, an order by what was put
first or by the place of one option. Points stand along none: they are only measured by the answers to the other.

Sums at the sides hide what the question's own result hides, in whatever table they stand; so two tables share only sums, and what is hidden in
the one does not follow from the other. The same two questions always give the same table, whichever is named first: `turned` turns it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consult.analytics.asked import NO_ANSWER, OUT, Asked, Given, chosen, lined
from consult.analytics.by_group import MEASURED, Measure, by_code, measured
from consult.analytics.counted import groups_shown, pairs_shown
from consult.analytics.nested import Side, side_of
from consult.analytics.suppression import LEAST


@dataclass(frozen=True, slots=True)
class Crossing:
    """A table of two questions: people by code of the one and of the other (None: hidden), with the codes of those who did not answer."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], int | None]
    row_sums: Mapping[str, int | None]
    column_sums: Mapping[str, int | None]
    #: What the question along the rows measures of those in each column, and the one along the columns of those in each row.
    by_column: Mapping[str, Measure] = field(default_factory=dict)
    by_row: Mapping[str, Measure] = field(default_factory=dict)


_NOTHING = Side((), {}, {})


def crossed(
    first: Asked,
    second: Asked,
    pairs: Sequence[tuple[Any, Any, int]],
    *,
    parts: tuple[str, str] = ("", ""),
    least: int = LEAST,
) -> Crossing | None:
    """Two questions against each other: (answer to the one, answer to the other, people). None where fewer than `least` answered either.

    `parts`: of each the row of a grid, or the option of an order whose place is looked at (of the first only). Points come first.
    """
    ones = [Given(a, "", n) for a, _b, n in pairs]
    others = [Given(b, "", n) for _a, b, n in pairs]
    if (
        not first.shape
        or second.shape in {"", "points"}
        or min(_answered(first, ones, parts[0]), _answered(second, others, parts[1])) < least
    ):
        return None
    columns = side_of(second, others, least, part=parts[1])
    rows = side_of(first, ones, least, part=parts[0]) if first.shape != "points" else _NOTHING
    two, codes = lined(second, others, parts[1])
    said = [chosen(each.value) or [NO_ANSWER] for each in codes]
    known = set(columns.rows)
    cells: dict[tuple[str, str], int | None] = {}
    by_column: dict[str, Measure] = {}
    measures = first.kind in MEASURED and not parts[0]
    if two.shape == "one":
        # An answer that is no code (a way out, where points or an order stand) is none.
        grouped = [
            Given(a, code[0] if code[0] in known else NO_ANSWER, n)
            for (a, _b, n), code in zip(pairs, said, strict=True)
        ]
        if rows.rows:
            side = side_of(first, grouped, least, part=parts[0], dark_groups=columns.dark)
            cells = {
                (row, column): None if column in columns.dark else side.cells.get((row, column), 0)
                for row in rows.rows
                for column in columns.rows
            }
        if measures:
            by_column = by_code(measured(first, grouped, least, dark_groups=columns.dark), columns.rows)
    else:
        # Of several answers each column is a question of its own: chosen or not.
        for column in columns.rows:
            halves = [
                Given(a, "in" if column in code else "out", n) for (a, _b, n), code in zip(pairs, said, strict=True)
            ]
            dark: Collection[str] = {"in", "out"} if column in columns.dark else ()
            if rows.rows:
                side = side_of(first, halves, least, part=parts[0], dark_groups=dark)
                cells |= {(row, column): None if dark else side.cells.get((row, "in"), 0) for row in rows.rows}
            if measures:
                by_column[column] = measured(first, halves, least, dark_groups=dark).get("in", Measure())
    by_row = _by_row(first, second, pairs, rows.dark, rows.rows, parts, least)
    return Crossing(rows.rows, columns.rows, cells, rows.sums, columns.sums, by_column, by_row)


def _answered(asked: Asked, given: Sequence[Given], part: str) -> int:
    _one, mine = lined(asked, given, part if asked.shape in {"grid", "grid_many"} else "")
    return sum(each.people for each in mine if each.value not in (None, [], {}, "", OUT, [OUT]))


def _by_row(
    first: Asked,
    second: Asked,
    pairs: Sequence[tuple[Any, Any, int]],
    dark: Collection[str],
    codes: Sequence[str],
    parts: tuple[str, str],
    least: int,
) -> dict[str, Measure]:
    """What the second question measures of those in each row. By places of one option nothing: those of all options would tell each other."""
    if second.kind not in MEASURED or parts[1] or first.shape == "points" or (parts[0] and first.shape == "order"):
        return {}
    one, mine = lined(first, [Given(a, "", n) for a, _b, n in pairs], parts[0])
    said = [chosen(each.value) or [NO_ANSWER] for each in mine]
    known = set(codes)
    if one.shape == "one":
        grouped = [
            Given(b, code[0] if code[0] in known else NO_ANSWER, n)
            for (_a, b, n), code in zip(pairs, said, strict=True)
        ]
        return by_code(measured(second, grouped, least, dark_groups=dark), codes)
    found = {}
    for row in codes:
        halves = [Given(b, "in" if row in code else "out", n) for (_a, b, n), code in zip(pairs, said, strict=True)]
        hidden: Collection[str] = {"in", "out"} if row in dark else ()
        found[row] = measured(second, halves, least, dark_groups=hidden).get("in", Measure())
    return found


def turned(found: Crossing) -> Crossing:
    """The same table with its questions the other way round: made anew it might hide other cells, and both together would tell them."""
    return Crossing(
        found.columns, found.rows, {(b, a): n for (a, b), n in found.cells.items()}, found.column_sums, found.row_sums, found.by_row,
        found.by_column,
    )  # fmt: skip  # one row of values reads better so


def crossed_with_groups(
    asked: Asked, given: Sequence[Given], codes: Mapping[str, str], *, part: str = "", least: int = LEAST
) -> Crossing | None:
    """A question against the one that made the groups of `given` (its codes with the group of each): what the filter shows, as a table."""
    if not asked.shape or _answered(asked, given, part) < least:
        return None
    side = side_of(asked, given, least, part=part) if asked.shape != "points" else _NOTHING
    sizes: Counter[str] = Counter()
    for each in given:
        sizes[str(each.group)] += each.people
    groups = {**codes, NO_ANSWER: ""}
    shown = groups_shown(sizes, least=least)
    measures = measured(asked, given, least) if not part else {}
    return Crossing(
        side.rows,
        tuple(groups),
        {(row, code): side.cells.get((row, group), 0) for row in side.rows for code, group in groups.items()},
        side.sums,
        {code: shown.get(group, 0) for code, group in groups.items()},
        {code: measures.get(group, Measure()) for code, group in groups.items()}
        if asked.kind in MEASURED and not part
        else {},
    )


def crossed_groups(
    zones: Mapping[str, str], kinds: Mapping[str, str], people: Mapping[tuple[str, str], int], *, least: int = LEAST
) -> Crossing | None:
    """Zones against kinds of speaker, as the two filters together show them."""
    if sum(people.values()) < least:
        return None
    rows, columns = {**zones, NO_ANSWER: ""}, {**kinds, NO_ANSWER: ""}
    pairs = pairs_shown(people, least=least)
    of_zones, of_kinds = (groups_shown(_summed(people, which), least=least) for which in (0, 1))
    return Crossing(
        tuple(rows),
        tuple(columns),
        {(r, c): pairs.get((zone, kind), 0) for r, zone in rows.items() for c, kind in columns.items()},
        {r: of_zones.get(zone, 0) for r, zone in rows.items()},
        {c: of_kinds.get(kind, 0) for c, kind in columns.items()},
    )


def _summed(people: Mapping[tuple[str, str], int], which: int) -> dict[str, int]:
    found: Counter[str] = Counter()
    for pair, number in people.items():
        found[pair[which]] += number
    return dict(found)
