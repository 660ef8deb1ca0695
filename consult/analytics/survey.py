"""The first look at a whole consultation: what each part needs to know of all the others before it can be read by itself.

Copies, the middle of all texts, what the texts themselves say of the strategies, and the words they have in common. All of it comes from the
texts as wholes and from a sample of them, so it is small, and with it the parts can be read in any order, on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consult.analytics import duplicates, strategies, themes
from consult.analytics.embedding import Embedder
from consult.analytics.learning import Learned, learn, nothing_learned
from consult.analytics.reference import reference_centre
from consult.analytics.segments import Material, gather
from consult.analytics.space import Centre, Evening, evening_of
from consult.analytics.subjects import directions
from consult.analytics.themes import Basis
from consult.analytics.types import DuplicateGroup, FrameTarget, Parameters, PreparedSource

FIRST_FOR_EVENING = 8000  # texts, by content hash


@dataclass(frozen=True, slots=True)
class Survey:
    """What was seen of all sources together. `arguments` names the sources whose argument is not their own content hash.

    `sample` are the places, among all usable sources, of those that were looked at closely, and `latent` their latent rows.
    """

    duplicates: tuple[DuplicateGroup, ...]
    arguments: Mapping[str, str]
    centre: Centre
    evening: Evening
    basis: Basis
    sample: NDArray[np.int32]
    latent: NDArray[np.float16]
    learned: Learned
    usable: int
    distinct: int

    def latent_rows(self, keys: Sequence[Sequence[str]], start: int) -> NDArray[np.float16]:
        """Latent rows of the sources that stand from place `start` on, which have these words."""
        found = self.basis.rows(keys).astype(np.float16)
        first, last = np.searchsorted(self.sample, [start, start + len(keys)])
        if len(self.basis.right):
            found[self.sample[first:last] - start] = self.latent[first:last]
        return found

    def argument_of(self, item: PreparedSource) -> str:
        """The key of a source's argument: of its group of copies, or its own."""
        return self.arguments.get(item.source.id, item.digest)


def look(
    prepared: Sequence[PreparedSource],
    frame: Sequence[FrameTarget],
    parameters: Parameters,
    embedder: Embedder,
    *,
    discover: bool = True,
    heads: duplicates.Heads | None = None,
) -> Survey:
    """Look at all sources of a run; of their vectors only the first, of the whole text, is needed.

    `heads` say which texts are nearly the same, where that was found before: signatures are not needed then.
    """
    groups, arguments = duplicates.find_groups(prepared, heads)
    material = gather(prepared, arguments, reference_centre(embedder))
    sample = material.firsts[: parameters.sample]
    keys = material.keys(sample.tolist()) if len(sample) else []
    basis, latent = themes.basis_of(keys if discover else [], parameters.seed)
    learned = _learn(material, sample, keys, frame, parameters, embedder)
    digests = {item.source.id: item.digest for item in prepared}
    return Survey(
        duplicates=groups,
        arguments={name: key for name, key in arguments.items() if key != digests[name]},
        centre=material.centre,
        evening=evening_of(material.rows[material.firsts[:FIRST_FOR_EVENING]], directions(embedder)),
        basis=basis,
        sample=sample.astype(np.int32),
        latent=latent.astype(np.float16),
        learned=learned,
        usable=len(material.usable),
        distinct=len(material.firsts),
    )


def _learn(
    material: Material,
    sample: np.ndarray,
    keys: Sequence[Sequence[str]],
    frame: Sequence[FrameTarget],
    parameters: Parameters,
    embedder: Embedder,
) -> Learned:
    """What the texts say of the strategies; nothing where there is no frame or no text."""
    if not frame or not len(sample):
        return nothing_learned(len(frame), embedder.dimensions)
    ready = strategies.prepare_frame(tuple(frame), embedder, parameters.language)
    rows = material.rows[sample]
    return learn(rows, strategies.base_scores(rows, keys, ready), len(material.usable))
