"""The calls other features make: `prepare` (map), `aggregate` (reduce), `suggest` (one text).

`prepare` looks at one text at a time, so it may run per shard and its results be kept by content hash and model name;
`aggregate` runs once over all of them.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import partial
from importlib.metadata import version
from operator import attrgetter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # It ships no types.

from consult.analytics import assembly, duplicates, grouping, numbers, strategies, telling, themes
from consult.analytics import prepare as preparing
from consult.analytics.embedding import Embedder, pack
from consult.analytics.lexical import content_words
from consult.analytics.reference import reference_centre
from consult.analytics.segments import Linked, Material, gather, link, split_by_target
from consult.analytics.space import Centre
from consult.analytics.strategies import PreparedFrame
from consult.analytics.types import (
    Aggregation,
    CountRow,
    FrameTarget,
    KnownTheme,
    Parameters,
    PreparedSource,
    SourceText,
    StrategyLinks,
    Theme,
    ThemeChange,
    ThemeModel,
)

VERSION = "4"
DEFAULTS = Parameters()
SOURCE_FIELDS = attrgetter(*(field.name for field in fields(SourceText)))
PACKAGES = (
    "numpy",
    "onnxruntime",
    "py3langid",
    "scikit-learn",
    "scipy",
    "simplemma",
    "snowballstemmer",
    "stopwordsiso",
    "tokenizers",
)
METHODS = {
    "duplicates": "MinHash of five-character shingles, 128 permutations, 32 bands, Jaccard at least 0.6, by the texts where signatures leave doubt",
    "space": "vectors less their language's mean, drawn towards that of everyday sentences",
    "strategies": "prototypes from the frame, soft k-means, label spreading",
    "themes": "partial whitening, neighbour smoothing, Ward, cut by modularity; at least five voices a theme, fewer in sets under sixty: "
    "smaller ones join their nearest sibling, strategies with fewer voices are read with what fits none",
    "labels": "phrases people used, by c-TF-IDF and nearness to the theme's middle",
    "quotes": "greedy facility location over whole sentences, one per voice and group of copies",
    "intervals": "Wilson 95%",
    "representation": "exact stratified hypergeometric test within channels, Benjamini-Hochberg at 0.05",
    "divergence": "permutation test of group means within channels (Anderson 2001), Benjamini-Hochberg at 0.05",
    "suppression": "counts of 1 to 4 and complements",
}


def prepare_source(source: SourceText, embedder: Embedder, parameters: Parameters = DEFAULTS) -> PreparedSource:
    """The map step for one source; depends on its text and declared language only."""
    text = preparing.readable(source.text)
    spans = preparing.sentences(text)
    personal = preparing.personal_spans(text)
    language = source.language or preparing.language_of(text, parameters.languages, parameters.language)
    rows = embedder.embed([text[span.start : span.end] for span in spans])
    return PreparedSource(
        source=source,
        digest=preparing.digest(text),
        language=language,
        sentences=spans,
        marks=preparing.marks_of(text, personal),
        kind=preparing.kind_of(text),
        signature=duplicates.signature(text),
        vectors=pack(rows),
        dimensions=embedder.dimensions,
        model=embedder.name,
        personal=personal,
    )


def prepare_each(
    sources: Iterable[SourceText], embedder: Embedder, parameters: Parameters = DEFAULTS
) -> Iterator[PreparedSource]:
    """`prepare_source` one after the other, for callers that report progress."""
    return (prepare_source(source, embedder, parameters) for source in sources)


def prepare(
    sources: Iterable[SourceText], embedder: Embedder, parameters: Parameters = DEFAULTS
) -> list[PreparedSource]:
    """The map step for a shard, in the order given."""
    return list(prepare_each(sources, embedder, parameters))


def aggregate(
    prepared: Sequence[PreparedSource],
    frame: Sequence[FrameTarget] = (),
    known: Sequence[KnownTheme] = (),
    parameters: Parameters = DEFAULTS,
    *,
    embedder: Embedder,
    names: Mapping[str, str] | None = None,
    discover: bool = True,
) -> Aggregation:
    """The reduce step: everything a position paper is drafted from.

    `known` are the themes of the last run: accepted ones are kept with their members and only gain, the others hand on
    their key to what overlaps them. With `discover=False` all known themes are kept and new sources only assigned to
    them, which is fast and changes nothing else. `names` gives words for values, as {"zone:5": "Pinerolese"}.
    `embedder` must be the one that prepared the sources (ValueError otherwise).
    """
    if any(item.model != embedder.name for item in prepared):
        raise ValueError("The sources were prepared with another model than the one given; prepare them again.")
    # One thread: sums of floats then add up the same way on every run.
    with threadpool_limits(limits=1), without_collections():
        return _aggregate(prepared, frame, known, parameters, embedder, names or {}, discover)


def _aggregate(
    prepared: Sequence[PreparedSource],
    frame: Sequence[FrameTarget],
    known: Sequence[KnownTheme],
    parameters: Parameters,
    embedder: Embedder,
    names: Mapping[str, str],
    discover: bool,
) -> Aggregation:
    duplicate_groups, arguments = duplicates.find_groups(prepared)
    material = gather(prepared, arguments, reference_centre(embedder))
    latent = np.zeros((len(material.usable), 0), dtype=np.float32)
    if discover and len(material.firsts):
        latent = themes.latent_rows(material.keys, material.firsts[: parameters.sample], parameters.seed)
    found_links: tuple[StrategyLinks, ...] = ()
    prototypes = np.zeros((0, embedder.dimensions), dtype=np.float32)
    if frame and material.usable:
        ready = strategies.prepare_frame(tuple(frame), embedder, parameters.language)
        linked = link(material, ready, parameters)
        found_links, prototypes = strategy_links(material, ready, linked), linked.prototypes
        pinned = frozenset(name for theme in known if theme.accepted or not discover for name in theme.member_ids)
        segments = split_by_target(material, ready, linked, parameters.smallest_theme, pinned)
        codes = [target.code for target in frame]
        groups = grouping.with_frame(material, segments, latent, codes, known, discover, parameters)
    else:
        groups = grouping.without_frame(material, latent, known, discover, parameters)
    grouping.name_keys(material, groups, known, discover)
    found, theme_summaries, centres = assembly.build_themes(
        material, groups, duplicate_groups, names, parameters, embedder
    )
    everyone = [item.source for item in material.items]
    axes = {target.code: target.axis_code for target in frame}
    counted = numbers.tally(everyone)
    more = telling.overviews(telling.gathered(found, everyone, counted, axes), names, parameters)
    somewhere = {member.source_id for theme in found for member in theme.members}

    def count(dimension: str) -> tuple[CountRow, ...]:
        return numbers.count_rows(counted, counted, dimension, parameters.small_cell)

    return Aggregation(
        links=found_links,
        themes=tuple(found),
        other=tuple(sorted(source.id for source in everyone if source.id not in somewhere)),
        duplicates=duplicate_groups,
        marks={item.source.id: item.marks for item in sorted(prepared, key=_by_id) if item.marks},
        kinds={item.source.id: item.kind for item in sorted(prepared, key=_by_id) if item.kind},
        by_channel=count("channel"),
        by_zone=count("zone"),
        by_speaker=count("speaker"),
        summaries=(*theme_summaries, *more),
        changes=_changes(known, found),
        model=ThemeModel(
            model=embedder.name,
            dimensions=embedder.dimensions,
            centre_languages=("", *material.centre.languages),
            centres=material.centre.rows.astype("<f4").tobytes(),
            keys=tuple(theme.key for theme in found),
            strategy_codes=tuple(theme.strategy_code for theme in found),
            centroids=centres.astype("<f4").tobytes(),
            labels=tuple(theme.label for theme in found),
            prototypes=prototypes.astype("<f4").tobytes(),
        ),
        manifest=_manifest(material, frame, known, parameters, embedder, found, discover),
    )


@contextmanager
def without_collections() -> Iterator[None]:
    """No search for cycles meanwhile: there are none among millions of small rows, and each search looks at all of them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _by_id(item: PreparedSource) -> str:
    return item.source.id


def suggest_many(
    prepared: Sequence[PreparedSource],
    targets: Sequence[FrameTarget],
    embedder: Embedder,
    parameters: Parameters = DEFAULTS,
    *,
    top: int = strategies.SUGGESTED,
) -> tuple[StrategyLinks, ...]:
    """Strategies for many texts at once, by source id: better than one by one, since the texts explain each other.

    Sources without an answer are left out.
    """
    with threadpool_limits(limits=1):
        _, arguments = duplicates.find_groups(prepared)
        material = gather(prepared, arguments, reference_centre(embedder))
        if not targets or not material.usable:
            return ()
        frame = strategies.prepare_frame(tuple(targets), embedder, parameters.language)
        return strategy_links(material, frame, link(material, frame, parameters), top)


def strategy_links(
    material: Material, frame: PreparedFrame, linked: Linked, number_of: int = strategies.SUGGESTED
) -> tuple[StrategyLinks, ...]:
    """The suggestions of every usable source with their reasons, by source id."""
    result = []
    ranked = strategies.ranked(linked.scores, linked.none, number_of, frame)
    for number, best in enumerate(ranked):
        item = material.items[material.usable[number]]
        rows = partial(material.sentence_rows, number)
        why = strategies.reasons(item.source.text, material.words[number], item.sentences, rows, best[0], frame)
        result.append(strategies.links(item.source.id, best, why, frame))
    return tuple(sorted(result, key=lambda links: links.source_id))


def _changes(known: Sequence[KnownTheme], found: Sequence[Theme]) -> tuple[ThemeChange, ...]:
    before = {theme.key: theme for theme in known}
    rows = []
    for theme in found:
        after = len(theme.members)
        earlier = before.pop(theme.key, None)
        if earlier is None:
            rows.append(ThemeChange(theme.key, "new", theme.label, 0, after))
            continue
        was = len(set(earlier.member_ids))
        change = "kept" if after == was else "grown" if after > was else "shrunk"
        rows.append(ThemeChange(theme.key, change, theme.label, was, after))
    rows += [ThemeChange(key, "gone", theme.label, len(set(theme.member_ids)), 0) for key, theme in before.items()]
    return tuple(sorted(rows, key=lambda row: row.key))


def _manifest(
    material: Material,
    frame: Sequence[FrameTarget],
    known: Sequence[KnownTheme],
    parameters: Parameters,
    embedder: Embedder,
    found: Sequence[Theme],
    discover: bool,
) -> dict[str, Any]:
    """What was done with what: enough to repeat the run and to see whether two runs had the same input."""
    seen = hashlib.sha256()
    for item in sorted(material.items, key=_by_id):
        seen.update(json.dumps(SOURCE_FIELDS(item.source)).encode())
    given = hashlib.sha256(json.dumps([asdict(target) for target in frame], sort_keys=True).encode())
    earlier = hashlib.sha256(
        json.dumps([asdict(theme) for theme in sorted(known, key=lambda theme: theme.key)]).encode()
    )
    return {
        "analytics": VERSION,
        "embedding": embedder.name,
        "embedding_is_fallback": embedder.name.startswith("lexical"),
        "discover": discover,
        "parameters": asdict(parameters),
        "sources": len(material.items),
        "sources_without_answer": len(material.items) - len(material.usable),
        "distinct_arguments": len(material.firsts),
        "themes": len(found),
        "representation_statements": telling.representation_count(found),
        "sources_sha256": seen.hexdigest(),
        "frame_sha256": given.hexdigest(),
        "known_themes_sha256": earlier.hexdigest(),
        "methods": METHODS,
        "versions": {name: version(name) for name in PACKAGES},
    }


def suggest(
    text: str,
    targets: Sequence[FrameTarget],
    embedder: Embedder,
    parameters: Parameters = DEFAULTS,
    *,
    model: ThemeModel | None = None,
    source_id: str = "",
) -> StrategyLinks:
    """Strategies for one text as it is typed. The first call for a frame reads its targets in (seconds), later ones not.

    `model` of the last run gives the right centre; without it everyday sentences stand in for it.
    """
    frame = strategies.prepare_frame(tuple(targets), embedder, parameters.language)
    clean = preparing.readable(text)
    spans = preparing.sentences(clean)
    if not spans or not targets:
        return StrategyLinks(source_id, (), 1.0, False)
    language = preparing.language_of(clean, parameters.languages, parameters.language)
    rows = embedder.embed([clean[span.start : span.end] for span in spans])
    if model is not None and model.model == embedder.name:
        centres = np.frombuffer(model.centres, dtype="<f4").reshape(-1, model.dimensions)
        centre = Centre(model.centre_languages[1:], np.asarray(centres, dtype=np.float32))
    else:
        centre = reference_centre(embedder)
    centred = centre.apply(rows, [language] * len(rows))
    words = content_words(clean, language)
    scores = strategies.base_scores(centred[:1], [words.keys], frame)
    none = strategies.none_chance(centred[:1], [words.keys], frame)
    best = next(strategies.ranked(scores, none, strategies.SUGGESTED, frame))
    why = strategies.reasons(clean, words, spans, lambda: centred[1:], best[0], frame)
    return strategies.links(source_id, best, why, frame)
