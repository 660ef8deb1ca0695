"""Two questions of any kind together: what the table of each kind says."""

from __future__ import annotations

from typing import Any

from consult.analytics.asked import NO_ANSWER, Asked
from consult.analytics.crossing import Crossing, crossed, turned
from consult.analytics.nested import REST

MEANS = Asked("single", ("x", "y", "z"))


def test_every_kind_is_crossed() -> None:
    """What each kind says, against answers that say it plainly; and the same table whichever is named first."""
    half = [("x", 20), ("y", 30)]

    def table(first: Asked, of: dict[str, Any], *, part: str = "") -> Crossing:
        found = crossed(first, MEANS, [(of[other], other, n) for other, n in half], parts=(part, ""))
        assert found is not None
        return found

    grid = Asked("matrix", ("yes", "no"), rows=("r1", "r2"))
    found = table(grid, {"x": {"r1": "yes"}, "y": {"r1": "no", "r2": "yes"}}, part="r1")
    assert (found.rows, found.cells["yes", "x"], found.cells["no", "y"]) == (("yes", "no", NO_ANSWER), 20, 30)
    several = Asked("matrix_multiple", ("yes", "no"), rows=("r1",))
    found = table(several, {"x": {"r1": ["yes", "no"]}, "y": {"r1": ["no"]}}, part="r1")
    assert (found.cells["yes", "x"], found.cells["no", "x"], found.row_sums["no"]) == (20, 20, 50)
    dates = table(Asked("date"), {"x": "2026-01-12", "y": "2026-03-02"})
    assert dates.cells["2026-01", "x"] == 20
    numbers = table(Asked("number"), {"x": 10, "y": 40})
    assert {column: measure.numbers.mean for column, measure in numbers.by_column.items() if measure.numbers} == {
        "x": 10,
        "y": 40,
    }
    assert sum(n or 0 for n in numbers.row_sums.values()) == 50
    scale = table(Asked("scale", ("1", "2", "3")), {"x": "1", "y": "3"})
    assert scale.by_column["y"].numbers is not None
    assert scale.by_column["y"].numbers.median == 3
    order = Asked("ranking", ("a", "b", "c"))
    first = table(order, {"x": ["a", "b", "c"], "y": ["c", "a", "b"]})
    assert (first.cells["a", "x"], first.cells["c", "y"], first.cells["b", "y"]) == (20, 30, 0)
    assert [place.code for place in first.by_column["y"].order.places] == ["c", "a", "b"]  # type: ignore[union-attr]  # told
    place = table(order, {"x": ["a", "b", "c"], "y": ["c", "a", "b"]}, part="a")
    assert (place.rows, place.cells["1", "x"], place.cells["2", "y"]) == (("1", "2", REST, NO_ANSWER), 20, 30)
    points = table(Asked("points", ("a", "b")), {"x": {"a": 7, "b": 3}, "y": {"b": 10}})
    spreads = {share.code: share.spread for share in points.by_column["x"].points.shares}  # type: ignore[union-attr]  # told
    assert (points.rows, spreads["a"].mean, spreads["b"].median) == ((), 7, 3)  # type: ignore[union-attr]  # told
    many = crossed(
        order, Asked("multiple", ("x", "y")), [(["a", "b", "c"], ["x", "y"], 20), (["c", "a", "b"], ["y"], 30)]
    )
    assert many is not None
    assert (many.cells["a", "x"], many.cells["a", "y"], many.cells["c", "y"]) == (20, 20, 30)
    assert turned(turned(many)) == many
    assert turned(numbers).by_row == numbers.by_column
    by_bands = crossed(MEANS, Asked("number"), [("x", 10, 20), ("y", 40, 30)])
    assert by_bands is not None
    assert by_bands.by_row["y"].numbers is not None
    assert by_bands.by_row["y"].numbers.median == 40
    assert crossed(order, MEANS, [(["a", "b", "c"], "x", 4), (None, "y", 90)]) is None, "few ordered at all"
    assert crossed(Asked("file"), MEANS, [({"file": "x"}, "x", 40)]) is None
