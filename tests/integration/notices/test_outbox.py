"""The relay and the workers meet at the outbox: nothing is lost by who is quicker, nor by a broker that is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kombu.exceptions import OperationalError as BrokerAway
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.core.jobs import OutboxJob
from tests.conftest import Stage
from worker import jobs as worker_jobs
from worker import relay


@pytest.fixture
def waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Three jobs, and the relay on this database."""
    monkeypatch.setattr(relay, "sessions", lambda: stage.app.extensions["consult"].sessions)
    with stage.work() as session:
        for name in ("one", "two", "three"):
            jobs.enqueue(session, "notices.send", key=name, notification_id=name)
    with stage.work() as session:
        return list(session.execute(select(OutboxJob.id).order_by(OutboxJob.id)).scalars())


def test_a_worker_that_is_quicker_than_the_relay_begins(
    stage: Stage, waiting: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def at_once(_topic: str, *, kwargs: dict[str, Any], retry: bool) -> None:
        with stage.work() as session:
            begun.append((kwargs["job_id"], jobs.begin(session, kwargs["job_id"]), retry))

    monkeypatch.setattr(relay.app, "send_task", at_once)
    assert relay.publish_pending() == 3
    assert begun == [(key, True, False) for key in waiting]
    assert relay.publish_pending() == 0


def test_what_the_broker_did_not_take_is_pending_at_once(
    stage: Stage, waiting: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def second_fails(_topic: str, *, kwargs: dict[str, Any], retry: bool) -> None:
        if kwargs["job_id"] == waiting[1] and not retry and len(sent) == 1:
            raise BrokerAway("away")
        sent.append(kwargs["job_id"])

    monkeypatch.setattr(relay.app, "send_task", second_fails)
    with pytest.raises(BrokerAway):
        relay.publish_pending()
    assert sent == waiting[:1]
    sent.append(0)
    assert relay.publish_pending() == 2
    assert sent == [waiting[0], 0, *waiting[1:]]


def test_a_copy_of_what_another_works_on_neither_waits_nor_counts(stage: Stage, waiting: list[int]) -> None:
    key = waiting[0]
    with stage.work() as first:
        assert jobs.hold(first, key)
        with stage.work() as second:
            assert not jobs.begin(second, key)
        jobs.finish(first, key)
    with stage.work() as session:
        assert not jobs.begin(session, key)
        assert session.execute(select(OutboxJob.attempts).where(OutboxJob.id == key)).scalar_one() == 0


def test_a_copy_that_comes_between_counting_and_taking_neither_counts_nor_takes(
    stage: Stage, waiting: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_jobs, "sessions", lambda: stage.app.extensions["consult"].sessions)
    done: list[str] = []

    def work(session: Session, **_ids: Any) -> None:
        done.append(session.execute(text("SHOW statement_timeout")).scalar_one())

    # A name of its own: Celery keeps the first task of a name, in this process the real one.
    run = worker_jobs.outbox_task("tests.counted", limit_s=300)(work)
    count, copies = worker_jobs._counted, []

    def with_a_copy_beside(job_id: int, *others: Any) -> bool:
        counted = count(job_id, *others)
        if not copies:
            copies.append(threading.Thread(target=run, kwargs={"job_id": job_id}))
            copies[0].start()
            copies[0].join(timeout=20)
        return counted

    monkeypatch.setattr(worker_jobs, "_counted", with_a_copy_beside)
    run(job_id=waiting[0])
    with stage.work() as session:
        job = session.execute(select(OutboxJob.attempts, OutboxJob.done_at).where(OutboxJob.id == waiting[0])).one()
    assert (done, job.attempts, job.done_at is not None) == (["5min"], 1, True)


@contextmanager
def lasting(least: float = 0.0, most: float = 60.0) -> Iterator[None]:
    """What is done within takes at least and at most so many seconds."""
    began = time.monotonic()
    yield
    assert least <= time.monotonic() - began < most


def test_the_relay_hears_of_what_follows_and_finds_its_line_again(stage: Stage) -> None:
    ear, stop = relay.Ear(stage.database_url), threading.Event()

    def asked(*, told: bool, name: str) -> None:
        with stage.work() as session:
            jobs.enqueue(session, "notices.send", key=name, notification_id=name)
            if told:
                jobs.tell_relay(session)
                jobs.tell_relay(session)  # Once is enough, and costs nothing where nothing more was asked for.

    try:
        with lasting(most=20):
            ear.wait(stop, 30)  # It begins to listen, and looks at once for what was asked for before.
        asked(told=True, name="one")
        with lasting(most=20):
            ear.wait(stop, 30)
        asked(told=False, name="two")
        with lasting(least=0.2):
            ear.wait(stop, 0.2)
        with stage.work() as session:
            cut = session.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE application_name = 'consult-relay' AND datname = current_database()"
                )
            ).scalars()
            assert list(cut) == [True]
        with lasting(least=0.2):
            ear.wait(stop, 0.2)  # The line is cut: it looks as often as before ...
        with lasting(most=20):
            ear.wait(stop, 30)  # ... and has a new one.
        asked(told=True, name="three")
        with lasting(most=20):
            ear.wait(stop, 30)
    finally:
        ear.close()


def test_a_relay_without_a_line_looks_all_the_same() -> None:
    ear = relay.Ear("postgresql+psycopg://nobody@/nothing?host=/nowhere")
    with lasting(least=0.2):
        ear.wait(threading.Event(), 0.2)
