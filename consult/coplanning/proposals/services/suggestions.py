"""Strategies suggested for a text being written: the one place where this room calls the analytics.

The language model takes seconds to load, so it is loaded beside the requests, in a thread of its own, when somebody first asks;
until it is ready the answer is «not yet», and the form works without it. Nobody ever waits for it.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from consult.framework.queries import StrategyRow

if TYPE_CHECKING:
    from consult.analytics.types import StrategyLinks

log = logging.getLogger(__name__)
#: Fewer words than this say too little to suggest anything.
FEWEST_WORDS = 5
#: How long a request may wait for a model that is nearly there, in seconds.
PATIENCE_S = 1.5


@dataclass(frozen=True, slots=True)
class SuggestedStrategy:
    """A strategy that may be meant, with the words or the sentence of the text that say so."""

    id: uuid.UUID
    code: str
    title: str
    words: tuple[str, ...]
    sentence: str


class _Suggester:
    """Suggestions for one frame, ready once its thread has read the model and the frame."""

    def __init__(self, strategies: tuple[StrategyRow, ...], language: str, model_dir: Path) -> None:
        self.ready = threading.Event()
        self._ask: Callable[[str], StrategyLinks] | None = None
        threading.Thread(
            target=self._load, args=(strategies, language, model_dir), name="suggester", daemon=True
        ).start()

    def _load(self, strategies: tuple[StrategyRow, ...], language: str, model_dir: Path) -> None:
        try:
            # Imported here, in the thread: they cost every web worker a second of start and a hundred megabytes that most never need.
            from consult.analytics import pipeline  # noqa: PLC0415  # See above.
            from consult.analytics.embedding import load_embedder  # noqa: PLC0415  # See above.
            from consult.analytics.types import FrameTarget, Parameters  # noqa: PLC0415  # See above.

            targets = tuple(
                FrameTarget(
                    code=s.code,
                    title=s.title,
                    axis_code=str(s.axis_number),
                    axis_title=s.axis_title,
                    axis_objective=s.axis_objective,
                    description=s.description,
                    keywords=tuple(s.keywords),
                )
                for s in strategies
            )
            embedder, parameters = load_embedder(model_dir), Parameters(language=language)

            def ask(text: str) -> StrategyLinks:
                return pipeline.suggest(text, targets, embedder, parameters)

            ask("Prima domanda, che fa leggere la struttura del piano.")
            self._ask = ask
        except Exception:
            # The form must work without suggestions, whatever is wrong with the model's files.
            log.exception("the strategies can't be suggested")
        finally:
            self.ready.set()

    def __call__(self, text: str) -> StrategyLinks | None:
        return self._ask(text) if self._ask else None


_LOCK = threading.Lock()
_SUGGESTERS: dict[tuple[str, str, tuple[tuple[str, ...], ...]], _Suggester] = {}


def suggest(
    strategies: Sequence[StrategyRow], *, text: str, language: str, model_dir: Path, number: int = 3
) -> list[SuggestedStrategy] | None:
    """Up to three strategies for a text, best first, each with why; none for very short texts; None while the model is being read."""
    if len(text.split()) < FEWEST_WORDS or not strategies:
        return []
    frame = tuple((s.code, s.title, s.description, s.axis_objective, *s.keywords) for s in strategies)
    with _LOCK:
        key = (str(model_dir), language, frame)
        if key not in _SUGGESTERS:
            # One frame at a time: a frame imported anew replaces the old one.
            _SUGGESTERS.clear()
            _SUGGESTERS[key] = _Suggester(tuple(strategies), language, model_dir)
        suggester = _SUGGESTERS[key]
    if not suggester.ready.wait(PATIENCE_S):
        return None
    links = suggester(text)
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
