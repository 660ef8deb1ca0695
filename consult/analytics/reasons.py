"""Why a strategy is suggested for a text, and the suggestions as they are handed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from consult.analytics.embedding import Vectors
from consult.analytics.lexical import Words
from consult.analytics.strategies import PreparedFrame, Ranked
from consult.analytics.types import Reason, Span, StrategyLinks, Suggestion


def reasons(
    text: str,
    words: Words,
    spans: Sequence[Span],
    sentence_rows: Callable[[], Vectors],
    targets: Sequence[int],
    frame: PreparedFrame,
) -> list[tuple[Reason, ...]]:
    """Per target up to three words the text shares with it, or else the text's sentence that is nearest to it.

    `words` are the text's `content_words`.
    """
    known = frame.terms.vocabulary
    first: dict[str, int] = {}
    for number, key in enumerate(words.keys):
        if key in known and key not in first:
            first[key] = number
    rows: Vectors | None = None
    result: list[tuple[Reason, ...]] = []
    for target in targets:
        rarity = frame.rarity[target]
        best = [key for key in first if key in rarity]
        if len(best) > 1:
            best.sort(key=lambda key: (-rarity[key], first[key]))
        if best or not spans:
            spots = [words.place(first[key]) for key in best[:3]]
            result.append(tuple(Reason("words", text[start:end], start, end) for start, end in spots))
            continue
        number = 0
        if len(spans) > 1:
            rows = sentence_rows() if rows is None else rows
            number = int(np.argmax(rows @ frame.towards[target]))
        span = spans[number]
        result.append((Reason("sentence", text[span.start : span.end], span.start, span.end),))
    return result


def links(source_id: str, best: Ranked, explain: Sequence[tuple[Reason, ...]], frame: PreparedFrame) -> StrategyLinks:
    """The suggestions of one text; `explain` holds the reasons of its best targets."""
    places, scores, sure, none = best
    suggestions = tuple(
        Suggestion(frame.targets[place].code, score, chance, why)
        for place, score, chance, why in zip(places, scores, sure, explain, strict=True)
    )
    return StrategyLinks(source_id, suggestions, round(none, 4), none < 0.5)
