"""Themes found among all sources together, when every part has been read: which there are, who speaks of them, what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from consult.analytics import grouping, linking
from consult.analytics.embedding import Embedder, Vectors
from consult.analytics.linking import Part
from consult.analytics.naming import Phrases, labels_of, phrases_of
from consult.analytics.segments import gather
from consult.analytics.survey import Survey
from consult.analytics.telling import code_order
from consult.analytics.types import FrameTarget, KnownTheme, Parameters, PreparedSource


@dataclass(frozen=True, slots=True)
class FoundTheme:
    """A theme before it is told: `said` names the sources that speak of it and the numbers of their sentences that do."""

    key: str
    strategy_code: str | None
    label: str
    keywords: tuple[str, ...]
    accepted: bool
    said: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The themes of a run, by strategy code, then size, then key, and their middles in the same order."""

    themes: tuple[FoundTheme, ...]
    centres: Vectors

    def branches(self) -> list[tuple[int, ...]]:
        """Themes that can be told together, by their places: those of one strategy."""
        found: dict[str | None, list[int]] = {}
        for place, theme in enumerate(self.themes):
            found.setdefault(theme.strategy_code, []).append(place)
        return [tuple(places) for places in found.values()]

    def only(self, places: Sequence[int]) -> Found:
        """Some of the themes, beside the middles of all."""
        return replace(self, themes=tuple(self.themes[place] for place in places))


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Themes that have keywords but not all a label yet: reading what may become one takes time in which others can be at work."""

    found: Found
    phrases: Phrases
    language: str

    def named(self, embedder: Embedder) -> Found:
        """The same themes with their labels; those that have one keep it."""
        keys = [theme.key for theme in self.found.themes]
        labels = labels_of(self.phrases, dict(zip(keys, self.found.centres, strict=True)), embedder, self.language)
        named = (replace(theme, label=theme.label or labels.get(theme.key, theme.key)) for theme in self.found.themes)
        return replace(self.found, themes=tuple(named))


def find(
    prepared: Sequence[PreparedSource],
    survey: Survey,
    parts: Sequence[Part],
    frame: Sequence[FrameTarget],
    known: Sequence[KnownTheme],
    parameters: Parameters,
    *,
    discover: bool = True,
    homes: NDArray[np.int16] | None = None,
) -> Unnamed:
    """Find the themes. `parts` are those of all sources in order of content hash; `homes` stand in for theirs where given.

    Of the vectors only the whole text's is needed, but for sources that have sentences away from their strategy, or without a frame.
    """
    arguments = {item.source.id: survey.argument_of(item) for item in prepared}
    material = gather(prepared, arguments, None, centre=survey.centre, even=survey.evening)
    read, away, latent = linking.joined(parts)
    if frame and material.usable:
        pinned = frozenset(name for theme in known if theme.accepted or not discover for name in theme.member_ids)
        segments = linking.split(material, read if homes is None else homes, away, parameters.smallest_theme, pinned)
        codes = [target.code for target in frame]
        groups = grouping.with_frame(material, segments, latent, codes, known, discover, parameters)
    else:
        groups = grouping.without_frame(material, latent, known, discover, parameters)
    grouping.name_keys(material, groups, known, discover)
    filled = [group for group in groups if group.segments]
    sizes = {group.key: len({segment.place for segment in group.segments}) for group in filled}
    ordered = sorted(
        filled,
        key=lambda group: (group.strategy_code is None, code_order(group.strategy_code), -sizes[group.key], group.key),
    )
    phrases = phrases_of(material, ordered, parameters.language)
    centres = np.asarray([group.centre() for group in ordered], dtype=np.float32)
    found = Found(
        tuple(
            FoundTheme(
                key=group.key,
                strategy_code=group.strategy_code,
                label=group.label,
                keywords=phrases.keywords.get(group.key, ()),
                accepted=group.accepted,
                said=tuple(
                    (material.items[material.usable[segment.place]].source.id, segment.sentences)
                    for segment in group.segments
                ),
            )
            for group in ordered
        ),
        centres.reshape(-1, survey.centre.rows.shape[1]),
    )
    return Unnamed(found, phrases, parameters.language)
