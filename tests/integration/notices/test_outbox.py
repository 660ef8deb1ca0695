"""The outbox's worker meets the relay: a message that is quicker than the relay's commit is not lost for half a minute."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from consult.core import jobs
from consult.core.jobs import OutboxJob
from tests.conftest import Stage


def waiting_job(stage: Stage) -> int:
    with stage.work() as session:
        jobs.enqueue(session, "notices.send", key="one", notification_id="one")
    with stage.work() as session:
        return session.execute(select(OutboxJob.id)).scalar_one()


def test_a_message_that_comes_before_the_relays_commit_is_begun(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    key = waiting_job(stage)
    looked = threading.Event()
    monkeypatch.setattr(jobs.time, "sleep", lambda _s: (looked.set(), committed.wait(10)))
    committed, begun = threading.Event(), []

    def work() -> None:
        with stage.work() as session:
            begun.append(jobs.begin(session, key))

    worker = threading.Thread(target=work)
    with stage.work() as session:
        assert [job.id for job in jobs.pending(session)] == [key]
        # The broker was quick: the worker has the message while the relay's transaction is still open.
        worker.start()
        assert looked.wait(10)
    committed.set()
    worker.join(10)
    assert begun == [True]


def test_a_copy_of_what_another_works_on_does_not_wait_for_its_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, looks = waiting_job(stage), []
    monkeypatch.setattr(jobs.time, "sleep", looks.append)
    with stage.work() as first:
        assert jobs.hold(first, key)
        with stage.work() as second:
            assert not jobs.begin(second, key)
    assert looks == [jobs.BETWEEN_LOOKS_S] * jobs.LOOKS
    with stage.work() as session:
        jobs.finish(session, key)
    with stage.work() as session:
        assert not jobs.begin(session, key)
        assert session.execute(select(OutboxJob.attempts)).scalar_one() == 0
    assert len(looks) == jobs.LOOKS
