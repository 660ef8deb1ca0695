"""From groups of segments to themes as people see them: label, definition, quotes, counts, summary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from consult.analytics import divergences, numbers, quotes, summaries
from consult.analytics.embedding import Embedder, Vectors, unit_rows
from consult.analytics.grouping import Group
from consult.analytics.lexical import content_keys
from consult.analytics.phrases import PhraseCounter
from consult.analytics.segments import Material, Segment
from consult.analytics.types import (
    DuplicateGroup,
    Member,
    Parameters,
    Quote,
    Representation,
    SourceText,
    Span,
    Summary,
    SummarySentence,
    Theme,
)

TEXTS_FOR_LABELS = 150  # arguments per theme whose words make its label
CANDIDATES = 14  # phrases per theme whose meaning is looked at for its label
NEARNESS = 1.4  # of a cosine, beside a share of the strongest phrase
CATCHES_UP = (
    0.5  # of that sum: a phrase farther behind the best is not looked at, since meaning hardly ever makes it up
)
SEVERAL_WORDS = 0.3  # what a phrase is worth more than a word alone
MOST_NAMED = 2  # keywords of the theme in one sentence that count
NAMED_GAIN = 0.1  # of a cosine, per keyword, when looking for the sentence that defines a theme
CONCENTRATED = 0.5
DIVERGENCES_TOLD = 2
DEFINITION_WORDS = (8, 32)


def _argument(material: Material, segment: Segment) -> str:
    return material.arguments[material.usable[segment.place]]


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


def name_groups(
    material: Material, groups: Sequence[Group], embedder: Embedder
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Labels and keywords per theme key, from what distinct arguments say.

    Of the phrases that set a theme apart, the one nearest in meaning to the theme's middle becomes its label.
    """
    counter = PhraseCounter()
    for group in groups:
        counter.add(group.key, _texts_for_label(material, group))
    candidates = {group.key: _weighed(counter.candidates(group.key, CANDIDATES)) for group in groups}
    keywords = counter.keywords()
    likely = {
        key: [surface for surface, score in found.items() if score >= max(found.values()) - CATCHES_UP]
        for key, found in candidates.items()
    }
    surfaces = sorted({surface for found in likely.values() for surface in found})
    vectors = np.zeros((len(surfaces), embedder.dimensions), dtype=np.float32)
    for place, surface in enumerate(surfaces):
        vectors[place] = phrase_vector(surface, embedder)
    middle = vectors.mean(axis=0) if len(surfaces) > 1 else None
    labels: dict[str, str] = {}
    sizes = counter.sizes()
    for group in sorted(groups, key=lambda group: (-sizes.get(group.key, 0), group.key)):
        found = candidates[group.key]
        taken = set(labels.values())
        # What others are called already leaves a theme the phrases that came too far behind at first.
        free = [surface for surface in likely[group.key] if surface not in taken] or [
            surface for surface in found if surface not in taken
        ]
        words = ", ".join(keywords.get(group.key, ())[:3])
        if not free:
            labels[group.key] = f"{words} ({group.key[:5]})".strip()
            continue
        near = np.zeros(len(free), dtype=np.float32)
        if middle is not None:
            own = np.asarray([phrase_vector(surface, embedder) for surface in free]) - middle
            near = np.asarray(unit_rows(own) @ group.centre(), dtype=np.float32)
        labels[group.key] = min(
            (-round(found[surface] + NEARNESS * float(cosine), 5), surface)
            for surface, cosine in zip(free, near, strict=True)
        )[1]
    return {key: label[:1].upper() + label[1:] for key, label in labels.items()}, keywords


def _texts_for_label(material: Material, group: Group) -> Iterator[tuple[str, str]]:
    """What distinct arguments of a theme say, each with its language, in order of place."""
    seen: set[str] = set()
    for segment in sorted(group.segments, key=lambda segment: segment.place):
        if len(seen) >= TEXTS_FOR_LABELS:
            break
        item, argument = material.items[material.usable[segment.place]], _argument(material, segment)
        if argument not in seen and not ("off_topic" in item.marks and len(group.segments) > 1):
            seen.add(argument)
            yield (
                " . ".join(material.sentence_text(segment.place, number) for number in segment.sentences),
                item.language,
            )


def _weighed(found: Sequence[tuple[str, float]]) -> dict[str, float]:
    """What speaks for each phrase before its meaning is looked at: its share of the strongest, and several words."""
    strongest = max((score for _, score in found), default=1.0) or 1.0
    return {surface: score / strongest + SEVERAL_WORDS * (" " in surface) for surface, score in found}


@lru_cache(maxsize=65536)
def phrase_vector(surface: str, embedder: Embedder) -> Vectors:
    """The vector of a phrase, kept for the process since the same phrases come back run after run."""
    row: Vectors = embedder.embed([surface])[0]
    return row


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
        argument = material.arguments[material.usable[segment.place]]
        if argument not in seen:
            seen.add(argument)
            demand.append(segment.row)
        sentence_rows = material.sentence_rows(segment.place)
        keys = material.sentence_keys(segment.place)
        voice = numbers.voice_of(item.source) or (item.source.channel, item.source.id)
        for sentence in segment.sentences:
            span = item.sentences[sentence]
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
        copies[material.arguments[material.usable[place]]] += 1
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
        told = (_argument(material, segment), source.zone, source.speaker)
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
        key=lambda group: (group.strategy_code is None, _code_order(group.strategy_code), -sizes[group.key], group.key),
    )
    dimensions = material.rows.shape[1]
    centres = np.asarray([group.centre() for group in ordered], dtype=np.float32).reshape(-1, dimensions)
    labels, keywords = name_groups(material, ordered, embedder)
    members = {group.key: members_of(material, group, centres, place) for place, group in enumerate(ordered)}
    sources = {key: [by_id[member.source_id] for member in rows] for key, rows in members.items()}
    copies = {name: group.key for group in duplicates for name in group.source_ids}
    census = numbers.census(everyone)
    represented = numbers.representation(sources, census, parameters.small_cell)
    apart = divergences.find({group.key: _spoken(material, group) for group in ordered}, parameters.small_cell)
    themes, texts = [], []
    for group in ordered:
        telling = frozenset(
            key for word in keywords.get(group.key, ()) for key in content_keys(word, parameters.language)
        )
        said = quotes_of(material, group, telling, parameters.quotes_per_theme)
        small = parameters.small_cell
        own = sources[group.key]
        theme = Theme(
            key=group.key,
            strategy_code=group.strategy_code,
            label=group.label or labels.get(group.key, group.key),
            keywords=keywords.get(group.key, ()),
            definition=said.definition,
            members=members[group.key],
            quotes=said.chosen,
            by_channel=numbers.count_rows(own, census, "channel", small),
            by_zone=numbers.count_rows(own, census, "zone", small),
            by_speaker=numbers.count_rows(own, census, "speaker", small),
            representation=represented.get(group.key, ()),
            coverage=said.coverage,
            concentrated=_concentrated(material, group, own),
            accepted=group.accepted,
        )
        themes.append(theme)
        divergence = _told_apart(apart.get(group.key, ()), said, names, parameters.language)
        texts.append(
            Summary("theme", group.key, tuple(theme_summary(theme, own, copies, divergence, names, parameters)))
        )
    return themes, texts, centres


def _code_order(code: str | None) -> tuple[tuple[int, str], ...]:
    """Codes like 1.10 after 1.9."""
    return tuple((int(part), "") if part.isdigit() else (10**6, part) for part in (code or "").split("."))


def theme_summary(
    theme: Theme,
    sources: Sequence[SourceText],
    copies: Mapping[str, str],
    divergence: list[SummarySentence],
    names: Mapping[str, str],
    parameters: Parameters,
) -> list[SummarySentence]:
    """The sentences on one theme: counts, spread, quotes, `divergence`, representation, copies."""
    language = parameters.language
    ids = [source.id for source in sources]
    sentences = [summaries.count_sentence(theme.by_channel, ids, names, language)]
    sentences += summaries.spread_sentences(theme.by_zone, theme.by_speaker, theme.by_channel, ids, language)
    said = {name for sentence in divergence for name in sentence.source_ids}
    sentences += [summaries.quote_sentence(quote, language) for quote in theme.quotes if quote.source_id not in said][
        :3
    ]
    sentences += divergence
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source in sources:
        for dimension, value in (("zone", source.zone), ("speaker", source.speaker)):
            if value:
                places[dimension, value].append(source.id)
    sentences += summaries.representation_sentences(theme.representation, places, names, language)
    sentences += summaries.copies_sentence(copies, ids, language)
    return sentences


def overviews(
    themes: Sequence[Theme],
    everyone: Sequence[SourceText],
    axes: Mapping[str, str],
    names: Mapping[str, str],
    parameters: Parameters,
) -> list[Summary]:
    """Summaries of strategies, axes and zones: counts, the themes raised most, one quote of each of them."""
    by_id = {source.id: source for source in everyone}
    result = []
    groups: dict[tuple[str, str], list[tuple[Theme, list[str]]]] = defaultdict(list)
    for theme in themes:
        ids = [member.source_id for member in theme.members]
        if theme.strategy_code is not None:
            groups["strategy", theme.strategy_code].append((theme, ids))
            if axes.get(theme.strategy_code):
                groups["axis", axes[theme.strategy_code]].append((theme, ids))
        for zone in sorted({by_id[name].zone or "" for name in ids} - {""}):
            groups["zone", zone].append((theme, [name for name in ids if by_id[name].zone == zone]))
    whole = numbers.census(everyone)
    in_zones: dict[str, list[SourceText]] = defaultdict(list)
    for source in everyone:
        in_zones[source.zone or ""].append(source)
    zones = {zone: numbers.census(own) for zone, own in in_zones.items()}
    for level, key in sorted(
        groups, key=lambda pair: (["strategy", "axis", "zone"].index(pair[0]), _code_order(pair[1]))
    ):
        parts = sorted(groups[level, key], key=lambda part: (-len(part[1]), part[0].key))
        ids = sorted({name for _, own in parts for name in own})
        base = zones[key] if level == "zone" else whole
        by_channel = numbers.count_rows([by_id[name] for name in ids], base, "channel", parameters.small_cell)
        sentences = [summaries.count_sentence(by_channel, ids, names, parameters.language)]
        top = parts[:3]
        listed = summaries.joined([f"{theme.label} ({len(own)})" for theme, own in top], parameters.language)
        about = tuple(sorted({name for _, own in top for name in own}))
        sentences.append(
            SummarySentence("themes", summaries.phrase("themes", parameters.language, themes=listed), about)
        )
        for theme, own in top:
            quote = next((quote for quote in theme.quotes if quote.source_id in own), None)
            if quote is not None:
                sentences.append(summaries.quote_sentence(quote, parameters.language))
        result.append(Summary(level, key, tuple(sentences)))
    return result


def representation_count(themes: Sequence[Theme]) -> int:
    """How many statements of over- or under-representation a run makes (for its manifest)."""
    rows: list[Representation] = [row for theme in themes for row in theme.representation]
    return len(rows)
