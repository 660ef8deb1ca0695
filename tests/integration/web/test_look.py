"""The look, in a real browser under the real content security policy: accessible, narrow, and useful with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, render_template, render_template_string
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from wtforms import DateField, DateTimeLocalField, FileField, HiddenField, validators

from consult.core.vocabulary import PhaseKind
from consult.core.wordings import side_by_side
from consult.web import formats, forms
from consult.web.headers import POLICY
from tests.factories.world import make_app

ADDRESS = "http://consult.test"
GUIDE = (Path(__file__).parent / "style_guide.html").read_text(encoding="utf-8")
DONE = "<!DOCTYPE html><html lang='it'><title>Fatto</title><h1>Fatto</h1>"
TEXT = "Dopo le venti non c'è più nessun treno per la valle, e chi lavora di sera resta a piedi."


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as macros need it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """A phase as the stepper needs it."""

    kind: PhaseKind
    title: str
    opens_at: datetime | None
    closes_at: datetime | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A knot of the thread."""

    kind: str
    title: str
    url: str
    note: str = ""
    children: tuple[Node, ...] = ()


class EveryField(forms.Form):
    """One field of each kind."""

    title = forms.line("Titolo", maximum=80, description="Una frase che dica che cosa cambia.")
    body = forms.long_text("Proposta", maximum=400)
    email = forms.email("Indirizzo e-mail", required=False)
    password = forms.password("Password")
    strategy = forms.choice("Strategia", choices=[("", "Scegli"), ("1.1", "1.1 Una rete di treni")])
    who = forms.radio("Chi parla", choices=[("resident", "Residente"), ("association", "Associazione")])
    topics = forms.check_boxes("Temi", choices=[("a", "Trasporti"), ("b", "Scuola")])
    when = DateField("Data", validators=[validators.Optional()])
    at = DateTimeLocalField("Inizio", validators=[validators.Optional()])
    seats = forms.number("Posti")
    attach = FileField("Allegato")
    agree = forms.tick("Ho letto l'informativa", required=True)
    version = HiddenField(default="3")


@pytest.fixture(scope="module")
def bare_app() -> Flask:
    """The application, with a database that nobody answers for: nothing here may ask it."""
    return make_app("postgresql://nobody@127.0.0.1:9/none")


@pytest.fixture
def app(bare_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """`bare_app`, whose pages take the time from this machine, since the database's clock is not there."""
    monkeypatch.setattr(formats, "now", lambda: datetime.now(UTC))
    return bare_app


def guide(app: Flask, *, refused: bool = False) -> str:
    """The page with every macro, its form empty or refused."""
    now = datetime.now(UTC)
    span = timedelta(days=20)
    with app.test_request_context("/"):
        form = EveryField()
        if refused:
            form.validate()
        return render_template_string(
            GUIDE,
            form=form,
            now=now,
            Z=Zone("4", "Torino Nord"),
            zones=[Zone("4", "Torino Nord"), Zone("5", "Pinerolese")],
            phases=[
                PhaseLine(PhaseKind.preliminary, "", now - 2 * span, now - span, False),
                PhaseLine(PhaseKind.listening, "", now - span, now + span, True),
                PhaseLine(PhaseKind.co_planning, "", now - span, None, True),
                PhaseLine(PhaseKind.drafting, "", None, None, False),
            ],
            up=[Node("finding", "I treni della sera", "#", children=(Node("source", "Una voce", "#"),))],
            down=[Node("action", "2.1.4 Treni serali", "#")],
        )


def serve(
    target: Page | BrowserContext, app: Flask, html: str, sent: list[str] | None = None, *, fails: bool = False
) -> None:
    """Answer every request of `target` from `html` and the static folder, with the real security policy."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if route.request.method == "POST":
            if sent is not None:
                sent.append(path)
            if fails:
                route.abort()
            else:
                route.fulfill(body=DONE, content_type="text/html; charset=utf-8")
        elif path.startswith("/static/"):
            route.fulfill(path=str(Path(app.static_folder or "") / path.removeprefix("/static/")))
        else:
            body = html if path == "/" else DONE
            headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
            route.fulfill(body=body, headers=headers)

    target.route("**/*", answer)


def problems(page: Page) -> list[str]:
    """What axe finds, one line each."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found]


@pytest.fixture
def told(page: Page) -> list[str]:
    """What the browser complains of while the test runs."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    return heard


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("refused", [False, True])
def test_every_macro_is_accessible_fits_and_obeys_the_policy(
    app: Flask, page: Page, told: list[str], width: int, refused: bool
) -> None:
    serve(page, app, guide(app, refused=refused))
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(ADDRESS)
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert told == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503])
def test_error_pages_say_what_to_do_and_give_the_text_back(app: Flask, page: Page, status: int) -> None:
    name = f"errors/{status}.html" if status < 500 else "errors/standalone.html"
    with app.test_request_context("/proposte", method="POST", data={"body": TEXT, "_once": "x"}):
        html = render_template(
            name,
            status=status,
            message=None,
            typed={"body": TEXT},
            link="/altrove",
            changed_by="Maria",
            differences=[("Titolo", *side_by_side("il loro", "il mio"))],
            fields={"body": "Serve un testo."},
        )
    serve(page, app, html)
    page.goto(ADDRESS)
    assert problems(page) == []
    assert page.locator("h1").count() == 1
    assert page.locator("textarea").input_value() == TEXT
    if status >= 500:
        assert page.get_by_role("button", name="Invia di nuovo").is_visible()
        assert page.locator("input[name=body]").get_attribute("value") == TEXT


def test_a_password_is_never_written_into_an_error_page(app: Flask) -> None:
    data = {"body": TEXT, "password": "segretissima"}
    with app.test_request_context("/accesso", method="POST", data=data):
        html = render_template("errors/standalone.html", status=503, message=None, typed={"body": TEXT})
    assert "segretissima" not in html


def test_without_javascript_the_phone_menu_opens_and_errors_are_in_sight(app: Flask, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    serve(page, app, guide(app, refused=True))
    page.goto(ADDRESS)
    assert not page.locator(".nav-phone a").first.is_visible()
    page.locator(".nav-phone summary").click()
    assert page.locator(".nav-phone a").first.is_visible()
    assert page.locator(".error-summary").is_visible()
    assert page.locator("#body").get_attribute("aria-describedby") == "body-help body-error body-count"
    context.close()


def test_the_error_summary_has_the_focus_and_leads_to_each_field(app: Flask, page: Page) -> None:
    serve(page, app, guide(app, refused=True))
    page.goto(ADDRESS)
    focused: Callable[[], str] = lambda: page.evaluate("document.activeElement.id || document.activeElement.className")  # noqa: E731  # One word for one question.
    assert focused() == "error-summary"
    for words, field_id in (("Proposta", "body"), ("Strategia", "strategy"), ("Chi parla", "who-0")):
        page.locator(".error-summary a", has_text=words).click()
        assert focused() == field_id


def test_three_clicks_send_one_form_and_a_failed_sending_leaves_it_usable(app: Flask, page: Page) -> None:
    sent: list[str] = []
    serve(page, app, guide(app), sent, fails=True)
    page.goto(ADDRESS)
    page.evaluate(
        "() => { const b = document.querySelector('form[action=\"/rifiuta\"] button'); b.click(); b.click(); b.click(); }"
    )
    page.wait_for_timeout(300)  # A second sending would come now.
    assert sent == ["/rifiuta"]
    page.goto(ADDRESS)
    assert page.locator("form[data-busy]").count() == 0


def test_a_question_is_asked_before_and_escape_takes_it_back(app: Flask, page: Page) -> None:
    sent: list[str] = []
    serve(page, app, guide(app), sent)
    page.goto(ADDRESS)
    asking = page.locator("form[data-confirm] button")
    asking.click()
    assert page.locator("dialog button").all_inner_texts() == ["Togli", "Annulla"]
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert sent == []
    asking.click()
    page.locator("dialog button", has_text="Togli").click()
    page.wait_for_url("**/x")
    assert sent == ["/x"]


def test_a_long_text_is_counted_kept_offered_again_and_thrown_away(app: Flask, page: Page) -> None:
    serve(page, app, guide(app))
    page.goto(ADDRESS)
    body, status = page.locator("#body"), page.locator(".draft-status")
    body.press_sequentially("Treni 🚆", delay=1)
    status.get_by_text("Bozza salvata").wait_for()
    assert page.locator("#body-count").inner_text() == "Restano 393 caratteri"
    page.reload()
    assert body.input_value() == "Treni 🚆"
    status.get_by_role("button").click()
    assert body.input_value() == ""
    page.reload()
    assert body.input_value() == ""


def test_keys_decide_but_not_while_writing_and_can_be_switched_off(app: Flask, page: Page) -> None:
    sent: list[str] = []
    serve(page, app, guide(app), sent)
    page.goto(ADDRESS)
    page.locator("#title").press("r")
    assert page.locator("#title").input_value() == "r"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("button", name="Tasti rapidi attivi").click()
    page.keyboard.press("r")
    page.wait_for_timeout(200)  # Nothing may be sent, which only waiting shows.
    assert sent == []
    page.get_by_role("button", name="Tasti rapidi spenti").click()
    page.keyboard.press("r")
    page.wait_for_url("**/rifiuta")
    assert sent == ["/rifiuta"]
