"""New and changed sources read into the themes of an earlier run, without finding themes again.

A refresh costs as much as the sources that changed, not as all of them; what it counts is counted anew over everything by the caller.
The space is the earlier run's: its centre, its moved prototypes, the middles of its themes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from consult.analytics import divergences, duplicates, numbers
from consult.analytics.assembly import Heard, Tested, heard, sides
from consult.analytics.embedding import Embedder, Vectors, unit_rows
from consult.analytics.grouping import JOINS_KNOWN, LOOSE
from consult.analytics.learning import nothing_learned
from consult.analytics.linking import read, split
from consult.analytics.quoting import Quotable, quotes_of, telling_keys
from consult.analytics.segments import Material, Segment, gather, segments_with, whole
from consult.analytics.space import Centre
from consult.analytics.types import FrameTarget, Member, Parameters, PreparedSource, Span, StrategyLinks, ThemeModel

#: Share of a signature's numbers in common from which the texts themselves are compared; MinHash errs by about .04 at 128 numbers.
LIKELY_COPY = 0.5


@dataclass(frozen=True, slots=True)
class Placed:
    """Where new sources belong: suggestions by source, members by theme key, and the sources that are under no theme."""

    links: tuple[StrategyLinks, ...]
    members: Mapping[str, tuple[Member, ...]]
    other: tuple[str, ...]


def place(
    prepared: Sequence[PreparedSource],
    frame: Sequence[FrameTarget],
    model: ThemeModel,
    parameters: Parameters,
    *,
    embedder: Embedder,
    excluded: Mapping[str, frozenset[str]] | None = None,
) -> Placed:
    """Read sources into the themes of `model`. `excluded` names, per theme key, the sources a person took out of it.

    Raises ValueError when the sources or the model come from another embedder.
    """
    if model.model != embedder.name or any(item.model != embedder.name for item in prepared):
        raise ValueError("These themes were found with another model: run a full aggregation.")
    with threadpool_limits(limits=1):
        centres = np.frombuffer(model.centres, dtype="<f4").reshape(-1, model.dimensions)
        arguments = {item.source.id: item.digest for item in prepared}
        material = gather(prepared, arguments, None, centre=Centre(model.centre_languages[1:], centres.copy()))
        links, segments = _read(material, frame, model, parameters, embedder)
        members = _members(material, segments, frame, model, excluded or {})
    somewhere = {member.source_id for found in members.values() for member in found}
    return Placed(links, members, tuple(sorted(item.source.id for item in prepared if item.source.id not in somewhere)))


def _read(
    material: Material, frame: Sequence[FrameTarget], model: ThemeModel, parameters: Parameters, embedder: Embedder
) -> tuple[tuple[StrategyLinks, ...], list[Segment]]:
    """Suggestions and segments: by strategy where there is a frame, else every source whole."""
    if not frame or not material.usable:
        return (), whole(material)
    prototypes = np.frombuffer(model.prototypes, dtype="<f4").reshape(-1, model.dimensions)
    learned = nothing_learned(len(frame), model.dimensions)
    if len(prototypes) == len(frame) and prototypes.any():
        learned = replace(learned, prototypes=prototypes, applied=True)
    links, homes, away = read(material, frame, learned, parameters, embedder)
    return links, split(material, homes, away, 1)


def _members(
    material: Material,
    segments: Sequence[Segment],
    frame: Sequence[FrameTarget],
    model: ThemeModel,
    excluded: Mapping[str, frozenset[str]],
) -> dict[str, tuple[Member, ...]]:
    """Each segment under the nearest theme of its strategy, where it is near enough."""
    middles: Vectors = np.frombuffer(model.centroids, dtype="<f4").reshape(len(model.keys), -1)
    of_code: dict[str | None, list[int]] = defaultdict(list)
    for number, code in enumerate(model.strategy_codes):
        of_code[code].append(number)
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    margins: dict[tuple[str, str], float] = {}
    for segment in segments:
        item = material.items[material.usable[segment.place]]
        code = frame[segment.target].code if segment.target >= 0 else None
        near = middles @ segment.row if len(middles) else np.zeros(0, dtype=np.float32)
        # A strategy that few spoke of has no theme: what is said of it stands with what fits none.
        home, least = (code, LOOSE) if of_code.get(code) else (None, JOINS_KNOWN)
        open_to = [n for n in of_code.get(home, ()) if item.source.id not in excluded.get(model.keys[n], frozenset())]
        if not open_to:
            continue
        best = min(open_to, key=lambda number: (-round(float(near[number]), 6), model.keys[number]))
        if near[best] < least:
            continue
        others = np.delete(near, best)
        key = model.keys[best], item.source.id
        spans[key] += [item.sentences[number] for number in segment.sentences]
        clear = float(np.clip(near[best] - max(0.0, float(others.max(initial=0.0))), 0, 1))
        margins[key] = max(clear, margins.get(key, 0.0))
    totals = {item.source.id: sum(span.end - span.start for span in item.sentences) for item in material.items}
    members: dict[str, list[Member]] = defaultdict(list)
    for theme_key, source_id in sorted(spans):
        parts = tuple(sorted(set(spans[theme_key, source_id]), key=lambda span: (span.start, span.end)))
        share = sum(span.end - span.start for span in parts) / max(1, totals[source_id])
        members[theme_key].append(Member(source_id, round(share, 4), parts, round(margins[theme_key, source_id], 4)))
    return {key: tuple(found) for key, found in members.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Retold:
    """A theme read again from the sources that speak of it now."""

    material: Material
    segments: Sequence[Segment]
    key: str
    keywords: Sequence[str]
    model: ThemeModel
    parameters: Parameters

    def quotes(self) -> Quotable:
        """Its quotes, as a full run chooses them.

        Themes that people made have no middle of their own in the model; theirs is that of their sources.
        """
        if not self.segments:
            return Quotable()
        with threadpool_limits(limits=1):
            middles: Vectors = np.frombuffer(self.model.centroids, dtype="<f4").reshape(len(self.model.keys), -1)
            of_others = np.asarray([name != self.key for name in self.model.keys], dtype=bool)
            mean = unit_rows(np.asarray([segment.row for segment in self.segments]).mean(axis=0)[None])[0]
            centre = mean if of_others.all() else middles[~of_others][0]
            telling = telling_keys(self.keywords, self.parameters.language)
            return quotes_of(self.material, self.segments, centre, telling, middles[of_others], self.parameters)

    def tests(self) -> tuple[tuple[Tested, ...], Heard]:
        """Where its zones and kinds speak otherwise, as a full run tests it, and whom that was read from."""
        with threadpool_limits(limits=1):
            voices, read_from = heard(self.material, self.segments)
            found = divergences.test(self.key, voices, self.parameters.small_cell)
        # Only what may turn out to be sure is quoted, and that is seldom.
        quotable = self.quotes() if any(p_value <= numbers.FALSE_DISCOVERIES for _, p_value in found) else Quotable()
        return tuple(sides(row, p_value, quotable) for row, p_value in found), read_from


def told_anew(
    prepared: Sequence[PreparedSource],
    arguments: Mapping[str, str],
    said: Mapping[str, Sequence[Span]],
    key: str,
    keywords: Sequence[str],
    model: ThemeModel,
    parameters: Parameters,
) -> Retold:
    """A theme among the sentences of the sources that speak of it now.

    `said` gives the sentences of each source that do: none, where a person put it there as a whole.
    """
    with threadpool_limits(limits=1):
        centres = np.frombuffer(model.centres, dtype="<f4").reshape(-1, model.dimensions)
        material = gather(prepared, arguments, None, centre=Centre(model.centre_languages[1:], centres.copy()))
        found = []
        for place, item in enumerate(material.usable):
            source = material.items[item]
            wanted = set(said.get(source.source.id, ()))
            own = [number for number, span in enumerate(source.sentences) if span in wanted]
            found.append((place, -1, tuple(own or range(len(source.sentences)))))
        return Retold(material, segments_with(material, found), key, keywords, model, parameters)


def likely_copies(fresh: NDArray[np.uint32], others: NDArray[np.uint32]) -> list[tuple[int, int, float]]:
    """Pairs of a fresh text and another that may be copies: rows of both (signatures), and the share of numbers they have in common.

    Only texts that share a band are compared, as in a full run; rows of `others` may come piece by piece.
    """
    pairs: set[tuple[int, int]] = set()
    if not len(fresh):
        return []
    for keys, theirs in zip(duplicates.band_keys(fresh), duplicates.band_keys(others), strict=True):
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        first = np.searchsorted(ranked, theirs, "left")
        hits = np.flatnonzero(ranked[np.minimum(first, len(ranked) - 1)] == theirs)
        last = np.searchsorted(ranked, theirs[hits], "right")
        for other, start, end in zip(hits.tolist(), first[hits].tolist(), last.tolist(), strict=True):
            pairs.update((int(own), other) for own in order[start:end])
    found = []
    for own, other in sorted(pairs):
        shared = float(np.mean(fresh[own] == others[other]))
        if shared >= LIKELY_COPY:
            found.append((own, other, shared))
    return found


def is_copy(one: str, other: str) -> bool:
    """Whether two texts are nearly the same: at least .6 of their five-character shingles in common (Broder 1997)."""
    return duplicates.jaccard(duplicates.shingle_hashes(one), duplicates.shingle_hashes(other)) >= duplicates.SAME
