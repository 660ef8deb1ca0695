"""The browser of the tests is a real one, reads as an Italian would, and shows the running site."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from consult.runtime.servers import EmbeddedServers
from tests.factories.site import running_site


def test_the_running_site_opens_in_a_real_browser(
    servers: EmbeddedServers, new_database: Callable[[], str], page: Page, phone: Page
) -> None:
    with running_site(servers, new_database(), worker=False) as site:
        answer = page.goto(f"{site.base_url}/healthz")
        assert answer is not None
        assert answer.status == 200
        assert page.evaluate("navigator.language") == "it-IT"
        phone.goto(f"{site.base_url}/healthz")
        assert phone.evaluate("screen.width") == 390
