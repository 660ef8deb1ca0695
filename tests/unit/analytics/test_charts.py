"""Charts: their words, their colours, and nothing in them that could be run."""

from __future__ import annotations

import re

from consult.analytics.charts import Bar, Strip, bars, columns, heat, stacked


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


def test_what_was_not_chosen_stays_white_in_a_stacked_chart() -> None:
    names = ("1° posto", "2° posto", "3° posto", "più in basso", "non ordinata")
    drawn = stacked([Strip("3.1", [0.2] * 5)], names, title="t", description="d", hidden="-", rest=True)
    fills = re.findall(r'<rect x="[\d.]+" y="\d+" width="96" height="20" fill="(#\w+)"', drawn)
    assert fills == ["#12447a", "#2f6cad", "#93b8e0", "#dfe8f2", "#ffffff"]
