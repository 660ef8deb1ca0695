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
from importlib.metadata import version
from operator import attrgetter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from consult.analytics import assembly, duplicates, finding, linking, numbers, reasons, strategies, telling
from consult.analytics import prepare as preparing
from consult.analytics.cores import shared_out
from consult.analytics.embedding import Embedder, pack
from consult.analytics.finding import Found
from consult.analytics.lexical import content_words
from consult.analytics.reference import reference_centre
from consult.analytics.space import Centre
from consult.analytics.survey import Survey, look
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

VERSION = "9"
DEFAULTS = Parameters()
SOURCE_FIELDS = attrgetter(*(field.name for field in fields(SourceText)))
PACKAGES = (
    "numpy",
    "onnxruntime",
    "py3langid",
    "scipy",
    "simplemma",
    "snowballstemmer",
    "stopwordsiso",
)
METHODS = {
    "duplicates": "MinHash of five-character shingles, 128 permutations, 32 bands, Jaccard at least 0.6, by the texts where signatures leave doubt",
    "space": "vectors less their language's mean, drawn towards that of everyday sentences",
    "strategies": "vectors drawn out along directions of subjects, prototypes from the frame and from what people confirmed where parts of it "
    "help each other, soft k-means, label spreading",
    "themes": "vectors drawn out along directions of subjects, neighbour smoothing, Ward, cut by modularity; at least five voices a theme, "
    "fewer in sets under sixty: smaller ones join their nearest sibling, strategies with fewer voices are read with what fits none",
    "labels": "phrases people used, by c-TF-IDF and nearness to the theme's middle; a word alone in a phrase of several, else with a noun beside it",
    "quotes": "greedy facility location over sentences that can be read alone and lie nearer to their theme than to others, one per voice and "
    "group of copies",
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
    """The map step for a shard, in the order given; by threads where vectors are made by another process."""
    if getattr(embedder, "elsewhere", False):
        return shared_out(lambda source: prepare_source(source, embedder, parameters), sources)
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
    survey = look(prepared, frame, parameters, embedder, discover=discover)
    cut = linking.parts_of(prepared)
    parts = [
        linking.read_part(items, survey, frame, parameters, embedder, start=start)
        for items, start in zip(cut, linking.starts_of(cut), strict=True)
    ]
    found = finding.find(prepared, survey, parts, frame, known, parameters, discover=discover).named(embedder)
    by_id = {item.source.id: item for item in prepared}
    told = []
    for places in found.branches():
        own = [by_id[name] for name in dict.fromkeys(name for n in places for name, _ in found.themes[n].said)]
        arguments = {item.source.id: survey.argument_of(item) for item in own}
        themes = [found.themes[n] for n in places]
        told += assembly.tell(own, arguments, survey.centre, themes, places, found.centres, parameters)
    everyone = [item.source for item in sorted(prepared, key=_by_id)]
    complete, theme_summaries = assembly.complete(told, everyone, survey.duplicates, names, parameters)
    axes = {target.code: target.axis_code for target in frame}
    counted = numbers.tally(everyone)
    more = telling.overviews(telling.gathered(complete, everyone, counted, axes), names, parameters)
    somewhere = {member.source_id for theme in complete for member in theme.members}

    def count(dimension: str) -> tuple[CountRow, ...]:
        return numbers.count_rows(counted, counted, dimension, parameters.small_cell)

    return Aggregation(
        links=tuple(sorted((links for part in parts for links in part.links), key=_by_source)),
        themes=tuple(complete),
        other=tuple(sorted(source.id for source in everyone if source.id not in somewhere)),
        duplicates=survey.duplicates,
        marks={item.source.id: item.marks for item in sorted(prepared, key=_by_id) if item.marks},
        kinds={item.source.id: item.kind for item in sorted(prepared, key=_by_id) if item.kind},
        by_channel=count("channel"),
        by_zone=count("zone"),
        by_speaker=count("speaker"),
        summaries=(*theme_summaries, *more),
        changes=changes_between(known, [(theme.key, theme.label, len(theme.members)) for theme in complete]),
        model=model_of(survey, found, embedder.name),
        manifest=manifest_of(everyone, survey, frame, known, parameters, embedder, complete, discover=discover),
    )


def model_of(survey: Survey, found: Found, embedding: str) -> ThemeModel:
    """What later sources are read into these themes by."""
    return ThemeModel(
        model=embedding,
        dimensions=survey.centre.rows.shape[1],
        centre_languages=("", *survey.centre.languages),
        centres=survey.centre.rows.astype("<f4").tobytes(),
        keys=tuple(theme.key for theme in found.themes),
        strategy_codes=tuple(theme.strategy_code for theme in found.themes),
        centroids=found.centres.astype("<f4").tobytes(),
        labels=tuple(theme.label for theme in found.themes),
        prototypes=survey.learned.prototypes.astype("<f4").tobytes(),
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


def _by_source(links: StrategyLinks) -> str:
    return links.source_id


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
        if not targets or not prepared:
            return ()
        survey = look(prepared, targets, parameters, embedder, discover=False)
        cut = linking.parts_of(prepared)
        found = [
            links
            for items, start in zip(cut, linking.starts_of(cut), strict=True)
            for links in linking.read_part(items, survey, targets, parameters, embedder, start=start, top=top).links
        ]
        return tuple(sorted(found, key=_by_source))


def changes_between(known: Sequence[KnownTheme], found: Sequence[tuple[str, str, int]]) -> tuple[ThemeChange, ...]:
    """What happened to themes since the earlier ones; `found` tells key, label and number of sources of each."""
    before = {theme.key: theme for theme in known}
    rows = []
    for key, label, after in found:
        earlier = before.pop(key, None)
        if earlier is None:
            rows.append(ThemeChange(key, "new", label, 0, after))
            continue
        was = len(set(earlier.member_ids))
        change = "kept" if after == was else "grown" if after > was else "shrunk"
        rows.append(ThemeChange(key, change, label, was, after))
    rows += [ThemeChange(key, "gone", theme.label, len(set(theme.member_ids)), 0) for key, theme in before.items()]
    return tuple(sorted(rows, key=lambda row: row.key))


def manifest_of(
    everyone: Sequence[SourceText],
    survey: Survey,
    frame: Sequence[FrameTarget],
    known: Sequence[KnownTheme],
    parameters: Parameters,
    embedder: Embedder,
    themes: Sequence[Theme],
    *,
    discover: bool = True,
) -> dict[str, Any]:
    """What was done with what: enough to repeat the run and to see whether two runs had the same input. `everyone` is told by id."""
    seen = hashlib.sha256()
    for source in everyone:
        seen.update(json.dumps(SOURCE_FIELDS(source)).encode())
    return {
        **method_of(survey, frame, known, parameters, embedder),
        "discover": discover,
        "sources": len(everyone),
        "sources_without_answer": len(everyone) - survey.usable,
        "themes": len(themes),
        "representation_statements": telling.representation_count(themes),
        "sources_sha256": seen.hexdigest(),
    }


def method_of(
    survey: Survey,
    frame: Sequence[FrameTarget],
    known: Sequence[KnownTheme],
    parameters: Parameters,
    embedder: Embedder,
) -> dict[str, Any]:
    """The part of a manifest that names methods and what was given beside the sources."""
    given = hashlib.sha256(json.dumps([asdict(target) for target in frame], sort_keys=True).encode())
    earlier = hashlib.sha256(
        json.dumps([asdict(theme) for theme in sorted(known, key=lambda theme: theme.key)]).encode()
    )
    return {
        "analytics": VERSION,
        "embedding": embedder.name,
        "embedding_is_fallback": embedder.name.startswith("lexical"),
        "parameters": asdict(parameters),
        "distinct_arguments": survey.distinct,
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
    why = reasons.reasons(clean, words, spans, lambda: centred[1:], best[0], frame)
    return reasons.links(source_id, best, why, frame)
