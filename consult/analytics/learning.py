"""What many texts at once say of a frame's targets, in two steps that need no labels.

Prototypes move towards the texts they already draw (soft k-means anchored in the base score of `strategies`), and texts listen to
their nearest neighbours (label spreading, Zhou et al. 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consult.analytics.embedding import Vectors, unit_rows
from consult.analytics.space import nearest
from consult.analytics.strategies import Scores, chances, standardised

TEXTS_FOR_REFINING = 12  # per target; prototypes moved by fewer follow accidents
REFINING_STEPS = 4
REFINING_TEMPERATURE = 0.6
NEIGHBOURS = 15
NEIGHBOUR_WEIGHT = 0.5
ROUNDS = 2  # of listening
MANY_TEXTS, HEARD = 12_000, 3000
TEXTS_FOR_NEIGHBOURS = 60  # per target; with fewer, the nearest fifteen mostly speak of something else


@dataclass(frozen=True, slots=True)
class Learned:
    """What many texts together say of the targets: prototypes moved towards the texts they draw, and texts that others listen to.

    `likely` holds the chances of the texts `among`, round by round; `whole` says that these are all texts there are.
    """

    prototypes: Vectors
    applied: bool
    among: Vectors
    likely: tuple[Scores, ...]
    whole: bool


def nothing_learned(targets: int, dimensions: int) -> Learned:
    """Where there are no texts to learn from."""
    empty = np.zeros((0, dimensions), dtype=np.float32)
    return Learned(np.zeros((targets, dimensions), dtype=np.float32), False, empty, (), False)


def learn(texts: Vectors, base: Scores, number: int) -> Learned:
    """What a sample of `number` texts says; `base` are its scores from each text alone.

    Needs several texts per target to help; below that prototypes are only kept for later texts.
    """
    targets = base.shape[1]
    if len(texts) < TEXTS_FOR_REFINING * targets or targets < 2:
        pull = (chances(base, REFINING_TEMPERATURE) ** 2).astype(np.float32)
        return Learned(unit_rows(pull.T @ texts), False, texts[:0], (), False)
    scores = base
    prototypes = texts[:0]
    for _ in range(REFINING_STEPS):
        # Squared, so that a text undecided between many targets moves none of them.
        pull = (chances(scores, REFINING_TEMPERATURE) ** 2).astype(np.float32)
        prototypes = unit_rows(pull.T @ texts)
        scores = standardised(base + standardised((texts @ prototypes.T).astype(np.float64)))
    whole = len(texts) == number
    if len(texts) < TEXTS_FOR_NEIGHBOURS * targets:
        return Learned(prototypes, True, texts[:0], (), whole)
    # Of very many texts a few thousand speak for all: each looks through them, not through everybody.
    among, own = (texts, scores) if number <= MANY_TEXTS else (texts[:HEARD], scores[:HEARD])
    places, _ = nearest(among, among, NEIGHBOURS, without_self=whole)
    likely = []
    for _ in range(ROUNDS):
        likely.append(chances(own, REFINING_TEMPERATURE))
        own = _having_heard(own, places, likely[-1])
    return Learned(prototypes, True, among, tuple(likely), whole)


def learned_scores(texts: Vectors, base: Scores, learned: Learned, first: int) -> Scores:
    """Scores after prototypes and neighbours had their say; `first` is how many texts of the run stand before these."""
    if not learned.applied:
        return base
    scores = standardised(base + standardised((texts @ learned.prototypes.T).astype(np.float64)))
    if learned.likely:
        places, _ = nearest(texts, learned.among, NEIGHBOURS, without_self=learned.whole, first=first)
        for likely in learned.likely:
            scores = _having_heard(scores, places, likely)
    return scores


def _having_heard(scores: Scores, places: NDArray[np.intp], likely: Scores) -> Scores:
    """Scores moved towards what the neighbours of each text are likely to speak of."""
    heard = np.zeros_like(scores)
    for column in range(places.shape[1]):  # One neighbour after the other: all at once would take fifteen times the memory.
        heard += likely[places[:, column]]
    heard /= places.shape[1]
    return standardised(scores + NEIGHBOUR_WEIGHT * standardised(heard))
