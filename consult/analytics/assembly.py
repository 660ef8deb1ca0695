"""Themes told, those of one strategy at a time: members, quotes, definition, where voices differ. Then all of them counted together.

A branch needs its own sources, the middles of all themes and nothing else of the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from consult.analytics import divergences, numbers, quotes, summaries
from consult.analytics.embedding import Vectors, unit_rows
from consult.analytics.finding import FoundTheme
from consult.analytics.grouping import Group
from consult.analytics.quoting import Quotable, quotes_of, telling_keys
from consult.analytics.segments import Material, Segment, gather, segments_with
from consult.analytics.space import Centre
from consult.analytics.telling import about, theme_summary
from consult.analytics.types import (
    DuplicateGroup,
    Member,
    Parameters,
    PreparedSource,
    Quote,
    SourceText,
    Span,
    Summary,
    SummarySentence,
    Theme,
)

CONCENTRATED = 0.5
DIVERGENCES_TOLD = 2


def source_of(material: Material, segment: Segment) -> SourceText:
    """The source a segment belongs to."""
    return material.items[material.usable[segment.place]].source


def _spans(material: Material, segment: Segment) -> tuple[Span, ...]:
    item = material.items[material.usable[segment.place]]
    return tuple(item.sentences[number] for number in segment.sentences)


def members_of(material: Material, group: Group, centres: Vectors, own: int) -> tuple[Member, ...]:
    """Members with the share of the source (by characters), its sentences, and the distance to the next theme."""
    near = np.asarray([segment.row for segment in group.segments]) @ centres.T
    here = near[:, own].copy()
    near[:, own] = 0
    clear = np.clip(here - np.maximum(near.max(axis=1), 0), 0, 1)
    by_place: dict[int, list[int]] = defaultdict(list)
    for number, segment in enumerate(group.segments):
        by_place[segment.place].append(number)
    margins = clear.tolist()
    result = []
    for place, numbers_of in by_place.items():
        item = material.items[material.usable[place]]
        parts = _spans(material, group.segments[numbers_of[0]])
        if len(numbers_of) > 1:
            said = {span for number in numbers_of for span in _spans(material, group.segments[number])}
            parts = tuple(sorted(said, key=lambda span: (span.start, span.end)))
        total = sum([span.end - span.start for span in item.sentences])
        share = sum([span.end - span.start for span in parts]) / max(1, total)
        margin = max([margins[number] for number in numbers_of])
        result.append(Member(item.source.id, round(share, 4), parts, round(margin, 4)))
    return tuple(sorted(result, key=lambda member: member.source_id))


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


def heard(material: Material, segments: Sequence[Segment]) -> tuple[list[divergences.Spoken], Heard]:
    """One row per voice of a theme: what it says under it, on average; copies of one text speak once. And whom that was read from."""
    parts: dict[tuple[str, str], list[Segment]] = defaultdict(list)
    seen: set[tuple[str, str | None, str | None]] = set()
    read: dict[str, str] = {}
    until = ""
    for segment in sorted(segments, key=lambda segment: segment.place):
        item = material.items[material.usable[segment.place]]
        source = item.source
        voice = numbers.voice_of(source)
        full = len(parts) >= divergences.MOST_VOICES and voice not in parts
        if full or (len(read) >= divergences.MOST_SOURCES and source.id not in read):
            until = item.digest
            break
        read[source.id] = item.digest
        told = (material.argument(segment.place), source.zone, source.speaker)
        if voice is not None and told not in seen:
            seen.add(told)
            parts[voice].append(segment)
    if not parts:
        return [], Heard(tuple(read), until)
    means = [
        own[0].row if len(own) == 1 else np.asarray([segment.row for segment in own]).mean(axis=0)
        for own in parts.values()
    ]
    return [
        divergences.Spoken(source.channel, source.zone, source.speaker, row)
        for own, row in zip(parts.values(), unit_rows(np.asarray(means)), strict=True)
        for source in [source_of(material, own[0])]
    ], Heard(tuple(read), until)


@dataclass(frozen=True, slots=True)
class Tested:
    """A zone or kind of speaker that may speak otherwise of a theme than the others: how sure, and what the two sides say."""

    dimension: str
    value: str
    p_value: float
    first: Quote | None = None
    second: Quote | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """The sources of a theme that its voices were read from, in order of content hash; `until` is the hash of the first that was not read.

    While these stay the same and none with a smaller hash comes, a test of the theme gives the same again.
    """

    sources: tuple[str, ...] = ()
    until: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A theme with all that its own sources say; what is counted against other themes comes when all are told (`complete`)."""

    theme: Theme
    definition: Quote | None
    tested: tuple[Tested, ...]
    heard: Heard = Heard()


def tell(
    prepared: Sequence[PreparedSource],
    arguments: Mapping[str, str],
    centre: Centre,
    themes: Sequence[FoundTheme],
    places: Sequence[int],
    centres: Vectors,
    parameters: Parameters,
) -> list[Told]:
    """Tell some themes from the sources that speak of them; `places` says where each stands among all, whose middles are `centres`.

    What a theme names that is not among `prepared` is left out: it changed or was withdrawn meanwhile.
    """
    material = gather(prepared, arguments, None, centre=centre)
    place_of = {material.items[item].source.id: place for place, item in enumerate(material.usable)}
    by_id = {item.source.id: item.source for item in material.items}
    told = []
    for place, theme in zip(places, themes, strict=True):
        said = [(place_of[name], -1, sentences) for name, sentences in theme.said if name in place_of]
        segments = segments_with(material, said)
        if not segments:
            continue
        group = Group(theme.strategy_code, segments, theme.key, theme.label, theme.accepted)
        members = members_of(material, group, centres, place)
        telling = telling_keys(theme.keywords, parameters.language)
        quotable = quotes_of(
            material, group.segments, group.centre(), telling, np.delete(centres, place, axis=0), parameters
        )
        own = [by_id[member.source_id] for member in members]
        voices, read_from = heard(material, group.segments)
        tested = divergences.test(group.key, voices, parameters.small_cell)
        told.append(
            Told(
                Theme(
                    key=group.key,
                    strategy_code=group.strategy_code,
                    label=group.label,
                    keywords=theme.keywords,
                    definition=quotable.definition.text if quotable.definition else "",
                    members=members,
                    quotes=quotable.chosen,
                    by_channel=(),
                    by_zone=(),
                    by_speaker=(),
                    representation=(),
                    coverage=quotable.coverage,
                    concentrated=_concentrated(material, group, own),
                    accepted=group.accepted,
                ),
                quotable.definition,
                tuple(sides(row, p_value, quotable) for row, p_value in tested),
                read_from,
            )
        )
    return told


def sides(row: divergences.Divergence, p_value: float, said: Quotable) -> Tested:
    """A test with the most telling quote of the group, and of the others, where it may turn out to be sure."""
    plain = Tested(row.dimension, row.value, p_value)
    own = np.asarray([getattr(candidate, row.dimension) == row.value for candidate in said.candidates], dtype=bool)
    if p_value > numbers.FALSE_DISCOVERIES or own.all() or not own.any():
        return plain
    lean = said.rows @ row.direction
    sides = [int(np.where(own, lean, -np.inf).argmax()), int(np.where(own, np.inf, lean).argmin())]
    first, second = (quotes.quote_of(said.candidates[place]) for place in sides)
    return replace(plain, first=first, second=second)


def sure(told: Sequence[tuple[str, Sequence[Tested]]]) -> dict[str, list[tuple[float, Tested]]]:
    """By theme the tests that hold with their q-values, surest first; all tests of a run share one false discovery rate."""
    listed = [(key, row) for key, rows in sorted(told, key=lambda pair: pair[0]) for row in rows]
    found: dict[str, list[tuple[float, Tested]]] = defaultdict(list)
    for (key, row), q_value in zip(listed, numbers.adjusted([row.p_value for _, row in listed]), strict=True):
        if q_value <= numbers.FALSE_DISCOVERIES:
            found[key].append((round(q_value, 4), row))
    return {
        key: sorted(rows, key=lambda pair: (pair[0], pair[1].dimension, pair[1].value)) for key, rows in found.items()
    }


def told_apart(
    told: Sequence[tuple[str, Sequence[Tested]]], names: Mapping[str, str], language: str
) -> dict[str, list[SummarySentence]]:
    """By theme, a sentence for each of its surest divergences."""
    return {
        key: [
            summaries.divergence_sentence(row.dimension, row.value, q_value, row.first, row.second, names, language)
            for q_value, row in rows[:DIVERGENCES_TOLD]
            if row.first is not None and row.second is not None
        ]
        for key, rows in sure(told).items()
    }


def complete(
    told: Sequence[Told],
    everyone: Sequence[SourceText],
    duplicates: Sequence[DuplicateGroup],
    names: Mapping[str, str],
    parameters: Parameters,
) -> tuple[list[Theme], list[Summary]]:
    """All themes with what is counted of them against the whole, and their summaries, in the order given."""
    by_id = {source.id: source for source in everyone}
    copies = {name: group.key for group in duplicates for name in group.source_ids}
    whole, small = numbers.tally(everyone), parameters.small_cell
    sources = {row.theme.key: [by_id[member.source_id] for member in row.theme.members] for row in told}
    tallies = {key: numbers.tally(own) for key, own in sources.items()}
    represented = numbers.representation(tallies, whole, small)
    apart = told_apart([(row.theme.key, row.tested) for row in told], names, parameters.language)
    themes, texts = [], []
    for row in told:
        key = row.theme.key
        theme = replace(
            row.theme,
            by_channel=numbers.count_rows(tallies[key], whole, "channel", small),
            by_zone=numbers.count_rows(tallies[key], whole, "zone", small),
            by_speaker=numbers.count_rows(tallies[key], whole, "speaker", small),
            representation=represented.get(key, ()),
        )
        themes.append(theme)
        sentences = theme_summary(theme, about(sources[key], copies), apart.get(key, []), names, parameters)
        texts.append(Summary("theme", key, tuple(sentences)))
    return themes, texts
