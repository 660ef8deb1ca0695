"""What every task is wrapped in: count the attempt, take the job, do the work, commit once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

from celery import Task
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from consult.core import jobs
from consult.core.clock import database_now
from consult.core.db import make_engine, make_sessions, unit_of_work
from worker.celery_app import app, settings

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def sessions() -> sessionmaker[Session]:
    """The worker's session factory; statements may take longer here than on the web."""
    return make_sessions(
        make_engine(settings.database_url, pool_size=2, statement_timeout_s=80, application="consult-worker")
    )


def reset() -> None:
    """Forget the engine, after a fork."""
    sessions.cache_clear()


def _counted(job_id: int, when_lost: Callable[..., None] | None, ids: dict[str, Any]) -> bool:
    """Count an attempt in a transaction of its own, so that it stays counted if the worker is killed; False where there is none left."""
    with unit_of_work(sessions()) as session:
        if jobs.begin(session, job_id):
            return True
        if when_lost is not None and jobs.given_up(session, job_id):
            when_lost(session, **ids)
        return False


def outbox_task(
    topic: str, *, limit_s: int | None = None, when_lost: Callable[..., None] | None = None
) -> Callable[[Callable[..., None]], Task[..., None]]:
    """Make a Celery task named after an outbox topic. Its function gets `session` and the payload's ids as keywords.

    `limit_s` lets a task and each of its statements last longer than the usual limit, and so longer than the broker's patience: the copy
    that the broker then delivers finds the job held, and neither waits nor counts; when the worker is lost, the relay sends the job again.
    `when_lost` is called like the task, in its place, where it killed its worker each time: it tells who waits for it.
    """
    limits: dict[str, Any] = {"soft_time_limit": limit_s, "time_limit": limit_s + 15} if limit_s else {}

    def wrap(function: Callable[..., None]) -> Task[..., None]:
        @app.task(name=topic, shared=False, **limits)
        def run(*, job_id: int, **ids: Any) -> None:
            try:
                with unit_of_work(sessions()) as session:
                    if not jobs.reach_for(session, job_id) or not _counted(job_id, when_lost, ids):
                        return
                    if not jobs.hold(session, job_id):
                        return
                    if limit_s:
                        # While a child reads a file the transaction says nothing, for longer than others may; and what is written of
                        # a million sources at once takes longer than any other statement.
                        session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{limit_s}s'"))
                        session.execute(text(f"SET LOCAL statement_timeout = '{limit_s}s'"))
                    function(session, **ids)
                    jobs.finish(session, job_id)
                    jobs.tell_relay(session)
            except jobs.TryLater as pause:
                log.warning("job %s (%s) waits %s s: %s", job_id, topic, pause.wait_s, pause)
                with unit_of_work(sessions()) as session:
                    jobs.give_back(session, job_id, not_before=database_now(session) + timedelta(seconds=pause.wait_s))
            except Exception as error:
                log.exception("job %s (%s) failed", job_id, topic)
                with unit_of_work(sessions()) as session:
                    jobs.record_failure(session, job_id, error)

        run.__doc__ = function.__doc__
        task: Task[..., None] = run
        return task

    return wrap
