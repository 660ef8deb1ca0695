"""Fixtures of the rooms of people: a bench that does the letters, a person with a password."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from consult.core.permissions import SYSTEM
from consult.people import services
from tests.conftest import Stage
from tests.factories.post import Bench, bench_for
from tests.factories.world import Client

PASSWORD = "tre parole insieme"


@dataclass(frozen=True, slots=True)
class Known:
    """A person with a proved address and a password."""

    id: uuid.UUID
    email: str
    password: str = PASSWORD


@pytest.fixture
def bench(stage: Stage) -> Iterator[Bench]:
    """A worker's bench on the stage's database."""
    with bench_for(stage.app) as made:
        yield made


@pytest.fixture
def known(stage: Stage) -> Known:
    """A person who can sign in."""
    with stage.work() as session:
        key = services.open_account(
            session,
            email="giulia@example.org",
            display_name="Giulia",
            password=PASSWORD,
            verified=True,
            administrator=False,
            demonstration=False,
            actor=SYSTEM,
            now=datetime.now(UTC),
        )
    return Known(key, "giulia@example.org")


def enter(client: Client, known: Known) -> None:
    """Sign in through the page."""
    answer = client.send("/accesso", {"email": known.email, "password": known.password})
    assert answer.status_code == 303, answer.text


def is_in(client: Client) -> bool:
    """Whether the browser is signed in."""
    return client.get("/io/profilo").status_code == 200
