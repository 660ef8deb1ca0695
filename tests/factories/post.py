"""A postbox in place of the mail server, and a worker's bench that does outbox jobs in this process, by the real tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

import worker.jobs
import worker.letters
import worker.tasks.clock
from consult.core import jobs
from consult.core.db import unit_of_work
from consult.ports.mail import Letter, MailAway, as_message
from worker.celery_app import app as celery


@dataclass(slots=True)
class Postbox:
    """Keeps letters; `away` makes it a server that does not answer, `dies_after` one that takes a letter and then fails us."""

    letters: list[Letter] = field(default_factory=list)
    away: bool = False

    def send(self, letter: Letter) -> None:
        """Take a letter, after the checks every letter passes."""
        as_message(letter, "consult@example.org")
        if self.away:
            raise MailAway("no answer")
        self.letters.append(letter)

    def to(self, address: str) -> list[Letter]:
        """Letters to an address, oldest first."""
        return [letter for letter in self.letters if letter.to == address]

    def link(self, address: str) -> str:
        """The path of the first link in the newest letter to an address, with what it carries."""
        found = re.search(r"https?://\S+", self.to(address)[-1].text)
        assert found, self.to(address)[-1].text
        parts = urlsplit(found.group())
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


@dataclass(slots=True)
class Bench:
    """Does pending jobs now, in this process."""

    app: Flask
    post: Postbox

    def work(self, *topics: str) -> int:
        """Do what is pending (of some topics, or all that tasks exist for) until nothing is; returns how many were begun."""
        done = 0
        while True:
            with unit_of_work(self.app.extensions["consult"].sessions) as session:
                found = [
                    j for j in jobs.pending(session) if j.topic in celery.tasks and (not topics or j.topic in topics)
                ]
            if not found:
                return done
            for job in found:
                self.run(job.topic, job.id, job.payload)
                done += 1

    @staticmethod
    def run(topic: str, job_id: int, payload: dict[str, Any]) -> None:
        """Do one job as the worker does."""
        celery.tasks[topic](job_id=job_id, **payload)


@contextmanager
def bench_for(app: Flask, post: Postbox | None = None) -> Iterator[Bench]:
    """A bench on the application's database; the real tasks, with the postbox for a mail server."""
    box = post or Postbox()
    sessions = app.extensions["consult"].sessions
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker.jobs, "sessions", lambda: sessions)
        patch.setattr(worker.tasks.clock, "sessions", lambda: sessions)
        patch.setattr(worker.letters, "_application", lambda: app)
        patch.setattr(worker.letters, "mailer_for", lambda _settings: box)
        yield Bench(app, box)
