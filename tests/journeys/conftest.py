"""A running site with worker and mailbox, and people to walk through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from playwright.sync_api import Browser

from consult.runtime.servers import EmbeddedServers
from tests.factories.site import Site, running_site
from tests.journeys.people import Crowd

SETTINGS = {"CONSULT_EMBEDDED": "1", "RATE_LIMITS": "0"}


@pytest.fixture
def site_on(servers: EmbeddedServers) -> Iterator[Callable[[str], Site]]:
    """Serve a database, with worker and relay, until the end of the test."""
    with redis.Redis.from_url(servers.redis_url) as broker:
        broker.flushall()  # Messages of another test's database would name jobs of this one.
    running = []

    def serve(url: str) -> Site:
        running.append(running_site(servers, url, settings=SETTINGS))
        return running[-1].__enter__()

    yield serve
    for site in running:
        site.__exit__(None, None, None)


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
