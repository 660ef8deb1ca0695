"""Opinion groups: what is found in made-up answers whose truth is known, signs, order, small groups, the published tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_score

from consult.analytics import opinions, standpoints
from consult.analytics.standpoints import Tally


def camps(sizes: list[int], statements: int = 20, noise: float = 0.1, given_share: float = 0.8) -> tuple[opinions.Floats, list[int]]:
    """People of several camps, each with its own side on every statement, some answers turned and some missing."""
    chance = np.random.default_rng(3)
    sides = chance.choice([-1.0, 1.0], size=(len(sizes), statements))
    truth = [camp for camp, size in enumerate(sizes) for _person in range(size)]
    answers = sides[truth].copy()
    answers[chance.random(answers.shape) < noise] *= -1
    answers[chance.random(answers.shape) > given_share] = np.nan
    return answers, truth


@pytest.mark.parametrize("sizes", [[30, 20], [25, 20, 15]])
def test_camps_are_found_and_numbered_by_size(sizes: list[int]) -> None:
    answers, truth = camps(sizes)
    found = opinions.groups(answers)
    assert found.labels is not None
    assert adjusted_rand_score(truth, found.labels) > 0.9
    counts = np.bincount(found.labels)
    assert list(counts) == sorted(counts, reverse=True)


def test_the_same_answers_in_another_order_give_the_same_groups() -> None:
    answers, _truth = camps([25, 20, 15], noise=0.25)
    first = opinions.groups(answers).labels
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(answers))
        again = opinions.groups(answers[order]).labels
        assert first is not None
        assert again is not None
        assert (again == first[order]).all()


def test_who_answered_little_is_in_no_group_and_small_groups_are_none() -> None:
    answers, _truth = camps([20, 16, 3])
    answers[0, 5:] = np.nan
    found = opinions.groups(answers)
    assert found.labels is not None
    assert found.labels[0] == -1
    assert np.bincount(found.labels[found.labels >= 0]).min() >= opinions.SMALLEST_GROUP
    assert opinions.groups(answers[:14]).labels is None
    assert opinions.groups(np.full((0, 4), np.nan)).labels is None


def test_somebody_who_answered_little_is_moved_outwards() -> None:
    answers, _truth = camps([20, 20], noise=0.0, given_share=1.0)
    whole = opinions.plane(answers).people
    half = answers.copy()
    half[0, 10:] = np.nan
    # Half the answers, all others the same: it stands where its camp stands, not halfway to the middle.
    reached = np.linalg.norm(opinions.plane(half).people[0]) / np.linalg.norm(whole[0])
    assert 0.6 < reached < 1.2
    few = answers.copy()
    few[0, 1:] = np.nan
    assert np.linalg.norm(opinions.plane(few).people[0]) > 0.15 * np.linalg.norm(whole[0])


def test_the_silhouette_is_that_of_scikit_learn() -> None:
    points = np.random.default_rng(5).normal(size=(700, 2))
    labels = np.random.default_rng(6).integers(0, 3, 700)
    assert opinions.silhouette(points, labels) == pytest.approx(silhouette_score(points, labels))


def test_agree_is_plus_one_down_to_what_a_group_is_said_to_hold() -> None:
    """The inversion that Polis met: a group must be told by the side its people chose, never by the other."""
    yes, no = Tally(agree=18, disagree=1, passed=1), Tally(agree=2, disagree=17, passed=1)
    found = standpoints.typical([[yes], [no]], 0)
    assert [(s.statement, s.side) for s in found] == [(0, 1)]
    assert [(s.statement, s.side) for s in standpoints.typical([[yes], [no]], 1)] == [(0, -1)]
    divided = standpoints.dividing([[yes], [no]])[0]
    assert (divided.more, divided.less) == (0, 1)
    assert standpoints.shared([yes + no], [[yes], [no]]) == []


def test_what_is_shared_needs_most_of_every_group() -> None:
    many, few = [Tally(95, 3, 2), Tally(95, 3, 2)], [Tally(5, 1, 0), Tally(1, 5, 0)]
    both = [a + b for a, b in zip(many, few, strict=True)]
    assert [s.statement for s in standpoints.shared(both, [many, few])] == [0]
    # Without groups both stand: the small group does not count by itself then.
    assert {s.statement for s in standpoints.shared(both, [])} == {0, 1}
    assert standpoints.shared([Tally(1, 9, 0)], [])[0].side == -1


@pytest.mark.parametrize(
    ("z", "wanted"),
    [
        # By hand from the published formulas: 2·√(n+1)·((p+1)/(n+1)−½), and the pooled two-proportion z, one answer added to each.
        (standpoints.most_z(8, 9), 2 * math.sqrt(10) * (9 / 10 - 0.5)),
        (standpoints.differs_z(8, 9, 3, 9), (0.9 - 0.4) / math.sqrt(0.65 * 0.35 * (1 / 10 + 1 / 10))),
        (standpoints.differs_z(4, 4, 6, 6), 0.0),
    ],
)
def test_the_tests_are_the_published_ones(z: float, wanted: float) -> None:
    assert z == pytest.approx(wanted)


def test_what_is_new_and_pulls_people_apart_is_asked_first() -> None:
    new, old = Tally(), Tally(agree=20, disagree=18, passed=2)
    assert standpoints.weight_to_ask(new, 0.0) > standpoints.weight_to_ask(old, 0.0)
    assert standpoints.weight_to_ask(old, 2.0) > standpoints.weight_to_ask(old, 0.5)
    passed = Tally(agree=20, disagree=0, passed=20)
    assert standpoints.weight_to_ask(Tally(agree=20, disagree=20), 1.0) > standpoints.weight_to_ask(passed, 1.0)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.floats(0.01, 100), min_size=1, max_size=12), st.text(max_size=8))
def test_the_next_statement_is_one_of_those_left_and_always_the_same(weights: dict[str, float], person: str) -> None:
    asked = []
    left = dict(weights)
    while (chosen := standpoints.next_to_ask(left, person)) is not None:
        assert standpoints.next_to_ask(dict(reversed(left.items())), person) == chosen
        asked.append(chosen)
        del left[chosen]
    assert sorted(asked) == sorted(weights)


def test_people_are_asked_in_different_orders_the_heavier_more_often_first() -> None:
    firsts = [standpoints.next_to_ask({"a": 9.0, "b": 1.0}, str(person)) for person in range(400)]
    assert 0.85 < firsts.count("a") / 400 < 0.95


def test_groups_keep_the_names_of_those_they_are_most_like() -> None:
    assert opinions.named_as_before([[1.0, -1.0], [-1.0, 1.0]], [[-0.8, 0.9], [0.9, -0.7], [0.0, 0.1]]) == [1, 0, 2]
    assert opinions.named_as_before([], [[0.0], [1.0]]) == [0, 1]
