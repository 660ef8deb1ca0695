"""Aggregation runs: one job per part, then one merge."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.analytics.embedding import load_embedder
from consult.core.clock import database_now
from consult.evidence.services import arrivals, reduce, refreshing, runs
from worker.celery_app import settings
from worker.jobs import outbox_task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("evidence.read_arrivals")
def read_arrivals(session: Session, *, process_id: str, period: int, part: int) -> None:
    """Read sources that arrived since the last look."""
    arrivals.read_arrivals(
        session,
        process_id=uuid.UUID(process_id),
        period=period,
        part=part,
        embedder=load_embedder(settings.model_dir),
    )


@outbox_task("evidence.prepare_shard")
def prepare_shard(session: Session, *, run_id: str, number: int) -> None:
    """Prepare and embed the sources of one part."""
    runs.prepare_shard(session, run_id=uuid.UUID(run_id), number=number, embedder=load_embedder(settings.model_dir))


@outbox_task("evidence.reduce", limit_s=reduce.MERGE_LIMIT_S)
def reduce_run(session: Session, *, run_id: str) -> None:
    """Merge a run whose parts are all ready."""
    reduce.reduce_run(
        session, run_id=uuid.UUID(run_id), embedder=load_embedder(settings.model_dir), now=database_now(session)
    )


@outbox_task("evidence.refresh", limit_s=reduce.MERGE_LIMIT_S)
def refresh_run(session: Session, *, run_id: str) -> None:
    """Read what changed since the last run into its themes."""
    refreshing.refresh_run(
        session, run_id=uuid.UUID(run_id), embedder=load_embedder(settings.model_dir), now=database_now(session)
    )
