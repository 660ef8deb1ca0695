"""A refresh: what is new, changed or withdrawn since the last run is read into the themes there are, and everything is counted anew."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, defer

from consult.analytics.types import PreparedSource, ThemeModel
from consult.core import jobs
from consult.core.bulk import copy_rows
from consult.evidence import queries
from consult.evidence.models import (
    Assignment,
    AssignmentDecision,
    Run,
    RunResult,
    RunShard,
    SourceReading,
    StrategyLink,
    Theme,
    ThemeQuote,
)
from consult.evidence.services import differing, mapping
from consult.evidence.services.copies import link_copies
from consult.evidence.services.merging import read_the_rest, wait_for_computing
from consult.evidence.services.recounting import Recounted, recount
from consult.evidence.services.reduce import apply_decisions, end_run, hold_decisions
from consult.evidence.services.requoting import requote
from consult.evidence.services.runs import add_ready
from consult.evidence.services.steps import LINK_COLUMNS, MEMBER_COLUMNS, link_rows, member_rows
from consult.evidence.services.storing import READING_COLUMNS, bound_summaries, hash_beside
from consult.listening.sources.models import Source
from consult.listening.sources.types import AggregationRow
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder
    from consult.analytics.refresh import Placed

#: What one statement's list of keys may hold.
_BATCH = 5000


def refresh_run(session: Session, *, run_id: uuid.UUID, embedder: Embedder, now: datetime) -> bool:
    """Read what changed since the last run, count everything anew, and ask for the draft paper. Returns whether it did so now.

    Themes and labels stay, and quotes but for those of themes that lost some: these are chosen anew (`requoting`). Where the language
    model was exchanged since, the run becomes a full one, since vectors of different models never mix.
    """
    from consult.analytics.refresh import place  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    run = session.execute(select(Run).where(Run.id == run_id)).scalar_one_or_none()
    if run is None or run.state != "reducing" or run.kind != "refresh":
        return False
    wait_for_computing(session)
    process = session.execute(select(Process).where(Process.id == run.process_id)).scalar_one()
    last = session.execute(
        select(RunResult)
        .options(defer(RunResult.inputs))
        .join(Run, Run.id == RunResult.run_id)
        .where(Run.process_id == run.process_id, Run.state == "done")
        .order_by(Run.number.desc())
        .limit(1)
    ).scalar_one()
    model = _model_of(last)
    if model.model != embedder.name:
        _become_full(session, run)
        return False
    fresh, gone = _changed(session, run.process_id)
    stored = mapping.stored_revisions(session, ids=[row.id for row in fresh], model=embedder.name)
    missing = [(str(row.id), len(row.text)) for row in fresh if stored.get(row.id) != row.revision]
    if not read_the_rest(session, run=run, missing=missing, embedder=embedder):
        return False
    prepared = mapping.stored_prepared(session, rows=fresh, model=embedder.name)
    # What was changed or withdrawn again while the others were read is left to the next refresh, which it asked for itself.
    fresh = [row for row in fresh if row.id in prepared]
    targets, strategy_ids = mapping.frame_targets(session, frame_id=process.frame_id, process_id=run.process_id)
    parameters = mapping.parameters_from(run.parameters)

    taken = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state == "reducing")
        .values(state="done", finished_at=func.clock_timestamp(), model=embedder.name, prepared_count=Run.source_count)
        .returning(Run.id)
    ).scalar_one_or_none()
    if taken is None:
        return False
    hold_decisions(session, process_id=run.process_id, alone=True)
    keys = _theme_keys(session, run.process_id)
    before = _sizes(session, run.process_id)
    placed = place(
        [prepared[row.id] for row in fresh], targets, model, parameters, embedder=embedder, excluded=_excluded(session, run.process_id),
    )  # fmt: skip  # one row of values reads better so
    lost = _forget(session, sorted({row.id for row in fresh} | set(gone), key=str))
    _place(session, run=run, placed=placed, rows=fresh, prepared=prepared, strategy_ids=strategy_ids, keys=keys)
    groups = link_copies(session, run=run, rows=fresh, prepared=prepared, model=embedder.name, last=last, gone=gone)
    apply_decisions(session, process_id=run.process_id)
    requoted = requote(
        session, process_id=run.process_id, model=model, parameters=parameters, lost=lost, fresh=[row.id for row in fresh]
    )
    tested = differing.test_again(
        session, process_id=run.process_id, model=model, parameters=parameters, fresh=[row.id for row in fresh]
    )
    names = mapping.place_names(session, territory_id=process.territory_id, language=parameters.language)
    codes = {key: code for code, key in strategy_ids.items()}
    axes = {target.code: target.axis_code for target in targets}
    counted = recount(
        session, process_id=run.process_id, codes=codes, axes=axes, names=names, parameters=parameters, tested=tested
    )
    inputs = [(str(row.id), row.revision, prepared[row.id].digest) for row in fresh]
    _store(
        session, run=run, last=last, counted=counted, groups=groups, before=before, fresh=inputs, gone=gone, requoted=requoted,
        tested=len(tested),
    )  # fmt: skip  # one row of values reads better so
    session.execute(update(Run).where(Run.id == run_id).values(theme_count=len(counted.sizes)))
    end_run(session, run=run, process=process, themes=len(counted.sizes), sources=counted.sources, now=now)
    return True


def _model_of(result: RunResult) -> ThemeModel:
    kept = result.theme_model
    return ThemeModel(
        model=kept["model"],
        dimensions=kept["dimensions"],
        centre_languages=tuple(kept["centre_languages"]),
        centres=result.centres,
        keys=tuple(kept["keys"]),
        strategy_codes=tuple(kept["strategy_codes"]),
        centroids=result.centroids,
        labels=tuple(kept["labels"]),
        prototypes=result.prototypes,
    )


def _become_full(session: Session, run: Run) -> None:
    """Go on as a full run: its merge finds that nothing is prepared for the new model, and asks for parts."""
    session.execute(update(Run).where(Run.id == run.id).values(kind="full"))
    # A refresh names only what changed in its parts; a full run merges what its parts name.
    latest = session.execute(select(func.max(RunShard.number)).where(RunShard.run_id == run.id)).scalar_one()
    add_ready(session, run_id=run.id, process_id=run.process_id, number=0 if latest is None else latest + 1)
    if run.through_queue:
        jobs.enqueue(session, "evidence.reduce", key=run.id, run_id=run.id)


def _changed(session: Session, process_id: uuid.UUID) -> tuple[list[AggregationRow], list[uuid.UUID]]:
    """Live sources that the last run did not read as they are now, and sources it read that are no longer live."""
    fresh, gone = (
        list(session.execute(found(process_id).order_by(Source.id)).scalars())
        for found in (queries.unread, queries.read_and_gone)
    )
    return mapping.live_among(session, ids=fresh), gone


def _theme_keys(session: Session, process_id: uuid.UUID) -> dict[str, uuid.UUID]:
    rows = session.execute(select(Theme.key, Theme.id).where(Theme.process_id == process_id).order_by(Theme.key))
    return {row.key: row.id for row in rows}


def _sizes(session: Session, process_id: uuid.UUID) -> dict[str, int]:
    """How many sources are under each theme now, by its key."""
    rows = session.execute(
        select(Theme.key, func.count(Assignment.source_id))
        .outerjoin(Assignment, Assignment.theme_id == Theme.id)
        .where(Theme.process_id == process_id, Theme.present)
        .group_by(Theme.key)
        .order_by(Theme.key)
    )
    return {row[0]: row[1] for row in rows}


def _excluded(session: Session, process_id: uuid.UUID) -> dict[str, frozenset[str]]:
    """Per theme key, the sources that people took out of it."""
    rows = session.execute(
        select(Theme.key, AssignmentDecision.source_id)
        .join(Theme, Theme.id == AssignmentDecision.theme_id)
        .where(Theme.process_id == process_id, AssignmentDecision.verdict == "out")
        .order_by(Theme.key, AssignmentDecision.source_id)
    )
    found: dict[str, set[str]] = defaultdict(set)
    for key, source_id in rows:
        found[key].add(str(source_id))
    return {key: frozenset(ids) for key, ids in found.items()}


def _forget(session: Session, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Take what earlier runs made of these sources out of every result; people's decisions are kept apart and stay.

    Returns the themes that lost a quote.
    """
    lost: set[uuid.UUID] = set()
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        for table in (Assignment, StrategyLink, SourceReading):
            session.execute(delete(table).where(table.source_id.in_(part)))
        lost.update(
            session.execute(delete(ThemeQuote).where(ThemeQuote.source_id.in_(part)).returning(ThemeQuote.theme_id)).scalars()
        )
    return lost


def _place(
    session: Session,
    *,
    run: Run,
    placed: Placed,
    rows: Sequence[AggregationRow],
    prepared: Mapping[uuid.UUID, PreparedSource],
    strategy_ids: Mapping[str, uuid.UUID],
    keys: Mapping[str, uuid.UUID],
) -> None:
    """Store readings, suggestions and members of what was read."""
    copy_rows(session, StrategyLink, LINK_COLUMNS, link_rows(placed.links, strategy_ids))
    fit = {item.source_id: (item.fits, item.none_confidence) for item in placed.links}
    other = set(placed.other)
    readings: list[tuple[Any, ...]] = []
    for row in rows:
        item, key = prepared[row.id], str(row.id)
        fits, none_confidence = fit.get(key, (False, 1.0))
        readings.append(
            (
                key, run.process_id, run.id, row.revision, fits, none_confidence, item.kind, item.marks, key in other, None,
            )
        )  # fmt: skip  # one row of values reads better so
    copy_rows(session, SourceReading, READING_COLUMNS, readings)
    copy_rows(session, Assignment, MEMBER_COLUMNS, member_rows(placed.members, keys))


def _store(
    session: Session,
    *,
    run: Run,
    last: RunResult,
    counted: Recounted,
    groups: Sequence[Mapping[str, Any]],
    before: Mapping[str, int],
    fresh: Sequence[tuple[str, int, str]],
    gone: Sequence[uuid.UUID],
    requoted: int,
    tested: int,
) -> None:
    """The result of the refresh, beside the last run's themes; `fresh` are its new inputs."""
    away = {str(key) for key in gone}
    beside, own, hashed = _inputs(session, last, fresh, away)
    session.add(
        RunResult(
            run_id=run.id,
            inputs=own,
            beside_run_id=beside,
            inputs_sha256=hashed,
            manifest={
                **last.manifest, "refresh_of": str(last.run_id), "sources": counted.sources, "changed_sources": len(fresh),
                "withdrawn_sources": len(gone), "requoted_themes": requoted, "tested_themes": tested, "themes": len(counted.sizes),
                "parameters": run.parameters,
            },
            counts=counted.counts,
            summaries=bound_summaries(counted.summaries, counted.texts),
            changes=_changes(before, counted),
            duplicates=[dict(group) for group in groups],
            theme_model=last.theme_model,
            centres=last.centres,
            centroids=last.centroids,
            prototypes=last.prototypes,
        )
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def _inputs(
    session: Session, last: RunResult, fresh: Sequence[tuple[str, int, str]], away: set[str]
) -> tuple[uuid.UUID, list[Any], str]:
    """The full run that a refresh rests on, what its own inputs have otherwise, and the hash of all of them.

    A refresh after a refresh names what both changed, so that no more than two results are ever read for one.
    """
    beside = last.beside_run_id or last.run_id
    changes: dict[str, list[Any]] = {}
    if last.run_id != beside:
        earlier = session.execute(select(RunResult.inputs).where(RunResult.run_id == last.run_id)).scalar_one()
        changes = {item[0]: item for item in earlier}
    changes |= {key: [key, 0, ""] for key in away} | {item[0]: list(item) for item in fresh}
    own = [item for _, item in sorted(changes.items())]
    return beside, own, hash_beside(session, run_id=beside, changes=own)


def _changes(before: Mapping[str, int], counted: Recounted) -> list[dict[str, Any]]:
    """Themes that grew or shrank, in the words of a full run's changes."""
    rows = []
    for key in sorted(before.keys() | counted.sizes.keys()):
        was, now = before.get(key, 0), counted.sizes.get(key, 0)
        change = "kept" if was == now else "grown" if now > was else "shrunk"
        rows.append({"key": key, "change": change, "label": counted.labels.get(key, key), "before": was, "after": now})
    return rows
