"""A small world for journeys that begin in the middle: a process with open phases, and people who sign in by a cookie of their own."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from consult.core.db import make_engine, make_sessions, unit_of_work
from tests.factories.world import World, client_for, load_world, make_app
from tests.journeys.people import Person

Load = Callable[[Session, World], None]


def nothing_more(_session: Session, _world: World) -> None:
    """Leave the small world as it is."""


def write_world(url: str, more: Load = nothing_more) -> World:
    """Write the small world, and more, into a database."""
    engine = make_engine(url, application="consult-tests")
    with unit_of_work(make_sessions(engine)) as session:
        world = load_world(session)
        more(session, world)
    engine.dispose()
    return world


def enter_as(person: Person, url: str, account_id: uuid.UUID) -> Person:
    """Give a browser the cookie of a session of the account."""
    cookie = client_for(make_app(url), account_id).get_cookie("consult")
    assert cookie is not None
    person.page.context.add_cookies([{"name": "consult", "value": cookie.value, "url": person.site.base_url}])
    return person
