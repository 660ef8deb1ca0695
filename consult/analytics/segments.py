"""Units of analysis: what of a source belongs together, and under which strategy and theme it goes.

Most sources are one segment. A source with several sentences is split where a sentence clearly speaks of another strategy
(or, without a frame, lies clearly nearer to another theme) than the source as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from consult.analytics.embedding import Vectors, unit_rows, unpack
from consult.analytics.lexical import WORD, Words, content_words
from consult.analytics.space import UNCHANGED, Centre, Evening, centre_of
from consult.analytics.types import PreparedSource

SPLIT_DISTANCE = 0.2  # without a frame: how much nearer another theme must be, in cosine
SPLIT_WORDS = 6  # shorter sentences stay with their source
MOST_SEGMENTS = 3
AT_ONCE = 4096  # vectors unpacked in one go


@dataclass(frozen=True, slots=True)
class Material:
    """Sources, sorted by content hash then id, with centred vectors."""

    items: tuple[PreparedSource, ...]
    usable: tuple[int, ...]  # places of items that say something
    firsts: NDArray[np.intp]  # among the usable: one per distinct argument, in order
    arguments: tuple[str, ...]  # per item, key of its group of copies
    centre: Centre
    rows: Vectors  # per usable item: the whole text
    even: Evening  # what themes are looked for in

    def argument(self, place: int) -> str:
        """The key of the argument of usable item `place`: of its group of copies, or its own."""
        return self.arguments[self.usable[place]]

    def words(self, place: int) -> Words:
        """The content words of usable item `place`."""
        item = self.items[self.usable[place]]
        return content_words(item.source.text, item.language)

    def keys(self, places: Sequence[int] | None = None) -> list[list[str]]:
        """The keys of the content words of usable items, of all where none are named."""
        return [self.words(place).keys for place in (range(len(self.usable)) if places is None else places)]

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
        size = 2 * self.rows.shape[1]
        rows = np.frombuffer(b"".join([item.vectors[size:] for item in items]), dtype="<f2").reshape(-1, size // 2)
        languages = [item.language for item in items for _ in range(len(item.vectors) // size - 1)]
        return self.centre.apply(rows.astype(np.float32), languages)

    def rows_of_sentences(self, lines: Sequence[tuple[int, int]]) -> Vectors:
        """Centred vectors of some sentences, each told by the place of its usable item and its number; the item's own where it has no more."""
        size = 2 * self.rows.shape[1]
        found = np.empty((len(lines), size // 2), dtype=np.float32)
        counts = {place: len(self.items[self.usable[place]].vectors) // size - 1 for place, _ in lines}
        several = [place for place, count in counts.items() if count]
        first = dict(zip(several, accumulate([counts[place] for place in several], initial=0), strict=False))
        rows = self.all_sentence_rows(several) if several else found[:0]
        for line, (place, number) in enumerate(lines):
            found[line] = rows[first[place] + number] if place in first else self.rows[place]
        return found

    def is_advertising(self, place: int) -> bool:
        """Whether usable item `place` advertises something or is a list of links."""
        return "off_topic" in self.items[self.usable[place]].marks

    def sentence_keys(self, place: int, words: Words) -> list[list[str]]:
        """The keys of each sentence of usable item `place`, which has these words."""
        spans = self.items[self.usable[place]].sentences
        keys = words.keys
        if len(spans) == 1:
            return [keys[words.before(spans[0].start) :]]
        ends = [words.before(span.start) for span in spans] + [len(keys)]
        return [keys[first:last] for first, last in pairwise(ends)]

    def sentence_text(self, place: int, number: int) -> str:
        """The text of one sentence of usable item `place`."""
        item = self.items[self.usable[place]]
        span = item.sentences[number]
        return item.source.text[span.start : span.end]


def says_something(item: PreparedSource) -> bool:
    """Whether a source answers at all."""
    return "empty" not in item.marks and bool(item.sentences)


def gather(
    prepared: Sequence[PreparedSource],
    arguments: Mapping[str, str],
    reference: Centre | None,
    *,
    centre: Centre | None = None,
    even: Evening | None = None,
) -> Material:
    """Sort and centre what was prepared; `reference` is the embedder's `reference_centre`.

    `centre` is that of a whole run, for a part of it, or of an earlier run, for sources that are read into its space.
    """
    items = tuple(sorted(prepared, key=lambda item: (item.digest, item.source.id)))
    usable = tuple(place for place, item in enumerate(items) if says_something(item))
    known = centre or reference
    if known is None:
        raise ValueError("Either the centre of a run or what to make one from is needed.")
    dimensions = known.rows.shape[1]
    rows = np.empty((len(usable), dimensions), dtype=np.float32)
    for start in range(0, len(usable), AT_ONCE):
        part = b"".join([items[place].vectors[: 2 * dimensions] for place in usable[start : start + AT_ONCE]])
        rows[start : start + AT_ONCE] = np.frombuffer(part, dtype="<f2").reshape(-1, dimensions)
    languages = [items[place].language for place in usable]
    seen: set[str] = set()
    firsts = []
    for number, place in enumerate(usable):
        argument = arguments[items[place].source.id]
        if argument not in seen:
            seen.add(argument)
            firsts.append(number)
    chosen = np.asarray(firsts, dtype=np.intp)
    if centre is None:
        centre = centre_of(rows[chosen], [languages[number] for number in firsts], known)
    return Material(
        items=items,
        usable=usable,
        firsts=chosen,
        arguments=tuple(arguments[item.source.id] for item in items),
        centre=centre,
        rows=centre.apply(rows, languages, into=rows),
        even=even or UNCHANGED,
    )


@dataclass(frozen=True, slots=True)
class Segment:
    """Sentences of one source that go together. `target` is the place of a strategy in the frame, or -1."""

    place: int  # among the usable items
    target: int
    sentences: tuple[int, ...]
    row: Vectors


def segments_of(material: Material, place: int, owner: list[int], own: int) -> list[Segment]:
    """One segment per distinct owner, the source's own first, at most three; what is beyond stays with its own."""
    found = [(place, target, numbers) for target, numbers in shared_among(owner, own)]
    return segments_with(material, found)


def shared_among(owner: list[int], own: int) -> list[tuple[int, tuple[int, ...]]]:
    """The sentences of each owner, the source's own first, at most three owners."""
    others = sorted(set(owner) - {own}, key=lambda target: (-owner.count(target), target))[: MOST_SEGMENTS - 1]
    owner = [target if target in others else own for target in owner]
    found = [(t, tuple(number for number, value in enumerate(owner) if value == t)) for t in [own, *others]]
    return [(target, numbers) for target, numbers in found if numbers or not others]


def segments_with(material: Material, found: Sequence[tuple[int, int, tuple[int, ...]]]) -> list[Segment]:
    """Segments, each told by the place of its usable item, its target and its sentences; vectors of parts are made many at once."""
    result: list[Segment | None] = [None] * len(found)
    parts: list[int] = []
    for number, (place, target, sentences) in enumerate(found):
        if len(sentences) == len(material.items[material.usable[place]].sentences):
            result[number] = Segment(place, target, sentences, material.rows[place])
        else:
            parts.append(number)
    for start in range(0, len(parts), AT_ONCE):
        block = parts[start : start + AT_ONCE]
        rows = material.rows_of_sentences([(found[n][0], sentence) for n in block for sentence in found[n][2]])
        ends = list(accumulate((len(found[number][2]) for number in block), initial=0))
        means = unit_rows(np.asarray([rows[first:last].mean(axis=0) for first, last in pairwise(ends)]))
        for number, row in zip(block, means, strict=True):
            result[number] = Segment(*found[number], row)
    return [segment for segment in result if segment is not None]


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
    return [(replace(part, target=-1), part.target) for part in segments_of(material, segment.place, owner, theme)]
