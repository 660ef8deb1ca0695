"""Small worlds for journeys that begin in the middle: a process with open phases, and people who sign in by a cookie of their own."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from sqlalchemy.orm import Session

from consult.core.db import unit_of_work
from tests.factories.site import Site
from tests.factories.world import World, client_for, load_world
from tests.journeys.people import Person

Load = Callable[[Session, World], None]


def nothing_more(_session: Session, _world: World) -> None:
    """Leave the small world as it is."""


@dataclass(frozen=True, slots=True)
class SmallSite:
    """A running site with as many small worlds as were written; each is a process of its own. `app` is on the same database."""

    site: Site
    app: Flask

    def world(self, more: Load = nothing_more) -> World:
        """Write a small world, and more."""
        with unit_of_work(self.app.extensions["consult"].sessions) as session:
            world = load_world(session, slug=f"piano-{secrets.token_hex(4)}")
            more(session, world)
        return world

    def enter(self, person: Person, account_id: uuid.UUID) -> Person:
        """Give a browser the cookie of a session of the account."""
        cookie = client_for(self.app, account_id).get_cookie("consult")
        assert cookie is not None
        person.page.context.add_cookies([{"name": "consult", "value": cookie.value, "url": self.site.base_url}])
        return person

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session to read what became of it."""
        with self.app.extensions["consult"].sessions() as session:
            yield session
