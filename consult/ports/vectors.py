"""Vectors of a few texts from the one process that holds the language model, for workers that would load it for these alone.

A merge needs the model for what themes are called and for little else. Where the process (`python -m worker.suggester`) answers, and holds
the same model, its vectors are taken, which are the same to the last bit; where it does not, the worker reads its own model.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from consult.analytics.embedding import Embedder, Vectors
from consult.ports.suggestions import LONGEST, ask

log = logging.getLogger(__name__)
#: How long one text may take there, in seconds, before the worker's own model is read.
PATIENCE_S = 5.0
#: How long a process that was away is not asked again, in seconds.
AWAY_S = 30.0


class SharedEmbedder:
    """The embedder `own`, whose model is left alone as long as the process at `path` answers in its place."""

    #: Whoever asks waits for another process meanwhile: several texts may be asked about at the same time.
    elsewhere = True

    def __init__(self, own: Embedder, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = own.name
        self.dimensions = own.dimensions
        self.kept_in: Path | None = getattr(own, "kept_in", None)
        self._own = own
        self._path = path
        self._clock = clock
        self._away_until = -1.0

    def embed(self, sentences: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        rows = self._asked(sentences)
        return self._own.embed(sentences) if rows is None else rows

    def _asked(self, sentences: Sequence[str]) -> Vectors | None:
        """What the process says; None where it is away, holds another model, or the text is longer than it reads."""
        if sum(map(len, sentences)) > LONGEST or self._clock() < self._away_until:
            return None
        try:
            answer = ask(self._path, {"sentences": list(sentences), "model": self.name}, PATIENCE_S)
            if answer.get("state") == "ready":
                rows = np.frombuffer(base64.b64decode(answer["rows"], validate=True), dtype="<f4")
                wanted = 1 if len(sentences) < 2 else 1 + len(sentences)
                return rows.reshape(wanted, self.dimensions).astype(np.float32)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.info("vectors are made here: %s", type(error).__name__)
        self._away_until = self._clock() + AWAY_S
        return None
