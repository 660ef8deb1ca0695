"""The merge of a run in steps: a look at all sources, each part read by itself, themes found, each strategy's themes told by themselves.

Every step leaves what it found in `run_part`, so that workers share them in any order on any machine, a step that was killed is begun anew by
itself, and one that is delivered twice finds itself done. `finishing_run.finish` puts everything together. A run that needs no queue does the
same steps one after the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from consult.analytics.types import PreparedSource, Quote, SourceText, Span
from consult.core import jobs
from consult.core.bulk import packed_rows
from consult.evidence.models import Assignment, Run, RunPart, RunShard, StrategyLink, Theme
from consult.evidence.rules import SHARD_SOURCES, words_hash
from consult.evidence.services import mapping
from consult.evidence.services.runs import missing_of, prepare_missing, prepare_more
from consult.listening.sources.models import Source
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder
    from consult.analytics.survey import Survey
    from consult.analytics.types import Member, StrategyLinks

LINK_COLUMNS = ("source_id", "rank", "strategy_id", "score", "confidence", "reasons")
MEMBER_COLUMNS = ("theme_id", "source_id", "share", "margin", "spans", "origin")
#: Longest a merge may compute, in seconds; a copy of its message neither waits nor counts meanwhile (`jobs.hold`).
MERGE_LIMIT_S = 1800
#: Topic of the jobs of a stage, and of the one that follows when all of it is done.
_kept: dict[tuple[uuid.UUID, Any], Survey] = {}
TOPICS = {"link": ("evidence.link", "evidence.themes"), "branch": ("evidence.branch", "evidence.finish")}


def wait_for_computing(session: Session) -> None:
    """Computing happens between two statements, and the server must not take that for a forgotten transaction.

    What is counted over all sources is sorted in memory: the usual four megabytes would send a hundred thousand rows to disk.
    """
    session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{MERGE_LIMIT_S}s'"))
    session.execute(text("SET LOCAL work_mem = '64MB'"))


@contextmanager
def steadily() -> Iterator[None]:
    """One thread, so that sums of floats add up the same way on every run, and no search for cycles among millions of small rows."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415  # It ships no types; only workers need it.

    from consult.analytics.pipeline import without_collections  # noqa: PLC0415  # The web must not load the analytics.

    with threadpool_limits(limits=1), without_collections():
        yield


def reducing(session: Session, run_id: uuid.UUID) -> Run | None:
    """The run where it waits for its merge, else None."""
    run = session.execute(select(Run).where(Run.id == run_id)).scalar_one_or_none()
    return run if run is not None and run.state == "reducing" else None


def numbers_of(session: Session, run_id: uuid.UUID, stage: str) -> list[int]:
    """The parts of a stage that are not done yet."""
    left = select(RunPart.number).where(RunPart.run_id == run_id, RunPart.stage == stage, RunPart.done_at.is_(None))
    return list(session.execute(left.order_by(RunPart.number)).scalars())


def begin(
    session: Session, *, run_id: uuid.UUID, embedder: Embedder, queued: bool, part: int | None = None
) -> bool:
    """Look at all sources of a run whose parts are all ready, and cut them into parts to be read. With `queued` a job is asked for each;
    `part` is how many sources a part has at most, where it is not the usual number.

    False where there is nothing to do: the run has ended, was looked at before, or many sources must be read with another model first.
    """
    from consult.analytics import linking, packing, survey  # noqa: PLC0415  # The web shares this room and must not load the analytics.
    from consult.analytics.segments import says_something  # noqa: PLC0415  # See above.

    run = reducing(session, run_id)
    if run is None:
        return False
    there = select(RunPart.number).where(RunPart.run_id == run_id, RunPart.stage == "survey")
    if session.execute(there).first() is not None:
        return not queued
    wait_for_computing(session)
    shards = session.execute(
        select(RunShard.source_ids).where(RunShard.run_id == run_id).order_by(RunShard.number)
    ).scalars()
    wanted = {source_id for ids in shards for source_id in ids}
    live = select(Source.id).where(Source.process_id == run.process_id, Source.state == "live").order_by(Source.id)
    ids = [key for key in session.execute(live).scalars() if str(key) in wanted]
    if not read_the_rest(session, run=run, ids=ids, embedder=embedder):
        return False
    stored = mapping.read_back(session, ids=ids, model=embedder.name, whole=False, signatures=True)
    process = session.execute(select(Process).where(Process.id == run.process_id)).scalar_one()
    targets, _ = mapping.frame_targets(session, frame_id=process.frame_id, process_id=run.process_id)
    parameters = mapping.parameters_from(run.parameters)
    prepared = [item for item, _ in stored.values()]
    with steadily():
        seen = survey.look(prepared, targets, parameters, embedder)
    cut = linking.parts_of(prepared, part or linking.PART_SOURCES)
    session.add(
        RunPart(
            run_id=run_id, stage="survey", number=0, given={}, body=packing.pack_survey(seen), done_at=_clock(session)
        )
    )
    for number, (items, start) in enumerate(zip(cut, linking.starts_of(cut), strict=True)):
        listed = [[i.source.id, i.digest, says_something(i), stored[i.source.id][1]] for i in items]
        session.add(RunPart(run_id=run_id, stage="link", number=number, given={"sources": listed, "start": start}))
    session.flush()
    if queued:
        _ask(session, run, "link", len(cut))
    return True


def read_the_rest(session: Session, *, run: Run, ids: Sequence[uuid.UUID], embedder: Embedder) -> bool:
    """Read the few sources that changed since their part was read; False where they are so many that they need parts of their own.

    That happens when the language model was exchanged since the last run.
    """
    here = set(ids)
    missing = [
        (key, length)
        for key, length in missing_of(session, run.process_id, embedder.name, changed=False)
        if uuid.UUID(key) in here
    ]
    if run.through_queue and len(missing) > SHARD_SOURCES:
        prepare_more(session, run=run, missing=missing)
        return False
    rows = mapping.live_among(session, ids=[uuid.UUID(key) for key, _ in missing]) if missing else []
    prepare_missing(session, rows=rows, embedder=embedder, parameters=mapping.parameters_from(run.parameters))
    return True


def link(session: Session, *, run_id: uuid.UUID, number: int, embedder: Embedder, queued: bool) -> None:
    """Read one part by itself: suggestions with reasons, and under which strategy each sentence goes."""
    from consult.analytics import linking, packing  # noqa: PLC0415  # The web shares this room and must not load the analytics.
    from consult.analytics.segments import says_something  # noqa: PLC0415  # See above.

    taken = _take(session, run_id, "link", number)
    if taken is None:
        return
    run, part = taken
    process = session.execute(select(Process).where(Process.id == run.process_id)).scalar_one()
    targets, strategy_ids = mapping.frame_targets(session, frame_id=process.frame_id, process_id=run.process_id)
    parameters = mapping.parameters_from(run.parameters)
    listed = part.given["sources"]
    stored = mapping.read_back(session, ids=[uuid.UUID(key) for key, *_ in listed], model=embedder.name, whole=True)
    items, gone = in_order(listed, stored, embedder)
    with steadily():
        read = linking.read_part(
            items, _survey(session, run_id), targets, parameters, embedder, start=part.given["start"]
        )
    homes = read.homes.copy()
    homes[[place for place, item in enumerate(filter(says_something, items)) if item.source.id in gone]] = (
        linking.LEFT_OUT
    )
    part.body = packing.pack_part(replace(read, homes=homes, links=()))
    fit = {row.source_id: (row.fits, row.none_confidence) for row in read.links}
    # An empty answer gets no links: nothing fits it.
    part.told = [
        [item.source.id, stored[item.source.id][1], *fit.get(item.source.id, (False, 1.0)), item.kind, item.marks]
        for item in items
        if item.source.id not in gone
    ]
    part.rows = packed_rows(
        StrategyLink, LINK_COLUMNS, link_rows([row for row in read.links if row.source_id not in gone], strategy_ids)
    )
    _done(session, run, part, queued=queued)


def find_themes(session: Session, *, run_id: uuid.UUID, embedder: Embedder, queued: bool) -> None:
    """Find the themes among all sources together, and hand out those of each strategy to be told."""
    from consult.analytics import finding, linking, packing, pipeline  # noqa: PLC0415  # The web must not load the analytics.

    run = reducing(session, run_id)
    there = select(RunPart.number).where(RunPart.run_id == run_id, RunPart.stage == "themes")
    if run is None or session.execute(there).first() is not None or numbers_of(session, run_id, "link"):
        return
    wait_for_computing(session)
    rows = session.execute(
        select(RunPart.given, RunPart.body)
        .where(RunPart.run_id == run_id, RunPart.stage == "link")
        .order_by(RunPart.number)
    ).all()
    listed = [row for given, _ in rows for row in given["sources"]]
    parts = [packing.unpack_part(bytes(body)) for _, body in rows]
    stored = mapping.read_back(session, ids=[uuid.UUID(key) for key, *_ in listed], model=embedder.name, whole=False)
    usable = [key for key, _, says, _ in listed if says]
    homes, away, _ = linking.joined(parts)
    process = session.execute(select(Process).where(Process.id == run.process_id)).scalar_one()
    targets, strategy_ids = mapping.frame_targets(session, frame_id=process.frame_id, process_id=run.process_id)
    # Only sources of which a sentence goes elsewhere are needed sentence by sentence; without a frame any may be.
    split = dict.fromkeys(usable[place] for place, *_ in away) if targets else dict.fromkeys(usable)
    stored |= mapping.read_back(session, ids=[uuid.UUID(key) for key in split], model=embedder.name, whole=True)
    items, gone = in_order(listed, stored, embedder)
    homes[[place for place, key in enumerate(usable) if key in gone]] = linking.LEFT_OUT
    seen = _survey(session, run_id)
    codes = {key: code for code, key in strategy_ids.items()}
    known = mapping.known_themes(
        session, process_id=run.process_id, codes=codes, live={item.source.id for item in items} - gone
    )
    parameters = mapping.parameters_from(run.parameters)
    with steadily():
        found = finding.find(items, seen, parts, targets, known, parameters, embedder, homes=homes)
    rows_there = session.execute(select(Theme.key, Theme.id).where(Theme.process_id == run.process_id))
    existing = {row.key: row.id for row in rows_there}
    ids = {theme.key: str(existing.get(theme.key) or uuid.uuid4()) for theme in found.themes}
    sizes = [(theme.key, theme.label, len({name for name, _ in theme.said})) for theme in found.themes]
    given = {
        "changes": [asdict(change) for change in pipeline.changes_between(known, sizes)],
        "method": pipeline.method_of(seen, targets, known, parameters, embedder),
        "sources": len(listed),
        "usable": len(usable),
    }
    plain = replace(found, themes=tuple(replace(theme, said=()) for theme in found.themes))
    session.add(
        RunPart(
            run_id=run_id,
            stage="themes",
            number=0,
            given=given,
            body=packing.pack_found(plain),
            done_at=_clock(session),
        )
    )
    branches = found.branches()
    for number, places in enumerate(branches):
        own = replace(found, themes=tuple(found.themes[place] for place in places))
        session.add(
            RunPart(
                run_id=run_id, stage="branch", number=number, body=packing.pack_found(own),
                given={"places": list(places), "ids": {theme.key: ids[theme.key] for theme in own.themes}},
            )
        )  # fmt: skip  # one row of values reads better so
    session.flush()
    if queued:
        _ask(session, run, "branch", len(branches))


def branch(session: Session, *, run_id: uuid.UUID, number: int, embedder: Embedder, queued: bool) -> None:
    """Tell the themes of one strategy: members, quotes, definition, where voices differ."""
    from consult.analytics import assembly, packing  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    taken = _take(session, run_id, "branch", number)
    if taken is None:
        return
    run, part = taken
    found = packing.unpack_found(bytes(part.body))
    names = sorted({name for theme in found.themes for name, _ in theme.said})
    stored = mapping.read_back(session, ids=[uuid.UUID(key) for key in names], model=embedder.name, whole=True)
    seen = _survey(session, run_id)
    items = [item for item, _ in stored.values()]
    with steadily():
        told = assembly.tell(
            items, {item.source.id: seen.argument_of(item) for item in items}, seen.centre, found.themes,
            part.given["places"], found.centres, mapping.parameters_from(run.parameters),
        )  # fmt: skip  # one row of values reads better so

    def place(quote: Quote) -> list[Any]:
        return [
            quote.source_id,
            stored[quote.source_id][1],
            quote.start,
            quote.end,
            words_hash(quote.text),
            quote.minority,
        ]

    part.told = [
        {
            "key": row.theme.key, "code": row.theme.strategy_code, "label": row.theme.label, "keywords": row.theme.keywords,
            "definition": place(row.definition) if row.definition else None, "coverage": row.theme.coverage,
            "concentrated": row.theme.concentrated, "quotes": [place(quote) for quote in row.theme.quotes],
            "tested": [asdict(test) for test in row.tested],
        }
        for row in told
    ]  # fmt: skip  # one row of values reads better so
    ids: dict[str, str] = part.given["ids"]
    part.rows = packed_rows(
        Assignment,
        MEMBER_COLUMNS,
        member_rows({row.theme.key: row.theme.members for row in told}, {k: uuid.UUID(v) for k, v in ids.items()}),
    )
    part.body = b""
    _done(session, run, part, queued=queued)


def in_order(
    listed: Sequence[Sequence[Any]], stored: dict[str, tuple[PreparedSource, int]], embedder: Embedder
) -> tuple[list[PreparedSource], set[str]]:
    """Sources in the order they were looked at, and which of them changed or were withdrawn since: an empty row keeps their place."""
    items: list[PreparedSource] = []
    gone: set[str] = set()
    for key, digest, says, _ in listed:
        found = stored.get(key)
        if found is not None and found[0].digest == digest:
            items.append(found[0])
            continue
        gone.add(key)
        items.append(
            PreparedSource(
                source=SourceText(key, ""), digest=digest, language="", sentences=(Span(0, 0),) if says else (),
                marks=() if says else ("empty",), kind=None, signature=b"", vectors=bytes(2 * embedder.dimensions),
                dimensions=embedder.dimensions, model=embedder.name,
            )
        )  # fmt: skip  # one row of values reads better so
    return items, gone


def link_rows(found: Sequence[StrategyLinks], strategy_ids: Mapping[str, uuid.UUID]) -> Iterator[tuple[Any, ...]]:
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


def forget(session: Session, *, run_id: uuid.UUID) -> None:
    """Let go of what the steps of a merge left."""
    session.execute(delete(RunPart).where(RunPart.run_id == run_id))


def _clock(session: Session) -> Any:
    return session.execute(select(func.clock_timestamp())).scalar_one()


def _take(session: Session, run_id: uuid.UUID, stage: str, number: int) -> tuple[Run, RunPart] | None:
    """A part that is to be done, held for this transaction; None where it is done, in other hands, or its run has ended."""
    run = reducing(session, run_id)
    part = session.execute(
        select(RunPart)
        .where(RunPart.run_id == run_id, RunPart.stage == stage, RunPart.number == number, RunPart.done_at.is_(None))
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if run is None or part is None:
        return None
    wait_for_computing(session)
    return run, part


def _done(session: Session, run: Run, part: RunPart, *, queued: bool) -> None:
    """Mark a part done; the last of its stage asks for what follows, exactly once: the run's row is locked while what is left is counted."""
    part.done_at = _clock(session)
    session.flush()
    if not queued:
        return
    session.execute(select(Run.id).where(Run.id == run.id).with_for_update(key_share=True))
    if not numbers_of(session, run.id, part.stage):
        jobs.enqueue(session, TOPICS[part.stage][1], key=run.id, run_id=run.id)


def _ask(session: Session, run: Run, stage: str, number: int) -> None:
    """A job for each part of a stage; where there is none, for what follows."""
    topic, then = TOPICS[stage]
    if number:
        wanted = {f"{run.id}:{n}": {"run_id": run.id, "number": n} for n in range(number)}
        jobs.enqueue_all(session, topic, wanted)
    else:
        jobs.enqueue(session, then, key=run.id, run_id=run.id)


def _survey(session: Session, run_id: uuid.UUID) -> Survey:
    """What was seen of all sources; the last one is kept for the process, since each of its parts needs it."""
    from consult.analytics import packing  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    row = (RunPart.run_id == run_id) & (RunPart.stage == "survey")
    mark = (run_id, session.execute(select(RunPart.done_at).where(row)).scalar_one())
    if mark not in _kept:
        _kept.clear()
        _kept[mark] = packing.unpack_survey(bytes(session.execute(select(RunPart.body).where(row)).scalar_one()))
    return _kept[mark]
