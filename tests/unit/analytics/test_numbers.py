"""Counts, intervals, tests and the suppression of small cells."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from consult.analytics import numbers
from consult.analytics.types import CountRow, SourceText


def rows_of(counts: list[int]) -> list[CountRow]:
    return [CountRow(str(place), count, count, 100, 0.0, 0.0, 1.0, count) for place, count in enumerate(counts)]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8))
def test_no_suppressed_cell_can_be_worked_out(counts: list[int]) -> None:
    """What a reader knows: the shown cells, the total, and that a hidden cell is at least 1 unless all are hidden."""
    shown = [row.shown for row in numbers.suppressed(rows_of(counts), 5)]
    hidden = [place for place, value in enumerate(shown) if value is None]
    assert all(value is None or value == 0 or value >= 5 for value in shown)
    if not hidden:
        return
    least = 0 if len(hidden) == len(counts) else 1
    left = sum(counts) - sum(value or 0 for value in shown)
    if len(hidden) == len(counts):
        return  # Then the total is not shown either.
    assert len(hidden) >= 2
    for _ in hidden:
        # Each hidden cell may be anything between `least` and what the others leave it.
        most = left - least * (len(hidden) - 1)
        assert most >= 5
        assert most > least


def test_suppression_leaves_large_tables_alone_and_hides_a_second_cell() -> None:
    assert [row.shown for row in numbers.suppressed(rows_of([10, 0, 7]), 5)] == [10, 0, 7]
    assert [row.shown for row in numbers.suppressed(rows_of([10, 2, 7]), 5)] == [10, None, None]


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_share_and_stays_within_bounds(count: int, total: int) -> None:
    count = min(count, total)
    low, high = numbers.wilson(count, total)
    assert 0 <= low <= round(count / total, 4) + 1e-4
    assert round(count / total, 4) - 1e-4 <= high <= 1


def test_wilson_against_a_known_value() -> None:
    assert numbers.wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@given(st.integers(0, 8), st.integers(1, 12), st.integers(1, 12), st.integers(1, 30))
def test_one_channel_gives_fishers_exact_test(count: int, group: int, with_theme: int, more: int) -> None:
    total = group + more
    with_theme = min(with_theme, total - 1)
    count = max(min(count, group, with_theme), group + with_theme - total)
    table = [[count, group - count], [with_theme - count, total - group - with_theme + count]]
    expected = float(stats.fisher_exact(table).pvalue)
    assert numbers.stratified_test([(count, group, with_theme, total)]) == pytest.approx(expected, abs=1e-9)


def test_strata_are_not_added_up() -> None:
    """A group that fills a channel where everyone raises the theme is not over-represented (Simpson's paradox)."""
    everyone_raises = (40, 40, 50, 50)
    nobody_raises = (0, 2, 0, 50)
    assert numbers.stratified_test([everyone_raises, nobody_raises]) == 1.0


def test_exact_and_normal_forms_agree() -> None:
    table = (60, 200, 900, 3900)
    exact = numbers.stratified_test([table])
    scaled = numbers.stratified_test([(80, 267, 1200, 5200)])
    assert scaled == pytest.approx(float(stats.fisher_exact([[80, 187], [1120, 3813]]).pvalue), rel=0.15)
    assert 0 < exact < 0.05


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_as_in_scipy(p_values: list[float]) -> None:
    expected = stats.false_discovery_control(p_values, method="bh")
    assert numbers.adjusted(p_values) == pytest.approx(list(expected), abs=1e-12)


def test_voices_are_people_interviews_or_single_sources() -> None:
    sources = [
        SourceText("a", "", "answer", respondent="r1"),
        SourceText("b", "", "answer", respondent="r1"),
        SourceText("c", "", "interview", unit="i1"),
        SourceText("d", "", "interview", unit="i1"),
        SourceText("e", "", "meeting", unit="m1"),
        SourceText("f", "", "meeting", unit="m1"),
        SourceText("g", "", "document", unit="p1"),
    ]
    rows = {row.value: row for row in numbers.count_rows(numbers.tally(sources), numbers.tally(sources), "channel", 5)}
    assert {name: (row.sources, row.voices) for name, row in rows.items()} == {
        "answer": (2, 1),
        "interview": (2, 1),
        "meeting": (2, 2),
        "document": (1, 0),
    }


def test_representation_tells_the_zone_that_raises_a_theme_more() -> None:
    everyone = [SourceText(f"s{n}", "", "contribution", zone=str(n % 5)) for n in range(300)]
    theme = [source for source in everyone if source.zone == "3"][:40] + everyone[:10]
    told = numbers.representation({"t": numbers.tally(theme)}, numbers.tally(everyone), 5)["t"]
    assert next((row.dimension, row.value, row.direction) for row in told) == ("zone", "3", "over")
    assert all(row.q_value <= 0.05 and row.p_value <= row.q_value for row in told)
    assert numbers.representation({"t": numbers.tally(everyone[:50])}, numbers.tally(everyone), 5) == {}


def test_suppressed_values_over_all_small_tables() -> None:
    for counts in product(range(7), repeat=3):
        shown = [row.shown for row in numbers.suppressed(rows_of(list(counts)), 5)]
        assert all(value is None or value not in range(1, 5) for value in shown)
