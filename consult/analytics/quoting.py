"""The quotes of a theme, chosen among the sentences of all who speak of it, and the sentence that says best what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from consult.analytics import numbers, quotes
from consult.analytics.alone import HARDLY_ALONE
from consult.analytics.embedding import Vectors
from consult.analytics.lexical import content_keys
from consult.analytics.segments import Material, Segment
from consult.analytics.types import Parameters, Quote

MOST_NAMED = 2  # keywords of the theme in one sentence that count
NAMED_GAIN = 0.1  # of a cosine, per keyword, when looking for the sentence that defines a theme
DEFINITION_WORDS = (8, 32)


@dataclass(frozen=True, slots=True)
class Quotable:
    """The quotes of a theme, the share they stand for, its defining sentence, and all that might have been quoted."""

    chosen: tuple[Quote, ...] = ()
    coverage: float = 0.0
    definition: Quote | None = None
    candidates: tuple[quotes.Candidate, ...] = ()
    rows: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))


def telling_keys(keywords: Sequence[str], language: str) -> frozenset[str]:
    """The keys of a theme's keywords: a sentence that has some of them names its subject."""
    return frozenset(key for word in keywords for key in content_keys(word, language))


def quotes_of(
    material: Material,
    segments: Sequence[Segment],
    centre: Vectors,
    telling: frozenset[str],
    others: Vectors,
    parameters: Parameters,
) -> Quotable:
    """Quotes of a theme and the sentence nearest to its middle, which is `centre`.

    `telling` are the keys of the theme's keywords: a sentence that names its subject can be quoted alone. `others` are the middles of all
    other themes: a sentence that lies nearer to one of them speaks of that, whatever its source speaks of as a whole.
    """
    candidates, lines, demand = _candidates(material, segments, telling, parameters)
    if not candidates:
        return Quotable()
    matrix = material.rows_of_sentences(lines)
    near = matrix @ centre
    usual = float(np.median(np.asarray(demand) @ centre)) if demand else 0.0
    elsewhere = (matrix @ others.T).max(axis=1) if len(others) else np.full(len(near), -np.inf)
    naming = np.asarray([item.named for item in candidates])
    close = np.where(naming > 0, quotes.ASIDE, quotes.ASIDE_UNNAMED) * usual
    speaks = (near + quotes.NAMED_HERE * naming - elsewhere >= quotes.HERE) & (near >= close)
    # What a source says beside its theme is no quote of it, where others speak of the theme; a theme of few voices keeps two.
    kept = np.flatnonzero(speaks).tolist()
    if len({candidates[n].voice for n in kept}) >= min(quotes.FEWEST, len({item.voice for item in candidates})):
        candidates, matrix, near = [candidates[n] for n in kept], matrix[kept], near[kept]
    worth = np.asarray([quotes.worth_of(candidate) for candidate in candidates])
    # Nor is what can't be read alone, where enough voices say something that can.
    kept = np.flatnonzero(worth > HARDLY_ALONE).tolist()
    if len({candidates[n].voice for n in kept}) >= parameters.quotes_per_theme:
        candidates, matrix, near, worth = [candidates[n] for n in kept], matrix[kept], near[kept], worth[kept]
    chosen, coverage = quotes.choose(candidates, matrix, np.asarray(demand), parameters.quotes_per_theme, worth.tolist())
    naming = np.asarray([candidate.named for candidate in candidates])
    middle = (near + NAMED_GAIN * naming) * worth
    fit = [
        (-round(float(middle[place]), 5), candidate.source_id, candidate.span.start, candidate)
        for place, candidate in enumerate(candidates)
        if DEFINITION_WORDS[0] <= candidate.length <= DEFINITION_WORDS[1]
    ]
    best = min(fit, key=lambda entry: entry[:3])[3] if fit else candidates[int(middle.argmax())]
    return Quotable(chosen, coverage, quotes.quote_of(best), tuple(candidates), matrix)


def _candidates(
    material: Material, segments: Sequence[Segment], telling: frozenset[str], parameters: Parameters
) -> tuple[list[quotes.Candidate], list[tuple[int, int]], list[Vectors]]:
    """The sentences that may be quoted, where each stands, and one vector per distinct argument."""
    candidates: list[quotes.Candidate] = []
    lines: list[tuple[int, int]] = []
    demand: list[Vectors] = []
    seen: set[str] = set()
    for segment in sorted(segments, key=lambda segment: segment.place):
        if len(candidates) >= quotes.MOST_CANDIDATES:
            break
        item = material.items[material.usable[segment.place]]
        if "off_topic" in item.marks:
            continue
        argument = material.argument(segment.place)
        if argument not in seen:
            seen.add(argument)
            demand.append(segment.row)
        keys = material.sentence_keys(segment.place, material.words(segment.place))
        voice = numbers.voice_of(item.source) or (item.source.channel, item.source.id)
        for sentence in segment.sentences:
            span = quotes.whole_span(item.source.text, item.sentences[sentence])
            if span is None:
                continue
            length = quotes.words_in(item.source.text, span)
            if quotes.quotable(length, span, item.personal):
                named = min(MOST_NAMED, len(telling.intersection(keys[sentence])))
                candidates.append(
                    quotes.Candidate(
                        item.source.id,
                        item.source.text,
                        span,
                        "|".join(voice),
                        argument,
                        item.source.zone,
                        item.source.speaker,
                        length,
                        named,
                        item.language != parameters.language,
                        item.language,
                    )
                )
                lines.append((segment.place, sentence))
    return candidates, lines, demand
