"""People at the site: each a browser of their own that does what a person does, by names and labels on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.factories.site import Site

PASSWORD = "quattro parole messe insieme"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@dataclass(slots=True)
class Person:
    """Somebody with a browser; `heard` is what the browser complained of."""

    page: Page
    site: Site
    heard: list[str]

    def go(self, path: str) -> Person:
        """Open an address of the site."""
        answer = self.page.goto(self.site.base_url + path if path.startswith("/") else path)
        assert answer is not None
        assert answer.status == 200, f"{path} answers {answer.status}"
        return self

    def fill(self, **values: str) -> Person:
        """Write into fields of the page, by their names."""
        for name, value in values.items():
            self.field(name).fill(value)
        return self

    def field(self, name: str) -> Locator:
        """A field one can see, by its name."""
        return self.page.locator(f"main [name='{name}']:not([type=hidden])").first

    def press(self, name: str, *, where: Locator | None = None) -> Person:
        """Press a button and wait for the page it leads to; a confirmation is given where it is asked."""
        button = (
            (where or self.page.locator("main")).get_by_role("button", name=re.compile(f"^{re.escape(name)}")).first
        )
        button.scroll_into_view_if_needed()
        confirms = button.evaluate("b => Boolean(b.dataset.confirm || b.form?.dataset.confirm)")
        with self.page.expect_navigation():
            button.click()
            if confirms:
                self.page.locator("dialog[open] button").first.click()
        return self

    def follow(self, name: str, *, where: Locator | None = None) -> Person:
        """Follow a link by its words."""
        with self.page.expect_navigation():
            (where or self.page.locator("main")).get_by_role("link", name=re.compile(re.escape(name))).first.click()
        return self

    def sees(self, *texts: str) -> Person:
        """The page shows these words."""
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)
        return self

    def sign_in(self, email: str, password: str = PASSWORD) -> Person:
        """Sign in by address and password."""
        self.go("/accesso").fill(email=email, password=password)
        return self.press("Accedi")

    def letter_to(self, email: str, *, about: str = "", seconds: int = 60) -> Person:
        """Open the newest letter to an address in the mailbox of the trial installation, once it is there."""
        for _second in range(seconds):
            self.go("/posta")
            found = self.page.locator("article", has=self.page.get_by_text(email, exact=True)).filter(has_text=about)
            if found.count():
                with self.page.expect_navigation():
                    found.first.get_by_role("link").first.click()
                return self
            self.page.wait_for_timeout(1000)  # The relay sends it: the mailbox is asked again and again.
        raise AssertionError(f"no letter to {email} about «{about}»")

    def link_in_letter(self, containing: str) -> str:
        """The first link of the open letter that contains some words."""
        address = self.page.locator(f".letter a[href*='{containing}']").first.get_attribute("href")
        assert address
        return address

    def path(self) -> str:
        """Where this person is, without the host."""
        return self.page.url.removeprefix(self.site.base_url)


class Crowd:
    """Opens browsers for people, and closes them all at the end."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser, self._site = browser, site
        self._contexts: list[BrowserContext] = []
        self.people: list[Person] = []

    def person(self, *, phone: bool = False, scripts: bool = True) -> Person:
        """A new person at a desk, or on a phone; without scripts where asked."""
        size = PHONE if phone else {"viewport": {"width": 1280, "height": 900}}
        context = self._browser.new_context(
            locale="it-IT", timezone_id="Europe/Rome", java_script_enabled=scripts, **size
        )  # type: ignore[arg-type]  # Playwright's own options.
        context.set_default_timeout(60_000)
        self._contexts.append(context)
        heard: list[str] = []
        page = context.new_page()
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on(
            "console", lambda m: heard.append(m.text) if m.type == "error" and "Failed to load" not in m.text else None
        )
        person = Person(page, self._site, heard)
        self.people.append(person)
        return person

    def close(self) -> None:
        """Send everybody home."""
        for context in self._contexts:
            context.close()

    def complaints(self) -> list[str]:
        """What all browsers complained of."""
        return [line for person in self.people for line in person.heard]
