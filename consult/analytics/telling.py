"""What is said of themes, strategies, axes and zones: sentences made of counts and quotes. Pure.

A full run counts over its sources, a refresh in the database; both are told here, from the counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from consult.analytics import numbers, summaries
from consult.analytics.types import Parameters, Representation, SourceText, Summary, SummarySentence, Tally, Theme

LEVELS = ("strategy", "axis", "zone")
THEMES_NAMED = 3
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class About:
    """The sources of a theme, as far as its sentences name them: all, by dimension and value, and those in a group of copies, each with the
    name of its group."""

    ids: Sequence[str] = ()
    places: Mapping[Place, Sequence[str]] = field(default_factory=dict)
    copied: Mapping[str, Hashable] = field(default_factory=dict)


@dataclass(slots=True)
class Gathered:
    """The themes of a strategy, axis or zone, each with how many sources of it they have, and what was counted of them together."""

    themes: list[tuple[Theme, int, Sequence[str]]]
    tally: Tally
    whole: Tally
    ids: Sequence[str] = ()


def code_order(code: str | None) -> tuple[tuple[int, str], ...]:
    """An order of codes with 1.10 after 1.9."""
    return tuple((int(part), "") if part.isdigit() else (10**6, part) for part in (code or "").split("."))


def about(sources: Sequence[SourceText], copies: Mapping[str, str]) -> About:
    """The same from the sources themselves; `copies` gives the group of a source that is in one."""
    places: dict[Place, list[str]] = defaultdict(list)
    for source in sources:
        for dimension, value in (("zone", source.zone), ("speaker", source.speaker)):
            if value:
                places[dimension, value].append(source.id)
    copied = {source.id: copies[source.id] for source in sources if source.id in copies}
    return About([source.id for source in sources], places, copied)


def theme_summary(
    theme: Theme,
    about: About,
    divergence: list[SummarySentence],
    names: Mapping[str, str],
    parameters: Parameters,
) -> list[SummarySentence]:
    """The sentences on one theme: counts, spread, quotes, `divergence`, representation, copies."""
    language = parameters.language
    sentences = [summaries.count_sentence(theme.by_channel, about.ids, names, language)]
    sentences += summaries.spread_sentences(theme.by_zone, theme.by_speaker, theme.by_channel, about.ids, language)
    said = {name for sentence in divergence for name in sentence.source_ids}
    sentences += [summaries.quote_sentence(quote, language) for quote in theme.quotes if quote.source_id not in said][
        :3
    ]
    sentences += divergence
    sentences += summaries.representation_sentences(theme.representation, about.places, names, language)
    sentences += summaries.copies_sentence(about.copied, sorted(about.copied), language)
    return sentences


def gathered(
    themes: Sequence[Theme], everyone: Sequence[SourceText], whole: Tally, axes: Mapping[str, str]
) -> dict[Place, Gathered]:
    """Themes by strategy, axis and zone with what was counted of each; `axes` gives the axis of a strategy."""
    by_id = {source.id: source for source in everyone}
    groups: dict[Place, list[tuple[Theme, int, Sequence[str]]]] = defaultdict(list)
    for theme in themes:
        ids = [member.source_id for member in theme.members]
        if theme.strategy_code is not None:
            groups["strategy", theme.strategy_code].append((theme, len(ids), ids))
            if axes.get(theme.strategy_code):
                groups["axis", axes[theme.strategy_code]].append((theme, len(ids), ids))
        in_zones: dict[str, list[str]] = defaultdict(list)
        for name in ids:
            in_zones[by_id[name].zone or ""].append(name)
        for zone in in_zones.keys() - {""}:
            groups["zone", zone].append((theme, len(in_zones[zone]), in_zones[zone]))
    found = {}
    for (level, key), parts in groups.items():
        listed = sorted({name for _, _, own in parts for name in own})
        base = whole.within("zone", key) if level == "zone" else whole
        found[level, key] = Gathered(parts, numbers.tally(by_id[name] for name in listed), base, listed)
    return found


def overviews(groups: Mapping[Place, Gathered], names: Mapping[str, str], parameters: Parameters) -> list[Summary]:
    """Summaries of strategies, axes and zones: counts, the themes raised most, one quote of each of them."""
    language = parameters.language
    result = []
    for level, key in sorted(groups, key=lambda pair: (LEVELS.index(pair[0]), code_order(pair[1]))):
        group = groups[level, key]
        by_channel = numbers.count_rows(group.tally, group.whole, "channel", parameters.small_cell)
        sentences = [summaries.count_sentence(by_channel, group.ids, names, language)]
        top = sorted(group.themes, key=lambda part: (-part[1], part[0].key))[:THEMES_NAMED]
        listed = summaries.joined([f"{theme.label} ({count})" for theme, count, _ in top], language)
        about = tuple(sorted({name for _, _, own in top for name in own}))
        sentences.append(SummarySentence("themes", summaries.phrase("themes", language, themes=listed), about))
        for theme, _, _ in top:
            quote = next((quote for quote in theme.quotes if level != "zone" or quote.zone == key), None)
            if quote is not None:
                sentences.append(summaries.quote_sentence(quote, language))
        result.append(Summary(level, key, tuple(sentences)))
    return result


def representation_count(themes: Sequence[Theme]) -> int:
    """How many statements of over- or under-representation a run makes (for its manifest)."""
    rows: list[Representation] = [row for theme in themes for row in theme.representation]
    return len(rows)
