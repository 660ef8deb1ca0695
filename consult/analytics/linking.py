"""One part of a consultation read by itself: suggestions with reasons, and under which strategy each sentence goes.

A part needs its own sources and the survey of all, nothing else; its size bounds its memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from consult.analytics import reasons, strategies
from consult.analytics.embedding import Embedder, Vectors
from consult.analytics.learning import Learned, learned_scores
from consult.analytics.lexical import WORD, Words
from consult.analytics.segments import Material, Segment, gather, says_something, segments_with, shared_among
from consult.analytics.strategies import PreparedFrame
from consult.analytics.survey import Survey
from consult.analytics.types import FrameTarget, Parameters, PreparedSource, StrategyLinks

SPLIT_CHANCE = 0.55  # a sentence leaves its source's strategy when another is this likely ...
STAY_CHANCE = 0.15  # ... and its source's own is not even this likely
SPLIT_WORDS = 6  # shorter sentences stay with their source
AT_ONCE = 2000  # sources whose sentences are scored in one go
PART_SOURCES = 5000
NO_TARGET, LEFT_OUT = -1, -2


@dataclass(frozen=True, slots=True)
class Part:
    """What was read in a part, by its usable sources in order: the place of their strategy, sentences that speak of another, latent rows.

    `homes` is `NO_TARGET` for what fits no strategy and `LEFT_OUT` for what speaks of no plan at all; `away` names source, sentence, strategy.
    """

    links: tuple[StrategyLinks, ...]
    homes: NDArray[np.int16]
    away: tuple[tuple[int, int, int], ...]
    latent: NDArray[np.float16]


def parts_of(prepared: Sequence[PreparedSource], size: int = PART_SOURCES) -> list[list[PreparedSource]]:
    """Sources in order of content hash, cut into parts: the same parts for the same sources, in whatever order these come."""
    ordered = sorted(prepared, key=lambda item: (item.digest, item.source.id))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def starts_of(parts: Sequence[Sequence[PreparedSource]]) -> list[int]:
    """How many usable sources stand before each part."""
    return [0, *accumulate(sum(map(says_something, part)) for part in parts)][: len(parts)]


def read_part(
    prepared: Sequence[PreparedSource],
    survey: Survey,
    frame: Sequence[FrameTarget],
    parameters: Parameters,
    embedder: Embedder,
    *,
    start: int,
    top: int = strategies.SUGGESTED,
) -> Part:
    """Read one part; `start` is how many usable sources stand before it in order of content hash."""
    arguments = {item.source.id: survey.argument_of(item) for item in prepared}
    material = gather(prepared, arguments, None, centre=survey.centre)
    words = [material.words(place) for place in range(len(material.usable))]
    keys = [own.keys for own in words]
    latent = survey.latent_rows(keys, start)
    if not frame or not material.usable:
        out = [material.is_advertising(place) for place in range(len(material.usable))]
        return Part((), np.where(np.asarray(out, dtype=bool), LEFT_OUT, NO_TARGET).astype(np.int16), (), latent)
    links, homes, away = read(material, frame, survey.learned, parameters, embedder, start=start, words=words, top=top)
    return Part(links, homes, away, latent)


def read(
    material: Material,
    frame: Sequence[FrameTarget],
    learned: Learned,
    parameters: Parameters,
    embedder: Embedder,
    *,
    start: int = 0,
    words: Sequence[Words] | None = None,
    top: int = strategies.SUGGESTED,
) -> tuple[tuple[StrategyLinks, ...], NDArray[np.int16], tuple[tuple[int, int, int], ...]]:
    """Suggestions, homes and sentences away of all that is in `material`; see `Part`."""
    if words is None:
        words = [material.words(place) for place in range(len(material.usable))]
    keys = [own.keys for own in words]
    ready = strategies.prepare_frame(tuple(frame), embedder, parameters.language)
    shared = strategies.shared_words(keys, ready)
    base = strategies.base_scores(material.rows, keys, ready, shared)
    none = strategies.none_chance(material.rows, keys, ready, shared)
    idle = strategies.is_idle(material.rows, keys, ready, shared)
    scores = learned_scores(material.rows, base, learned, start)
    homes = np.where(none < 0.5, scores.argmax(axis=1), NO_TARGET).astype(np.int16)
    lines = Lines(material)
    away = sentences_away(material, lines, words, ready, learned, homes)
    for place in range(len(homes)):
        # Such texts have much in common, and would make a theme of what nobody asks for.
        if material.is_advertising(place) or (homes[place] < 0 and idle[place]):
            homes[place] = LEFT_OUT
    return links_of(material, lines, words, scores, none, ready, top), homes, away


class Lines:
    """Centred vectors of all sentences of the sources that have more than one: made at once, since they are looked at twice."""

    def __init__(self, material: Material) -> None:
        self.places = [
            place for place in range(len(material.usable)) if len(material.items[material.usable[place]].sentences) > 1
        ]
        counts = [len(material.items[material.usable[place]].sentences) for place in self.places]
        self._ends = list(accumulate(counts, initial=0))
        self._number = {place: number for number, place in enumerate(self.places)}
        self._rows = material.all_sentence_rows(self.places)
        self._whole = material.rows

    def of(self, place: int) -> Vectors:
        """The sentences of one source; the source's own row where it has no more."""
        number = self._number.get(place)
        return self._whole[place][None] if number is None else self.between(number, number + 1)

    def between(self, first: int, last: int) -> Vectors:
        """The sentences of the sources that stand from one number up to another among `places`."""
        return self._rows[self._ends[first] : self._ends[last]]


def links_of(
    material: Material,
    lines: Lines,
    words: Sequence[Words],
    scores: strategies.Scores,
    none: NDArray[np.float64],
    frame: PreparedFrame,
    number_of: int = strategies.SUGGESTED,
) -> tuple[StrategyLinks, ...]:
    """The suggestions of every usable source with their reasons, by source id."""
    result = []
    for number, best in enumerate(strategies.ranked(scores, none, number_of, frame)):
        item = material.items[material.usable[number]]
        rows = partial(lines.of, number)
        why = reasons.reasons(item.source.text, words[number], item.sentences, rows, best[0], frame)
        result.append(reasons.links(item.source.id, best, why, frame))
    return tuple(sorted(result, key=lambda links: links.source_id))


def sentences_away(
    material: Material,
    lines: Lines,
    words: Sequence[Words],
    frame: PreparedFrame,
    learned: Learned,
    homes: NDArray[np.int16],
) -> tuple[tuple[int, int, int], ...]:
    """Sentences that clearly speak of another strategy than their source as a whole."""
    found: list[tuple[int, int, int]] = []
    for start in range(0, len(lines.places), AT_ONCE):
        block = lines.places[start : start + AT_ONCE]
        rows = lines.between(start, start + len(block))
        owners = [
            (place, number)
            for place in block
            for number in range(len(material.items[material.usable[place]].sentences))
        ]
        keys = [keys for place in block for keys in material.sentence_keys(place, words[place])]
        base = strategies.base_scores(rows, keys, frame)
        if learned.prototypes.any():
            base = strategies.standardised(
                base + strategies.standardised((rows @ learned.prototypes.T).astype(np.float64))
            )
        likely = strategies.chances(base * frame.split_sharpness, 1.0)
        best = likely.argmax(axis=1)
        each = np.arange(len(owners))
        mine = homes[[place for place, _ in owners]].astype(np.intp)
        clear = (mine >= 0) & (best != mine) & (likely[each, best] >= SPLIT_CHANCE) & (likely[each, mine] < STAY_CHANCE)
        for row in np.flatnonzero(clear).tolist():
            if len(WORD.findall(material.sentence_text(*owners[row]))) >= SPLIT_WORDS:
                found.append((*owners[row], int(best[row])))
    return tuple(found)


def split(
    material: Material,
    homes: NDArray[np.int16],
    away: Sequence[tuple[int, int, int]],
    smallest: int,
    pinned: frozenset[str] = frozenset(),
) -> list[Segment]:
    """Segments of every usable source; those of texts that fit no strategy have target -1.

    Sentences are only split off to strategies that at least `smallest` sources speak of: one that no text as a whole and few sentences speak
    of would become a theme made of asides. Sources that people keep under a theme (`pinned`) have a segment whatever they say.
    """
    sources = Counter(homes.tolist())
    sources.update(target for _, target in {(place, target) for place, _, target in away})
    leaving: dict[int, dict[int, int]] = defaultdict(dict)
    for place, number, target in away:
        if sources[target] >= smallest:
            leaving[place][number] = target
    found: list[tuple[int, int, tuple[int, ...]]] = []
    all_of: dict[int, tuple[int, ...]] = {}
    for place, home in enumerate(homes.tolist()):
        if home == LEFT_OUT and material.items[material.usable[place]].source.id not in pinned:
            continue
        home = max(home, NO_TARGET)
        count = len(material.items[material.usable[place]].sentences)
        own = leaving.get(place)
        if own is None:
            if count not in all_of:
                all_of[count] = tuple(range(count))
            found.append((place, home, all_of[count]))
        else:
            owner = [own.get(number, home) for number in range(count)]
            found += [(place, target, numbers) for target, numbers in shared_among(owner, home)]
    return segments_with(material, found)


def joined(parts: Sequence[Part]) -> tuple[NDArray[np.int16], list[tuple[int, int, int]], NDArray[np.float16]]:
    """Homes, sentences away and latent rows of all parts, one after the other."""
    away: list[tuple[int, int, int]] = []
    first = 0
    for part in parts:
        away += [(first + place, number, target) for place, number, target in part.away]
        first += len(part.homes)
    if not parts:
        return np.zeros(0, dtype=np.int16), [], np.zeros((0, 0), dtype=np.float16)
    latent = np.concatenate([part.latent for part in parts])
    return np.concatenate([part.homes for part in parts]), away, latent
