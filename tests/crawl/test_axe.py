"""Every page with real objects, in Chromium: nothing for axe, a silent console, no foreign request, no sideways scroll on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Error, Page

from consult.core.vocabulary import Role
from consult.runtime.servers import EmbeddedServers
from tests.crawl.conftest import NO_PAGE, RichStage, browser_as
from tests.factories.addresses import Address, addresses
from tests.factories.site import Site, running_site

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
AXE = Axe().axe_script
# Without `preload`: axe would fetch and read all styles again, for rules that these tags do not ask for.
RUN_AXE = """async tags => (await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], preload: false})).violations
  .map(v => ({id: v.id, nodes: [{html: v.nodes[0].html}]}))"""
SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def site(servers: EmbeddedServers, rich_stage: RichStage) -> Iterator[Site]:
    """The rich world, served; embedded, so that the mailbox is there too."""
    settings = {"RATE_LIMITS": "0", "CONSULT_EMBEDDED": "1"}
    with running_site(servers, rich_stage.database_url, worker=False, settings=settings) as running:
        yield running


class Watch:
    """A page that notes what a browser would complain of."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.page: Page = context.new_page()
        # Sent once: half a megabyte goes through two processes.
        self.page.add_init_script(AXE)
        self.base_url = site.base_url
        self.heard: list[str] = []
        self.page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        self.page.on("console", self._said)
        self.page.on("request", self._asked)

    def _said(self, message: Any) -> None:
        # The browser notes every answer of 400 and above; whether that is right is the test's to say.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.heard.append(f"console: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.base_url, "data:")):
            self.heard.append(f"foreign request: {urlsplit(request.url).netloc}")

    def look(self, url: str, *, status: int = 200) -> list[str]:
        """Problems of one page at both widths, one line each."""
        self.heard.clear()
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # Playwright's own type says the same.
        try:
            answer = self.page.goto(self.base_url + url, wait_until="load")
        except Error as error:
            # A browser keeps a download instead of showing it; there is nothing to look at.
            return ["not a page"] if "Download is starting" in error.message else [error.message]
        found = [] if answer and answer.status == status else [f"status {answer.status if answer else 'none'}"]
        if "text/html" not in (answer.headers.get("content-type", "") if answer else ""):
            return [*found, "not a page"]
        found += self._axe("wide")
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # Playwright's own type says the same.
        if self.page.evaluate(SCROLLS):
            found.append("scrolls sideways at 390 px")
        found += self._axe("narrow")
        return [*found, *self.heard]

    def _axe(self, width: str) -> list[str]:
        violations: list[dict[str, Any]] = self.page.evaluate(RUN_AXE, TAGS)
        return [f"{width}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in violations]


def test_every_page(browser: Browser, site: Site, rich_stage: RichStage) -> None:
    by_role: dict[Role | None, list[Address]] = {}
    for address in addresses(rich_stage.app, rich_stage.rich):
        if address.endpoint not in NO_PAGE:
            by_role.setdefault(address.role, []).append(address)
    problems: dict[str, list[str]] = {}
    for role, wanted in by_role.items():
        context = browser_as(browser, site, rich_stage, role)
        watch = Watch(context, site)
        for address in wanted:
            found = watch.look(address.url, status=EXPECTED.get(address.endpoint, 200))
            if found and found != ["not a page"]:
                problems[f"{address.endpoint} {address.url} as {role}"] = found
        context.close()
    assert not problems, "\n".join(f"{where}: {line}" for where, found in problems.items() for line in found)
    assert sum(map(len, by_role.values())) > 80


#: Pages whose answer is an error by design, because the crawl holds no key to them.
EXPECTED = {"notices.unsubscribe": 404, "notices.letter": 404, "contributions.given": 404, "contributions.confirm": 404}


def test_error_pages_and_a_refused_form(browser: Browser, site: Site, rich_stage: RichStage) -> None:
    context = browser_as(browser, site, rich_stage, Role.account)
    watch = Watch(context, site)
    slug = rich_stage.rich.world.slug
    problems = {
        "404": watch.look("/non-c-e", status=404),
        "404 desk": watch.look(f"/scrivania/{slug}/moderazione", status=404),
        "dead link": watch.look("/password/" + "x" * 22, status=410),
        "405": watch.look(f"/processi/{slug}/proposte/nuova/scarta", status=405),
    }
    watch.page.goto(f"{site.base_url}/processi/{slug}/contributi/nuovo")
    with watch.page.expect_navigation():
        watch.page.locator("main form[method=post]").last.evaluate(
            "form => { form.noValidate = true; form.requestSubmit() }"
        )
    assert "Errore" in watch.page.title()
    problems["refused form"] = watch._axe("narrow")
    context.close()
    assert {name: found for name, found in problems.items() if found} == {}
