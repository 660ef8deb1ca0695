"""What statements say about opinion groups: what all share, what sets each apart, what divides, and which to ask next. Pure.

The tests are those of Polis, which publishes them as source (`math/src/polismath/math/repness.clj`, `conversation.clj`): shares with one
answer added to each side, so that few answers claim little; a one-proportion z-test for whether most agree, a two-proportion z-test for
whether a group differs from the others, both at 90% on one side. Many tests are made at once and none is corrected for it: what
comes out is a list to be read, not a proof.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: A z beyond this happens by chance in one of ten cases (one side).
Z_90 = 1.2816
#: So many statements are listed of each kind.
MOST_LISTED = 5


@dataclass(frozen=True, slots=True)
class Tally:
    """How some people answered one statement; `seen` counts who passed too."""

    agree: int = 0
    disagree: int = 0
    passed: int = 0

    @property
    def seen(self) -> int:
        """Everybody who answered."""
        return self.agree + self.disagree + self.passed

    def of(self, side: int) -> int:
        """How many agree (side 1) or disagree (side -1)."""
        return self.agree if side > 0 else self.disagree

    def share(self, side: int) -> float:
        """The share of a side with one answer added to each."""
        return (self.of(side) + 1) / (self.seen + 2)

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.agree + other.agree, self.disagree + other.disagree, self.passed + other.passed)


def most_z(part: int, whole: int) -> float:
    """z of «more than half» (one proportion, one answer added)."""
    return 2 * math.sqrt(whole + 1) * ((part + 1) / (whole + 1) - 0.5)


def differs_z(part: int, whole: int, other_part: int, other_whole: int) -> float:
    """z of «more than among the others» (two proportions, one answer added to each)."""
    a, n, b, m = part + 1, whole + 1, other_part + 1, other_whole + 1
    pooled = (a + b) / (n + m)
    if pooled >= 1:
        return 0.0
    return (a / n - b / m) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))


@dataclass(frozen=True, slots=True)
class Standing:
    """A statement that stands for something: `side` 1 where it is agreed with, -1 where it is rejected; `weight` orders them."""

    statement: int
    side: int
    share: float
    z: float
    weight: float


def shared(everybody: Sequence[Tally], groups: Sequence[Sequence[Tally]], most: int = MOST_LISTED) -> list[Standing]:
    """What every group agrees with, or rejects, for most of its people; the most common to all first.

    Ordered by the product of the groups' shares (group-informed consensus): a large group can't make a consensus without a small one.
    Without groups it is what most people agree with or reject.
    """
    found = []
    for place, whole in enumerate(everybody):
        for side in (1, -1):
            z = most_z(whole.of(side), whole.seen)
            parts = [tallies[place] for tallies in groups] or [whole]
            if z <= Z_90 or any(2 * part.of(side) <= part.seen for part in parts):
                continue
            # The root keeps the figure comparable whatever the number of groups.
            product = math.prod(part.share(side) for part in parts) ** (1 / len(parts))
            found.append(Standing(place, side, whole.of(side) / whole.seen, z, product))
    return sorted(found, key=lambda s: (-s.weight, s.statement))[:most]


def typical(groups: Sequence[Sequence[Tally]], group: int, most: int = MOST_LISTED) -> list[Standing]:
    """What a group holds and the others do not, the most telling first."""
    found = []
    for place, own in enumerate(groups[group]):
        others = Tally()
        for other, tallies in enumerate(groups):
            if other != group:
                others += tallies[place]
        sides = []
        for side in (1, -1):
            z = differs_z(own.of(side), own.seen, others.of(side), others.seen)
            holds = most_z(own.of(side), own.seen)
            if z > Z_90 and holds > Z_90:
                ratio = own.share(side) / others.share(side)
                share = own.of(side) / own.seen
                sides.append(Standing(place, side, share, z, ratio * z * own.share(side) * holds))
        found += sorted(sides, key=lambda s: -s.weight)[:1]
    return sorted(found, key=lambda s: (-s.weight, s.statement))[:most]


@dataclass(frozen=True, slots=True)
class Division:
    """A statement on which two groups differ: which agrees more, which less, by how much."""

    statement: int
    more: int
    less: int
    gap: float
    z: float


def dividing(groups: Sequence[Sequence[Tally]], most: int = MOST_LISTED) -> list[Division]:
    """The statements on which two groups are furthest apart, beyond what chance would do."""
    found = []
    for place in range(len(groups[0]) if groups else 0):
        pairs = []
        for i, first in enumerate(groups):
            for j, second in enumerate(groups):
                a, b = first[place], second[place]
                z = differs_z(a.agree, a.seen, b.agree, b.seen)
                if i != j and z > Z_90:
                    pairs.append(Division(place, i, j, a.share(1) - b.share(1), z))
        found += sorted(pairs, key=lambda d: (-d.gap, d.more, d.less))[:1]
    return sorted(found, key=lambda d: (-d.gap, d.statement))[:most]


def weight_to_ask(tally: Tally, extremity: float) -> float:
    """How much is learnt by asking a statement now: more where few passed, many agree, answers pull apart, and it is new.

    importance = (1 - passes) * (extremity + 1) * agreement, times 1 + 8 * 2^(-seen/5) while few have seen it, squared.
    """
    passes = (tally.passed + 1) / (tally.seen + 2)
    importance = (1 - passes) * (extremity + 1) * tally.share(1)
    return float((importance * (1 + 8 * 2.0 ** (-tally.seen / 5))) ** 2)


def next_to_ask(weights: Mapping[str, float], person: str) -> str | None:
    """One of the statements that are left, drawn by weight; None where none is left.

    The draw is fixed by person and statement (each races with its own exponential time, divided by its weight), so that a page loaded
    twice asks the same thing, and people get statements in different orders.
    """

    def time(key: str) -> float:
        digest = hashlib.sha256(f"{person}:{key}".encode()).digest()
        chance = (int.from_bytes(digest[:8], "big") + 1) / (2**64 + 1)
        return -math.log(chance) / max(weights[key], 1e-9)

    return min(sorted(weights), key=lambda key: (time(key), key), default=None)
