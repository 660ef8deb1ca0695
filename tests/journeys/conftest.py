"""Running sites, and people to walk through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import redis
from playwright.sync_api import Browser

from consult.runtime.servers import EmbeddedServers
from tests.factories.site import Site, running_site
from tests.factories.world import lent_app
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite

SETTINGS = {"CONSULT_EMBEDDED": "1", "RATE_LIMITS": "0"}


@pytest.fixture
def site_on(servers: EmbeddedServers) -> Iterator[Callable[[str], Site]]:
    """Serve a database, with worker and relay, until the end of the test."""
    with redis.Redis.from_url(servers.redis_url) as broker:
        broker.flushall()  # Messages of another test's database would name jobs of this one.
    with ExitStack() as running:
        yield lambda url: running.enter_context(running_site(servers, url, settings=SETTINGS))


@pytest.fixture(scope="session")
def small(servers: EmbeddedServers, template_database: str) -> Iterator[SmallSite]:
    """One site, without worker, for all journeys that need none: starting one costs more than most of them."""
    url = servers.create_database("consult_small", template=template_database)
    with running_site(servers, url, worker=False, settings=SETTINGS) as site, lent_app(url) as app:
        yield SmallSite(site, app)


@pytest.fixture
def small_with_worker(new_database: Callable[[], str], site_on: Callable[[str], Site]) -> Iterator[SmallSite]:
    """A site of the test's own, where somebody waits for a letter or a notice: with worker and relay."""
    url = new_database()
    site = site_on(url)
    with lent_app(url) as app:
        yield SmallSite(site, app)


@pytest.fixture
def crowd_on(browser: Browser) -> Iterator[Callable[[Site], Crowd]]:
    """People at a site."""
    crowds: list[Crowd] = []

    def gather(site: Site) -> Crowd:
        crowds.append(Crowd(browser, site))
        return crowds[-1]

    yield gather
    for crowd in crowds:
        crowd.close()
