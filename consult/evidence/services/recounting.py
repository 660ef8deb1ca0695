"""Everything that is counted, counted anew over the sources as they stand: shares, tests, the sentences that hold numbers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.analytics.types import Parameters, Quote, Representation, Summary, Tally
from consult.analytics.types import Theme as CountedTheme
from consult.evidence.models import Theme, ThemeDecision, ThemeQuote
from consult.evidence.rules import words_hash
from consult.evidence.services import census, differing
from consult.framework.models import Zone
from consult.listening.sources.models import Source

if TYPE_CHECKING:
    from consult.analytics.telling import About, Gathered


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a refresh stores: sizes and labels by theme key, counts, summaries, and the texts that these quote."""

    sources: int
    sizes: dict[str, int]
    labels: dict[str, str]
    counts: dict[str, list[dict[str, Any]]]
    summaries: list[Summary]
    texts: dict[str, tuple[str, int]]
    statements: int


@dataclass(slots=True)
class _Standing:
    """A theme as it stands, with what was merged into it."""

    id: uuid.UUID
    key: str
    label: str
    code: str | None
    row: Theme
    accepted: bool
    counted: Tally

    @property
    def size(self) -> int:
        """How many sources it has."""
        return sum(number for (dimension, _), number in self.counted.sources.items() if dimension == "channel")


def recount(
    session: Session,
    *,
    process_id: uuid.UUID,
    codes: Mapping[uuid.UUID, str],
    axes: Mapping[str, str],
    names: Mapping[str, str],
    parameters: Parameters,
    tested: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> Recounted:
    """Count all live sources and all themes anew; representation is written to the themes, the rest is returned.

    What is read of each source are a few bytes (`census`). `tested` are tests of where voices differ, by the theme's key: all of a
    merge, of a refresh those it did again.
    """
    from consult.analytics import numbers, telling  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    taken = census.take(session, process_id=process_id)
    whole = taken.whole()
    standing = _standing(session, process_id, codes, taken)
    small = parameters.small_cell
    represented = numbers.representation({theme.key: theme.counted for theme in standing}, whole, small)
    quotes, texts = _quotes(session, standing)
    named = _named(session, process_id, standing, represented, taken)
    of_themes = {theme.key: theme.id for theme in standing}
    differing.keep(session, theme_ids=of_themes, tested=tested)
    apart, quoted = differing.told(session, theme_ids=of_themes, names=names, language=parameters.language)
    texts |= quoted
    found, summaries = [], []
    for theme in standing:
        counted = CountedTheme(
            key=theme.key,
            strategy_code=theme.code,
            label=theme.label,
            keywords=tuple(theme.row.keywords),
            definition="",
            members=(),
            quotes=tuple(quotes.get(theme.id, ())),
            by_channel=numbers.count_rows(theme.counted, whole, "channel", small),
            by_zone=numbers.count_rows(theme.counted, whole, "zone", small),
            by_speaker=numbers.count_rows(theme.counted, whole, "speaker", small),
            representation=represented.get(theme.key, ()),
            coverage=theme.row.coverage,
            concentrated=theme.row.concentrated,
            accepted=theme.accepted,
        )
        found.append(counted)
        sentences = telling.theme_summary(counted, named[theme.id], apart.get(theme.key, []), names, parameters)
        summaries.append(Summary("theme", theme.key, tuple(sentences)))
    groups = _groups(taken, standing, found, whole, axes)
    summaries += telling.overviews(groups, names, parameters)
    _write_representation(session, standing, found)
    return Recounted(
        sources=sum(number for (dimension, _), number in whole.sources.items() if dimension == "channel"),
        sizes={theme.key: theme.size for theme in standing},
        labels={theme.key: theme.label for theme in standing},
        counts={
            f"by_{dimension}": [asdict(row) for row in numbers.count_rows(whole, whole, dimension, small)]
            for dimension in ("channel", "zone", "speaker")
        },
        summaries=summaries,
        texts=texts,
        statements=telling.representation_count(found),
    )


def _standing(
    session: Session, process_id: uuid.UUID, codes: Mapping[uuid.UUID, str], taken: census.Census
) -> list[_Standing]:
    """Themes that are shown, with label and strategy as people decided, by strategy, size and key."""
    rows = session.execute(
        select(Theme, ThemeDecision)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.process_id == process_id, Theme.present)
        .order_by(Theme.key)
    ).all()
    counted = taken.under_themes()
    found = []
    for theme, decision in rows:
        if (decision and decision.merged_into_id) or theme.id not in counted:
            continue
        moved = decision is not None and decision.moved
        strategy_id = decision.strategy_id if decision is not None and moved else theme.strategy_id
        found.append(
            _Standing(
                id=theme.id,
                key=theme.key,
                label=(decision.label if decision else None) or theme.label,
                code=codes.get(strategy_id) if strategy_id else None,
                row=theme,
                accepted=(decision is not None and decision.state == "accepted") or theme.origin == "human",
                counted=counted[theme.id],
            )
        )
    return sorted(found, key=lambda theme: (theme.code is None, theme.code or "", -theme.size, theme.key))


def _named(
    session: Session,
    process_id: uuid.UUID,
    standing: Sequence[_Standing],
    represented: Mapping[str, Sequence[Representation]],
    taken: census.Census,
) -> dict[uuid.UUID, About]:
    """The sources that the sentences of each theme name: those of zones and kinds that raise it more or less, and copies."""
    from consult.analytics.telling import About  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    copied = taken.repeated(*census.copies(session, process_id=process_id))
    wanted = [(theme.id, row.dimension, row.value) for theme in standing for row in represented.get(theme.key, ())]
    places: dict[uuid.UUID, dict[tuple[str, str], list[str]]] = defaultdict(dict)
    for (root, dimension, value), keys in taken.of_places(wanted).items():
        places[root][dimension, value] = keys
    return {theme.id: About((), places[theme.id], copied.get(theme.id, {})) for theme in standing}


def _groups(
    taken: census.Census,
    standing: Sequence[_Standing],
    found: Sequence[CountedTheme],
    whole: Tally,
    axes: Mapping[str, str],
) -> dict[tuple[str, str], Gathered]:
    """Themes by strategy, axis and zone with what was counted of each."""
    from consult.analytics.telling import Gathered  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    parts: dict[tuple[str, str], list[tuple[CountedTheme, int, Sequence[str]]]] = defaultdict(list)
    levels: list[tuple[uuid.UUID, str, str]] = []
    for theme, counted in zip(standing, found, strict=True):
        if theme.code is not None:
            own = [("strategy", theme.code), *([("axis", axes[theme.code])] if axes.get(theme.code) else [])]
            for place in own:
                parts[place].append((counted, theme.size, ()))
                levels.append((theme.id, *place))
        for (dimension, value), number in theme.counted.sources.items():
            if dimension == "zone":
                parts["zone", value].append((counted, number, ()))
    tallies = taken.together(levels)
    return {
        (level, key): Gathered(
            own, tallies.get((level, key), Tally({}, {})), whole.within("zone", key) if level == "zone" else whole
        )
        for (level, key), own in parts.items()
    }


def _quotes(
    session: Session, standing: Sequence[_Standing]
) -> tuple[dict[uuid.UUID, list[Quote]], dict[str, tuple[str, int]]]:
    """The quotes of themes whose words still stand where they were found, and the texts they come from."""
    rows = session.execute(
        select(ThemeQuote, Source.text, Source.revision, Zone.code, Source.speaker_kind)
        .join(Source, Source.id == ThemeQuote.source_id)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .where(ThemeQuote.theme_id.in_([theme.id for theme in standing]), Source.state == "live")
        .order_by(ThemeQuote.theme_id, ThemeQuote.position)
    ).all()
    quotes: dict[uuid.UUID, list[Quote]] = defaultdict(list)
    texts: dict[str, tuple[str, int]] = {}
    for quote, text, revision, zone, speaker in rows:
        words = text[quote.quote_start : quote.quote_end]
        if words_hash(words) != quote.quote_sha256:
            continue
        key = str(quote.source_id)
        texts[key] = (text, revision)
        quotes[quote.theme_id].append(
            Quote(key, quote.quote_start, quote.quote_end, words, zone, speaker, quote.minority)
        )
    return quotes, texts


def _write_representation(session: Session, standing: Sequence[_Standing], found: Sequence[CountedTheme]) -> None:
    table: Any = Theme.__table__
    rows = [
        {"theme": theme.id, "tests": [asdict(row) for row in counted.representation]}
        for theme, counted in zip(standing, found, strict=True)
    ]
    if rows:
        session.execute(
            update(table).where(table.c.id == sa.bindparam("theme")).values(representation=sa.bindparam("tests")), rows
        )
