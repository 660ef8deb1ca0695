"""Results of questions of every shape: what is counted, what is hidden beside a few, parts, means and columns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from consult.analytics.asked import NO_ANSWER, OUT, Asked, Given
from consult.analytics.counted import groups_shown
from consult.analytics.crossing import crossed, turned
from consult.analytics.results import as_json, from_json, result

CODES = ("a", "b", "c")


def test_groups_that_are_hidden_are_the_same_for_whoever_asks() -> None:
    """In another order another group of six would be hidden beside the one of three, and the two lists together would tell the three."""
    people = {"z3": 6, "": 2, "z1": 3, "z2": 6, "z0": 20}
    shown = groups_shown(people)
    assert shown == groups_shown(dict(sorted(people.items()))) == {"z0": 20, "z1": None, "z2": None, "z3": 6, "": 2}
    assert list(shown) == list(people)
    given = [Given(code, group, n) for code, group, n in (("a", "z0", 30), ("b", "z0", 3), ("c", "z0", 9), ("a", "z1", 9), ("c", "z1", 8))]
    for group in ("", "z0", "z1"):
        lines = result(Asked("single", CODES), given if group else [Given(g.value, "", g.people) for g in given], group=group or None).lines
        # «b» is few, «c» keeps it company: of neither anything is shown, in no group.
        assert [line.count is None for line in lines] == [False, True, True]
    table = crossed(Asked("single", CODES), Asked("yes_no", ("x", "y")), [("a", "x", 40), ("b", "x", 9), ("b", "y", 6)])
    assert table is not None
    assert turned(turned(table)) == table
    assert turned(table).cells["y", "b"] == table.cells["b", "y"]


def test_every_shape_is_counted() -> None:
    def of(kind: str, values: list[Any], **more: Any) -> Any:
        return result(Asked(kind, **more), [Given(value, "", 1) for value in values])

    grid = of("matrix", [{"r1": "a", "r2": "b"}] * 6 + [{"r1": "b"}] * 5, options=CODES, rows=("r1", "r2"))
    assert [(c.code, c.count) for c in grid.grid[0][1]] == [("a", 6), ("b", 5), ("c", 0)]
    assert [(c.code, c.count, c.share) for c in grid.grid[1][1]] == [("a", 0, 0), ("b", 6, 1), ("c", 0, 0)]
    both = of("matrix_multiple", [{"r1": ["a", "b"]}] * 7, options=CODES, rows=("r1",))
    assert [c.count for c in both.grid[0][1]] == [7, 7, 0]
    number = of("number", [1, 4] * 6 + [60] * 8 + ["_dk"] * 5, ways_out=("_dk",))
    assert (number.answered, number.numbers.n, number.numbers.mean, number.numbers.median) == (25, 20, 26, 4)
    days = of("date", ["2026-01-02"] * 6 + ["2026-03-01"] * 7)
    assert [(c.code, c.count) for c in days.lines] == [("2026-01", 6), ("2026-03", 7)]
    order = of("ranking", [["a", "b"]] * 9 + ["_dk"] * 5, options=CODES, ways_out=("_dk",))
    assert (order.order.ballots, order.order.places[0].code) == (9, "a")
    assert [(c.code, c.count) for c in order.lines] == [("_dk", 5)]
    points = of("points", [{"a": 70, "b": 30}] * 8, options=CODES)
    assert [s.total for s in points.points.shares] == [560, 240, 0]
    assert of("consent", ["yes"] * 8, options=("yes",)).lines[0].count == 8
    assert of("file", [{"file": "x"}] * 8).answered == 8
    assert of("single", ["a"] * 4, options=CODES).few
    for found in (grid, both, number, days, order, points):
        assert from_json(json.loads(json.dumps(as_json(found)))) == found


@pytest.mark.parametrize("kind", ["matrix", "matrix_multiple"])
def test_who_could_not_tell_does_not_follow_from_the_rows_of_a_grid(kind: str) -> None:
    """Two of 42 could not tell: neither the rows, nor how many answered, nor the table with another question says so."""
    asked = Asked(kind, CODES, ("r1", "r2"), ("_dk",))

    def said(code: str) -> Any:
        return dict.fromkeys(asked.rows, code if kind == "matrix" else [code])

    def given(silent: int) -> list[Given]:
        return [Given(said("a"), "x", 20), Given(said("b"), "y", 20), Given("_dk", "x", silent)]

    few = result(asked, given(2))
    assert (few.answered, few.lines[0].count) == (None, None)
    table = crossed(asked, Asked("single", ("x", "y")), [(g.value, g.group, g.people) for g in given(2)], parts=("r1", ""))
    assert table is not None
    assert table.row_sums[OUT] is None
    assert table.cells[OUT, "x"] is None
    assert table.row_sums[NO_ANSWER] == 0
    for _row, lines in few.grid:
        assert all(line.share is None for line in lines), "a share tells of how many it is one"
        if kind == "matrix":
            assert [line.count for line in lines] in ([None, 20, 0], [20, None, 0]), "and no row is told whole"
    many = result(asked, given(9))
    assert (many.answered, many.lines[0].count) == (49, 9)
    assert [(c.code, c.count, c.share) for c in many.grid[0][1]] == [("a", 20, 0.5), ("b", 20, 0.5), ("c", 0, 0)]
    assert result(asked, given(0)[:2]).grid == many.grid, "shares are of those who answered in the row"


def test_parts_of_points_and_means_of_groups() -> None:
    ballots = [
        Given({"a": 60, "b": 40}, "n", 12),
        Given({"a": 100}, "n", 6),
        Given({"b": 100}, "s", 7),
        Given({"c": 100}, "s", 2),
    ]
    found = result(Asked("points", ("a", "b", "c")), ballots)
    parts = {option: [choice.count for choice in row] for option, row in found.grid}
    assert parts["a"] == [9, 0, 0, 0, 18]
    assert parts["b"] == [8, 0, 0, 12, 7]
    # Two people gave to «c»: nothing of it is shown, not even how many gave nothing.
    assert parts["c"] == [None] * 5
    # Of a group whose others are few nothing is averaged: the others' mean would be the difference.
    numbers = [Given(30, "n", 100), Given(34, "n", 100), Given(52, "s", 2), Given(None, "s", 30)]
    assert result(Asked("number"), numbers).numbers is not None
    assert result(Asked("number"), numbers, group="n").numbers is None
    # Of few beside somebody hidden nothing is averaged; of ten a mean, of twenty their quartiles too, rounded to a tenth of a column.
    assert result(Asked("number"), [replace(each, people=each.people // 10 or 2) for each in numbers]).numbers is None
    for people, told in ((4, None), (5, (4.6, None)), (10, (4.6, 4.6))):
        found = result(Asked("number"), [Given(1, "", people), Given(8.13, "", people - 1), Given(8.4, "", 1)]).numbers
        assert (found and (found.mean, found.median)) == told
    # Where each column of the chart is a single number, the mean of all says how many are behind the two that are hidden.
    assert result(Asked("number"), [Given(3, "n", 20), Given(9, "n", 2)]).numbers is None


def test_a_few_who_are_far_off_share_a_column_and_hide_nobody() -> None:
    given = [Given(value, "", n) for value, n in ((1, 20), (12, 9), (25, 6), (47, 3), (60, 1))]
    found = result(Asked("number"), given)
    assert [(c.code, c.count) for c in found.lines] == [("0..10", 20), ("10..20", 9), ("20..70", 10)]
    assert found.numbers is not None
    assert (found.numbers.mean, found.numbers.median, found.hidden) == (12, 1, False)
