"""Copies and near-copies: MinHash of five-character shingles (Broder 1997), banded look-up, checked by true Jaccard.

They are linked and counted as voices, never deleted: copied campaign texts are evidence of a campaign.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from consult.analytics.cores import shared_with_children
from consult.analytics.prepare import normalised
from consult.analytics.types import DuplicateGroup, PreparedSource

MANY_DOUBTFUL = 5000  # pairs whose texts are looked at from which on a child is worth what it touches
PERMUTATIONS = 128
BANDS = 32  # of four rows: a pair at Jaccard .6 meets in at least one with probability .988
SHINGLE = 5
SAME = 0.6
TRIED = 6  # members of a bucket a newcomer is compared with before it is let go
# Share of a signature's numbers in common from which, and up to which, the texts need not be looked at: the estimate of a
# Jaccard of .6 errs by .04.
SURELY, SURELY_NOT = 0.7, 0.5
COMPARED_AT_ONCE = 1000  # pairs: what is compared then stays in the processor's own memory
DOUBTFUL_AT_ONCE = 5000  # pairs whose texts are looked at
MOST_SHINGLES = 60_000  # texts whose shingles are kept at once, a kilobyte each

_random = np.random.default_rng(20240101)
_MULTIPLIERS = (_random.integers(1, 2**32, PERMUTATIONS, dtype=np.uint64) * 2 + 1).astype(np.uint64)
_OFFSETS = _random.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.asarray([1_000_003**place % 2**64 for place in range(SHINGLE)], dtype=np.uint64)


def shingle_hashes(text: str) -> NDArray[np.uint64]:
    """Distinct hashes of the five-character shingles of the normalised text; a shorter text is one shingle."""
    plain = normalised(text)
    codes = np.frombuffer(plain.ljust(SHINGLE).encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    length = len(codes) - SHINGLE + 1
    hashes = codes[:length] * _POWERS[0]
    for place in range(1, SHINGLE):
        hashes += codes[place : place + length] * _POWERS[place]
    # A final mix, since a sum of products keeps too much order in its low bits.
    hashes ^= hashes >> np.uint64(31)
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(29)
    # Sorting takes a third of what `numpy.unique` does, which hashes them first.
    hashes.sort()
    return np.asarray(hashes[np.append(True, hashes[1:] != hashes[:-1])])


def signature(text: str) -> bytes:
    """MinHash signature: 128 little-endian unsigned 32-bit numbers."""
    hashes = shingle_hashes(text)
    lowest = np.full(PERMUTATIONS, 2**64 - 1, dtype=np.uint64)
    for block in range(0, len(hashes), 4096):
        part = hashes[block : block + 4096, None] * _MULTIPLIERS + _OFFSETS
        np.minimum(lowest, part.min(axis=0), out=lowest)
    return bytes((lowest >> np.uint64(32)).astype("<u4").tobytes())


def _alike(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> bool:
    """Whether two texts are nearly the same; lengths too far apart settle it without a look at what they share."""
    few, many = (len(left), len(right)) if len(left) < len(right) else (len(right), len(left))
    return few >= SAME * many and jaccard(left, right) >= SAME


def jaccard(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> float:
    """Share of shingles in common."""
    places = np.minimum(np.searchsorted(left, right), len(left) - 1)
    common = int(np.count_nonzero(left[places] == right))
    return common / (len(left) + len(right) - common)


class _Comparing:
    """Says of pairs of texts whether they are nearly the same: by signature where that is sure, else by their shingles."""

    def __init__(self, rows: NDArray[np.uint32], texts: Sequence[str]) -> None:
        self._rows = rows
        self._texts = texts
        self._shingles: dict[int, NDArray[np.uint64]] = {}

    def _shingles_of(self, place: int) -> NDArray[np.uint64]:
        if place not in self._shingles:
            if len(self._shingles) >= MOST_SHINGLES:
                self._shingles.clear()
            self._shingles[place] = shingle_hashes(self._texts[place])
        return self._shingles[place]

    def same(self, ones: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.bool_]:
        """One answer per pair."""
        shared = np.empty(len(ones), dtype=np.float32)
        for start in range(0, len(ones), COMPARED_AT_ONCE):
            part = slice(start, start + COMPARED_AT_ONCE)
            equal = self._rows[ones[part]] == self._rows[others[part]]
            shared[part] = np.add.reduce(equal.view(np.uint8), axis=1, dtype=np.uint8) / np.float32(PERMUTATIONS)
        found = shared >= SURELY
        doubtful = np.flatnonzero(~found & (shared > SURELY_NOT))
        # Pairs come by their first text, so that neighbours have texts in common.
        parts = np.array_split(doubtful, -(-len(doubtful) // DOUBTFUL_AT_ONCE)) if len(doubtful) else []
        share = shared_with_children if len(doubtful) >= MANY_DOUBTFUL else map
        for own, answers in zip(parts, share(lambda own: self._look_at(ones[own], others[own]), parts), strict=True):
            found[own] = answers
        return found

    def _look_at(self, ones: NDArray[np.intp], others: NDArray[np.intp]) -> list[bool]:
        """The same by what the texts say."""
        pairs = zip(ones.tolist(), others.tolist(), strict=True)
        return [_alike(self._shingles_of(one), self._shingles_of(other)) for one, other in pairs]


def band_keys(rows: NDArray[np.uint32]) -> Iterator[NDArray[np.uint64]]:
    """One number per text for each band of its signature, band after band.

    Two numbers are mixed into one: should two bands meet by accident, the texts are compared and found to differ.
    """
    bands = np.ascontiguousarray(rows).view("<u8").reshape(len(rows), BANDS, -1)
    for band in range(BANDS):
        yield bands[:, band, 0] * _MIX ^ bands[:, band, 1]


def _meeting(rows: NDArray[np.uint32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which texts share a band of their signatures: number of the bucket and place of the text, in order of both.

    Texts that share one band mostly share many: the same texts are named together once.
    """
    buckets, places, sums = [], [], []
    marks = np.random.default_rng(20240102).integers(0, 2**64, len(rows), dtype=np.uint64)
    first = 0
    for keys in band_keys(rows):
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        number = np.cumsum(np.append(True, ranked[1:] != ranked[:-1])) - 1
        several = np.bincount(number)[number] > 1
        own, members = number[several], order[several]
        heads = np.append(True, own[1:] != own[:-1])[: len(own)]
        buckets.append(np.cumsum(heads) - 1 + first)
        places.append(members)
        # What random marks of the members add up to, without regard to overflow, tells one set of texts from another.
        sums.append(np.add.reduceat(marks[members], np.flatnonzero(heads)) if len(own) else marks[:0])
        first += int(heads.sum())
    _, once = np.unique(np.concatenate(sums), return_index=True)
    kept = np.zeros(first, dtype=bool)
    kept[once] = True
    joined = np.concatenate(buckets)
    return joined[kept[joined]], np.concatenate(places)[kept[joined]]


def _pairs_alike(rows: NDArray[np.uint32], texts: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of texts that are nearly the same, enough of them to join all that belong together.

    In each bucket all are compared with its first text; those that differ from it with the first of themselves, and so on.
    """
    buckets, places = _meeting(rows)
    comparing = _Comparing(rows, texts)
    known: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
    alike: list[NDArray[np.intp]] = []
    for _ in range(TRIED):
        if not len(buckets):
            break
        heads = np.append(True, buckets[1:] != buckets[:-1])
        head_of = places[heads][np.cumsum(heads) - 1]
        rest = ~heads
        # Places are sorted within a bucket, so a pair is always told smaller first.
        pairs = head_of[rest] * len(rows) + places[rest]
        distinct, back = np.unique(pairs, return_inverse=True)
        fresh = distinct[~np.isin(distinct, known, assume_unique=True)]
        answers = comparing.same(fresh // len(rows), fresh % len(rows))
        alike.append(fresh[answers])
        known = np.sort(np.concatenate([known, fresh]), kind="stable")  # Two sorted halves without a number in common.
        good = np.isin(distinct, np.concatenate(alike), assume_unique=True)[back]
        buckets, places = buckets[rest][~good], places[rest][~good]
    found = np.concatenate(alike) if alike else np.zeros(0, dtype=np.intp)
    return found // len(rows), found % len(rows)


class Signed(NamedTuple):
    """What of a source is needed to look for its copies."""

    source_id: str
    digest: str
    text: str
    signature: bytes
    empty: bool


class Heads(NamedTuple):
    """Content hashes in order, and of each the place of the first one of its group; `known` are these and those of texts without an answer."""

    digests: list[str]
    places: NDArray[np.intp]
    known: frozenset[str]


def signed(prepared: Iterable[PreparedSource]) -> list[Signed]:
    """Prepared sources as they are looked at here."""
    return [
        Signed(item.source.id, item.digest, item.source.text, item.signature, "empty" in item.marks) for item in prepared
    ]


def find_heads(everyone: Iterable[Signed]) -> Heads:
    """Which texts are nearly the same. Of those with one content hash the source with the first key speaks for all."""
    first: dict[str, Signed] = {}
    for item in everyone:
        other = first.get(item.digest)
        if other is None or item.source_id < other.source_id:
            first[item.digest] = item
    digests = sorted(digest for digest, item in first.items() if not item.empty)
    heads = np.arange(len(digests))
    if digests:
        rows = np.frombuffer(b"".join([first[digest].signature for digest in digests]), dtype="<u4")
        ones, others = _pairs_alike(rows.reshape(len(digests), -1), [first[digest].text for digest in digests])
        graph = sparse.coo_matrix((np.ones(len(ones), dtype=bool), (ones, others)), shape=(len(digests),) * 2)
        _, joined = connected_components(graph, directed=False)
        # The head of a group is its first member: digests are sorted.
        place = np.full(int(joined.max()) + 1, len(digests))
        np.minimum.at(place, joined, heads)
        heads = place[joined]
    return Heads(digests, heads, frozenset(first))


def find_groups(
    prepared: Sequence[PreparedSource], heads: Heads | None = None
) -> tuple[tuple[DuplicateGroup, ...], dict[str, str]]:
    """Groups of at least two, and per source id the key of its argument (its group's, or its own content hash).

    The key of a group is the smallest content hash in it, so it does not depend on the order of the sources.
    Texts without an answer ("empty") form no group: that two people say "non so" is no campaign.
    `heads` are those of these sources, and maybe of more, where they were found before.
    """
    digests, places, _ = heads or find_heads(signed(prepared))
    by_digest: dict[str, list[PreparedSource]] = defaultdict(list)
    for item in prepared:
        by_digest[item.digest].append(item)
    arguments = {item.source.id: item.digest for item in prepared}
    there = [(digest, head) for digest, head in zip(digests, places.tolist(), strict=True) if digest in by_digest]
    sizes = Counter(head for _, head in there)
    keys: dict[int, str] = {}
    members: dict[str, list[PreparedSource]] = {}
    for digest, head in there:
        items = by_digest[digest]
        if sizes[head] < 2 and len(items) < 2:
            continue
        key = keys.setdefault(head, digest)
        for item in items:
            arguments[item.source.id] = key
        members.setdefault(key, []).extend(items)
    groups = [
        DuplicateGroup(key, tuple(sorted(item.source.id for item in items)), len({item.digest for item in items}) == 1)
        for key, items in sorted(members.items())
    ]
    return tuple(groups), arguments
