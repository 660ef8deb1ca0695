"""How votes become public results: small numbers, nothing left to subtraction, letters that stay, bars that add up, circles apart."""

from __future__ import annotations

import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.coplanning.opinions import rules

ASKED = [str(uuid.UUID(int=i)) for i in range(1, 13)]


def people(*camps: int, seed: int = 1, given_share: float = 0.9) -> list[dict[str, int]]:
    """Votes of camps: each holds its own side on every statement but the first, on which all agree."""
    chance = random.Random(seed)
    found = []
    for camp, size in enumerate(camps):
        for _person in range(size):
            own = {}
            for place, key in enumerate(ASKED):
                side = 1 if place == 0 or (place + camp) % 2 else -1
                if chance.random() < given_share:
                    own[key] = side if chance.random() < 0.9 else -side
            found.append(own)
    return found


def test_fewer_than_five_people_show_nothing() -> None:
    counted = rules.count(ASKED, people(4))
    assert counted.results["people"] is None
    assert counted.results["statements"] == {}
    assert counted.results["groups"] == counted.results["shared"] == []
    assert set(counted.asking) == set(ASKED)


def test_two_camps_are_told_with_what_unites_and_what_divides() -> None:
    results = rules.count(ASKED, people(24, 18)).results
    # One or two of the larger camp answer like the other by chance.
    assert [g["people"] for g in results["groups"]] == pytest.approx([24, 18], abs=2)
    assert results["grouped"] == 42
    assert results["shared"][0]["statement"] == ASKED[0]
    assert results["shared"][0]["side"] == 1
    assert ASKED[0] not in {row["statement"] for row in results["divides"]}
    first, second = results["groups"]
    top = results["divides"][0]
    more = {g["name"]: g for g in (first, second)}
    gap = [more[top[side]]["statements"][top["statement"]] for side in ("more", "less")]
    assert gap[0]["agree"] / gap[0]["seen"] > gap[1]["agree"] / gap[1]["seen"]
    for group in (first, second):
        for row in group["typical"]:
            own = group["statements"][row["statement"]]
            assert (own["agree"] > own["disagree"]) == (row["side"] > 0)


@given(st.lists(st.integers(0, 14), min_size=2, max_size=3), st.integers(0, 5), st.floats(0.2, 1.0))
def test_no_group_of_a_statement_can_be_worked_out_by_subtraction(sizes: list[int], seed: int, given_share: float) -> None:
    """What everybody's numbers leave when the shown groups are taken away is nobody, or at least five answers of two groups."""
    results = rules.count(ASKED, people(*sizes, seed=seed, given_share=given_share)).results
    for key, whole in results["statements"].items():
        if whole is None:
            assert all(g["statements"][key] is None for g in results["groups"])
            continue
        assert whole["seen"] >= rules.LEAST
        shown = [g["statements"][key] for g in results["groups"]]
        rest = whole["seen"] - sum(row["seen"] for row in shown if row)
        if results["groups"]:
            assert rest == 0 or rest >= rules.LEAST
        assert all(row is None or row["seen"] >= rules.LEAST for row in shown)
    assert all(g["people"] >= rules.LEAST for g in results["groups"])


def test_letters_stay_with_opinions_when_groups_change_size() -> None:
    before = rules.count(ASKED, people(24, 18)).results
    after = rules.count(ASKED, people(20, 30), before=before).results
    assert [g["name"] for g in after["groups"]] == ["A", "B"]
    for old, new in zip(before["groups"], after["groups"], strict=True):
        alike = [
            (old["statements"][key]["agree"] * 2 > old["statements"][key]["seen"])
            == (new["statements"][key]["agree"] * 2 > new["statements"][key]["seen"])
            for key in ASKED
            if old["statements"][key] and new["statements"][key]
        ]
        assert sum(alike) >= len(alike) - 1


@given(st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400)).filter(any))
def test_percents_add_up_to_a_hundred(row: tuple[int, int, int]) -> None:
    numbers = dict(zip(("agree", "disagree", "passed"), row, strict=True)) | {"seen": sum(row)}
    shares = rules.whole_percents(numbers)
    assert sum(shares.values()) == 100
    assert all(abs(shares[n] - 100 * numbers[n] / numbers["seen"]) < 1 for n in shares)


@pytest.mark.parametrize("places", [[[0, 0], [0, 0.01]], [[-1, 0], [1, 0]], [[0, 0], [0.1, 0], [0, 0.1], [5, 5], [5, 5.1]]])
def test_circles_stand_apart_within_the_drawing(places: list[list[float]]) -> None:
    drawn = rules.circles([{"name": "ABCDE"[i], "people": 40 - 8 * i, "at": at} for i, at in enumerate(places)])
    for i, a in enumerate(drawn):
        assert a.r <= a.x <= rules.WIDTH - a.r
        assert a.r <= a.y <= rules.HEIGHT - a.r
        for b in drawn[i + 1 :]:
            assert ((a.x - b.x) ** 2 + (a.y - b.y) ** 2) ** 0.5 > a.r + b.r - 12
