"""Copies and near-copies: MinHash of five-character shingles (Broder 1997), banded look-up, checked by true Jaccard.

They are linked and counted as voices, never deleted: copied campaign texts are evidence of a campaign.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from consult.analytics.prepare import normalised
from consult.analytics.types import DuplicateGroup, PreparedSource

PERMUTATIONS = 128
BANDS = 32  # of four rows: a pair at Jaccard .6 meets in at least one with probability .988
SHINGLE = 5
SAME = 0.6
TRIED = 6  # members of a bucket a newcomer is compared with before it is let go

_random = np.random.default_rng(20240101)
_MULTIPLIERS = (_random.integers(1, 2**32, PERMUTATIONS, dtype=np.uint64) * 2 + 1).astype(np.uint64)
_OFFSETS = _random.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
_POWERS = np.asarray([1_000_003**place % 2**64 for place in range(SHINGLE)], dtype=np.uint64)


def shingle_hashes(text: str) -> NDArray[np.uint64]:
    """Distinct hashes of the five-character shingles of the normalised text; a shorter text is one shingle."""
    plain = normalised(text)
    codes = np.frombuffer(plain.ljust(SHINGLE).encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, SHINGLE)
    hashes = (windows * _POWERS).sum(axis=1, dtype=np.uint64)
    # A final mix, since a sum of products keeps too much order in its low bits.
    hashes ^= hashes >> np.uint64(31)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    hashes ^= hashes >> np.uint64(29)
    return np.unique(hashes)


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
    few, many = sorted((len(left), len(right)))
    return few >= SAME * many and jaccard(left, right) >= SAME


def jaccard(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> float:
    """Share of shingles in common."""
    common = len(np.intersect1d(left, right, assume_unique=True))
    return common / (len(left) + len(right) - common)


def find_groups(prepared: Sequence[PreparedSource]) -> tuple[tuple[DuplicateGroup, ...], dict[str, str]]:
    """Groups of at least two, and per source id the key of its argument (its group's, or its own content hash).

    The key of a group is the smallest content hash in it, so it does not depend on the order of the sources.
    Texts without an answer ("empty") form no group: that two people say "non so" is no campaign.
    """
    by_digest: dict[str, list[PreparedSource]] = defaultdict(list)
    for item in prepared:
        by_digest[item.digest].append(item)
    digests = sorted(digest for digest, items in by_digest.items() if "empty" not in items[0].marks)
    texts = [min(by_digest[digest], key=lambda item: item.source.id).source.text for digest in digests]
    parent = list(range(len(digests)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    shingles: dict[int, NDArray[np.uint64]] = {}
    unlike: set[int] = set()  # pairs found to differ, which meet again in other bands

    def shingles_of(place: int) -> NDArray[np.uint64]:
        if place not in shingles:
            shingles[place] = shingle_hashes(texts[place])
        return shingles[place]

    def same(head: int, place: int) -> bool:
        if root(head) == root(place):
            return True
        pair = head * len(digests) + place
        if pair in unlike:
            return False
        if _alike(shingles_of(head), shingles_of(place)):
            return True
        unlike.add(pair)
        return False

    if digests:
        rows = np.frombuffer(b"".join(by_digest[digest][0].signature for digest in digests), dtype="<u4")
        bands = rows.reshape(len(digests), BANDS, -1)
        for band in range(BANDS):
            keys = np.ascontiguousarray(bands[:, band]).view("V16").ravel()
            order = np.argsort(keys, kind="stable")
            ends = np.flatnonzero(np.append(keys[order][1:] != keys[order][:-1], True)) + 1
            starts = np.append(0, ends[:-1])
            shared = ends - starts > 1
            for start, end in zip(starts[shared].tolist(), ends[shared].tolist(), strict=True):
                heads: list[int] = []
                for place in order[start:end].tolist():
                    for head in heads:
                        if same(head, place):
                            low, high = sorted((root(head), root(place)))
                            parent[high] = low
                            break
                    else:
                        if len(heads) < TRIED:
                            heads.append(place)
    arguments: dict[str, str] = {}
    members: dict[str, list[PreparedSource]] = defaultdict(list)
    for digest, items in by_digest.items():
        for item in items:
            arguments[item.source.id] = digest
    for place, digest in enumerate(digests):
        key = digests[root(place)]
        for item in by_digest[digest]:
            arguments[item.source.id] = key
            members[key].append(item)
    groups = [
        DuplicateGroup(key, tuple(sorted(item.source.id for item in items)), len({item.digest for item in items}) == 1)
        for key, items in sorted(members.items())
        if len(items) > 1
    ]
    return tuple(groups), arguments
