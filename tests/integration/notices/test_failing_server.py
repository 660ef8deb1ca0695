"""A mail server that fails one letter in ten, at every step at which one can: nobody is left out, and nobody is told twice."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, insert, select, update

from consult.core.jobs import OutboxJob
from consult.notices import services
from consult.notices.models import Notification
from consult.people.models import Account
from consult.ports.mail import Letter, MailAway, SmtpMailer
from tests.conftest import Stage
from tests.factories.post import bench_for
from tests.factories.site import free_port

SUBJECT = "La tua proposta fa parte dell’azione 2.1.4"


@dataclass(slots=True)
class Failing:
    """A server that fails with a chance, at a step drawn by lot: before it takes the letter, never afterwards."""

    chance: float
    lots: random.Random
    taken: list[Any] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def _fails(self, step: str) -> bool:
        # Four steps a letter: together they fail it with the wanted chance.
        failed = self.lots.random() < self.chance / 4
        self.failures[step] += failed
        return failed

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        if self._fails("hello"):
            server.transport.close()
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self._fails("sender"):
            return "421 Too busy"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self._fails("recipient"):
            return "450 Try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self._fails("letter"):
            return "451 Local error"
        self.taken.append(envelope)
        return "250 OK"


class Careless:
    """The negative control: takes every failure for a success."""

    def __init__(self, mailer: SmtpMailer) -> None:
        self._mailer = mailer

    def send(self, letter: Letter) -> None:
        try:
            self._mailer.send(letter)
        except MailAway:
            return


@contextmanager
def failing_server() -> Iterator[tuple[Failing, str]]:
    handler = Failing(0.1, random.Random(20_27))
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield handler, f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def tell_everybody(stage: Stage, number: int) -> dict[uuid.UUID, str]:
    """People who are told one thing each, by key with their addresses."""
    people = {uuid.uuid4(): f"lettore{n}@example.org" for n in range(number)}
    now = datetime.now(UTC)
    with stage.work() as session:
        session.execute(
            insert(Account),
            [{"id": k, "email": a, "display_name": a, "email_verified_at": now} for k, a in people.items()],
        )
        told = services.notify(
            session, account_ids=list(people), kind="outcome", words=lambda _language: (SUBJECT, ""), link_endpoint="people.profile", link_values={},
            process_id=stage.world.process_id, key="disposition:1", now=now,
        )  # fmt: skip  # one row of values reads better so
    assert told == number
    return people


def send_all(stage: Stage, mailer: Any) -> None:
    """Do what is pending, again and again as the relay would, until nothing waits."""
    with bench_for(stage.app, mailer) as bench:
        for _ in range(12):
            bench.work("notices.send")
            with stage.work() as session:
                left = session.execute(
                    update(OutboxJob)
                    .where(OutboxJob.topic == "notices.send", OutboxJob.done_at.is_(None))
                    .values(not_before=None, sent_at=None)
                    .returning(OutboxJob.id)
                ).all()
            if not left:
                return


@pytest.mark.parametrize("number", [60, pytest.param(600, marks=pytest.mark.drill)])
def test_a_server_that_fails_one_in_ten_loses_nobody_and_tells_nobody_twice(stage: Stage, number: int) -> None:
    people = tell_everybody(stage, number)
    with failing_server() as (server, url):
        send_all(stage, SmtpMailer(url, "Consult <consult@example.org>"))
    reached = Counter(address for envelope in server.taken for address in envelope.rcpt_tos)
    assert reached == Counter(people.values())
    assert sum(server.failures.values()) >= number // 30, "the server did not fail, so nothing was tried"
    marks = [str(message_from_bytes(e.content, policy=policy.default)["Message-ID"]) for e in server.taken]
    assert len(set(marks)) == number
    with stage.work() as session:
        mailed = select(func.count()).select_from(Notification).where(Notification.mailed_at.is_not(None))
        assert session.execute(mailed).scalar_one() == number
        parked = select(func.count()).select_from(OutboxJob).where(OutboxJob.parked_at.is_not(None))
        assert session.execute(parked).scalar_one() == 0


def test_negative_control_who_takes_failures_for_successes_leaves_people_out(stage: Stage) -> None:
    people = tell_everybody(stage, 60)
    with failing_server() as (server, url):
        send_all(stage, Careless(SmtpMailer(url, "Consult <consult@example.org>")))
    assert 0 < len(server.taken) < len(people)
