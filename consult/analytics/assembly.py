"""From groups of segments to themes as people see them: label, definition, quotes, counts, summary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from consult.analytics import divergences, numbers, quotes, summaries
from consult.analytics.embedding import Embedder, Vectors, unit_rows
from consult.analytics.grouping import Group
from consult.analytics.lexical import content_keys
from consult.analytics.naming import name_groups
from consult.analytics.segments import Material, Segment
from consult.analytics.telling import about, code_order, theme_summary
from consult.analytics.types import (
    DuplicateGroup,
    Member,
    Parameters,
    Quote,
    SourceText,
    Span,
    Summary,
    SummarySentence,
    Theme,
)

MOST_NAMED = 2  # keywords of the theme in one sentence that count
NAMED_GAIN = 0.1  # of a cosine, per keyword, when looking for the sentence that defines a theme
CONCENTRATED = 0.5
DIVERGENCES_TOLD = 2
DEFINITION_WORDS = (8, 32)


def source_of(material: Material, segment: Segment) -> SourceText:
    """The source a segment belongs to."""
    return material.items[material.usable[segment.place]].source


def _spans(material: Material, segment: Segment) -> tuple[Span, ...]:
    item = material.items[material.usable[segment.place]]
    return tuple(item.sentences[number] for number in segment.sentences)


def members_of(material: Material, group: Group, centres: Vectors, own: int) -> tuple[Member, ...]:
    """Members with the share of the source (by characters), its sentences, and the distance to the next theme."""
    spans: dict[str, list[Span]] = defaultdict(list)
    totals: dict[str, int] = {}
    margins: dict[str, float] = {}
    near = np.asarray([segment.row for segment in group.segments]) @ centres.T
    here = near[:, own].copy()
    near[:, own] = 0
    clear = np.clip(here - np.maximum(near.max(axis=1), 0), 0, 1)
    for segment, distance in zip(group.segments, clear.tolist(), strict=True):
        item = material.items[material.usable[segment.place]]
        spans[item.source.id] += _spans(material, segment)
        totals[item.source.id] = sum(span.end - span.start for span in item.sentences)
        margins[item.source.id] = max(distance, margins.get(item.source.id, 0.0))
    result = []
    for source_id in sorted(spans):
        parts = tuple(sorted(set(spans[source_id]), key=lambda span: (span.start, span.end)))
        share = sum(span.end - span.start for span in parts) / max(1, totals[source_id])
        result.append(Member(source_id, round(share, 4), parts, round(margins[source_id], 4)))
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Quotable:
    """The quotes of a theme, the share they stand for, its defining sentence, and all that might have been quoted."""

    chosen: tuple[Quote, ...] = ()
    coverage: float = 0.0
    definition: str = ""
    candidates: tuple[quotes.Candidate, ...] = ()
    rows: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))


def quotes_of(material: Material, group: Group, telling: frozenset[str], number: int) -> Quotable:
    """Quotes of a theme and the sentence nearest to its middle.

    `telling` are the keys of the theme's keywords: a sentence that names its subject can be quoted alone.
    """
    candidates: list[quotes.Candidate] = []
    rows: list[Vectors] = []
    demand: list[Vectors] = []
    seen: set[str] = set()
    for segment in sorted(group.segments, key=lambda segment: segment.place):
        if len(candidates) >= quotes.MOST_CANDIDATES:
            break
        item = material.items[material.usable[segment.place]]
        if "off_topic" in item.marks:
            continue
        argument = material.argument(segment.place)
        if argument not in seen:
            seen.add(argument)
            demand.append(segment.row)
        sentence_rows = material.sentence_rows(segment.place)
        keys = material.sentence_keys(segment.place)
        voice = numbers.voice_of(item.source) or (item.source.channel, item.source.id)
        for sentence in segment.sentences:
            span = quotes.whole_span(item.source.text, item.sentences[sentence])
            if span is None:
                continue
            length = quotes.words_in(item.source.text, span)
            if quotes.quotable(length, span, item.personal):
                named = min(MOST_NAMED, len(telling.intersection(keys[sentence])))
                candidates.append(
                    quotes.Candidate(
                        item.source.id,
                        item.source.text,
                        span,
                        "|".join(voice),
                        argument,
                        item.source.zone,
                        item.source.speaker,
                        length,
                        named,
                    )
                )
                rows.append(sentence_rows[sentence if len(sentence_rows) > 1 else 0])
    if not candidates:
        return Quotable()
    matrix = np.asarray(rows)
    chosen, coverage = quotes.choose(candidates, matrix, np.asarray(demand), number)
    naming = np.asarray([candidate.named for candidate in candidates])
    middle = matrix @ group.centre() + NAMED_GAIN * naming
    fit = [
        (-round(float(middle[place]), 5), candidate.source_id, candidate.span.start, candidate)
        for place, candidate in enumerate(candidates)
        if DEFINITION_WORDS[0] <= candidate.length <= DEFINITION_WORDS[1]
    ]
    best = min(fit, key=lambda entry: entry[:3])[3] if fit else candidates[int(middle.argmax())]
    return Quotable(chosen, coverage, best.text[best.span.start : best.span.end], tuple(candidates), matrix)


def _concentrated(material: Material, group: Group, sources: Sequence[SourceText]) -> str | None:
    """Whether more than half of a theme's sources are copies of one text, or all of one zone or kind of speaker."""
    copies: dict[str, int] = defaultdict(int)
    for place in {segment.place for segment in group.segments}:
        copies[material.argument(place)] += 1
    if len(sources) >= 4 and max(copies.values(), default=0) > CONCENTRATED * len(sources):
        return "copies"
    for attribute, reason in (("speaker", "one_speaker_kind"), ("zone", "one_zone")):
        values = [getattr(source, attribute) for source in sources if getattr(source, attribute)]
        if len(values) >= 4 and max(values.count(value) for value in set(values)) == len(sources):
            return reason
    return None


def _spoken(material: Material, group: Group) -> list[divergences.Spoken]:
    """One row per voice of a theme: what it says under it, on average; copies of one text speak once."""
    parts: dict[tuple[str, str], list[Segment]] = defaultdict(list)
    seen: set[tuple[str, str | None, str | None]] = set()
    for segment in sorted(group.segments, key=lambda segment: segment.place):
        source = source_of(material, segment)
        voice = numbers.voice_of(source)
        told = (material.argument(segment.place), source.zone, source.speaker)
        if len(parts) >= divergences.MOST_VOICES and voice not in parts:
            continue
        if voice is not None and told not in seen:
            seen.add(told)
            parts[voice].append(segment)
    return [
        divergences.Spoken(
            source.channel,
            source.zone,
            source.speaker,
            unit_rows(np.asarray([segment.row for segment in own]).mean(axis=0)[None])[0],
        )
        for own in parts.values()
        for source in [source_of(material, own[0])]
    ]


def _told_apart(
    found: Sequence[divergences.Divergence], said: Quotable, names: Mapping[str, str], language: str
) -> list[SummarySentence]:
    """A sentence for each of the surest divergences: the most telling quote of the group, and of the others."""
    result = []
    for row in found[:DIVERGENCES_TOLD]:
        own = np.asarray([getattr(candidate, row.dimension) == row.value for candidate in said.candidates], dtype=bool)
        if own.all() or not own.any():
            continue
        lean = said.rows @ row.direction
        sides = [int(np.where(own, lean, -np.inf).argmax()), int(np.where(own, np.inf, lean).argmin())]
        first, second = (quotes.quote_of(said.candidates[place]) for place in sides)
        result.append(
            summaries.divergence_sentence(row.dimension, row.value, row.q_value, first, second, names, language)
        )
    return result


def build_themes(
    material: Material,
    groups: Sequence[Group],
    duplicates: Sequence[DuplicateGroup],
    names: Mapping[str, str],
    parameters: Parameters,
    embedder: Embedder,
) -> tuple[list[Theme], list[Summary], Vectors]:
    """Themes, their summaries and their centroids, in the same order: by strategy code, then size, then key."""
    everyone = [item.source for item in material.items]
    by_id = {source.id: source for source in everyone}
    filled = [group for group in groups if group.segments]
    sizes = {group.key: len({segment.place for segment in group.segments}) for group in filled}
    ordered = sorted(
        filled,
        key=lambda group: (group.strategy_code is None, code_order(group.strategy_code), -sizes[group.key], group.key),
    )
    dimensions = material.rows.shape[1]
    centres = np.asarray([group.centre() for group in ordered], dtype=np.float32).reshape(-1, dimensions)
    labels, keywords = name_groups(material, ordered, embedder)
    members = {group.key: members_of(material, group, centres, place) for place, group in enumerate(ordered)}
    sources = {key: [by_id[member.source_id] for member in rows] for key, rows in members.items()}
    copies = {name: group.key for group in duplicates for name in group.source_ids}
    whole = numbers.tally(everyone)
    tallies = {key: numbers.tally(own) for key, own in sources.items()}
    represented = numbers.representation(tallies, whole, parameters.small_cell)
    apart = divergences.find({group.key: _spoken(material, group) for group in ordered}, parameters.small_cell)
    themes, texts = [], []
    for group in ordered:
        telling = frozenset(
            key for word in keywords.get(group.key, ()) for key in content_keys(word, parameters.language)
        )
        said = quotes_of(material, group, telling, parameters.quotes_per_theme)
        small = parameters.small_cell
        own, counted = sources[group.key], tallies[group.key]
        theme = Theme(
            key=group.key,
            strategy_code=group.strategy_code,
            label=group.label or labels.get(group.key, group.key),
            keywords=keywords.get(group.key, ()),
            definition=said.definition,
            members=members[group.key],
            quotes=said.chosen,
            by_channel=numbers.count_rows(counted, whole, "channel", small),
            by_zone=numbers.count_rows(counted, whole, "zone", small),
            by_speaker=numbers.count_rows(counted, whole, "speaker", small),
            representation=represented.get(group.key, ()),
            coverage=said.coverage,
            concentrated=_concentrated(material, group, own),
            accepted=group.accepted,
        )
        themes.append(theme)
        divergence = _told_apart(apart.get(group.key, ()), said, names, parameters.language)
        told = theme_summary(theme, about(own, copies), divergence, names, parameters)
        texts.append(Summary("theme", group.key, tuple(told)))
    return themes, texts, centres
