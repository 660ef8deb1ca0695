"""Reads of the evidence: runs, themes with their numbers, members, quotes, links."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, String, case, cast, func, select
from sqlalchemy.orm import Session, aliased

from consult.core.jobs import OutboxJob
from consult.core.paging import Page, cursor_key, cut_page, decode_cursor
from consult.core.vocabulary import VOICE_CHANNELS, Channel, SpeakerKind
from consult.evidence.models import (
    RUNNING,
    Assignment,
    Run,
    RunResult,
    RunShard,
    SourceReading,
    StrategyLink,
    Theme,
    ThemeDecision,
    ThemeQuote,
)
from consult.evidence.rules import count_by
from consult.evidence.types import LinkRow, MemberRow, Place, QuoteRow, RunOutcome, RunRow, ThemeOfSource, ThemeRow
from consult.framework.models import Axis, Strategy, Zone
from consult.listening.sources import queries as sources
from consult.listening.sources.models import Source

MEMBERS_PER_PAGE = 20
_ROOT = func.coalesce(ThemeDecision.merged_into_id, Theme.id)


def _runs() -> Select[Any]:
    done = select(func.count()).where(RunShard.run_id == Run.id, RunShard.done_at.is_not(None)).scalar_subquery()
    return select(
        Run.id, Run.number, Run.state, Run.source_count, Run.prepared_count, Run.reused_count, Run.shard_count, done, Run.theme_count,
        Run.model, Run.requested_by, Run.started_at, Run.reduced_at, Run.finished_at, Run.failure,
    )  # fmt: skip  # the order of RunRow's fields


def runs(session: Session, *, process_id: uuid.UUID, limit: int = 30) -> list[RunRow]:
    """The latest runs of a process, newest first."""
    statement = _runs().where(Run.process_id == process_id).order_by(Run.number.desc()).limit(limit)
    return [RunRow(*row) for row in session.execute(statement)]


def _parked() -> Any:
    """How many jobs of a run were set aside after repeated failure."""
    key = cast(Run.id, String)
    return (
        select(func.count())
        .where(
            OutboxJob.parked_at.is_not(None),
            ((OutboxJob.topic == "evidence.prepare_shard") & OutboxJob.key.like(key + ":%"))
            | ((OutboxJob.topic == "evidence.reduce") & (OutboxJob.key == key)),
        )
        .correlate(Run)
        .scalar_subquery()
    )


def run(session: Session, *, process_id: uuid.UUID, run_id: uuid.UUID) -> RunRow | None:
    """One run with how many of its jobs were set aside after repeated failure, or None."""
    statement = _runs().add_columns(_parked()).where(Run.id == run_id, Run.process_id == process_id)
    row = session.execute(statement).one_or_none()
    return RunRow(*row) if row else None


def latest_run(session: Session, *, process_id: uuid.UUID, done_only: bool = False) -> RunRow | None:
    """The newest run, or the newest that is done; one that stands still after repeated failure is shown as failed."""
    statement = _runs().add_columns(_parked()).where(Run.process_id == process_id).order_by(Run.number.desc()).limit(1)
    if done_only:
        statement = statement.where(Run.state == "done")
    row = session.execute(statement).one_or_none()
    found = RunRow(*row) if row else None
    return replace(found, state="failed") if found and found.running and found.parked else found


def running_run_id(session: Session, *, process_id: uuid.UUID) -> uuid.UUID | None:
    """The run that is at work now, or None."""
    return session.execute(
        select(Run.id).where(Run.process_id == process_id, Run.state.in_(RUNNING))
    ).scalar_one_or_none()


def outcome(session: Session, *, run_id: uuid.UUID) -> RunOutcome | None:
    """What a finished run leaves to the paper, or None where it is not finished."""
    row = session.execute(
        select(RunResult, Run.number).join(Run, Run.id == RunResult.run_id).where(RunResult.run_id == run_id)
    ).one_or_none()
    if row is None:
        return None
    found, number = row
    return RunOutcome(
        run_id, number, tuple(found.summaries), tuple(found.changes), tuple(found.duplicates), found.counts, found.manifest,
        tuple((item[0], item[1], item[2]) for item in found.inputs), found.inputs_sha256,
    )  # fmt: skip  # the order of RunOutcome's fields


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
    session: Session, *, process_id: uuid.UUID, theme_ids: Sequence[uuid.UUID] | None = None
) -> list[MemberRow]:
    """Live sources under themes, merged themes counted under the one they became part of; by theme, then share."""
    voice = func.coalesce(Source.voice_id, Source.id)
    statement = (
        select(
            _ROOT, Source.id, func.max(Assignment.share), func.max(Assignment.margin), func.min(Assignment.origin),
            Source.channel, Zone.code, Source.speaker_kind, voice, Source.note_kind, SourceReading.kind, Source.revision,
        )
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(Source, Source.id == Assignment.source_id)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .outerjoin(SourceReading, SourceReading.source_id == Source.id)
        .where(Theme.process_id == process_id, Source.state == "live")
        .group_by(_ROOT, Source.id, Zone.code, SourceReading.kind)
        .order_by(_ROOT, func.max(Assignment.share).desc(), func.max(Assignment.margin).desc(), Source.id)
    )  # fmt: skip  # one column per name reads better in two lines
    if theme_ids is not None:
        statement = statement.where(_ROOT.in_(theme_ids))
    return [
        MemberRow(
            theme_id=r[0], source_id=r[1], share=r[2], margin=r[3], spans=(), origin=r[4], channel=r[5], zone_code=r[6], speaker_kind=r[7],
            voice=r[8], note_kind=r[9], kind=r[10], revision=r[11],
        )
        for r in session.execute(statement)
    ]  # fmt: skip  # one row of values reads better so


def themes_of(
    session: Session, *, process_id: uuid.UUID, theme_ids: Sequence[uuid.UUID] | None = None, include_gone: bool = False
) -> list[ThemeRow]:
    """Themes with their numbers, in four statements: by axis, strategy, then number of voices; those that fit none come last.

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
    by_theme: dict[uuid.UUID, list[MemberRow]] = defaultdict(list)
    for member in members(session, process_id=process_id, theme_ids=theme_ids):
        by_theme[member.theme_id].append(member)
    of = totals(session, process_id=process_id)
    found: list[tuple[tuple[int, int, int, str], ThemeRow]] = []
    for theme, decision, strategy_id, code, title, axis_number, position, moved in rows:
        state = decision.state if decision else "proposed"
        if not theme.present and not include_gone and state == "proposed":
            continue
        mine = by_theme[theme.id] if state != "merged" else []
        spoken = [m for m in mine if m.channel != Channel.document]
        row = ThemeRow(
            id=theme.id, key=theme.key, label=(decision.label if decision else None) or theme.label, proposed_label=theme.label,
            keywords=tuple(theme.keywords), definition=theme.definition,
            definition_quotes=tuple(Place.from_json(p) for p in theme.definition_quotes),
            strategy_id=strategy_id, strategy_code=code, strategy_title=title,
            axis_number=axis_number, state=state, version=decision.version if decision else 0,
            renamed=bool(decision and decision.label), moved=bool(moved),
            merged_into_id=decision.merged_into_id if decision else None, decided_by=decision.decided_by if decision else None,
            decided_at=decision.decided_at if decision else None, present=theme.present, origin=theme.origin,
            concentrated=theme.concentrated, representation=tuple(theme.representation), sources=len(mine), voices=len({m.voice for m in spoken}),
            by_channel=count_by(((m.channel, m.voice) for m in mine), of["channel"]),
            by_zone=count_by(((m.zone_code, m.voice) for m in spoken), of["zone"]),
            by_speaker=count_by(((m.speaker_kind, m.voice) for m in spoken), of["speaker"]),
        )  # fmt: skip  # one row of values reads better so
        found.append(((axis_number or 10**6, position, -len(mine), theme.key), row))
    return [row for _order, row in sorted(found, key=lambda pair: pair[0])]


def _case_strategy() -> Any:
    """The strategy a theme stands under: the one a person chose, else the proposed one."""

    return case((ThemeDecision.moved.is_(True), ThemeDecision.strategy_id), else_=Theme.strategy_id)


def quotes(session: Session, *, theme_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[QuoteRow]]:
    """Places of the representative pieces of themes, best first; a merged theme's follow those of the one it became part of."""
    listed = list(theme_ids)
    found: dict[uuid.UUID, list[QuoteRow]] = {key: [] for key in listed}
    own = (Theme.id == _ROOT).desc()
    statement = (
        select(_ROOT, ThemeQuote)
        .join(Theme, Theme.id == ThemeQuote.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(_ROOT.in_(listed))
        .order_by(_ROOT, own, Theme.key, ThemeQuote.position)
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


def members_page(session: Session, *, theme_id: uuid.UUID, cursor: str | None) -> Page[tuple[uuid.UUID, float, str]]:
    """Sources under a theme (id, share, origin), the most about it first, one page."""
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
        .where(_ROOT.in_([theme_id]), Source.state == "live")
        .group_by(Source.id)
        .subquery()
    )
    statement = select(grouped.c.id, grouped.c.share, grouped.c.origin).order_by(grouped.c.share.desc(), grouped.c.id)
    if after is not None:
        share, key = float(after[0] or 0), cursor_key(after[1])
        statement = statement.where((grouped.c.share < share) | ((grouped.c.share == share) & (grouped.c.id > key)))
    rows = [(r[0], float(r[1]), str(r[2])) for r in session.execute(statement.limit(MEMBERS_PER_PAGE + 1))]
    return cut_page(rows, MEMBERS_PER_PAGE, lambda row: (repr(row[1]), row[0]))


def themes_for_source(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ThemeOfSource]]:
    """Which themes some sources speak of, the most first; refused themes are left out, merged ones named by what they became."""
    found: dict[uuid.UUID, list[ThemeOfSource]] = {key: [] for key in source_ids}
    root, decision = aliased(Theme), aliased(ThemeDecision)

    statement = (
        select(
            Assignment.source_id, root.id, func.coalesce(decision.label, root.label), func.coalesce(decision.state, "proposed"),
            case((decision.moved.is_(True), decision.strategy_id), else_=root.strategy_id), func.max(Assignment.share),
        )
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(root, root.id == _ROOT)
        .outerjoin(decision, decision.theme_id == root.id)
        .where(Assignment.source_id.in_(list(source_ids)), func.coalesce(decision.state, "proposed") != "refused")
        .group_by(Assignment.source_id, root.id, decision.theme_id)
        .order_by(Assignment.source_id, func.max(Assignment.share).desc(), root.id)
    )  # fmt: skip  # one column per name reads better in two lines
    for row in session.execute(statement):
        found[row[0]].append(ThemeOfSource(*row))
    return found


def strategy_links(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[LinkRow]]:
    """Up to three strategies suggested for each of some sources, best first."""
    found: dict[uuid.UUID, list[LinkRow]] = {key: [] for key in source_ids}
    statement = (
        select(
            StrategyLink.source_id, StrategyLink.rank, StrategyLink.strategy_id, Strategy.code, Strategy.title, StrategyLink.score,
            StrategyLink.confidence, StrategyLink.reasons,
        )
        .join(Strategy, Strategy.id == StrategyLink.strategy_id)
        .where(StrategyLink.source_id.in_(list(source_ids)))
        .order_by(StrategyLink.source_id, StrategyLink.rank)
    )  # fmt: skip  # one column per name reads better in two lines
    for row in session.execute(statement):
        found[row[0]].append(LinkRow(row[0], row[1], row[2], row[3], row[4], row[5], row[6], tuple(row[7])))
    return found


def readings(session: Session, *, process_id: uuid.UUID) -> dict[str, int]:
    """How many sources the latest run read, and of them how many fit no strategy, are under no theme, or bear each mark."""
    statement = select(SourceReading.fits, SourceReading.other, SourceReading.marks, SourceReading.duplicate_key).where(
        SourceReading.process_id == process_id
    )
    numbers: dict[str, int] = defaultdict(int)
    for fits, other, marks, copy in session.execute(statement):
        numbers["sources"] += 1
        numbers["fits_none"] += not fits
        numbers["other"] += other
        numbers["copies"] += copy is not None
        for mark in marks:
            numbers[mark] += 1
    return dict(numbers)


def states(session: Session, *, theme_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The state of each theme; one merged into another has the state of the other."""
    root = aliased(ThemeDecision)
    statement = (
        select(Theme.id, func.coalesce(root.state, "proposed"))
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .outerjoin(root, root.theme_id == _ROOT)
        .where(Theme.id.in_(theme_ids))
        .order_by(Theme.id)
    )
    return {row[0]: str(row[1]) for row in session.execute(statement)}
