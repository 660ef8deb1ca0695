"""Everything that is counted, counted anew over the sources as they stand: shares, tests, the sentences that hold numbers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.analytics.types import Member, Parameters, Quote, SourceText, Summary
from consult.analytics.types import Theme as CountedTheme
from consult.evidence.models import Assignment, Theme, ThemeDecision, ThemeQuote
from consult.evidence.rules import words_hash
from consult.framework.models import Zone
from consult.listening.sources.models import Source


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a refresh stores: sizes and labels by theme key, counts, summaries, and the texts that these quote."""

    sources: int
    sizes: dict[str, int]
    labels: dict[str, str]
    counts: dict[str, list[dict[str, Any]]]
    summaries: list[Summary]
    texts: dict[str, tuple[str, int]]
    quoted: frozenset[str]


@dataclass(slots=True)
class _Standing:
    """A theme as it stands, with what was merged into it."""

    id: uuid.UUID
    key: str
    label: str
    code: str | None
    row: Theme
    accepted: bool
    members: dict[str, float]


def recount(
    session: Session,
    *,
    process_id: uuid.UUID,
    codes: Mapping[uuid.UUID, str],
    axes: Mapping[str, str],
    names: Mapping[str, str],
    copies: Sequence[Mapping[str, Any]],
    parameters: Parameters,
) -> Recounted:
    """Count all live sources and all themes anew; representation is written to the themes, the rest is returned."""
    from consult.analytics import assembly, numbers  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    everyone = _everyone(session, process_id)
    by_id = {source.id: source for source in everyone}
    standing = _standing(session, process_id, codes, by_id)
    census = numbers.census(everyone)
    small = parameters.small_cell
    sources = {theme.key: [by_id[key] for key in sorted(theme.members)] for theme in standing}
    represented = numbers.representation(sources, census, small)
    quotes, texts = _quotes(session, standing)
    group_of = {key: group["key"] for group in copies for key in group["source_ids"]}
    found, summaries = [], []
    for theme in standing:
        own = sources[theme.key]
        counted = CountedTheme(
            key=theme.key,
            strategy_code=theme.code,
            label=theme.label,
            keywords=tuple(theme.row.keywords),
            definition="",
            members=tuple(Member(key, share, ()) for key, share in sorted(theme.members.items())),
            quotes=tuple(quotes.get(theme.id, ())),
            by_channel=numbers.count_rows(own, census, "channel", small),
            by_zone=numbers.count_rows(own, census, "zone", small),
            by_speaker=numbers.count_rows(own, census, "speaker", small),
            representation=represented.get(theme.key, ()),
            coverage=theme.row.coverage,
            concentrated=theme.row.concentrated,
            accepted=theme.accepted,
        )
        found.append(counted)
        sentences = assembly.theme_summary(counted, own, group_of, [], names, parameters)
        summaries.append(Summary("theme", theme.key, tuple(sentences)))
    summaries += assembly.overviews(found, everyone, axes, names, parameters)
    _write_representation(session, standing, found)
    return Recounted(
        sources=len(everyone),
        sizes={theme.key: len(theme.members) for theme in standing},
        labels={theme.key: theme.label for theme in standing},
        counts={
            f"by_{dimension}": [asdict(row) for row in numbers.count_rows(everyone, census, dimension, small)]
            for dimension in ("channel", "zone", "speaker")
        },
        summaries=summaries,
        texts=texts,
        quoted=frozenset(texts),
    )


def _everyone(session: Session, process_id: uuid.UUID) -> list[SourceText]:
    """All live sources without their texts: what counting needs."""
    rows = session.execute(
        select(Source.id, Source.channel, Zone.code, Source.speaker_kind, Source.unit_id, Source.voice_id)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .where(Source.process_id == process_id, Source.state == "live")
        .order_by(Source.id)
    )
    return [
        SourceText(
            id=str(row[0]), text="", channel=row[1], zone=row[2], speaker=row[3], unit=str(row[4]) if row[4] else None,
            respondent=str(row[5]) if row[5] else None,
        )
        for row in rows
    ]  # fmt: skip  # one row of values reads better so


def _standing(
    session: Session, process_id: uuid.UUID, codes: Mapping[uuid.UUID, str], live: Mapping[str, SourceText]
) -> list[_Standing]:
    """Themes that are shown, with label and strategy as people decided, by strategy, size and key."""
    rows = session.execute(
        select(Theme, ThemeDecision)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.process_id == process_id, Theme.present)
        .order_by(Theme.key)
    ).all()
    root = {theme.id: decision.merged_into_id for theme, decision in rows if decision and decision.merged_into_id}
    members: dict[uuid.UUID, dict[str, float]] = defaultdict(dict)
    assigned = session.execute(
        select(Assignment.theme_id, Assignment.source_id, Assignment.share)
        .join(Theme, Theme.id == Assignment.theme_id)
        .where(Theme.process_id == process_id, Theme.present)
    )
    for theme_id, source_id, share in assigned:
        key = str(source_id)
        if key in live:
            own = members[root.get(theme_id, theme_id)]
            own[key] = max(share, own.get(key, 0.0))
    found = []
    for theme, decision in rows:
        if theme.id in root or not members[theme.id]:
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
                members=members[theme.id],
            )
        )
    return sorted(found, key=lambda theme: (theme.code is None, theme.code or "", -len(theme.members), theme.key))


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
