"""The Celery application; the reason beside each setting."""

from __future__ import annotations

import gc

from celery import Celery
from celery.signals import worker_init, worker_process_init

from config import Settings
from worker.schedule import BEAT

settings = Settings.from_env()
app = Celery("consult", broker=settings.celery_broker_url or "memory://")
app.conf.update(
    include=["worker.tasks"],
    task_serializer="json",  # Pickle from a broker is code execution.
    accept_content=["json"],
    task_ignore_result=True,  # Results live in PostgreSQL, with their cause.
    task_acks_late=True,  # A message is done when its work is, not when it was read.
    task_reject_on_worker_lost=True,  # A killed child's task is delivered again at once.
    worker_prefetch_multiplier=1,  # A long task must not hold others back behind it.
    task_soft_time_limit=75,  # Lets a task end with an error of its own ...
    task_time_limit=90,  # ... before it is killed; below the visibility timeout, or a second copy would start.
    broker_transport_options={
        "visibility_timeout": 120,  # How soon the work of a lost worker is delivered again.
        "unacked_restore_interval": 5,  # The default sweep comes only about every 100 s.
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,  # Without it a paused broker blocks for ever.
        "socket_connect_timeout": 2,
        "retry_on_timeout": True,
    },
    visibility_timeout=120,
    result_backend_transport_options={"visibility_timeout": 120},
    task_publish_retry_policy={
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
    },  # The relay tries again by itself.
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=3,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=15,  # Time for a task in flight when the worker is told to stop.
    worker_enable_soft_shutdown_on_idle=True,
    worker_max_tasks_per_child=500,  # Bounds what a leak could cost.
    task_default_queue="consult",
    task_create_missing_queues=True,
    beat_schedule=BEAT,
    beat_schedule_filename=str(settings.data_dir / "beat-schedule"),
    timezone="UTC",
    enable_utc=True,
)


@worker_init.connect
def _read_what_children_share(**_: object) -> None:
    """What every child of this worker needs for an aggregation stands in memory once, and none of them waits for it."""
    import consult.analytics.pipeline  # noqa: F401, PLC0415  # Only in a worker: the beat, which loads the same tasks, computes nothing.

    gc.collect()
    gc.freeze()  # The search for cycles would touch, and so copy, what is shared.


@worker_process_init.connect
def _forget_parent_connections(**_: object) -> None:
    """A forked child must not share the parent's database connections."""
    from worker import jobs  # noqa: PLC0415  # Imported in the child, where its engine is born.

    jobs.reset()
