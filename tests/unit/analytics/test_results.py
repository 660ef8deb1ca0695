"""Results of questions of every shape; and that no small group follows from all that is shown, by exact elimination."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import pytest

from consult.analytics.charts import Bar, Strip, bars, columns, heat, stacked
from consult.analytics.results import NO_ANSWER, Asked, Given, as_json, crossed, from_json, groups_shown, result

CODES = ("a", "b", "c")


def followed(unknowns: list[Any], equations: Iterable[tuple[dict[Any, int], int]]) -> dict[Any, int]:
    """Unknowns that the equations give exactly."""
    place = {name: i for i, name in enumerate(unknowns)}
    matrix = []
    for terms, value in equations:
        line = [Fraction(0)] * (len(unknowns) + 1)
        for name, factor in terms.items():
            line[place[name]] += factor
        line[-1] = Fraction(value)
        matrix.append(line)
    row = 0
    for column in range(len(unknowns)):
        pivot = next((i for i in range(row, len(matrix)) if matrix[i][column]), None)
        if pivot is None:
            continue
        matrix[row], matrix[pivot] = matrix[pivot], matrix[row]
        matrix[row] = [x / matrix[row][column] for x in matrix[row]]
        for i in range(len(matrix)):
            if i != row and matrix[i][column]:
                factor = matrix[i][column]
                matrix[i] = [x - factor * y for x, y in zip(matrix[i], matrix[row], strict=True)]
        row += 1
    found = {}
    for line in matrix:
        held = [i for i, x in enumerate(line[:-1]) if x]
        if len(held) == 1:
            found[unknowns[held[0]]] = int(line[-1])
    return found


def people(chance: random.Random, kind: str, groups: int) -> list[Given]:
    """Some hundred answers, uneven on purpose."""
    given: Counter[tuple[Any, str]] = Counter()
    weights = [chance.choice((1, 3, 9, 27)) for _ in CODES] + [chance.choice((0, 1, 4))]
    sizes = [chance.choice((1, 2, 6, 20)) for _ in range(groups)]
    for _ in range(chance.randint(12, 160)):
        group = chance.choices([f"z{i}" for i in range(groups)], sizes)[0]
        value: Any = chance.choices([*CODES, None], weights)[0]
        if kind == "multiple" and value is not None:
            value = tuple(sorted({value, *(code for code in CODES if chance.random() < 0.2)}))
        given[value, group] += 1
    return [Given(list(v) if isinstance(v, tuple) else v, group, n) for (v, group), n in given.items()]


def truth(given: list[Given]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for each in given:
        for code in each.value if isinstance(each.value, list) else [each.value or NO_ANSWER]:
            counts[code, each.group] += each.people
    return counts


@pytest.mark.parametrize("kind", ["single", "multiple"])
def test_no_small_group_follows_from_the_whole_and_all_groups(kind: str) -> None:
    chance = random.Random(f"results {kind}")
    looked_at = hidden_ones = 0
    for _ in range(80):
        given = people(chance, kind, chance.randint(2, 5))
        asked = Asked(kind, CODES)
        names = sorted({each.group for each in given})
        counts, sizes = truth(given), Counter[str]()
        for each in given:
            sizes[each.group] += each.people
        codes = [*CODES, NO_ANSWER]
        unknowns = [(code, group) for code in codes for group in names] + [("size", group) for group in names]
        total = sum(sizes.values())
        equations: list[tuple[dict[Any, int], int]] = [({("size", g): 1 for g in names}, total)]
        if kind == "single":
            equations += [({("size", g): 1, **{(c, g): -1 for c in codes}}, 0) for g in names]
        whole = result(asked, given)
        if whole.answered is not None:
            equations.append(({(NO_ANSWER, g): 1 for g in names}, total - whole.answered))
            equations += [
                ({(row.code, g): 1 for g in names}, row.count) for row in whole.lines if row.count is not None
            ]
        for group, size in groups_shown(sizes).items():
            if size is None:
                continue
            equations.append(({("size", group): 1}, size))
            view = result(asked, given, group=group)
            if view.answered is not None:
                equations.append(({(NO_ANSWER, group): 1}, size - view.answered))
            equations += [({(row.code, group): 1}, row.count) for row in view.lines if row.count is not None]
        for (code, group), number in followed(unknowns, equations).items():
            looked_at += 1
            assert not 0 < number < 5 or code == NO_ANSWER, (given, code, group, number)
        hidden_ones += sum(0 < n < 5 for n in counts.values())
    assert looked_at > 100, "nothing at all is shown: the test tests nothing"
    assert hidden_ones > 100


def test_crossings_hide_what_their_sums_would_tell() -> None:
    chance = random.Random(20261127)
    shown = 0
    for _ in range(80):
        pairs = Counter(
            (chance.choices([*CODES, None], (9, 3, 2, 1))[0], chance.choices(["x", "y", None], (6, 3, 1))[0])
            for _ in range(chance.randint(10, 150))
        )
        table = crossed(Asked("single", CODES), Asked("yes_no", ("x", "y")), [(a, b, n) for (a, b), n in pairs.items()])
        assert table is not None
        unknowns = [(r, c) for r in table.rows for c in table.columns]
        equations: list[tuple[dict[Any, int], int]] = [
            ({cell: 1}, n) for cell, n in table.cells.items() if n is not None
        ]
        equations += [({(r, c): 1 for c in table.columns}, n) for r, n in table.row_sums.items() if n is not None]
        equations += [({(r, c): 1 for r in table.rows}, n) for c, n in table.column_sums.items() if n is not None]
        equations.append((dict.fromkeys(unknowns, 1), sum(pairs.values())))
        for cell, number in followed(unknowns, equations).items():
            shown += table.cells[cell] is not None
            assert not 0 < number < 5 or NO_ANSWER in cell, (pairs, cell, number)
    assert shown > 100


def test_every_shape_is_counted() -> None:
    def of(kind: str, values: list[Any], **more: Any) -> Any:
        return result(Asked(kind, **more), [Given(value, "", 1) for value in values])

    grid = of("matrix", [{"r1": "a", "r2": "b"}] * 6 + [{"r1": "b"}] * 5, options=CODES, rows=("r1", "r2"))
    assert [(c.code, c.count) for c in grid.grid[0][1]] == [("a", 6), ("b", 5), ("c", 0)]
    assert [(c.code, c.count, c.share) for c in grid.grid[1][1]] == [("a", 0, 0), ("b", 6, 1), ("c", 0, 0)]
    both = of("matrix_multiple", [{"r1": ["a", "b"]}] * 7, options=CODES, rows=("r1",))
    assert [c.count for c in both.grid[0][1]] == [7, 7, 0]
    number = of("number", [1, 2, 3, 4, 5, 6, 7, 8, 9, 60, "_dk"], ways_out=("_dk",))
    assert (number.answered, number.numbers.n, number.numbers.median) == (11, 10, 5.5)
    days = of("date", ["2026-01-02"] * 6 + ["2026-03-01"] * 7)
    assert [(c.code, c.count) for c in days.lines] == [("2026-01", 6), ("2026-03", 7)]
    order = of("ranking", [["a", "b"]] * 9 + ["_dk"] * 5, options=CODES, ways_out=("_dk",))
    assert (order.order.ballots, order.order.winner) == (9, "a")
    assert [(c.code, c.count) for c in order.lines] == [("_dk", 5)]
    points = of("points", [{"a": 70, "b": 30}] * 8, options=CODES)
    assert [s.total for s in points.points.shares] == [560, 240, 0]
    assert of("consent", ["yes"] * 8, options=("yes",)).lines[0].count == 8
    assert of("file", [{"file": "x"}] * 8).answered == 8
    assert of("single", ["a"] * 4, options=CODES).few
    for found in (grid, both, number, days, order, points):
        assert from_json(json.loads(json.dumps(as_json(found)))) == found


def test_charts_carry_words_and_no_style() -> None:
    evil = '<script>"&'
    drawn = [
        bars(
            [Bar(evil, 0.4, "40%"), Bar("b", None, "nascosto"), Bar("c", 0.5, "5", 0.1, 0.9)],
            title=evil,
            description=evil,
        ),
        stacked(
            [Strip(evil, [0.5, 0.5]), Strip("x", [None, 0.5])],
            ["sì", evil],
            title="t",
            description="d",
            hidden="nascosto",
        ),
        heat([evil, "b"], ["x", evil], [[0.1, None], [0.9, 0]], title="t", description="d", hidden="–"),
        columns([3, None, 9], first="1 maggio", last="3 maggio", title="t", description="d", wanted=("1", "2", evil)),
    ]
    for svg in drawn:
        assert "style=" not in svg
        assert "<script" not in svg
        assert 'role="img"' in svg
