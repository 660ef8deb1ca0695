"""Aggregation runs: one job per part, then one merge."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

from consult.analytics.embedding import E5Embedder, Embedder, load_embedder
from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import Actor
from consult.evidence.services import arrivals, bringing, finishing, merging, reduce, refreshing, retelling, runs
from consult.ports.language_model import language_model
from consult.ports.vectors import SharedEmbedder
from worker.celery_app import settings
from worker.jobs import outbox_task, sessions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Seconds for one answer of the language model: a theme takes two, within the limit of a task.
RETELLING_PATIENCE_S = 30.0


@lru_cache(maxsize=1)
def _reader() -> Embedder:
    """For sources read by the hundred: the model in this process."""
    return load_embedder(settings.model_dir, fast=settings.fast_texts)


@lru_cache(maxsize=1)
def _sharer() -> Embedder:
    """For the few texts of a merge: the model of the process beside the worker, where it answers."""
    own = _reader()
    return SharedEmbedder(own, settings.suggester_socket) if isinstance(own, E5Embedder) else own


@outbox_task("evidence.read_arrivals")
def read_arrivals(session: Session, *, process_id: str, period: int, part: int) -> None:
    """Read sources that arrived since the last look."""
    arrivals.read_arrivals(
        session,
        process_id=uuid.UUID(process_id),
        period=period,
        part=part,
        embedder=_reader(),
    )


@outbox_task("evidence.settle_interviews")
def settle_interviews(session: Session) -> None:
    """Bring the status of interviews in line with what was coded in them."""
    finishing.settle(session, now=database_now(session))


@outbox_task("evidence.forget_drafts")
def forget_drafts(session: Session) -> None:
    """Forget files of coded work that nobody decided on."""
    bringing.forget_drafts(session, now=database_now(session))


def _project_failed(session: Session, *, import_id: str, turn: int, by: str) -> None:
    bringing.fail_work(session, import_id=uuid.UUID(import_id), turn=turn)


@outbox_task("evidence.work_through", limit_s=600, when_lost=_project_failed)
def work_through(session: Session, *, import_id: str, turn: int, by: str) -> None:
    """Read a large file of another program and try it, import it, or take it back; how far it is stands in transactions of their own."""
    key = uuid.UUID(import_id)

    def told(seen: int, total: int) -> None:
        # Each text of a hundred is enough to see it move.
        if seen % max(1, total // 100) == 0:
            with unit_of_work(sessions()) as own:
                bringing.note_texts(own, import_id=key, seen=seen, total=total)

    try:
        actor = Actor(account_id=uuid.UUID(by))
        bringing.run_work(session, import_id=key, turn=turn, actor=actor, now=database_now(session), told=told)
    except BaseException:
        # Its own transaction may hold the row that says so.
        session.rollback()
        with unit_of_work(sessions()) as own:
            _project_failed(own, import_id=import_id, turn=turn, by=by)
        raise


@outbox_task("evidence.prepare_shard")
def prepare_shard(session: Session, *, run_id: str, number: int) -> None:
    """Prepare and embed the sources of one part."""
    runs.prepare_shard(session, run_id=uuid.UUID(run_id), number=number, embedder=_reader())


@outbox_task("evidence.reduce", limit_s=merging.MERGE_LIMIT_S)
def reduce_run(session: Session, *, run_id: str) -> None:
    """Merge a run whose parts are all ready, or hand its merge out in steps where it is large."""
    done = reduce.merge(session, run_id=uuid.UUID(run_id), embedder=_sharer(), now=database_now(session))
    if done and settings.language_model_url:
        retelling.ask(session, run_id=uuid.UUID(run_id))


@outbox_task("evidence.link", limit_s=merging.MERGE_LIMIT_S)
def link(session: Session, *, run_id: str, number: int) -> None:
    """Read one part of a large merge."""
    merging.link(session, run_id=uuid.UUID(run_id), number=number, embedder=_sharer())


@outbox_task("evidence.themes", limit_s=merging.MERGE_LIMIT_S)
def find_themes(session: Session, *, run_id: str) -> None:
    """Find the themes of a large merge, all of whose parts were read."""
    merging.find_themes(session, run_id=uuid.UUID(run_id), embedder=_sharer())


@outbox_task("evidence.branch", limit_s=merging.MERGE_LIMIT_S)
def branch(session: Session, *, run_id: str, number: int) -> None:
    """Tell the themes of one strategy."""
    merging.branch(session, run_id=uuid.UUID(run_id), number=number, embedder=_sharer())


@outbox_task("evidence.finish", limit_s=merging.MERGE_LIMIT_S)
def finish(session: Session, *, run_id: str) -> None:
    """Put a large merge together."""
    done = reduce.finish(session, run_id=uuid.UUID(run_id), now=database_now(session))
    if done and settings.language_model_url:
        retelling.ask(session, run_id=uuid.UUID(run_id))


@outbox_task("evidence.refresh", limit_s=merging.MERGE_LIMIT_S)
def refresh_run(session: Session, *, run_id: str) -> None:
    """Read what changed since the last run into its themes."""
    done = refreshing.refresh_run(session, run_id=uuid.UUID(run_id), embedder=_sharer(), now=database_now(session))
    if done and settings.language_model_url:
        retelling.ask(session, run_id=uuid.UUID(run_id))


@outbox_task("evidence.retell")
def retell(session: Session, *, run_id: str, number: int, silent: int) -> None:
    """Have one theme of a run worded by the configured language model."""
    now = database_now(session)
    model = language_model(
        url=settings.language_model_url,
        model=settings.language_model_name,
        key=settings.language_model_key,
        data_dir=settings.data_dir,
        now=lambda: now,
        patience_s=RETELLING_PATIENCE_S,
    )
    retelling.retell(session, run_id=uuid.UUID(run_id), number=number, silent=silent, model=model, now=now)
