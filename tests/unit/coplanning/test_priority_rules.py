"""What ballots may say, and results whose small groups can't be worked out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from consult.coplanning.priorities import rules
from consult.coplanning.priorities.rules import Said
from consult.coplanning.rounds.rules import is_open, is_over

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        ({"a": 6, "b": 4}, None),
        ({"a": 1}, None),
        ({"a": 11}, "too_many"),
        ({}, "none"),
        ({"a": 0}, "none"),
        ({"a": -1, "b": 4}, "negative"),
        ({"z": 1}, "foreign"),
    ],
)
def test_points(points: dict[str, int], fault: str | None) -> None:
    assert rules.points_fault(points, ["a", "b"], 10) == fault


@pytest.mark.parametrize(
    ("order", "fault"),
    [
        (["b", "a"], None),
        (["a"], None),
        ([], "none"),
        (["a", "a"], "twice"),
        (["z"], "foreign"),
        (["a", "b", "c"], "too_many"),
    ],
)
def test_order(order: list[str], fault: str | None) -> None:
    assert rules.ranking_fault(order, ["a", "b", "c"], 2) == fault


def test_a_round_is_open_until_its_deadline_and_not_at_it() -> None:
    assert is_open("open", NOW + timedelta(seconds=1), NOW)
    assert not is_open("open", NOW, NOW)
    assert not is_open("open", None, NOW)
    assert not is_open("closed", NOW + timedelta(days=1), NOW)
    assert [is_over(state, NOW, NOW) for state in ("draft", "open", "closed", "cancelled")] == [False, True, True, False]


def test_results_say_place_share_and_spread_with_ties() -> None:
    ballots = [Said({"a": 4, "b": 4, "c": 2}, "1", "resident")] * 10 + [
        Said({"a": 2, "b": 2, "c": 6}, "1", "resident")
    ] * 10
    found = rules.count("points", ["a", "b", "c"], ballots)
    assert [(row["code"], row["place"], row["total"]) for row in found["all"]] == [
        ("c", 1, 80),
        ("a", 2, 60),
        ("b", 2, 60),
    ]
    assert [row["spread"]["mean"] for row in found["all"]] == [4, 3, 3]
    assert [row["spread"]["deviation"] for row in found["all"]] == [2, 1, 1]
    assert found["people"] == 20
    assert found["counted_as"] == rules.METHOD
    few = rules.count("points", ["a", "b", "c"], ballots[5:15])
    assert [row["spread"]["median"] for row in few["all"]] == [None] * 3, "of ten people it would be their own answers"


def test_a_small_group_takes_another_with_it_so_that_nothing_can_be_subtracted() -> None:
    ballots = [Said({"a": 10}, zone, "resident") for zone in ["1"] * 9 + ["2"] * 8 + ["3"] * 2]
    found = rules.count("points", ["a", "b"], ballots)
    assert [(g["code"], g["people"], g["rows"] is None) for g in found["zones"]] == [
        ("1", 9, False),
        ("2", None, True),
        ("3", None, True),
    ]


def test_fewer_than_five_show_nothing_at_all() -> None:
    found = rules.count("ranking", ["a", "b"], [Said(["a"], "1", "resident")] * 4)
    assert (found["people"], found["all"]) == (None, None)
    assert all(g["rows"] is None for g in found["zones"] + found["kinds"])


def test_an_order_is_counted_by_borda_with_the_spread_of_places() -> None:
    ballots = [Said(["a", "b"], "", "resident")] * 16 + [Said(["b", "a"], "", "resident")] * 15
    found = rules.count("ranking", ["a", "b", "c"], ballots)["all"]
    assert [(row["code"], row["place"]) for row in found] == [("a", 1), ("b", 2), ("c", 3)]
    assert found[0]["spread"]["median"] == 1
    assert found[2]["spread"] is None


def test_lengths_of_drawings_stay_within_the_frame() -> None:
    assert [rules.level(n, 4) for n in (-1, 0, 1, 4, 9)] == [0, 0, 25, 100, 100]
    assert rules.level(3, 0) == 0


def test_places_and_parts_are_told_of_all_together_and_groups_keep_only_order_and_points() -> None:
    orders = [["a", "b", "c"]] * 9 + [["b", "a", "c"]] * 8 + [["c", "a", "b"]] * 7
    found = rules.count("ranking", ["a", "b", "c"], [Said(o, z, "resident") for z in "12" for o in orders])
    grid = {code: {head: count for head, count, _share in row} for code, row in found["grid"]}
    assert grid["a"] == {"1": 18, "2": 30, "3": 0, "unranked": 0}
    assert grid["c"] == {"1": 14, "2": 0, "3": 34, "unranked": 0}
    assert all(row["first"] is not None for row in found["all"])
    for zone in found["zones"]:
        assert zone["rows"] is not None
        assert all(row["first"] is None and row["named"] is None and row["spread"] is None for row in zone["rows"])
        assert [row["place"] for row in zone["rows"]] == [1, 2, 3]
    # In a small room few stand at any one place: the counts of each option say more, and are kept instead.
    turns = [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]] * 4
    small = rules.count("ranking", ["a", "b", "c", "d"], [Said(order, "1", "resident") for order in turns])
    assert small["grid"] == []
    assert [row["named"] for row in small["all"]][:3] == [12, 12, 12]
    points = rules.count("points", ["a", "b"], [Said({"a": 10}, "1", "resident")] * 6 + [Said({"a": 5, "b": 5}, "2", "resident")] * 6)
    parts = {code: {head: count for head, count, _share in row} for code, row in points["grid"]}
    assert parts["b"] == {"0": 6, "0.1": 0, "0.25": 0, "0.5": 6, "1.0": 0}
    assert all(row["givers"] is None for zone in points["zones"] for row in zone["rows"])


def test_small_groups_of_a_round_keep_only_what_tells_on_nobody() -> None:
    # Of six people of zone 2 one puts «a» second: points and order, taken from those of all, told it.
    orders = {"1": [["a", "b", "c"]] * 12 + [["c", "b", "a"]] * 12, "2": [["b", "a", "c"]] + [["b", "c", "a"]] * 5}
    found = rules.count("ranking", ["a", "b", "c"], [Said(o, z, "resident") for z, own in orders.items() for o in own])
    assert [zone["people"] for zone in found["zones"]] == [24, 6]
    assert found["zones"][1]["rows"] is None
    # Many options, few people: two counts of everybody, and of a group from twenty people on the order alone.
    codes = [f"s{n:02}" for n in range(25)]
    pairs = [(codes[0], codes[1 + n % 7]) for n in range(40)]
    picks = [[*(pair if n % 2 else reversed(pair)), codes[8 + n % 17]] for n, pair in enumerate(pairs)]
    room = rules.count("ranking", codes, [Said(o, "1" if n < 30 else "2", "resident") for n, o in enumerate(picks)])
    assert room["grid"] == []
    assert room["all"][0]["named"] == 40
    one, two = (zone["rows"] for zone in room["zones"])
    assert two is None
    assert one[0]["code"] == codes[0]
    assert {row["points"] for row in one} == {None}
    assert len({row["place"] for row in one}) < 10, "who is near shares a place"


def test_results_of_an_older_rule_are_read_without_groups_and_pairs() -> None:
    ballots = [Said(["a", "b"], "1", "resident")] * 16 + [Said(["b", "a"], "2", "resident")] * 15
    now = rules.count("ranking", ["a", "b", "c"], ballots)
    assert rules.as_told_now(now) == now
    old = now | {"counted_as": "tallies/2", "all": [row | {"wins": 2, "losses": 0, "draws": 0} for row in now["all"]]}
    read = rules.as_told_now(old)
    assert (read["zones"], read["kinds"], read["grid"]) == ([], [], [])
    assert "wins" not in read["all"][0]
    assert [row["points"] for row in read["all"]] == [row["points"] for row in now["all"]]
    assert {row["named"] for row in read["all"]} == {None}
    assert next(row["spread"] for row in now["all"]) is not None
    assert {row["spread"] for row in read["all"]} == {None}, "its number is how many named it"
