"""Markup in every text a person can fill, through the database, then every page in Chromium as several people: nothing runs (Z9, B8)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    String,
    Table,
    Text,
    UniqueConstraint,
    case,
    func,
    literal,
    select,
    text,
    update,
)

from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.markdown import render_user_text
from consult.core.vocabulary import Role
from consult.position_paper.services import publishing
from consult.registry import all_tables
from consult.runtime.servers import EmbeddedServers
from tests.crawl.conftest import NO_PAGE, RichStage, browser_as
from tests.factories.addresses import addresses
from tests.factories.rich import load_rich, publish_paper
from tests.factories.rich_world import Rich
from tests.factories.site import Site, running_site
from tests.factories.world import app_engine, make_app

SHORT = '"><img src=x onerror=window.__xss=1>'
LONG = (
    SHORT
    + """'"><svg/onload=window.__xss=2></textarea></title><script>window.__xss=3;alert(1)</script> [premi](javascript:window.__xss=4) """
    '<a href=javascript:window.__xss=5>x</a> ![x](x" onerror="window.__xss=6) {{ 1234567*9 }}{% raw %} ${1234567*9} '
    "<iframe srcdoc='<script>parent.__xss=7</script>'></iframe> "
    "\u202egnp.exe \u2066 <math><mtext><style><img src=x onerror=window.__xss=8></style></mtext></math>"
)
#: Text columns that no person can fill: codes, hashes, keys, and what is derived from other columns.
FIXED: dict[str, set[str]] = {
    "*": {
        "state",
        "kind",
        "origin",
        "language",
        "locale",
        "digest",
        "slug",
        "model",
        "parameters",
        "html",
        "code",
    },
    "account": {"email", "password_hash", "zone_code"},
    "action_change": {"before", "after"},
    "assignment": {"spans"},
    "assignment_decision": {"verdict"},
    "audit_event": {"actor_kind", "action", "object_kind", "object_id", "meta"},
    "coding_import": {"content", "report", "trail"},
    "comment": {"stance", "target_kind"},
    "comment_reaction": {"kind"},
    "contribution": set(),
    "disposition": {"outcome", "reason_code"},
    "draft": {"place"},
    "draft_action": {"code", "competence"},
    "finding": {"news", "sentences"},
    "finding_change": {"action", "sentences"},
    "finding_source": {"support", "quote_sha256", "codes"},
    "form_receipt": {"owner", "endpoint", "location"},
    "frame": {"phases"},
    "interview": {"speaker_kind", "status", "consent_quote"},
    "moderation_act": {"thing_kind", "verb", "reason_code"},
    "municipality": {"istat_code"},
    "notification": {"key", "link_endpoint", "link_values", "names"},
    "notice_veil": {"thing"},
    "proposal_amendment": {"shown_state", "lapsed_because"},
    "proposal_regrouping": {"lapsed_because"},
    "one_time_token": {"purpose"},
    "opinion_conversation": {"asking", "results"},
    "outbox_job": {"topic", "key", "payload", "last_error"},
    "paper_file": {"format", "sha256", "quotes"},
    "paper_version": {"content", "manifest"},
    "phase": set(),
    "privacy_notice": {"phase_kind"},
    "priority_ballot": {"choices", "speaker_kind"},
    "priority_round": {"method", "target", "audience", "results"},
    "proposal": {"author_kind", "outcome"},
    "report": {"target_kind", "reason"},
    "run": {"failure"},
    "run_result": {
        "inputs",
        "inputs_sha256",
        "manifest",
        "counts",
        "summaries",
        "changes",
        "duplicates",
        "theme_model",
    },
    "run_shard": {"source_ids"},
    "section": {"code"},
    "source": {"channel", "unit_kind", "text", "speaker_kind", "note_kind", "visibility", "quotable", "import_key"},
    "source_import": {"notes"},
    "source_reading": {"marks", "duplicate_key"},
    "source_revision": {"reason_code"},
    "source_vector": {"prepared"},
    "stored_file": {"storage_key"},
    "proposal_regrouping_part": {"role", "objection"},
    "strategy": {"code"},
    "strategy_link": {"reasons"},
    "theme": {"key", "definition_quotes", "representation", "concentrated"},
    "theme_quote": {"quote_sha256"},
    "zone": {"code", "geometry"},
    "membership": {"role"},
    "alembic_version": {"version_num"},
    "questionnaire": {"privacy", "access"},
    "meeting": {"join_code"},
    "question": {"settings", "condition"},
    "question_revision": {"options", "settings"},
    "invitation": {"speaker_kind"},
    "answer": {"values", "speaker_kind"},
    "staged_answer": {"values", "speaker_kind"},
    "answer_draft": {"values"},
}
#: Columns of JSON that are lists.
AS_JSON: dict[str, Any] = {
    "keywords": [LONG],
    "insults": [LONG],
    "options": [{"code": "o1", "label": LONG}, {"code": "o2", "label": SHORT}],
    "rows": [{"code": "r1", "label": LONG}, {"code": "r2", "label": SHORT}],
}


#: JSON of a shape of its own, which pages read: only the words inside are written over.
NESTED = {
    "texts", "condition", "content", "mapping", "bad", "members", "source_ids", "coder_ids", "code_ids", "reasons", "moved", "turns",
    "left_out", "results", "flags", "languages", "asking",
}  # fmt: skip  # names read better in lines
WORDS = {"text", "label", "title", "intro", "help", "words", "purpose", "other_label", "speaker"}


def dressed(value: Any, key: str = "") -> Any:
    """JSON with markup after every word a person wrote in it; codes, keys and numbers stay."""
    if isinstance(value, dict):
        return {name: dressed(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [dressed(inner, key) for inner in value]
    return f"{value} {LONG}" if isinstance(value, str) and key in WORDS else value


def is_code(table: Table, column: Column[Any]) -> bool:
    """Whether the database itself holds a column to a list of codes, or it is too short for markup that does anything."""
    length = getattr(column.type, "length", None)
    checks = (str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint))
    named = rf"\b{column.name}\b[^,)]{{0,20}}?(\bIN\b|=|~)"
    return (length is not None and length < len(SHORT)) or any(re.search(named, check) for check in checks)


def must_differ(table: Table, column: Column[Any]) -> bool:
    """Whether a column stands under a rule that no two rows be alike."""
    rules = [c.columns for c in table.constraints if isinstance(c, UniqueConstraint)]
    rules += [i.columns for i in table.indexes if i.unique]
    return any(column.name in columns for columns in rules)


def poison(rich: Rich, sessions: Any) -> int:
    """Write markup into every text column that a person can fill; returns into how many."""
    written = 0
    with unit_of_work(sessions) as session:
        # Some records may only be added to; what guards them stands aside in this database.
        for table in all_tables().sorted_tables:
            session.execute(text(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER'))
            fixed = FIXED["*"] | FIXED.get(table.name, set())
            values: dict[str, Any] = {}
            for column in table.columns:
                if column.name in fixed or column.foreign_keys or is_code(table, column):
                    continue
                if isinstance(column.type, JSON) and column.name in NESTED:
                    keys = list(table.primary_key.columns)
                    for row in session.execute(select(*keys, column).where(column.is_not(None))).all():
                        same = [key == given for key, given in zip(keys, row, strict=False)]
                        session.execute(update(table).where(*same).values({column.name: dressed(row[-1])}))
                    continue
                if isinstance(column.type, JSON):
                    written_over = literal(AS_JSON.get(column.name, {"title": LONG, "text": LONG, "version": "1"}), column.type)
                    values[column.name] = case((column.is_(None), None), else_=written_over)
                elif isinstance(column.type, (String, Text)):
                    length = column.type.length or 10_000
                    payload = LONG if length >= 1000 else (SHORT + " <b>x</b>")[:length]
                    key = func.left(func.md5(func.cast(table.primary_key.columns[0], Text)), 6)
                    words = func.left(func.concat(key, payload), length) if must_differ(table, column) else payload
                    # What is not given stays so: a null may say which kind of row this is.
                    values[column.name] = case((column.is_(None), None), else_=words)
            if table.name in {"proposal", "proposal_version", "comment"}:
                values["html"] = str(render_user_text(LONG))
            if table.name == "source":
                values["text"] = (
                    table.c.text + " " + LONG
                )  # Quotes are bound by place, so what stands before must not move.
            if values:
                session.execute(update(table).values(**values))
                written += len(values)
        finding = all_tables().tables["finding"]
        for row in session.execute(select(finding.c.id, finding.c.sentences)):
            sentences = [
                {**s, "text": f"{s['text']} {LONG}"} if isinstance(s, dict) and "text" in s else s
                for s in row.sentences
            ]
            session.execute(update(finding).where(finding.c.id == row.id).values(sentences=sentences, title=SHORT))
    with unit_of_work(sessions) as session, pytest.MonkeyPatch.context() as patch:
        # The payload's own digits fail the check of numbers, which would keep the markup off the public page.
        patch.setattr(publishing, "check_paper", lambda *_args, **_names: None)
        publish_paper(session, rich, lambda _name: LONG)
    return written


@pytest.fixture(scope="module")
def poisoned(servers: EmbeddedServers, template_database: str) -> Iterator[RichStage]:
    """The rich world with markup in every text."""
    url = servers.create_database("poisoned", template=template_database)
    engine = make_engine(url, application="consult-tests")
    sessions = make_sessions(engine)
    rich = load_rich(sessions, lambda _name: LONG, publish=False)
    assert poison(rich, sessions) > 90
    engine.dispose()
    app = make_app(url)
    yield RichStage(app, rich, url)
    app_engine(app).dispose()
    servers.drop_database("poisoned")


@pytest.fixture(scope="module")
def site(servers: EmbeddedServers, poisoned: RichStage) -> Iterator[Site]:
    """The poisoned world, served."""
    settings = {"RATE_LIMITS": "0", "CONSULT_EMBEDDED": "1"}
    with running_site(servers, poisoned.database_url, worker=False, settings=settings) as running:
        yield running


class Trap:
    """A page that notes everything a payload could do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.caught: list[str] = []
        page.on("dialog", self._dialog)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.caught.append(f"error: {error}"))
        page.add_init_script(VIOLATIONS)
        # How a page looks is not asked here, and reading the styles is most of what opening it costs.
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setBlockedURLs", {"urls": ["*.css?*", "*.woff2*", "*/sprites.svg*"]})

    def _dialog(self, dialog: Any) -> None:
        self.caught.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.caught.append(f"policy: {message.text[:160]}")

    def open(self, url: str) -> list[str]:
        """Open a page with everything folded out, and say what was caught."""
        self.caught.clear()
        try:
            answer = self.page.goto(url, wait_until="load")
        except Error as error:
            if "Download is starting" in error.message:
                return []  # A browser keeps a download instead of showing it.
            raise
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            return []
        if answer.status >= 500:
            self.caught.append(f"status {answer.status}")
        self.page.evaluate(UNFOLD)
        ran = self.page.evaluate("[window.__xss ?? null, window.__csp ?? null]")
        handlers = self.page.evaluate(FOREIGN_MARKUP)
        return [*self.caught, *([f"ran: {ran}"] if ran != [None, None] else []), *handlers]


VIOLATIONS = "addEventListener('securitypolicyviolation', e => { (window.__csp ||= []).push(e.violatedDirective + ' ' + e.sample) })"
UNFOLD = """() => { document.querySelectorAll('details').forEach(d => { d.open = true });
  document.querySelectorAll('dialog').forEach(d => { if (!d.open) d.show() }) }"""
#: Markup that only a payload could have brought: handlers, scripts without address, links that run, images that are not there.
FOREIGN_MARKUP = """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes].filter(a =>
  a.name.startsWith('on') || /^\\s*javascript:/i.test(a.value)).map(a => `${e.tagName} ${a.name}=${a.value.slice(0, 60)}`))
  .concat([...document.querySelectorAll('script:not([src]):not([type="application/json"]), iframe, img[src="x"]')].map(e => e.outerHTML.slice(0, 80)))
  .concat(/11111103/.test(document.title) ? ['a template ran in the title'] : [])"""


@pytest.mark.parametrize(
    "role", [None, Role.account, Role.facilitator, Role.moderator, Role.manager, Role.administrator]
)
def test_nothing_runs_on_any_page(browser: Browser, site: Site, poisoned: RichStage, role: Role | None) -> None:
    context = browser_as(browser, site, poisoned, role)
    trap = Trap(context.new_page())
    problems: dict[str, list[str]] = {}
    opened = 0
    for address in addresses(poisoned.app, poisoned.rich):
        # Pages of others answer 404 and show nothing; each role opens its own, and anyone's again as moderator.
        if address.endpoint in NO_PAGE or (
            address.role != role and not (address.role is None and role is Role.moderator)
        ):
            continue
        opened += 1
        found = trap.open(site.base_url + address.url)
        if found:
            problems[f"{address.endpoint} {address.url}"] = found
    context.close()
    assert not problems, "\n".join(f"{where}: {line}" for where, found in problems.items() for line in found)
    assert opened >= 2


def test_the_trap_catches(browser: Browser, site: Site) -> None:
    """The negative control: a page that lets a payload through is caught."""
    context = browser.new_context()
    page = context.new_page()
    page.route(
        "**/*",
        lambda route: route.fulfill(body=f'<!doctype html><title>x</title><p title="{LONG}', content_type="text/html"),
    )
    trap = Trap(page)
    found = trap.open(f"{site.base_url}/{uuid.uuid4()}")
    context.close()
    assert any(line.startswith("ran:") for line in found)
    assert any(line.startswith("dialog:") for line in found)


def test_every_text_column_was_thought_of() -> None:
    """A new table must be looked at here: its texts are filled with markup unless they are codes."""
    names = {table.name for table in all_tables().sorted_tables}
    assert set(FIXED) - {"*", "alembic_version"} <= names | {"contribution"}, "FIXED names tables that are gone"
