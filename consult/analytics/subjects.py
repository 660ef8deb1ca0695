"""Which directions of the vectors tell the subjects of public life apart, whoever speaks and however.

A text and the title of a strategy differ most in how they are said: a complaint, a wish, an official's noun phrase. The subjects of
`subject_lines` are each told in several registers and languages; the middles of these lie apart by subject only, and what lies along
the directions between them counts more (`drawn_out`).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from consult.analytics.embedding import Embedder, Vectors, rows_of, unit_rows
from consult.analytics.reference import reference_centre
from consult.analytics.space import drawn_out
from consult.analytics.subject_lines import LANGUAGES, SUBJECTS

OF_THE_NEAREST = 0.07  # of a cosine: how much farther a subject may lie to count about a third of the nearest


@lru_cache(maxsize=4)
def _middles(embedder: Embedder) -> Vectors:
    """The middle of each subject's lines."""
    blocks = [block.split("\n") for block in SUBJECTS.strip().split("\n\n")]
    lines = [line for block in blocks for line in block]
    centred = reference_centre(embedder).apply(rows_of(lines, embedder), LANGUAGES * len(blocks))
    return np.asarray(centred.reshape(len(blocks), len(LANGUAGES), -1).mean(axis=1, dtype=np.float64))


@lru_cache(maxsize=4)
def directions(embedder: Embedder) -> Vectors:
    """Unit directions, at right angles to each other, along which the subjects lie apart: one fewer than there are subjects."""
    middles = _middles(embedder)
    _, _, found = np.linalg.svd(middles - middles.mean(axis=0), full_matrices=False)
    return np.asarray(found[:-1], dtype=np.float32)


@lru_cache(maxsize=4)
def middles(embedder: Embedder) -> Vectors:
    """The subjects as unit rows from the middle of them all, drawn out."""
    units = unit_rows(_middles(embedder).astype(np.float32))
    return drawn_out(units - units.mean(axis=0), directions(embedder))


def profiles(rows: Vectors | NDArray[np.float64], subjects: Vectors) -> NDArray[np.float64]:
    """How much of each subject drawn out rows speak of, adding up to one: mostly of the nearest.

    In double precision: products of single precision differ in their last digits by how many rows are read at once, and what is
    shared out over workers must give what one gives alone.
    """
    near = rows.astype(np.float64) @ subjects.T.astype(np.float64)
    raised = np.exp((near - near.max(axis=1, keepdims=True)) / OF_THE_NEAREST)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
