"""The relay and the workers meet at the outbox: nothing is lost by who is quicker, nor by a broker that is away."""

from __future__ import annotations

from typing import Any

import pytest
from kombu.exceptions import OperationalError as BrokerAway
from sqlalchemy import select

from consult.core import jobs
from consult.core.jobs import OutboxJob
from tests.conftest import Stage
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
