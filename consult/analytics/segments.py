"""Units of analysis: what of a source belongs together, and under which strategy and theme it goes.

Most sources are one segment. A source with several sentences is split where a sentence clearly speaks of another strategy
(or, without a frame, lies clearly nearer to another theme) than the source as a whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from consult.analytics import strategies
from consult.analytics.embedding import Vectors, unit_rows, unpack
from consult.analytics.lexical import WORD, Words, content_words
from consult.analytics.space import Centre, centre_of, evened
from consult.analytics.strategies import PreparedFrame, Scores
from consult.analytics.types import Parameters, PreparedSource

SPLIT_CHANCE = 0.55  # a sentence leaves its source's strategy when another is this likely ...
STAY_CHANCE = 0.15  # ... and its source's own is not even this likely
SPLIT_DISTANCE = 0.2  # without a frame: how much nearer another theme must be, in cosine
SPLIT_WORDS = 6  # shorter sentences stay with their source
MOST_SEGMENTS = 3
AT_ONCE = 10_000  # texts scored in one go
FIRST_FOR_EVENING = 8000  # texts, by content hash


@dataclass(frozen=True, slots=True)
class Material:
    """The sources of a run, sorted by content hash then id, with centred vectors and words."""

    items: tuple[PreparedSource, ...]
    usable: tuple[int, ...]  # places of items that say something
    firsts: NDArray[np.intp]  # among the usable: one per distinct argument, in order
    arguments: tuple[str, ...]  # per item, key of its group of copies
    centre: Centre
    rows: Vectors  # per usable item: the whole text
    words: tuple[Words, ...]  # per usable item
    keys: tuple[list[str], ...]  # the same, without where they stand
    even: Callable[[Vectors], Vectors]  # what themes are looked for in, see `space.evened`

    def argument(self, place: int) -> str:
        """The key of the argument of usable item `place`: of its group of copies, or its own."""
        return self.arguments[self.usable[place]]

    def sentence_rows(self, place: int) -> Vectors:
        """Centred vectors of the sentences of usable item `place`; its one row when it has no more."""
        item = self.items[self.usable[place]]
        rows = unpack(item.vectors, item.dimensions)
        return (
            self.rows[place][None] if len(rows) == 1 else self.centre.apply(rows[1:], [item.language] * (len(rows) - 1))
        )

    def all_sentence_rows(self, places: Sequence[int]) -> Vectors:
        """`sentence_rows` of several items that have more than one sentence each, one after the other, at once."""
        items = [self.items[self.usable[place]] for place in places]
        rows = [np.frombuffer(item.vectors, dtype="<f2").reshape(-1, item.dimensions)[1:] for item in items]
        languages = [item.language for item, own in zip(items, rows, strict=True) for _ in own]
        return self.centre.apply(np.concatenate(rows).astype(np.float32), languages)

    def is_advertising(self, place: int) -> bool:
        """Whether usable item `place` advertises something or is a list of links."""
        return "off_topic" in self.items[self.usable[place]].marks

    def sentence_keys(self, place: int) -> list[list[str]]:
        """The keys of each sentence of usable item `place`."""
        spans = self.items[self.usable[place]].sentences
        keys, starts = self.words[place].keys, self.words[place].starts
        ends = [bisect_left(starts, span.start) for span in spans] + [len(keys)]
        return [keys[first:last] for first, last in pairwise(ends)]

    def sentence_text(self, place: int, number: int) -> str:
        """The text of one sentence of usable item `place`."""
        item = self.items[self.usable[place]]
        span = item.sentences[number]
        return item.source.text[span.start : span.end]


def gather(
    prepared: Sequence[PreparedSource], arguments: dict[str, str], reference: Centre, *, centre: Centre | None = None
) -> Material:
    """Sort, centre and read the words of what was prepared; `reference` is the embedder's `reference_centre`.

    `centre` is that of an earlier run, for sources that are read into its space instead of making one of their own.
    """
    items = tuple(sorted(prepared, key=lambda item: (item.digest, item.source.id)))
    usable = tuple(place for place, item in enumerate(items) if "empty" not in item.marks and item.sentences)
    dimensions = reference.rows.shape[1]
    rows = np.zeros((len(usable), dimensions), dtype=np.float32)
    for number, place in enumerate(usable):
        rows[number] = np.frombuffer(items[place].vectors, dtype="<f2", count=dimensions)
    languages = [items[place].language for place in usable]
    seen: set[str] = set()
    firsts = []
    for number, place in enumerate(usable):
        argument = arguments[items[place].source.id]
        if argument not in seen:
            seen.add(argument)
            firsts.append(number)
    chosen = np.asarray(firsts, dtype=np.intp)
    words = tuple(content_words(items[place].source.text, items[place].language) for place in usable)
    if centre is None:
        centre = centre_of(rows[chosen], [languages[number] for number in firsts], reference)
    centred = centre.apply(rows, languages, into=rows)
    return Material(
        items=items,
        usable=usable,
        firsts=chosen,
        arguments=tuple(arguments[item.source.id] for item in items),
        centre=centre,
        rows=centred,
        words=words,
        keys=tuple(own.keys for own in words),
        even=evened(centred[chosen[:FIRST_FOR_EVENING]]),
    )


@dataclass(frozen=True, slots=True)
class Segment:
    """Sentences of one source that go together. `target` is the place of a strategy in the frame, or -1."""

    place: int  # among the usable items
    target: int
    sentences: tuple[int, ...]
    row: Vectors


@dataclass(frozen=True, slots=True)
class Linked:
    """Scores of every usable item for every target, and what follows from them."""

    scores: Scores
    none: NDArray[np.float64]
    idle: NDArray[np.bool_]  # speaks of no plan at all
    prototypes: Vectors


def link(material: Material, frame: PreparedFrame, parameters: Parameters) -> Linked:
    """Strategy scores of all usable items at once."""
    number = len(material.usable)
    base, none, idle = np.empty((number, len(frame.targets))), np.empty(number), np.zeros(number, dtype=bool)
    for start in range(0, number, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        words = strategies.shared_words(material.keys[part], frame)
        base[part] = strategies.base_scores(material.rows[part], material.keys[part], frame, words)
        none[part] = strategies.none_chance(material.rows[part], material.keys[part], frame, words)
        idle[part] = strategies.is_idle(material.rows[part], material.keys[part], frame, words)
    scores, prototypes = strategies.refine(material.rows, base, material.firsts[: parameters.sample])
    return Linked(scores, none, idle, prototypes)


def split_by_target(
    material: Material,
    frame: PreparedFrame,
    linked: Linked,
    smallest: int,
    pinned: frozenset[str] = frozenset(),
) -> list[Segment]:
    """Segments of every usable item; those of texts that fit no strategy have target -1.

    Sentences are only split off to strategies that at least `smallest` sources speak of. Sources that people keep under a theme (`pinned`)
    have a segment whatever they say.
    """
    found: list[Segment] = []
    own = np.where(linked.none < 0.5, linked.scores.argmax(axis=1), -1)
    several = [
        place for place in range(len(material.usable)) if len(material.items[material.usable[place]].sentences) > 1
    ]
    elsewhere: dict[tuple[int, int], int] = {}
    for start in range(0, len(several), 2000):
        block = several[start : start + 2000]
        rows = material.all_sentence_rows(block)
        owners = [
            (place, number)
            for place in block
            for number in range(len(material.items[material.usable[place]].sentences))
        ]
        keys = [keys for place in block for keys in material.sentence_keys(place)]
        base = strategies.base_scores(rows, keys, frame)
        if linked.prototypes.any():
            base = strategies.standardised(
                base + strategies.standardised((rows @ linked.prototypes.T).astype(np.float64))
            )
        likely = strategies.chances(base * frame.sharpness, 1.0)
        best = likely.argmax(axis=1)
        lines = np.arange(len(owners))
        mine = own[[place for place, _ in owners]]
        clear = (
            (mine >= 0) & (best != mine) & (likely[lines, best] >= SPLIT_CHANCE) & (likely[lines, mine] < STAY_CHANCE)
        )
        for row in np.flatnonzero(clear).tolist():
            if len(WORD.findall(material.sentence_text(*owners[row]))) >= SPLIT_WORDS:
                elsewhere[owners[row]] = int(best[row])
    # A strategy that no text as a whole and few sentences speak of would become a theme made of asides.
    sources = Counter(own.tolist())
    sources.update(target for _, target in {(place, target) for (place, _), target in elsewhere.items()})
    leaving: dict[int, dict[int, int]] = defaultdict(dict)
    for (place, number), target in elsewhere.items():
        if sources[target] >= smallest:
            leaving[place][number] = target
    for place, home in enumerate(own.tolist()):
        kept = material.items[material.usable[place]].source.id in pinned
        if not kept and (material.is_advertising(place) or (home < 0 and linked.idle[place])):
            continue  # Such texts have much in common, and would make a theme of what nobody asks for.
        count = len(material.items[material.usable[place]].sentences)
        away = leaving.get(place)
        if away is None:
            found.append(Segment(place, home, tuple(range(count)), material.rows[place]))
        else:
            found += _segments(material, place, [away.get(number, home) for number in range(count)], home)
    return found


def _segments(material: Material, place: int, owner: list[int], own: int) -> list[Segment]:
    """One segment per distinct owner, the source's own first, at most three; what is beyond stays with its own."""
    others = sorted(set(owner) - {own}, key=lambda target: (-owner.count(target), target))[: MOST_SEGMENTS - 1]
    owner = [target if target in others else own for target in owner]
    if not others:
        return [Segment(place, own, tuple(range(len(owner))), material.rows[place])]
    rows = material.sentence_rows(place)
    result = []
    for target in [own, *others]:
        numbers = tuple(number for number, value in enumerate(owner) if value == target)
        if numbers:
            result.append(Segment(place, target, numbers, unit_rows(rows[list(numbers)].mean(axis=0)[None])[0]))
    return result


def whole(material: Material) -> list[Segment]:
    """Every usable item as one segment without a target."""
    return [
        Segment(place, -1, tuple(range(len(material.items[material.usable[place]].sentences))), material.rows[place])
        for place in range(len(material.usable))
        if not material.is_advertising(place)
    ]


def split_by_theme(material: Material, segment: Segment, theme: int, centres: Vectors) -> list[tuple[Segment, int]]:
    """A whole source's segment cut where sentences lie clearly nearer to another theme than to its own."""
    if len(segment.sentences) < 2:
        return [(segment, theme)]
    near = material.sentence_rows(segment.place) @ centres.T
    owner = []
    for number in range(len(near)):
        best = int(near[number].argmax())
        far = near[number, best] - near[number, theme] >= SPLIT_DISTANCE
        long = len(WORD.findall(material.sentence_text(segment.place, number))) >= SPLIT_WORDS
        owner.append(best if far and long else theme)
    return [(replace(part, target=-1), part.target) for part in _segments(material, segment.place, owner, theme)]
