"""The calls other features make: `prepare` (map), `aggregate` (reduce), `suggest` (one text).

`prepare` looks at one text at a time, so it may run per shard and its results be kept by content hash and model name;
`aggregate` runs once over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consult.analytics import duplicates, prepare as preparing
from consult.analytics.embedding import Embedder, pack
from consult.analytics.types import Parameters, PreparedSource, SourceText

DEFAULTS = Parameters()


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
