"""Where a zone or kind of speaker says something else than the others about the same theme: tested, never guessed.

Statistic: the distance between the group's mean vector and that of the others of the theme, over one vector per voice.
Reference: the same with group membership shuffled within channels (permutational analysis of variance, Anderson 2001), so
that questionnaires are not held against interviews. All tests of a run together are held to a false discovery rate of .05
(Benjamini and Hochberg 1995). It says that the subject differs, not that one side is for and the other against.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from consult.analytics.embedding import Vectors

MOST_VOICES = 400  # of a theme that are looked at
MOST_SOURCES = 1200  # that these are read from
DIRECTIONS = 20  # strongest directions of the theme in which means are compared
ROUNDS = (199, 999, 4999)  # shuffles: a first look, and more where it says perhaps
PERHAPS = {199: 0.05, 999: 0.02, 4999: 0.0}  # the p-value up to which more are drawn


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one voice says under a theme."""

    channel: str
    zone: str | None
    speaker: str | None
    row: Vectors


@dataclass(frozen=True, slots=True)
class Divergence:
    """A group that may speak otherwise of a theme than the others; `direction` points from them to it."""

    dimension: str  # "zone" | "speaker"
    value: str
    direction: Vectors


@dataclass(frozen=True, slots=True)
class _Groups:
    """The number of each voice's group in a dimension, -1 where it has none that is tested."""

    dimension: str
    numbers: NDArray[np.int16]


class _Shuffles:
    """Orders of a theme's voices, shuffled within their channels: drawn once, for all groups of the theme."""

    def __init__(self, channels: Sequence[str], seed: int) -> None:
        names = np.asarray(channels)
        self._strata = [np.flatnonzero(names == name) for name in sorted(set(channels))]
        self._number = len(channels)
        self._seed = seed
        self._drawn: dict[int, NDArray[np.int16]] = {}
        self._dealt: dict[tuple[str, int], NDArray[np.int16]] = {}

    def of(self, groups: _Groups, rounds: int) -> NDArray[np.int16]:
        """The number of the group that each voice is dealt, one row per shuffle: for all groups of a dimension at once."""
        if (groups.dimension, rounds) not in self._dealt:
            self._dealt[groups.dimension, rounds] = groups.numbers[self._orders(rounds)]
        return self._dealt[groups.dimension, rounds]

    def _orders(self, rounds: int) -> NDArray[np.int16]:
        if rounds not in self._drawn:
            random = np.random.default_rng(self._seed)
            orders = np.empty((rounds, self._number), dtype=np.int16)
            for places in self._strata:
                orders[:, places] = random.permuted(np.tile(places.astype(np.int16), (rounds, 1)), axis=1)
            self._drawn[rounds] = orders
        return self._drawn[rounds]


def _strongest(rows: Vectors) -> Vectors:
    """Rows in their `DIRECTIONS` strongest directions, from their products with each other; signs are free, distances don't depend on them."""
    wide = rows.astype(np.float64)
    last = len(rows) - 1
    values, directions = eigh(wide @ wide.T, subset_by_index=(max(0, last - DIRECTIONS + 1), last), driver="evr")
    return np.ascontiguousarray(directions * np.sqrt(np.maximum(values, 0)), dtype=np.float32)


def _distances(membership: Vectors, rows: Vectors) -> NDArray[np.float64]:
    """Squared distance between the means inside and outside, per row of memberships."""
    size = membership.sum(axis=1, keepdims=True)
    sums = membership @ rows
    inside, outside = sums / size, (rows.sum(axis=0) - sums) / (len(rows) - size)
    return np.asarray(((inside - outside) ** 2).sum(axis=1), dtype=np.float64)


def _p_value(groups: _Groups, number: int, rows: Vectors, shuffles: _Shuffles) -> float:
    observed = _distances((groups.numbers == number)[None].astype(np.float32), rows)[0]
    result = 1.0
    for rounds in ROUNDS:
        shuffled = _distances((shuffles.of(groups, rounds) == number).astype(np.float32), rows)
        result = float((1 + (shuffled >= observed * (1 - 1e-6)).sum()) / (1 + rounds))
        if result > PERHAPS[rounds]:
            break
    return result


def test(key: str, voices: Sequence[Spoken], small: int) -> list[tuple[Divergence, float]]:
    """The groups of a theme that are large enough to be tested, each with its p-value; groups and their rest have `small` voices or more.

    `key` is the theme's: shuffles follow from it, so that a theme is tested alike whatever is tested beside it.
    """
    tested: list[tuple[Divergence, float]] = []
    voices = voices[:MOST_VOICES]
    if len(voices) < 2 * small:
        return tested
    rows = np.asarray([voice.row for voice in voices], dtype=np.float32)
    rows = rows - rows.mean(axis=0)
    low = _strongest(rows)
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    shuffles = _Shuffles([voice.channel for voice in voices], seed)
    for dimension in ("zone", "speaker"):
        spoken: dict[str, list[int]] = defaultdict(list)
        for place, voice in enumerate(voices):
            value = getattr(voice, dimension)
            if value:
                spoken[value].append(place)
        large = [
            (value, places)
            for value, places in sorted(spoken.items())
            if len(places) >= small and len(voices) - len(places) >= small
        ]
        groups = _Groups(dimension, np.full(len(voices), -1, dtype=np.int16))
        for number, (_, places) in enumerate(large):
            groups.numbers[places] = number
        for number, (value, _) in enumerate(large):
            inside = groups.numbers == number
            direction = np.asarray(rows[inside].mean(axis=0) - rows[~inside].mean(axis=0), dtype=np.float32)
            tested.append((Divergence(dimension, value, direction), _p_value(groups, number, low, shuffles)))
    return tested
