"""Opinion groups: which people answer alike, worked out from agree, disagree and pass on short statements. Pure.

The method is that of Polis as its authors published it (Small, Bjorkegren, Erkkilä, Shaw, Megill, "Polis: scaling deliberation by mapping
high dimensional opinion spaces", RECERCA 26, 2021), in few lines of numpy:

1. a table of people by statements, agree = +1, disagree = -1, pass = 0, nothing where somebody did not answer;
2. what is missing is filled with the statement's mean, and two principal components are taken;
3. each person is projected through the statements they answered only, and moved outwards by sqrt(statements / answered), so that people
   who answered little are not all found in the middle;
4. people with enough answers are grouped by k-means, with the number of groups, from 2 to 5, that has the highest mean silhouette.

Where we differ, and why: k-means starts from points that follow from the table itself, not from chance or from the order of rows, so that
the same answers give the same groups whoever is written first; and a number of groups that leaves one with fewer people than may ever
be shown is not considered. In this house agree is +1 everywhere, from the form to the file; Polis' own database says -1 for agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AGREE, PASS, DISAGREE = 1, 0, -1
#: Whoever answered fewer statements than these, or all there are, is counted but not put into a group.
FEWEST_VOTES = 7
#: With fewer people who answered enough there are no groups to speak of.
FEWEST_PEOPLE = 15
MOST_GROUPS = 5
#: A group never has fewer people than these.
SMALLEST_GROUP = 5

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
#: One answer: the person's place, the statement's place, and AGREE, PASS or DISAGREE.
Vote = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Space:
    """The plane of opinions: where people stand in it, and how strongly each statement pulls."""

    people: Floats
    statements: Floats

    @property
    def extremity(self) -> Floats:
        """How far an answer to each statement moves a person: statements that everybody answers alike move nobody."""
        return np.asarray(np.linalg.norm(self.statements, axis=1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups found: for each person a group's place, or -1 for who answered too little; None as `labels` where there are none."""

    labels: Whole | None
    silhouette: float
    space: Space


def table(votes: Sequence[Vote], *, people: int, statements: int) -> Floats:
    """People by statements; NaN where somebody did not answer. A later answer stands for an earlier one."""
    found = np.full((people, statements), np.nan)
    for person, statement, value in votes:
        found[person, statement] = value
    return found


def plane(answers: Floats) -> Space:
    """Two principal components with the projection that takes heed of how much each person answered (steps 2 and 3)."""
    people, statements = answers.shape
    known = ~np.isnan(answers)
    given = known.sum(axis=0)
    means = np.where(given, np.nansum(np.where(known, answers, 0.0), axis=0) / np.maximum(given, 1), 0.0)
    # What is missing equals the mean, so that away from the mean it is nothing: it neither pulls nor is pulled.
    away = np.where(known, answers - means, 0.0)
    if not people or not statements:
        return Space(np.zeros((people, 2)), np.zeros((statements, 2)))
    _left, _values, right = np.linalg.svd(away, full_matrices=False)
    axes = np.zeros((2, statements))
    axes[: min(2, len(right))] = right[:2]
    # A component and its mirror are the same; the one is taken in which the statement that pulls most pulls to the right.
    strongest = np.abs(np.round(axes, 9)).argmax(axis=1)
    signs = np.sign(axes[np.arange(2), strongest])
    axes *= np.where(signs, signs, 1.0)[:, None]
    reach = np.sqrt(statements / np.maximum(known.sum(axis=1), 1))
    # An answer of +1 to one statement alone, seen from the mean of all: where it would put somebody.
    pulls = np.sqrt(statements) * axes.T * (AGREE - means)[:, None]
    return Space((away @ axes.T) * reach[:, None], pulls)


def groups(answers: Floats, *, most: int = MOST_GROUPS, smallest: int = SMALLEST_GROUP) -> Groups:
    """Who answers alike (step 4). Groups are numbered by size, the largest first.

    Rows may come in any order: the same answers in another order give the same groups.
    """
    order = np.lexsort(np.where(np.isnan(answers), 2.0, answers).T[::-1]) if answers.size else np.arange(len(answers))
    space = plane(answers[order])
    enough = (~np.isnan(answers[order])).sum(axis=1) >= min(FEWEST_VOTES, max(answers.shape[1], 1))
    back = np.argsort(order)
    seen = Space(space.people[back], space.statements)
    points = space.people[enough]
    best: tuple[float, Whole] | None = None
    if len(points) >= max(FEWEST_PEOPLE, 2 * smallest):
        # As Polis does: a third group wants twelve people more, a fourth again twelve.
        for k in range(2, min(most, 2 + len(points) // 12) + 1):
            labels = _together(points, k)
            if np.bincount(labels, minlength=k).min() < smallest:
                continue
            value = silhouette(points, labels)
            if best is None or value > best[0] + 1e-9:
                best = (value, labels)
    if best is None:
        return Groups(None, 0.0, seen)
    sizes = np.bincount(best[1])
    places = np.array([points[best[1] == g].mean(axis=0)[0] for g in range(len(sizes))])
    rank = np.argsort(np.lexsort((places, -sizes)))
    whole = np.full(len(answers), -1, dtype=np.int64)
    whole[enough] = rank[best[1]]
    return Groups(whole[back], float(best[0]), seen)


def _together(points: Floats, k: int) -> Whole:
    """k-means from several starts that follow from the points alone; the tightest result."""
    best: tuple[float, Whole] | None = None
    for centres in _starts(points, k):
        labels = np.full(len(points), -1, dtype=np.int64)
        for _round in range(200):
            squares = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
            nearest = squares.argmin(axis=1)
            if (nearest == labels).all():
                break
            labels = nearest
            centres = np.array(
                [points[labels == g].mean(axis=0) if (labels == g).any() else centres[g] for g in range(k)]
            )
        spread = float(((points - centres[labels]) ** 2).sum())
        if best is None or spread < best[0] - 1e-9:
            best = (spread, labels)
    assert best is not None  # noqa: S101  # There is always a start.
    return best[1]


def _starts(points: Floats, k: int) -> list[Floats]:
    found = []
    middle = points.mean(axis=0)
    turned = np.column_stack([points[:, 0], points[:, 1], points.sum(axis=1), points[:, 0] - points[:, 1]])
    angle = np.arctan2(*(points - middle).T[::-1])
    for along in (*turned.T, angle):
        slices = np.array_split(np.argsort(along, kind="stable"), k)
        found.append(np.array([points[part].mean(axis=0) for part in slices]))
    # The farthest from the middle, then each time the one farthest from all chosen.
    chosen = [int(np.linalg.norm(points - middle, axis=1).argmax())]
    while len(chosen) < k:
        nearest = np.linalg.norm(points[:, None] - points[chosen][None], axis=2).min(axis=1)
        chosen.append(int(nearest.argmax()))
    found.append(points[chosen].copy())
    return found


def silhouette(points: Floats, labels: Whole) -> float:
    """Mean silhouette (Rousseeuw 1987): how much nearer people are to their own group than to the next one, from -1 to 1."""
    names, own = np.unique(labels, return_inverse=True)
    sizes = np.bincount(own)
    member = np.zeros((len(points), len(names)))
    member[np.arange(len(points)), own] = 1.0
    total = 0.0
    # Some rows at a time: all distances of ten thousand people at once would not fit into a worker's memory.
    for first in range(0, len(points), 512):
        rows = slice(first, first + 512)
        mine = own[rows]
        place = np.arange(len(mine))
        sums = np.linalg.norm(points[rows, None] - points[None], axis=2) @ member
        inside = sums[place, mine] / np.maximum(sizes[mine] - 1, 1)
        means = sums / sizes
        means[place, mine] = np.inf
        outside = means.min(axis=1)
        near = np.maximum(np.maximum(inside, outside), 1e-12)
        total += float(np.where(sizes[mine] > 1, (outside - inside) / near, 0.0).sum())
    return total / len(points)


def named_as_before(before: Sequence[Sequence[float]], after: Sequence[Sequence[float]]) -> list[int]:
    """For each group of now the place of its name: that of the earlier group that answered most like it, each name once.

    Both are mean answers by statement, over the same statements. New groups take the names that are left.
    """
    pairs = sorted(
        (float(np.abs(np.subtract(old, new)).mean()) if len(new) else 0.0, i, j)
        for i, new in enumerate(after)
        for j, old in enumerate(before)
    )
    names: dict[int, int] = {}
    for _far, i, j in pairs:
        if i not in names and j not in names.values():
            names[i] = j
    left = iter(n for n in range(len(before) + len(after)) if n not in names.values())
    return [names[i] if i in names else next(left) for i in range(len(after))]
