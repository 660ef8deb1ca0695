"""Rankings, points and numbers: known results, ties, incomplete ballots, few voices; hidden cells can't be worked out."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from consult.analytics.suppression import cells_not_shown, not_shown
from consult.analytics.tallies import allocation, ranking, spread

#: Condorcet's own kind of example: 60 people, where first choices, points and pairs disagree (Young 1988, "Condorcet's theory of voting").
SIXTY = (
    [["a", "b", "c"]] * 23
    + [["b", "c", "a"]] * 17
    + [["b", "a", "c"]] * 2
    + [["c", "a", "b"]] * 10
    + [["c", "b", "a"]] * 8
)


def test_a_ranking_gives_points_and_places() -> None:
    result = ranking("abc", SIXTY)
    assert result is not None
    points = {row.code: row.points for row in result.places}
    assert points == {"a": 58.0, "b": 69.0, "c": 53.0}
    assert [row.code for row in result.places] == ["b", "a", "c"]


def test_ties_and_what_is_left_out_share_the_same_sum() -> None:
    chance = random.Random(5)
    codes = "abcdef"
    ballots = []
    for _ in range(40):
        named = chance.sample(codes, chance.randint(1, 6))
        cut = chance.randint(0, len(named) - 1)
        ballots.append([*named[:cut], named[cut:]])
    result = ranking(codes, [*ballots, [], ["x"]])
    assert result is not None
    assert (result.ballots, result.empty) == (40, 2)
    assert sum(row.points or 0 for row in result.places) == pytest.approx(40 * 15)
    shuffled = [list(ballot) for ballot in ballots]
    chance.shuffle(shuffled)
    again = ranking(codes, shuffled)
    assert again is not None
    assert again.places == result.places
    everybody = ranking("abc", [[["a", "b", "c"]]] * 5)
    assert everybody is not None
    assert {row.place for row in everybody.places} == {1}
    only = ranking("ab", [["a"]] * 6)
    assert only is not None
    assert (only.places[0].code, only.places[0].points, only.places[0].share, only.places[1].points) == ("a", 6.0, 1.0, 0.0)


def test_few_people_are_not_shown() -> None:
    assert ranking("ab", [["a", "b"]] * 4) is None
    assert spread([1, 2, 3, 4]) is None
    assert allocation("ab", [{"a": 100}] * 4 + [{"a": 0}]) is None
    two = ranking("ab", [["a", "b"]] * 18 + [["b", "a"]] * 2)
    assert two is not None
    assert [(row.points, row.first) for row in two.places] == [(None, None)] * 2
    further_down = ranking("abc", [["a"]] * 9 + [["b", "a"]] * 2 + [["b", "c"]] * 9)
    assert further_down is not None
    named = {row.code: (row.first, row.named) for row in further_down.places}
    assert named["a"] == (9, None), "eleven named it: two put it second"
    points = allocation("abc", [{"a": 60, "b": 40}] * 18 + [{"a": 50, "c": 50}] * 2)
    assert points is not None
    by_code = {row.code: row for row in points.shares}
    assert by_code["c"].total is None
    assert sum(row.total is None for row in points.shares) == 2
    assert [(row.code, row.place) for row in points.shares] == [("a", 1), ("b", None), ("c", None)], "nor where they stand"


def test_points_and_numbers_have_middle_and_spread() -> None:
    found = spread([1, 2, 2, 3, 7, float("nan")])
    assert found is not None
    assert (found.n, found.mean, found.median, found.low_quarter, found.high_quarter) == (5, 3.0, 2.0, 2.0, 3.0)
    assert found.deviation == pytest.approx(2.0976, abs=1e-4)
    points = allocation("abc", [{"a": 60, "b": 40}] * 5 + [{"b": 100}] * 5)
    assert points is not None
    assert [(row.code, row.place, row.total, row.share, row.givers) for row in points.shares] == [
        ("b", 1, 700.0, 0.7, 10),
        ("a", 2, 300.0, 0.3, 5),
        ("c", 3, 0.0, 0.0, 0),
    ]


def _derivable(
    table: list[list[int]], hidden: set[tuple[int, int]], dark: tuple[set[int], set[int]]
) -> set[tuple[int, int]]:
    """Hidden cells that follow from the visible sums, by exact elimination: a check that shares nothing with the graph's reasoning."""
    cells = sorted(hidden)
    lines = [[cell[0] == r for cell in cells] for r in range(len(table)) if r not in dark[0]]
    lines += [[cell[1] == c for cell in cells] for c in range(len(table[0])) if c not in dark[1]]
    lines.append([True] * len(cells))
    matrix = [[Fraction(int(x)) for x in line] for line in lines]
    row = 0
    for column in range(len(cells)):
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
    return {cells[next(i for i, x in enumerate(line) if x)] for line in matrix if sum(1 for x in line if x) == 1}


def test_hidden_cells_of_a_table_do_not_follow_from_its_sums() -> None:
    chance = random.Random(20261126)
    for _ in range(400):
        rows, columns = chance.randint(2, 7), chance.randint(2, 6)
        table = [[chance.choice((0, 1, 2, 3, 5, 8, 13, 21)) for _c in range(columns)] for _r in range(rows)]
        sums = ([sum(line) for line in table], [sum(line[c] for line in table) for c in range(columns)])
        dark = (not_shown(sums[0]), not_shown(sums[1]))
        hidden = cells_not_shown(table, hidden_rows=dark[0], hidden_columns=dark[1])
        assert all((r, c) in hidden for r in range(rows) for c in range(columns) if 0 < table[r][c] < 5)
        if len(hidden) == rows * columns:
            continue
        assert _derivable(table, hidden, dark) == set(), (table, hidden)
        for r in set(range(rows)) - dark[0]:
            mine = [table[r][c] for c in range(columns) if (r, c) in hidden]
            assert not mine or (len(mine) > 1 and sum(mine) >= 5)


def test_who_knows_the_rule_can_not_work_out_a_hidden_part() -> None:
    for parts, whole in itertools.product((2, 3, 4), range(5, 14)):
        answers: dict[tuple[int | None, ...], list[tuple[int, ...]]] = {}
        for counts in itertools.product(range(whole + 1), repeat=parts):
            if sum(counts) == whole:
                hidden = not_shown(counts)
                answers.setdefault(tuple(None if i in hidden else n for i, n in enumerate(counts)), []).append(counts)
        for shown, possible in answers.items():
            for i, n in enumerate(shown):
                if n is None and any(0 < counts[i] < 5 for counts in possible):
                    assert len({counts[i] for counts in possible}) > 1, (shown, possible)
