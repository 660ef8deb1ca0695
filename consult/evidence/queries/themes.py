"""Reads of themes: numbers, members, quotes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from consult.analytics.types import Tally
from consult.core.paging import Page, cursor_key, cut_page, decode_cursor
from consult.core.vocabulary import VOICE_CHANNELS, Channel, SpeakerKind
from consult.evidence.models import (
    Assignment,
    SourceReading,
    Theme,
    ThemeDecision,
    ThemeQuote,
)
from consult.evidence.queries.counting import ROOT, counts, under_themes
from consult.evidence.types import MemberRow, Place, QuoteRow, ThemeName, ThemeRow
from consult.framework.models import Axis, Strategy, Zone
from consult.listening.sources import queries as sources
from consult.listening.sources.models import Source

MEMBERS_PER_PAGE = 20
NOTHING = Tally({}, {})


def totals(session: Session, *, process_id: uuid.UUID) -> dict[str, dict[str, int]]:
    """Voices per channel, per zone and per kind of speaker: the denominators. Keys "channel", "zone", "speaker".

    Documents have a channel of their own and are no voices of any zone or kind.
    """
    found: dict[str, dict[str, int]] = {"channel": {}, "zone": {}, "speaker": {}}
    spoken = [str(channel) for channel in VOICE_CHANNELS]
    everything = sources.denominators(session, process_id=process_id)
    rows = [row for row in everything if row.channel in spoken]
    for channel in [*spoken, str(Channel.document)]:
        number = sum(row.voices for row in everything if row.channel == channel)
        if number:
            found["channel"][channel] = number
    for zone in sorted({row.zone_code for row in rows if row.zone_code}, key=_zone_order):
        found["zone"][zone] = sum(row.voices for row in rows if row.zone_code == zone)
    for kind in SpeakerKind:
        number = sum(row.voices for row in rows if row.speaker_kind == kind)
        if number:
            found["speaker"][str(kind)] = number
    return found


def _zone_order(code: str) -> tuple[int, str]:
    return (int(code), "") if code.isdigit() else (10**6, code)


def members(
    session: Session,
    *,
    process_id: uuid.UUID,
    theme_ids: Sequence[uuid.UUID] | None = None,
    criticism: bool = False,
) -> list[MemberRow]:
    """Live sources under themes, merged themes counted under the one they became part of; by theme, then share.

    With `criticism` only those that a person noted down, or the machine read, as such.
    """
    voice = func.coalesce(Source.voice_id, Source.id)
    statement = (
        select(
            ROOT, Source.id, func.max(Assignment.share), func.max(Assignment.margin), func.min(Assignment.origin),
            Source.channel, Zone.code, Source.speaker_kind, voice, Source.note_kind, SourceReading.kind, Source.revision,
        )
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(Source, Source.id == Assignment.source_id)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .outerjoin(SourceReading, SourceReading.source_id == Source.id)
        .where(Theme.process_id == process_id, Source.state == "live")
        .group_by(ROOT, Source.id, Zone.code, SourceReading.kind)
        .order_by(ROOT, func.max(Assignment.share).desc(), func.max(Assignment.margin).desc(), Source.id)
    )  # fmt: skip  # one column per name reads better in two lines
    if theme_ids is not None:
        statement = statement.where(ROOT.in_(theme_ids))
    if criticism:
        # Few of all, and known before anything is joined.
        noted = select(Source.id).where(Source.process_id == process_id, Source.note_kind == "criticism")
        read = select(SourceReading.source_id).where(
            SourceReading.process_id == process_id, SourceReading.kind == "criticism"
        )
        statement = statement.where(Assignment.source_id.in_(noted.union(read)))
    return [
        MemberRow(
            theme_id=r[0], source_id=r[1], share=r[2], margin=r[3], spans=(), origin=r[4], channel=r[5], zone_code=r[6], speaker_kind=r[7],
            voice=r[8], note_kind=r[9], kind=r[10], revision=r[11],
        )
        for r in session.execute(statement)
    ]  # fmt: skip  # one row of values reads better so


def themes_of(
    session: Session,
    *,
    process_id: uuid.UUID,
    theme_ids: Sequence[uuid.UUID] | None = None,
    include_gone: bool = False,
    counted: Mapping[uuid.UUID, Tally] | None = None,
) -> list[ThemeRow]:
    """Themes with their numbers, in three statements: by axis, strategy, then number of sources; those that fit none come last.

    `counted` are the sources and voices of each theme, where they are known already (`services.census`).
    Without `include_gone` themes that the latest run no longer found are left out, unless a person accepted or refused them.
    """
    strategy, axis = aliased(Strategy), aliased(Axis)
    chosen = func.coalesce(ThemeDecision.moved, False)
    here = _case_strategy()
    statement = (
        select(
            Theme,
            ThemeDecision,
            here,
            strategy.code,
            strategy.title,
            axis.number,
            func.coalesce(strategy.position, 10**6),
            chosen,
        )
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .outerjoin(strategy, strategy.id == here)
        .outerjoin(axis, axis.id == strategy.axis_id)
        .where(Theme.process_id == process_id)
        .order_by(Theme.id)
    )
    if theme_ids is not None:
        statement = statement.where(Theme.id.in_(theme_ids))
    rows = session.execute(statement).all()
    if counted is None:
        counted = under_themes(session, process_id=process_id, theme_ids=theme_ids)
    of = totals(session, process_id=process_id)
    found: list[tuple[tuple[int, int, int, str], ThemeRow]] = []
    for theme, decision, strategy_id, code, title, axis_number, position, moved in rows:
        state = decision.state if decision else "proposed"
        if not theme.present and not include_gone and state == "proposed":
            continue
        mine = counted.get(theme.id, NOTHING) if state != "merged" else NOTHING
        sources_under = sum(number for (dimension, _), number in mine.sources.items() if dimension == "channel")
        by_channel = counts(mine, "channel", of["channel"])
        row = ThemeRow(
            id=theme.id, key=theme.key, label=(decision.label if decision else None) or theme.label, proposed_label=theme.label,
            keywords=tuple(theme.keywords), definition=theme.definition,
            definition_quotes=tuple(Place.from_json(p) for p in theme.definition_quotes),
            strategy_id=strategy_id, strategy_code=code, strategy_title=title,
            axis_number=axis_number, state=state, version=decision.version if decision else 0,
            renamed=bool(decision and decision.label), moved=bool(moved),
            merged_into_id=decision.merged_into_id if decision else None, decided_by=decision.decided_by if decision else None,
            decided_at=decision.decided_at if decision else None, present=theme.present, origin=theme.origin,
            concentrated=theme.concentrated, representation=tuple(theme.representation), sources=sources_under,
            voices=sum(count.voices for count in by_channel if count.value != Channel.document),
            by_channel=by_channel, by_zone=counts(mine, "zone", of["zone"]), by_speaker=counts(mine, "speaker", of["speaker"]),
        )  # fmt: skip  # one row of values reads better so
        found.append(((axis_number or 10**6, position, -sources_under, theme.key), row))
    return [row for _order, row in sorted(found, key=lambda pair: pair[0])]


def theme_name(session: Session, *, process_id: uuid.UUID, theme_id: uuid.UUID) -> ThemeName | None:
    """What one theme is called and how it stands, without its numbers; None where the process has no such theme. One statement."""
    root = aliased(ThemeDecision)
    row = session.execute(
        select(
            Theme.id,
            func.coalesce(func.nullif(ThemeDecision.label, ""), Theme.label),
            func.coalesce(ThemeDecision.state, "proposed"),
            func.coalesce(root.state, "proposed"),
        )
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .outerjoin(root, root.theme_id == ROOT)
        .where(Theme.id == theme_id, Theme.process_id == process_id)
    ).one_or_none()
    return ThemeName(*row) if row else None


def _case_strategy() -> Any:
    """The strategy a theme stands under: the one a person chose, else the proposed one."""

    return case((ThemeDecision.moved.is_(True), ThemeDecision.strategy_id), else_=Theme.strategy_id)


def quotes(session: Session, *, theme_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[QuoteRow]]:
    """Places of the representative pieces of themes, best first; a merged theme's follow those of the one it became part of."""
    listed = list(theme_ids)
    found: dict[uuid.UUID, list[QuoteRow]] = {key: [] for key in listed}
    own = (Theme.id == ROOT).desc()
    statement = (
        select(ROOT, ThemeQuote)
        .join(Theme, Theme.id == ThemeQuote.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(ROOT.in_(listed))
        .order_by(ROOT, own, Theme.key, ThemeQuote.position)
    )
    for root, quote in session.execute(statement):
        found[root].append(
            QuoteRow(
                root,
                quote.source_id,
                quote.revision,
                quote.quote_start,
                quote.quote_end,
                quote.quote_sha256,
                quote.minority,
            )
        )
    return found


def members_page(
    session: Session, *, theme_id: uuid.UUID, cursor: str | None, among: Sequence[uuid.UUID] = ()
) -> Page[tuple[uuid.UUID, float, str]]:
    """Sources under a theme (id, share, origin), the most about it first, one page; only those `among` some, where there are any."""
    after = decode_cursor(cursor, 2)
    grouped = (
        select(
            Source.id.label("id"),
            func.max(Assignment.share).label("share"),
            func.min(Assignment.origin).label("origin"),
        )
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(Source, Source.id == Assignment.source_id)
        .where(ROOT.in_([theme_id]), Source.state == "live", *([Source.id == any_(literal(list(among), ARRAY(Uuid())))] if among else []))
        .group_by(Source.id)
        .subquery()
    )
    statement = select(grouped.c.id, grouped.c.share, grouped.c.origin).order_by(grouped.c.share.desc(), grouped.c.id)
    if after is not None:
        share, key = float(after[0] or 0), cursor_key(after[1])
        statement = statement.where((grouped.c.share < share) | ((grouped.c.share == share) & (grouped.c.id > key)))
    rows = [(r[0], float(r[1]), str(r[2])) for r in session.execute(statement.limit(MEMBERS_PER_PAGE + 1))]
    return cut_page(rows, MEMBERS_PER_PAGE, lambda row: (repr(row[1]), row[0]))


def zone_leanings(session: Session, *, theme_ids: Sequence[uuid.UUID]) -> dict[str, dict[str, str]]:
    """Zones that raise a theme more ("over") or less ("under") than the others, by theme: only where the run's test found it."""
    rows = session.execute(select(Theme.id, Theme.representation).where(Theme.id.in_(theme_ids)).order_by(Theme.id))
    found: dict[str, dict[str, str]] = {}
    for key, tests in rows:
        told = {test["value"]: test["direction"] for test in tests if test["dimension"] == "zone"}
        if told:
            found[str(key)] = told
    return found


def states(session: Session, *, theme_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The state of each theme; one merged into another has the state of the other."""
    root = aliased(ThemeDecision)
    statement = (
        select(Theme.id, func.coalesce(root.state, "proposed"))
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .outerjoin(root, root.theme_id == ROOT)
        .where(Theme.id.in_(theme_ids))
        .order_by(Theme.id)
    )
    return {row[0]: str(row[1]) for row in session.execute(statement)}


def roots(session: Session, *, theme_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The theme each theme is part of: itself, or the one it was merged into."""
    statement = (
        select(Theme.id, ROOT)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.id.in_(theme_ids))
        .order_by(Theme.id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def sources_under(session: Session, *, theme_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Live sources under each of some themes, those of themes merged into it included."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {key: set() for key in theme_ids}
    statement = (
        select(ROOT, Assignment.source_id)
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(Source, Source.id == Assignment.source_id)
        .where(ROOT.in_(theme_ids), Source.state == "live")
        .order_by(ROOT, Assignment.source_id)
    )
    for theme_id, source_id in session.execute(statement):
        found[theme_id].add(source_id)
    return found
