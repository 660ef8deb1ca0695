"""Starting a run, preparing its parts, cancelling and resuming it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.analytics.types import Parameters
from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, ThingKind
from consult.evidence.models import RUNNING, Run, RunShard
from consult.evidence.rules import SHARD_SOURCES, cut_into_shards
from consult.evidence.services import mapping
from consult.listening.sources import queries as sources
from consult.listening.sources.types import AggregationRow
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder


def start_run(
    session: Session,
    *,
    process_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    parameters: Parameters | None = None,
    through_queue: bool = True,
    part: int = SHARD_SOURCES,
) -> uuid.UUID:
    """Start an aggregation of the live sources of a process; returns the run's key.

    The work is cut into parts of at most `part` sources. With `through_queue` a job per part goes into the outbox; without it the
    caller carries the run itself.
    Raises Conflict while another run of the process is at work, Invalid where there is nothing to aggregate.
    """
    process = session.execute(
        select(Process).where(Process.id == process_id).with_for_update(key_share=True)
    ).scalar_one_or_none()
    if process is None:
        raise NotFound("Questo processo non c'è.")
    running = session.execute(
        select(Run.id).where(Run.process_id == process_id, Run.state.in_(RUNNING))
    ).scalar_one_or_none()
    if running is not None:
        raise Conflict(
            "Un'aggregazione è già in corso: si può seguirla, o annullarla e ricominciare.",
            link_endpoint="evidence.run",
            link_values={"slug": process.slug, "run_id": str(running)},
        )
    rows = sources.for_aggregation(session, process_id=process_id)
    if all(row.channel == Channel.document for row in rows):
        raise Invalid("Non ci sono ancora voci da aggregare: servono risposte, interviste, incontri o contributi.")
    shards = cut_into_shards([(str(row.id), len(row.text)) for row in rows], part)
    chosen = parameters or Parameters(language=process.language)
    latest = session.execute(
        select(func.coalesce(func.max(Run.number), 0)).where(Run.process_id == process_id)
    ).scalar_one()
    run = Run(
        process_id=process_id, number=latest + 1, state="preparing", through_queue=through_queue, parameters=mapping.parameters_json(chosen),
        source_count=len(rows), shard_count=len(shards), requested_by=actor.account_id, started_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(run)
    session.flush()
    for number, ids in enumerate(shards):
        session.add(RunShard(run_id=run.id, number=number, source_ids=ids))
        if through_queue:
            jobs.enqueue(session, "evidence.prepare_shard", key=f"{run.id}:{number}", run_id=run.id, number=number)
    record(
        session, actor=actor, action="run.started", kind=ThingKind.run, object_id=run.id, process_id=process_id,
        sources=len(rows), shards=len(shards),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return run.id


def prepare_shard(session: Session, *, run_id: uuid.UUID, number: int, embedder: Embedder) -> None:
    """Prepare and embed the sources of one part that are not stored yet, and count progress.

    Does nothing when the part is ready, held by another, or its run has ended. The last part asks for the merge, exactly once:
    the run's row is locked while what is left is counted.
    """
    shard = session.execute(
        select(RunShard)
        .where(RunShard.run_id == run_id, RunShard.number == number, RunShard.done_at.is_(None))
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    run = session.execute(select(Run).where(Run.id == run_id)).scalar_one_or_none()
    if shard is None or run is None or run.state != "preparing":
        return
    rows = mapping.live_among(session, ids=[uuid.UUID(source_id) for source_id in shard.source_ids])
    fresh = prepare_missing(session, rows=rows, embedder=embedder, parameters=mapping.parameters_from(run.parameters))
    shard.done_at = session.execute(select(func.clock_timestamp())).scalar_one()
    session.flush()
    state = session.execute(select(Run.state).where(Run.id == run_id).with_for_update(key_share=True)).scalar_one()
    if state != "preparing":
        return
    left = session.execute(
        select(func.count()).select_from(RunShard).where(RunShard.run_id == run_id, RunShard.done_at.is_(None))
    ).scalar_one()
    values = {
        "prepared_count": Run.prepared_count + len(shard.source_ids),
        "reused_count": Run.reused_count + len(rows) - fresh,
    }
    session.execute(update(Run).where(Run.id == run_id).values(**values))
    if left == 0:
        session.execute(update(Run).where(Run.id == run_id).values(state="reducing", reduced_at=func.clock_timestamp()))
        if run.through_queue:
            jobs.enqueue(session, "evidence.reduce", key=run_id, run_id=run_id)


def prepare_missing(session: Session, *, rows: list[AggregationRow], embedder: Embedder, parameters: Parameters) -> int:
    """Prepare and store those of `rows` whose present revision is not stored for this model; returns how many that were."""
    stored = mapping.stored_revisions(session, ids=[row.id for row in rows], model=embedder.name)
    missing = [row for row in rows if stored.get(row.id) != row.revision]
    if not missing:
        return 0
    from consult.analytics.pipeline import prepare  # noqa: PLC0415  # The web starts runs and must not load the analytics.

    prepared = prepare([mapping.source_text(row) for row in missing], embedder, parameters)
    mapping.keep_prepared(session, prepared=zip(prepared, (row.revision for row in missing), strict=True))
    return len(missing)


def cancel_run(session: Session, *, process_id: uuid.UUID, run_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Stop a run: parts in hand end without effect, nothing of it is shown. Raises Conflict when it has already ended."""
    found = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.process_id == process_id, Run.state.in_(RUNNING))
        .values(state="cancelled", finished_at=now)
        .returning(Run.id)
    ).scalar_one_or_none()
    if found is None:
        _refuse(session, process_id, run_id, "Questa aggregazione è già finita.")
    record(session, actor=actor, action="run.cancelled", kind=ThingKind.run, object_id=run_id, process_id=process_id)
    session.flush()


def resume_run(session: Session, *, process_id: uuid.UUID, run_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Try again the parts of a run that were set aside after repeated failure. Raises Conflict when none was."""
    run = session.execute(
        select(Run).where(Run.id == run_id, Run.process_id == process_id, Run.state.in_(RUNNING))
    ).scalar_one_or_none()
    if run is None:
        _refuse(session, process_id, run_id, "Questa aggregazione è già finita.")
    keys = [
        f"{run_id}:{n}" for n in session.execute(select(RunShard.number).where(RunShard.run_id == run_id)).scalars()
    ]
    job = jobs.OutboxJob
    again = session.execute(
        update(job)
        .where(
            job.topic.in_(("evidence.prepare_shard", "evidence.reduce")),
            job.key.in_([*keys, str(run_id)]),
            job.parked_at.is_not(None),
        )
        .values(parked_at=None, attempts=0, sent_at=None)
        .returning(job.id)
    ).all()
    if not again:
        _refuse(session, process_id, run_id, "L'aggregazione sta andando avanti: non c'è niente da riprendere.")
    record(
        session,
        actor=actor,
        action="run.resumed",
        kind=ThingKind.run,
        object_id=run_id,
        process_id=process_id,
        jobs=len(again),
    )
    session.flush()


def _refuse(session: Session, process_id: uuid.UUID, run_id: uuid.UUID, sentence: str) -> None:
    """Raise NotFound for a run that is not of this process, Conflict with a link otherwise."""
    slug = session.execute(
        select(Process.slug).join(Run, Run.process_id == Process.id).where(Run.id == run_id, Process.id == process_id)
    ).scalar_one_or_none()
    if slug is None:
        raise NotFound("Questa aggregazione non c'è.")
    raise Conflict(sentence, link_endpoint="evidence.run", link_values={"slug": slug, "run_id": str(run_id)})
