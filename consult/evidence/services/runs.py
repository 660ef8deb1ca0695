"""Starting a run, preparing its parts, pausing, resuming and cancelling it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import ARRAY, String, Uuid, any_, cast, delete, false, func, insert, literal, or_, select, text, update
from sqlalchemy.orm import Session

from consult.analytics.types import Parameters
from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, ThingKind
from consult.evidence.models import RUNNING, Run, RunPart, RunShard, SourceReading, SourceVector
from consult.evidence.queries import any_change
from consult.evidence.rules import SHARD_SOURCES, cut_into_shards
from consult.evidence.services import mapping
from consult.listening.sources.models import Source
from consult.listening.sources.types import AggregationRow
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder

#: Topic of the job that merges a run, by its kind.
MERGES = {"full": "evidence.reduce", "refresh": "evidence.refresh"}


#: Topics of the steps of a large merge.
STEPS = ("evidence.link", "evidence.themes", "evidence.branch", "evidence.finish")


def start_run(
    session: Session,
    *,
    process_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    kind: str = "full",
    parameters: Parameters | None = None,
    through_queue: bool = True,
    part: int = SHARD_SOURCES,
) -> uuid.UUID:
    """Start an aggregation of the live sources of a process; returns the run's key.

    A run of kind "refresh" reads only what is new or changed since the last one into the themes there are. What is not prepared yet is
    cut into parts of at most `part` sources, but for what a refresh reads by itself. With `through_queue` a job per part goes into the
    outbox; without it the caller carries the run itself.
    Raises Conflict while another run of the process is at work, Invalid where there is nothing to aggregate or nothing has changed.
    """
    process = session.execute(
        select(Process).where(Process.id == process_id).with_for_update(key_share=True)
    ).scalar_one_or_none()
    if process is None:
        raise NotFound("Questo processo non c’è.")
    running = session.execute(
        select(Run.id).where(Run.process_id == process_id, Run.state.in_(RUNNING))
    ).scalar_one_or_none()
    if running is not None:
        raise Conflict(
            "Un’aggregazione è già in corso: si può seguirla, o annullarla e ricominciare.",
            link_endpoint="evidence.run",
            link_values={"slug": process.slug, "run_id": str(running)},
        )
    last = _last_done(session, process_id)
    if kind == "refresh":
        if last is None:
            raise Invalid("Prima di aggiornare serve un’aggregazione intera.")
        if not any_change(session, process_id=process_id):
            raise Invalid("Dall’ultima aggregazione non è cambiata nessuna fonte.")
    live, voices = session.execute(
        select(func.count(), func.count().filter(Source.channel != str(Channel.document))).where(
            Source.process_id == process_id, Source.state == "live"
        )
    ).one()
    if not voices:
        raise Invalid("Non ci sono ancora voci da aggregare: servono risposte, interviste, incontri o contributi.")
    model = last.model if last else _reader(session, process_id)
    missing = missing_of(session, process_id, model, changed=kind == "refresh")
    shards = cut_into_shards(missing, part)
    if kind == "refresh" and len(shards) == 1:
        # The refresh reads so few by itself: a job for them would take as long to be handed over as to be done.
        shards = []
    reused = live - len(missing)
    chosen = parameters or (mapping.parameters_from(last.parameters) if last and kind == "refresh" else None)
    latest = session.execute(
        select(func.coalesce(func.max(Run.number), 0)).where(Run.process_id == process_id)
    ).scalar_one()
    run = Run(
        process_id=process_id, number=latest + 1, kind=kind, state="preparing", through_queue=through_queue,
        parameters=mapping.parameters_json(chosen or Parameters(language=process.language)), source_count=live,
        prepared_count=reused, reused_count=reused, shard_count=len(shards), requested_by=actor.account_id, started_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(run)
    session.flush()
    if kind == "full" and reused:
        add_ready(
            session, run_id=run.id, process_id=process_id, number=len(shards), besides=[key for key, _ in missing]
        )
    _add_shards(session, run, shards, first=0)
    if not shards:
        _ask_for_merge(session, run)
    record(
        session, actor=actor, action="run.started", kind=ThingKind.run, object_id=run.id, process_id=process_id,
        sources=live, shards=len(shards), run_kind=kind,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    jobs.tell_relay(session)
    return run.id


def _last_done(session: Session, process_id: uuid.UUID) -> Run | None:
    return session.execute(
        select(Run).where(Run.process_id == process_id, Run.state == "done").order_by(Run.number.desc()).limit(1)
    ).scalar_one_or_none()


def _reader(session: Session, process_id: uuid.UUID) -> str:
    """The model that has read most sources of a process as they arrived; empty where none has."""
    read = (
        select(SourceVector.model)
        .join(Source, Source.id == SourceVector.source_id)
        .where(Source.process_id == process_id, Source.state == "live")
        .group_by(SourceVector.model)
        .order_by(func.count().desc(), SourceVector.model)
        .limit(1)
    )
    return session.execute(read).scalar_one_or_none() or ""


def missing_of(session: Session, process_id: uuid.UUID, model: str, *, changed: bool) -> list[tuple[str, int]]:
    """Live sources by id, with their length, whose present revision `model` has not read; with `changed` only among those that the last
    run did not read either."""
    read = (
        select(SourceVector.source_id)
        .where(
            SourceVector.source_id == Source.id,
            SourceVector.model == model,
            SourceVector.revision == Source.revision,
        )
        .exists()
    )
    statement = (
        select(Source.id, func.char_length(Source.text))
        .where(Source.process_id == process_id, Source.state == "live", ~read)
        .order_by(Source.id)
    )
    if changed:
        statement = statement.outerjoin(SourceReading, SourceReading.source_id == Source.id).where(
            or_(SourceReading.source_id.is_(None), SourceReading.revision != Source.revision)
        )
    return [(str(key), length) for key, length in session.execute(statement)]


def add_ready(
    session: Session, *, run_id: uuid.UUID, process_id: uuid.UUID, number: int, besides: Sequence[str] = ()
) -> None:
    """A part that needs no job, done from the start: the live sources of a process that earlier runs have read."""
    live = select(cast(Source.id, String).label("id")).where(Source.process_id == process_id, Source.state == "live")
    if besides:
        live = live.where(~(Source.id == any_(literal([uuid.UUID(key) for key in besides], ARRAY(Uuid)))))
    ids = live.subquery()
    listed = func.coalesce(func.jsonb_agg(ids.c.id), text("'[]'::jsonb"))
    session.execute(
        insert(RunShard).values(
            id=uuid.uuid4(), run_id=run_id, number=number, source_ids=select(listed).scalar_subquery(),
            done_at=func.clock_timestamp(),
        )
    )  # fmt: skip  # one row of values reads better so


def _add_shards(session: Session, run: Run, shards: list[list[str]], *, first: int) -> None:
    """Parts of a run from number `first`, each with its job."""
    for number, ids in enumerate(shards, start=first):
        session.add(RunShard(run_id=run.id, number=number, source_ids=ids))
    if run.through_queue:
        numbers = range(first, first + len(shards))
        wanted = {f"{run.id}:{number}": {"run_id": run.id, "number": number} for number in numbers}
        jobs.enqueue_all(session, "evidence.prepare_shard", wanted)
    session.flush()


def _ask_for_merge(session: Session, run: Run) -> None:
    """All parts are ready: the run waits for its merge."""
    session.execute(update(Run).where(Run.id == run.id).values(state="reducing", reduced_at=func.clock_timestamp()))
    if run.through_queue:
        jobs.enqueue(session, MERGES[run.kind], key=run.id, run_id=run.id)


def prepare_more(session: Session, *, run: Run, missing: list[tuple[str, int]]) -> None:
    """Send a run that waits for its merge back to reading: many sources are not prepared for the model that is there now."""
    last = session.execute(select(func.max(RunShard.number)).where(RunShard.run_id == run.id)).scalar_one()
    shards = cut_into_shards(missing)
    # The merge is asked for again by the last of the new parts, under the same key.
    session.execute(
        delete(jobs.OutboxJob).where(jobs.OutboxJob.topic == MERGES[run.kind], jobs.OutboxJob.key == str(run.id))
    )
    session.execute(
        update(Run)
        .where(Run.id == run.id)
        .values(
            state="preparing",
            prepared_count=func.greatest(Run.prepared_count - len(missing), 0),
            reused_count=func.greatest(Run.reused_count - len(missing), 0),
            shard_count=Run.shard_count + len(shards),
        )
    )
    _add_shards(session, run, shards, first=(-1 if last is None else last) + 1)


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
        _ask_for_merge(session, run)


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
    session.execute(delete(RunPart).where(RunPart.run_id == run_id))
    record(session, actor=actor, action="run.cancelled", kind=ThingKind.run, object_id=run_id, process_id=process_id)
    session.flush()


def pause_run(session: Session, *, process_id: uuid.UUID, run_id: uuid.UUID, actor: Actor) -> None:
    """Let a run rest: the parts in hand end, no further one begins, what is ready stays. Raises Conflict when it no longer reads."""
    found = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.process_id == process_id, Run.state == "preparing")
        .values(state="paused")
        .returning(Run.id)
    ).scalar_one_or_none()
    if found is None:
        _refuse(session, process_id, run_id, "Si può mettere in pausa solo un’aggregazione che sta leggendo le fonti.")
    record(session, actor=actor, action="run.paused", kind=ThingKind.run, object_id=run_id, process_id=process_id)
    session.flush()


def resume_run(session: Session, *, process_id: uuid.UUID, run_id: uuid.UUID, actor: Actor) -> None:
    """Go on with a run that rests, or try again the parts that were set aside after repeated failure. Raises Conflict where there is none."""
    run = session.execute(
        select(Run).where(Run.id == run_id, Run.process_id == process_id, Run.state.in_(RUNNING)).with_for_update()
    ).scalar_one_or_none()
    if run is None:
        _refuse(session, process_id, run_id, "Questa aggregazione è già finita.")
    left = session.execute(
        select(RunShard.number).where(RunShard.run_id == run_id, RunShard.done_at.is_(None)).order_by(RunShard.number)
    ).scalars()
    keys = [f"{run_id}:{number}" for number in left]
    job = jobs.OutboxJob
    steps = select(RunPart.number).where(RunPart.run_id == run_id, RunPart.done_at.is_(None)).distinct()
    keys_too = [f"{run_id}:{number}" for number in session.execute(steps).scalars()]
    wanted = job.topic.in_(("evidence.prepare_shard", *MERGES.values())) & job.key.in_([*keys, str(run_id)])
    wanted |= job.topic.in_(STEPS) & job.key.in_([*keys_too, str(run_id)])
    # A part whose job came while the run rested is done as a job and not as a part: it is asked for again.
    stopped = job.parked_at.is_not(None) | (job.done_at.is_not(None) if run.state == "paused" else false())
    again = session.execute(
        update(job)
        .where(wanted, stopped)
        .values(parked_at=None, done_at=None, attempts=0, sent_at=None)
        .returning(job.id)
    ).all()
    if run.state == "paused":
        session.execute(update(Run).where(Run.id == run_id).values(state="preparing"))
        if not keys:
            _ask_for_merge(session, run)
    elif not again:
        _refuse(session, process_id, run_id, "L’aggregazione sta andando avanti: non c’è niente da riprendere.")
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


def _refuse(session: Session, process_id: uuid.UUID, run_id: uuid.UUID, sentence: str) -> NoReturn:
    """Raise NotFound for a run that is not of this process, Conflict with a link otherwise."""
    slug = session.execute(
        select(Process.slug).join(Run, Run.process_id == Process.id).where(Run.id == run_id, Process.id == process_id)
    ).scalar_one_or_none()
    if slug is None:
        raise NotFound("Questa aggregazione non c’è.")
    raise Conflict(sentence, link_endpoint="evidence.run", link_values={"slug": slug, "run_id": str(run_id)})
