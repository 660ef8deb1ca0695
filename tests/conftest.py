"""Fixtures for all tests: real servers, databases cloned from one template, a session rolled back, a real browser.

`servers` start once per test process. `database_url` is one database for the whole run, used through `session`, whose
work is undone after each test; a test that commits takes `stage`, whose database is emptied after it, or `new_database`.
"""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from flask import Flask
from hypothesis import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consult.core.db import make_engine, unit_of_work
from consult.core.vocabulary import Role
from consult.runtime.servers import EmbeddedServers
from tests.factories.lent import Lending
from tests.factories.schema import build_schema
from tests.factories.servers import temporary_servers
from tests.factories.world import SMALL, Client, World, app_engine, client_for, lent_app, load_world
from wsgi import COLLECT_AFTER

TEMPLATE = "consult_template"
#: Files that take longest, longest first: with one process per core the last to start decides how long the whole takes.
LONGEST = (
    "journeys/test_thread.py", "crawl/test_bad_input.py", "crawl/test_axe.py", "crawl/test_xss.py", "crawl/test_leaks.py",
)  # fmt: skip  # one list of names reads better so
# The same examples in every run, so that a build fails for what changed; HYPOTHESIS=explore looks for new ones. No deadline: a busy
# machine is no fault of the code.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "same"))
#: The headless one first: the same browser without windows opens a page in half the time.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; `make test` tells xdist to keep this order."""

    def place(item: pytest.Item) -> int:
        return next((i for i, name in enumerate(LONGEST) if item.path.match(name)), len(LONGEST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported stays for good, and most new objects die by themselves: the collector looks as seldom as in the web server."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey of this test process."""
    with temporary_servers() as running:
        yield running


@pytest.fixture(scope="session")
def template_database(servers: EmbeddedServers) -> str:
    """The name of a database with the schema and no rows, to be copied and never connected to."""
    build_schema(servers.create_database(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def database_url(servers: EmbeddedServers, template_database: str) -> str:
    """The address of one database with the schema, for the whole run."""
    return servers.create_database("consult_tests", template=template_database)


@pytest.fixture
def new_database(servers: EmbeddedServers, template_database: str) -> Iterator[Callable[[], str]]:
    """A function that makes a database with the schema and returns its address; all are dropped after the test."""
    made: list[str] = []

    def make() -> str:
        name = f"t{next(_numbers)}"
        made.append(name)
        return servers.create_database(name, template=template_database)

    yield make
    for name in made:
        servers.drop_database(name)


_numbers = itertools.count()


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """The engine on `database_url`."""
    made = make_engine(database_url, application="consult-tests")
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work, commits included, is undone after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as made:
            yield made
        if outer.is_active:
            outer.rollback()


def find_chromium() -> str | None:
    """The Chromium to test with: the setting CHROMIUM, else the first of the usual names on PATH."""
    given = os.environ.get("CHROMIUM", "").strip()
    return given or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real headless Chromium, the system's own; its absence fails the test, it does not skip it."""
    program = find_chromium()
    if program is None:
        pytest.fail("no Chromium found: install chromium or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        # A container gives root no sandbox and a small /dev/shm.
        flags = ["--disable-dev-shm-usage", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        running = playwright.chromium.launch(executable_path=program, args=flags)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile of an Italian reader at a desktop."""
    made = browser.new_context(locale="it-IT", timezone_id="Europe/Rome", viewport={"width": 1280, "height": 900})
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page in `context`."""
    return context.new_page()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of an Italian reader on a phone."""
    made = browser.new_context(
        locale="it-IT",
        timezone_id="Europe/Rome",
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
    )
    made.set_default_timeout(10_000)
    yield made.new_page()
    made.close()


@dataclass(slots=True)
class Stage:
    """A database with the small world committed in it, the application on it, and clients by role."""

    app: Flask
    world: World
    database_url: str

    def client_as(self, role: Role | None) -> Client:
        """A browser signed in as the person of a role; None for nobody."""
        return client_for(self.app, self.world.accounts[role] if role else None)

    def client_of(self, account_id: uuid.UUID) -> Client:
        """A browser signed in as an account."""
        return client_for(self.app, account_id)

    @contextmanager
    def work(self) -> Iterator[Session]:
        """A transaction committed at the end."""
        with unit_of_work(self.app.extensions["consult"].sessions) as session:
            yield session

    @property
    def engine(self) -> Engine:
        """The application's engine, to count statements on."""
        return app_engine(self.app)


@pytest.fixture(scope="session")
def lending(servers: EmbeddedServers, template_database: str) -> Lending:
    """Databases for one test after the other."""
    return Lending(servers, template_database)


@pytest.fixture
def stage(lending: Lending) -> Iterator[Stage]:
    """A fresh committed world for tests that go through HTTP."""
    with lending.lend() as url, lent_app(url) as app:

        def write() -> World:
            with unit_of_work(app.extensions["consult"].sessions) as session:
                return load_world(session)

        yield Stage(app, lending.bring(url, SMALL, write), url)


@pytest.fixture
def world(session: Session) -> World:
    """The small world within the rolled-back session, for tests of services and queries."""
    return load_world(session)
