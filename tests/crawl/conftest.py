"""The rich world, written once per process and copied for each test; and signed-in browsers on a running site."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from consult.core.db import make_engine, make_sessions
from consult.core.vocabulary import Role
from consult.runtime.servers import EmbeddedServers
from tests.factories.rich import load_rich
from tests.factories.rich_world import Rich
from tests.factories.site import Site
from tests.factories.world import Client, client_for, lent_app

#: Answers that are files, feeds or words for machines, not pages.
NO_PAGE = (
    "plan.as_csv", "plan.file", "proposals.as_csv", "proposals.as_json", "priorities.as_csv", "priorities.as_json", "proposals.feed",
    "opinions.as_csv", "opinions.as_json",
    "sources.export", "people.export", "site.alive", "site.ready",
    "proposals.findings", "proposals.attachment", "home.data_file", "position_paper.file", "position_paper.draft_file",
    "position_paper.consulted_file", "position_paper.matrix_file",
    "meetings.calendar", "meetings.calendar_one", "meetings.feed", "meetings.file", "meetings.code_picture", "meetings.people_csv",
    "meetings.note_item",
    "surveys.download", "surveys.answer_file", "documents.file", "contributions.attachment", "contributions.bad_rows",
    "interviews.original_file",
)  # fmt: skip  # one list of names reads better so
NONCE = secrets.token_hex(3)


def canary(name: str) -> str:
    """One word that stands nowhere else: also what cuts texts into words keeps it whole."""
    return f"zqk{name.replace('_', '')}{NONCE}"


@dataclass(slots=True)
class RichStage:
    """A database with the rich world, and the application on it."""

    app: Flask
    rich: Rich
    database_url: str

    def client_as(self, role: Role | None) -> Client:
        """A client signed in as the person of a role; None for nobody."""
        return client_for(self.app, self.rich.world.accounts[role] if role else None)


@pytest.fixture(scope="session")
def rich_template(servers: EmbeddedServers, template_database: str) -> tuple[str, Rich]:
    """The name of a database with the rich world, canaries in its texts, and its keys."""
    name = "consult_rich"
    engine = make_engine(servers.create_database(name, template=template_database), application="consult-tests")
    try:
        rich = load_rich(make_sessions(engine), canary)
    finally:
        engine.dispose()
    return name, rich


@pytest.fixture
def rich_stage(servers: EmbeddedServers, rich_template: tuple[str, Rich]) -> Iterator[RichStage]:
    """A copy of the rich world of the test's own."""
    template, rich = rich_template
    name = f"rich_{secrets.token_hex(4)}"
    url = servers.create_database(name, template=template)
    with lent_app(url) as app:
        yield RichStage(app, copy.deepcopy(rich), url)
    servers.drop_database(name)


def sign_in_browser(context: BrowserContext, site: Site, app: Flask, account_id: object) -> None:
    """Put the cookie of a new session of the account into a browser: the application and the site share their key."""
    client = client_for(app, account_id)  # type: ignore[arg-type]  # A key or None.
    cookie = client.get_cookie("consult")
    if cookie is not None:
        context.add_cookies([{"name": "consult", "value": cookie.value, "url": site.base_url}])


def browser_as(browser: Browser, site: Site, stage: RichStage, role: Role | None) -> BrowserContext:
    """A browser of an Italian reader, signed in as the person of a role."""
    context = browser.new_context(locale="it-IT", timezone_id="Europe/Rome")
    context.set_default_timeout(20_000)
    if role is not None:
        sign_in_browser(context, site, stage.app, stage.rich.world.accounts[role])
    return context
