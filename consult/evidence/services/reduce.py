"""The reduce: all prepared sources of a run into themes, links, quotes and numbers, stored as proposed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.analytics.types import Aggregation, Member, StrategyLinks, Summary
from consult.analytics.types import Theme as FoundTheme
from consult.audit.services import record
from consult.core import jobs
from consult.core.bulk import copy_rows
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import ThingKind
from consult.evidence import emails
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
from consult.evidence.rules import SHARD_SOURCES, bind, inputs_hash, words_hash
from consult.evidence.services import mapping
from consult.evidence.services.moving import main_themes, moved_between
from consult.evidence.services.runs import prepare_missing, prepare_more
from consult.listening.sources import queries as sources
from consult.listening.sources.models import Source
from consult.listening.sources.types import AggregationRow
from consult.notices.services import notify
from consult.people.models import Account
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder

_BATCH = 2000
LINK_COLUMNS = ("source_id", "rank", "strategy_id", "score", "confidence", "reasons")
MEMBER_COLUMNS = ("theme_id", "source_id", "share", "margin", "spans", "origin")
READING_COLUMNS = (
    "source_id", "process_id", "run_id", "revision", "fits", "none_confidence", "kind", "marks", "other", "duplicate_key",
)  # fmt: skip  # names read better in lines
#: Sentences that rest on every source of what they are about; those are not listed again.
OF_ALL = frozenset({"count", "spread", "caution", "themes"})
#: What shows that a sentence holds words of a source.
_QUOTING = ("«", "“", '"')
#: Longest a merge may compute, in seconds; a copy of its message neither waits nor counts meanwhile (`jobs.hold`).
MERGE_LIMIT_S = 1800


def reduce_run(session: Session, *, run_id: uuid.UUID, embedder: Embedder, now: datetime) -> bool:
    """Merge a run whose parts are all ready, store what it proposes, and ask for the draft paper. Returns whether it did so now.

    Does nothing for a run that is not waiting for its merge. What people decided before or meanwhile is applied at the end, under a
    lock shared with their decisions, so that none is lost.
    """
    from consult.analytics.pipeline import aggregate  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    run = session.execute(select(Run).where(Run.id == run_id)).scalar_one_or_none()
    if run is None or run.state != "reducing":
        return False
    wait_for_computing(session)
    process = session.execute(select(Process).where(Process.id == run.process_id)).scalar_one()
    shards = session.execute(
        select(RunShard.source_ids).where(RunShard.run_id == run_id).order_by(RunShard.number)
    ).scalars()
    wanted = {uuid.UUID(source_id) for ids in shards for source_id in ids}
    rows = [row for row in sources.for_aggregation(session, process_id=run.process_id) if row.id in wanted]
    parameters = mapping.parameters_from(run.parameters)
    # A source that was corrected since its part was prepared is read again here; a withdrawn one is simply no longer among the rows.
    if not read_the_rest(session, run=run, rows=rows, embedder=embedder):
        return False
    prepared = mapping.stored_prepared(session, rows=rows, model=embedder.name)
    targets, strategy_ids = mapping.frame_targets(session, frame_id=process.frame_id, process_id=run.process_id)
    codes = {key: code for code, key in strategy_ids.items()}
    live = {str(row.id) for row in rows}
    known = mapping.known_themes(session, process_id=run.process_id, codes=codes, live=live)
    names = mapping.place_names(session, territory_id=process.territory_id, language=parameters.language)
    inputs = [(str(row.id), row.revision, prepared[row.id].digest) for row in rows]
    found = aggregate([prepared[row.id] for row in rows], targets, known, parameters, embedder=embedder, names=names)
    prepared.clear()  # Vectors of a hundred thousand sources would lie about while the results are stored.

    taken = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state == "reducing")
        .values(state="done", finished_at=func.clock_timestamp(), theme_count=len(found.themes), model=embedder.name)
        .returning(Run.id)
    ).scalar_one_or_none()
    if taken is None:
        return False
    hold_decisions(session, process_id=run.process_id, alone=True)
    before = main_themes(session, process_id=run.process_id)
    _store_themes(session, run=run, found=found, strategy_ids=strategy_ids, rows={str(r.id): r for r in rows})
    moved = moved_between(before, main_themes(session, process_id=run.process_id))
    _store_readings(
        session, run=run, found=found, strategy_ids=strategy_ids, revisions={str(row.id): row.revision for row in rows}
    )
    _store_result(
        session,
        run=run,
        found=found,
        inputs=inputs,
        moved=moved,
        texts={str(row.id): (row.text, row.revision) for row in rows},
    )
    end_run(session, run=run, process=process, themes=len(found.themes), sources=len(rows), now=now)
    return True


def wait_for_computing(session: Session) -> None:
    """Computing happens between two statements, and the server must not take that for a forgotten transaction."""
    session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{MERGE_LIMIT_S}s'"))


def read_the_rest(session: Session, *, run: Run, rows: Sequence[AggregationRow], embedder: Embedder) -> bool:
    """Read the few sources that changed since their part was read; False where they are so many that they need parts of their own.

    That happens when the language model was exchanged since the last run.
    """
    stored = mapping.stored_revisions(session, ids=[row.id for row in rows], model=embedder.name)
    missing = [row for row in rows if stored.get(row.id) != row.revision]
    if run.through_queue and len(missing) > SHARD_SOURCES:
        prepare_more(session, run=run, missing=[(str(row.id), len(row.text)) for row in missing])
        return False
    prepare_missing(session, rows=missing, embedder=embedder, parameters=mapping.parameters_from(run.parameters))
    return True


def end_run(session: Session, *, run: Run, process: Process, themes: int, sources: int, now: datetime) -> None:
    """What follows a finished run: the record, a notice to whom asked for it, the draft of the paper."""
    run_id = run.id
    record(
        session, actor=SYSTEM, action="run.finished", kind=ThingKind.run, object_id=run_id, process_id=run.process_id,
        themes=themes, sources=sources,
    )  # fmt: skip  # one row of values reads better so
    if run.requested_by is not None:
        locale = session.execute(select(Account.locale).where(Account.id == run.requested_by)).scalar_one_or_none()
        subject, body = emails.run_done(themes=themes, sources=sources, language=locale or "it")
        notify(
            session, account_ids=[run.requested_by], kind="run_done", subject=subject, body=body,
            link_endpoint="evidence.themes", link_values={"slug": process.slug}, process_id=process.id, key=f"run-done:{run_id}", now=now,
        )  # fmt: skip  # one row of values reads better so
    if run.through_queue:
        jobs.enqueue(session, "position_paper.draft", key=run_id, run_id=run_id)
    session.flush()


def hold_decisions(session: Session, *, process_id: uuid.UUID, alone: bool = False) -> None:
    """Hold the themes of a process for this transaction: decisions together with each other, the end of a run `alone`."""
    number = int.from_bytes(hashlib.sha256(f"evidence:{process_id}".encode()).digest()[:8], "big", signed=True)
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    session.execute(select(lock(number)))


def _store_themes(
    session: Session,
    *,
    run: Run,
    found: Aggregation,
    strategy_ids: Mapping[str, uuid.UUID],
    rows: Mapping[str, AggregationRow],
) -> None:
    """Replace the machine's themes, members and quotes; then put people's decisions about single sources over them."""
    session.execute(
        update(Theme).where(Theme.process_id == run.process_id, Theme.origin == "machine").values(present=False)
    )
    ids: dict[str, uuid.UUID] = {}
    for theme in found.themes:
        values = _theme_values(run, theme, strategy_ids, rows)
        statement = insert(Theme).values(
            id=uuid.uuid4(), process_id=run.process_id, key=theme.key, origin="machine", **values
        )
        ids[theme.key] = session.execute(
            statement.on_conflict_do_update(index_elements=["process_id", "key"], set_=values).returning(Theme.id)
        ).scalar_one()
    of_process = select(Theme.id).where(Theme.process_id == run.process_id).scalar_subquery()
    session.execute(delete(Assignment).where(Assignment.theme_id.in_(of_process)))
    session.execute(delete(ThemeQuote).where(ThemeQuote.theme_id.in_(of_process)))
    copy_rows(session, Assignment, MEMBER_COLUMNS, member_rows({t.key: t.members for t in found.themes}, ids))
    quotes: list[dict[str, Any]] = []
    for theme in found.themes:
        for position, quote in enumerate(theme.quotes):
            row = rows[quote.source_id]
            quotes.append(
                {
                    "id": uuid.uuid4(), "theme_id": ids[theme.key], "position": position, "source_id": row.id, "revision": row.revision,
                    "quote_start": quote.start, "quote_end": quote.end, "quote_sha256": words_hash(row.text[quote.start : quote.end]),
                    "minority": quote.minority,
                }
            )  # fmt: skip  # one row of values reads better so
    insert_all(session, ThemeQuote, quotes)
    apply_decisions(session, process_id=run.process_id)


def _theme_values(
    run: Run, theme: FoundTheme, strategy_ids: Mapping[str, uuid.UUID], rows: Mapping[str, AggregationRow]
) -> dict[str, Any]:
    own = {m.source_id: (rows[m.source_id].text, rows[m.source_id].revision) for m in theme.members}
    definition, places = bind(theme.definition, own)
    return {
        "run_id": run.id,
        "present": True,
        "strategy_id": strategy_ids.get(theme.strategy_code) if theme.strategy_code else None,
        "label": theme.label[:200],
        "keywords": list(theme.keywords),
        "definition": definition,
        "definition_quotes": [place.as_json() for place in places],
        "representation": [asdict(item) for item in theme.representation],
        "coverage": theme.coverage,
        "concentrated": theme.concentrated,
    }


def apply_decisions(session: Session, *, process_id: uuid.UUID) -> None:
    """Put people's decisions about single sources over the machine's assignments; withdrawn sources stay out."""
    of_process = select(Theme.id).where(Theme.process_id == process_id).scalar_subquery()
    outside = select(AssignmentDecision.theme_id, AssignmentDecision.source_id).where(
        AssignmentDecision.theme_id.in_(of_process), AssignmentDecision.verdict == "out"
    )
    for theme_id, source_id in session.execute(outside).all():
        session.execute(delete(Assignment).where(Assignment.theme_id == theme_id, Assignment.source_id == source_id))
    inside = (
        select(AssignmentDecision.theme_id, AssignmentDecision.source_id)
        .join(Source, Source.id == AssignmentDecision.source_id)
        .where(AssignmentDecision.theme_id.in_(of_process), AssignmentDecision.verdict == "in", Source.state == "live")
    )
    for theme_id, source_id in session.execute(inside).all():
        session.execute(
            insert(Assignment)
            .values(theme_id=theme_id, source_id=source_id, share=1.0, margin=1.0, spans=[], origin="human")
            .on_conflict_do_update(index_elements=["theme_id", "source_id"], set_={"origin": "human"})
        )


def _store_readings(
    session: Session,
    *,
    run: Run,
    found: Aggregation,
    strategy_ids: Mapping[str, uuid.UUID],
    revisions: Mapping[str, int],
) -> None:
    """Replace what the machine read in each source: strategies with reasons, kind, marks, copies."""
    of_process = select(Source.id).where(Source.process_id == run.process_id).scalar_subquery()
    session.execute(delete(StrategyLink).where(StrategyLink.source_id.in_(of_process)))
    session.execute(delete(SourceReading).where(SourceReading.process_id == run.process_id))
    copies = {source_id: group.key for group in found.duplicates for source_id in group.source_ids}
    other = set(found.other)
    readings: list[tuple[Any, ...]] = []
    fit = {item.source_id: (item.fits, item.none_confidence) for item in found.links}
    for key, revision in sorted(revisions.items()):
        # An empty answer gets no links: nothing fits it.
        fits, none_confidence = fit.get(key, (False, 1.0))
        readings.append(
            (
                key, run.process_id, run.id, revision, fits, none_confidence, found.kinds.get(key), found.marks.get(key, ()), key in other,
                copies.get(key),
            )
        )  # fmt: skip  # one row of values reads better so
    copy_rows(session, StrategyLink, LINK_COLUMNS, link_rows(found.links, strategy_ids))
    copy_rows(session, SourceReading, READING_COLUMNS, readings)


def link_rows(found: Iterable[StrategyLinks], strategy_ids: Mapping[str, uuid.UUID]) -> Iterator[tuple[Any, ...]]:
    """Rows of suggestions, up to three a source. The words of a reason are the source's own: only where they stand is kept."""
    for item in found:
        for rank, suggestion in enumerate(item.suggestions[:3], start=1):
            reasons = [{"kind": r.kind, "start": r.start, "end": r.end} for r in suggestion.reasons]
            yield (
                item.source_id, rank, strategy_ids[suggestion.code], suggestion.score, suggestion.confidence, reasons,
            )  # fmt: skip  # one row of values reads better so


def member_rows(found: Mapping[str, Sequence[Member]], ids: Mapping[str, uuid.UUID]) -> Iterator[tuple[Any, ...]]:
    """Rows of sources under themes; `ids` are the themes' by key."""
    for key, members in found.items():
        for member in members if key in ids else ():
            spans = [[span.start, span.end] for span in member.spans]
            yield ids[key], member.source_id, member.share, member.margin, spans, "machine"


def _store_result(
    session: Session,
    *,
    run: Run,
    found: Aggregation,
    inputs: Sequence[tuple[str, int, str]],
    texts: Mapping[str, tuple[str, int]],
    moved: Sequence[Mapping[str, Any]],
) -> None:
    model = found.model
    session.add(
        RunResult(
            run_id=run.id,
            inputs=[list(item) for item in sorted(inputs)],
            inputs_sha256=inputs_hash(inputs),
            manifest={**found.manifest, "parameters": run.parameters, "model": model.model},
            counts={
                "by_channel": [asdict(row) for row in found.by_channel],
                "by_zone": [asdict(row) for row in found.by_zone],
                "by_speaker": [asdict(row) for row in found.by_speaker],
            },
            summaries=bound_summaries(found.summaries, texts),
            changes=[asdict(change) for change in found.changes],
            moved=list(moved),
            duplicates=[asdict(group) for group in found.duplicates],
            theme_model={
                "model": model.model,
                "dimensions": model.dimensions,
                "centre_languages": list(model.centre_languages),
                "keys": list(model.keys),
                "strategy_codes": list(model.strategy_codes),
                "labels": list(model.labels),
                "sha256": hashlib.sha256(model.centres + model.centroids).hexdigest(),
            },
            centres=model.centres,
            centroids=model.centroids,
            prototypes=model.prototypes,
        )
    )
    session.flush()


def bound_summaries(summaries: Iterable[Summary], texts: Mapping[str, tuple[str, int]]) -> list[dict[str, Any]]:
    """Summaries as they are stored: words of sources are replaced by where they stand, so that a withdrawal reaches them here too."""
    found = []
    for summary in summaries:
        sentences = []
        for sentence in summary.sentences:
            quoting = any(mark in sentence.text for mark in _QUOTING)
            own = {key: texts[key] for key in sentence.source_ids if key in texts} if quoting else {}
            bound, places = bind(sentence.text, own)
            # What rests on every source of its theme, strategy, axis or zone need not name thousands of them.
            rest = {"role": sentence.role, "source_ids": [] if sentence.role in OF_ALL else list(sentence.source_ids)}
            sentences.append({"text": bound, "quotes": [place.as_json() for place in places], **rest})
        found.append({"level": summary.level, "key": summary.key, "sentences": sentences})
    return found


def insert_all(session: Session, table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    """Insert in batches, so that no statement grows without bound."""
    listed = list(rows)
    for start in range(0, len(listed), _BATCH):
        session.execute(insert(table), listed[start : start + _BATCH])
