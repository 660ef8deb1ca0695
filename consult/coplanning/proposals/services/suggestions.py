"""Strategies suggested for a text being written, with the words or the sentence that say why."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from consult.framework.queries import StrategyRow
from consult.ports.suggestions import NotYet, StrategySuggester

#: Fewer words than this say too little to suggest anything.
FEWEST_WORDS = 5


@dataclass(frozen=True, slots=True)
class SuggestedStrategy:
    """A strategy that may be meant, with the words or the sentence of the text that say so."""

    id: uuid.UUID
    code: str
    title: str
    words: tuple[str, ...]
    sentence: str


def suggest(
    strategies: Sequence[StrategyRow],
    *,
    text: str,
    language: str,
    suggester: StrategySuggester,
    examples: Callable[[], Mapping[uuid.UUID, tuple[str, ...]]] = dict,
    number: int = 3,
) -> list[SuggestedStrategy] | None:
    """Up to three strategies for a text, best first, each with why; none for very short texts; None while the model is being read.

    `examples` reads the texts that people confirmed, by strategy; it is asked only where there is something to suggest for.
    """
    if len(text.split()) < FEWEST_WORDS or not strategies:
        return []
    known = examples()
    targets = tuple(replace(s.target, examples=known.get(s.id, ())) for s in strategies)
    try:
        links = suggester.suggest(text=text, language=language, targets=targets)
    except NotYet:
        return None
    if links is None:
        return []
    by_code = {s.code: s for s in strategies}
    found = []
    for suggestion in links.suggestions[:number]:
        row = by_code[suggestion.code]
        words = tuple(dict.fromkeys(r.text.lower() for r in suggestion.reasons if r.kind == "words"))
        sentence = next((r.text for r in suggestion.reasons if r.kind == "sentence"), "")
        found.append(SuggestedStrategy(row.id, row.code, row.title, words, sentence))
    return found
