"""A site with a world in a database of its own, for tests that commit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from consult.core.db import unit_of_work
from tests.factories.lent import Lending
from tests.factories.world import SLUG, Client, World, client_for, lent_app, load_world

LIST = f"/processi/{SLUG}/proposte"


@dataclass(slots=True)
class Room:
    """The application, what is in its database, and browsers on it."""

    app: Flask
    world: World

    def session(self) -> Session:
        """A session that the test commits itself."""
        made: Session = self.app.extensions["consult"].sessions()
        return made

    def browser(self, account_id: object = None) -> Client:
        """A browser signed in as the account, or nobody's."""
        return client_for(self.app, account_id)  # type: ignore[arg-type]


def room_on(lending: Lending, url: str, app: Flask) -> Room:
    """A room on an empty database, with a world of many people."""

    def write() -> World:
        with unit_of_work(app.extensions["consult"].sessions) as session:
            return load_world(session, others=16)

    return Room(app, lending.bring(url, "a world of many", write))


@pytest.fixture
def room(lending: Lending) -> Iterator[Room]:
    """A site of its own."""
    with lending.lend() as url, lent_app(url) as app:
        yield room_on(lending, url, app)
