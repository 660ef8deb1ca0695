"""A large merge shared by workers: a look at all sources, each part read by itself, themes found, each strategy's themes told by themselves.

Every step leaves what it found in `run_part`, so that workers share them in any order on any machine, a step that was killed is begun anew by
itself, and one that is delivered twice finds itself done. `reduce.finish` puts everything together. What a step computes is in `steps`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Uuid, cast, delete, func, select, text
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.evidence.models import Run, RunPart, RunShard
from consult.evidence.rules import SHARD_SOURCES
from consult.evidence.services import mapping, steps
from consult.evidence.services.runs import missing_of, prepare_missing, prepare_more
from consult.listening.sources.models import Source

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder
    from consult.analytics.survey import Survey
    from consult.analytics.types import PreparedSource

#: Longest a merge may compute, in seconds; a copy of its message neither waits nor counts meanwhile (`jobs.hold`).
MERGE_LIMIT_S = 1800
#: What was seen of all sources, as a worker keeps it from one step of a run to the next.
_kept: dict[tuple[uuid.UUID, Any], Survey] = {}
#: Topic of the jobs of a stage, and of the one that follows when all of it is done.
TOPICS = {"link": ("evidence.link", "evidence.themes"), "branch": ("evidence.branch", "evidence.finish")}


def wait_for_computing(session: Session) -> None:
    """Computing happens between two statements, and the server must not take that for a forgotten transaction.

    What is counted over all sources is sorted in memory: the usual four megabytes would send a hundred thousand rows to disk.
    """
    session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{MERGE_LIMIT_S}s'"))
    session.execute(text("SET LOCAL work_mem = '64MB'"))


def reducing(session: Session, run_id: uuid.UUID) -> Run | None:
    """The run where it waits for its merge, else None."""
    run = session.execute(select(Run).where(Run.id == run_id)).scalar_one_or_none()
    return run if run is not None and run.state == "reducing" else None


def numbers_of(session: Session, run_id: uuid.UUID, stage: str) -> list[int]:
    """The parts of a stage that are not done yet."""
    left = select(RunPart.number).where(RunPart.run_id == run_id, RunPart.stage == stage, RunPart.done_at.is_(None))
    return list(session.execute(left.order_by(RunPart.number)).scalars())


def begin(session: Session, *, run_id: uuid.UUID, embedder: Embedder, part: int | None = None) -> bool:
    """Look at all sources of a run whose parts are all ready, and cut them into parts to be read, each with a job of its own.

    `part` is how many sources a part has at most, where it is not the usual number. False where there is nothing to do: the run has
    ended, was looked at before, or many sources must be read with another model first.
    """
    from consult.analytics import packing  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    run = reducing(session, run_id)
    there = select(RunPart.number).where(RunPart.run_id == run_id, RunPart.stage == "survey")
    if run is None or session.execute(there).first() is not None:
        return False
    wait_for_computing(session)
    ids = sources_of(session, run)
    missing = unread(session, run=run, ids=ids, model=embedder.name)
    if not read_the_rest(session, run=run, missing=missing, embedder=embedder):
        return False
    stored, seen = look(session, steps.setting_of(session, run, embedder), ids, whole=False)
    session.add(
        RunPart(
            run_id=run_id, stage="survey", number=0, given={}, body=packing.pack_survey(seen), done_at=_clock(session)
        )
    )
    cut = steps.cut(stored, part)
    for number, (listed, start) in enumerate(cut):
        session.add(RunPart(run_id=run_id, stage="link", number=number, given={"sources": listed, "start": start}))
    session.flush()
    _ask(session, run, "link", len(cut))
    return True


def look(
    session: Session, setting: steps.Setting, ids: Sequence[uuid.UUID], *, whole: bool
) -> tuple[dict[str, tuple[PreparedSource, int]], Survey]:
    """Read sources back and look at all of them; copies are found by a child while the rest is read.

    What was changed in between is left out like what changed before: the next refresh reads it.
    """
    from consult.analytics import duplicates  # noqa: PLC0415  # The web shares this room and must not load the analytics.
    from consult.analytics.cores import WORTH_FORKING, at_the_end, beside  # noqa: PLC0415  # See above.

    model = setting.embedder.name
    signed = mapping.read_signed(session, ids=ids, model=model)
    aside = beside if len(signed) >= WORTH_FORKING else at_the_end
    with aside(lambda: duplicates.find_heads(signed)) as answer:
        stored = mapping.read_back(session, ids=ids, model=model, whole=whole)
        heads = answer()
    for key in [key for key, (item, _) in stored.items() if item.digest not in heads.known]:
        del stored[key]
    return stored, steps.look(setting, stored, heads)


def sources_of(session: Session, run: Run) -> list[uuid.UUID]:
    """The sources that a run is to merge: those of its parts that are still live."""
    named = select(cast(func.jsonb_array_elements_text(RunShard.source_ids), Uuid)).where(RunShard.run_id == run.id)
    live = select(Source.id).where(Source.process_id == run.process_id, Source.state == "live", Source.id.in_(named))
    return list(session.execute(live.order_by(Source.id)).scalars())


def unread(session: Session, *, run: Run, ids: Sequence[uuid.UUID], model: str) -> list[tuple[str, int]]:
    """Those of a run's sources, with their length, that changed since their part was read."""
    here = set(ids)
    missing = missing_of(session, run.process_id, model, changed=False)
    return [(key, length) for key, length in missing if uuid.UUID(key) in here]


def read_the_rest(session: Session, *, run: Run, missing: list[tuple[str, int]], embedder: Embedder) -> bool:
    """Read the few sources that were not read yet; False where they are so many that they need parts of their own.

    That happens when the language model was exchanged since the last run.
    """
    if run.through_queue and len(missing) > SHARD_SOURCES:
        prepare_more(session, run=run, missing=missing)
        return False
    rows = mapping.live_among(session, ids=[uuid.UUID(key) for key, _ in missing]) if missing else []
    prepare_missing(session, rows=rows, embedder=embedder, parameters=mapping.parameters_from(run.parameters))
    return True


def link(session: Session, *, run_id: uuid.UUID, number: int, embedder: Embedder) -> None:
    """Read one part by itself: suggestions with reasons, and under which strategy each sentence goes."""
    from consult.analytics import packing  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    taken = _take(session, run_id, "link", number)
    if taken is None:
        return
    run, part = taken
    setting = steps.setting_of(session, run, embedder)
    listed = part.given["sources"]
    stored = mapping.read_back(session, ids=[uuid.UUID(key) for key, *_ in listed], model=embedder.name, whole=True)
    read, linked = steps.link(setting, listed, part.given["start"], stored, _survey(session, run_id))
    part.body, part.told, part.rows = packing.pack_part(read), linked.told, linked.rows
    _done(session, run, part)


def find_themes(session: Session, *, run_id: uuid.UUID, embedder: Embedder) -> None:
    """Find the themes among all sources together, and hand out those of each strategy to be told."""
    from consult.analytics import packing  # noqa: PLC0415  # The web must not load the analytics.

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
    setting = steps.setting_of(session, run, embedder)
    stored = mapping.read_back(session, ids=[uuid.UUID(key) for key, *_ in listed], model=embedder.name, whole=False)
    split = [uuid.UUID(key) for key in steps.to_be_split(setting, listed, parts)]
    stored |= mapping.read_back(session, ids=split, model=embedder.name, whole=True)
    before = steps.known_before(session, setting, listed, stored)
    unnamed = steps.find(setting, listed, stored, parts, _survey(session, run_id), before)
    themed = steps.name(setting, unnamed, before)
    plain = replace(themed.found, themes=tuple(replace(theme, said=()) for theme in themed.found.themes))
    session.add(
        RunPart(
            run_id=run_id, stage="themes", number=0, given=themed.given, body=packing.pack_found(plain), done_at=_clock(session)
        )
    )  # fmt: skip  # one row of values reads better so
    branches = themed.found.branches()
    for number, places in enumerate(branches):
        own = themed.found.only(places)
        session.add(
            RunPart(
                run_id=run_id, stage="branch", number=number, body=packing.pack_found(own),
                given={"places": list(places), "ids": {theme.key: unnamed.ids[theme.key] for theme in own.themes}},
            )
        )  # fmt: skip  # one row of values reads better so
    session.flush()
    _ask(session, run, "branch", len(branches))


def branch(session: Session, *, run_id: uuid.UUID, number: int, embedder: Embedder) -> None:
    """Tell the themes of one strategy: members, quotes, definition, where voices differ."""
    from consult.analytics import packing  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    taken = _take(session, run_id, "branch", number)
    if taken is None:
        return
    run, part = taken
    found = packing.unpack_found(bytes(part.body))
    names = [uuid.UUID(key) for key in steps.names_in(found)]
    stored = mapping.read_back(session, ids=names, model=embedder.name, whole=True)
    setting = steps.setting_of(session, run, embedder)
    told = steps.tell(setting, found, part.given["places"], stored, _survey(session, run_id), part.given["ids"])
    part.told, part.rows, part.body = told.told, told.rows, b""
    _done(session, run, part)


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


def _done(session: Session, run: Run, part: RunPart) -> None:
    """Mark a part done; the last of its stage asks for what follows, exactly once: the run's row is locked while what is left is counted."""
    part.done_at = _clock(session)
    session.flush()
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
