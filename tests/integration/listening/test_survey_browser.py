"""The sheet and the builder in a real browser, by keyboard and by drag; the application answers from this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from consult.core.vocabulary import Role
from consult.framework.models import Municipality
from consult.listening.surveys import services
from consult.listening.surveys.models import Answer, Question
from tests.conftest import Stage
from tests.factories.survey_pages import DESK
from tests.factories.surveys import make_questionnaire
from tests.factories.world import Client

ADDRESS = "http://consult.test"
QUESTIONS = (
    services.QuestionFields(kind="yes_no", text="Usi il treno?", code="treno"),
    services.QuestionFields(kind="short", text="Perché no?", code="perche"),
    services.QuestionFields(
        kind="ranking", text="Che cosa viene prima?", options=("Verde", "Scuole", "Sanità"), code="ordine"
    ),
    services.QuestionFields(
        kind="points", text="Come li divideresti?", options=("Verde", "Scuole"), settings={"total": 10}, code="punti"
    ),
    services.QuestionFields(kind="place", text="Dove abiti?", code="dove"),
)


def serve(page: Page, client: Client) -> list[str]:
    """Let the application answer the page's requests; returns what the browser complains of."""
    static = Path(client.application.static_folder or "")

    def answer(route: Route) -> None:
        request = route.request
        split = urlsplit(request.url)
        if split.path.startswith("/static/"):
            route.fulfill(path=str(static / split.path.removeprefix("/static/")))
            return
        given: dict[str, Any] = {"content_type": request.headers.get("content-type")}
        found = client.open(
            f"{split.path}?{split.query}",
            method=request.method,
            data=request.post_data_buffer,
            follow_redirects=True,
            **given,
        )
        headers = {
            "Content-Security-Policy": found.headers["Content-Security-Policy"],
            "Content-Type": found.content_type or "",
        }
        route.fulfill(status=found.status_code, headers=headers, body=found.get_data())

    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.route("**/*", answer)
    return heard


def test_a_sheet_is_filled_in_by_keyboard_alone(stage: Stage, page: Page) -> None:
    made = make_questionnaire(stage, access="open", publish=False, questions=QUESTIONS)
    by_code = {q.code: q for q in made.questions}
    zone = next(iter(stage.world.zones.values()))
    with stage.work() as session:
        session.add_all(Municipality(zone_id=zone, name=f"Borgo {name}") for name in "ABCDEFGHIJKLMNOPQ")
        asked = session.execute(select(Question).where(Question.code == "perche")).scalar_one()
        asked.condition = {"question": "treno", "op": "equal", "value": "no"}
    assert stage.client_as(Role.facilitator).send(f"{DESK}/{made.id}/pubblica").status_code == 303
    heard = serve(page, stage.client_as(None))
    page.goto(f"{ADDRESS}/processi/piano-di-prova/questionari/{made.id}")

    # A condition hides and shows; what is hidden again is not sent.
    why = page.get_by_label("Perché no?")
    expect(why).to_be_hidden()
    page.get_by_label("No", exact=True).focus()
    page.keyboard.press("Space")
    expect(why).to_be_visible()
    why.focus()
    page.keyboard.type("Non ferma qui.")
    page.get_by_label("Sì", exact=True).focus()
    page.keyboard.press("Space")
    expect(why).to_be_hidden()

    # Ranking: buttons of each entry, the last one moved to the front.
    ranking = page.locator("[data-ranking]")
    for name in ("Verde", "Scuole", "Sanità", "Sanità", "Sanità"):
        ranking.get_by_role("button", name=f"Su {name}").focus()
        page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_have_text("Sanità: posto 1 di 3")
    expect(ranking.locator("label")).to_have_text(["Sanità", "Verde", "Scuole"])

    # Points: what is left is said after each change.
    left = page.locator(".points-left")
    points = page.locator('[data-kind="points"] input[data-part]')
    points.nth(0).focus()
    page.keyboard.type("7")
    expect(left).to_have_text("Restano 3 punti da dare")
    page.keyboard.press("Tab")
    page.keyboard.type("5")
    expect(left).to_have_text("2 punti di troppo")
    page.keyboard.press("Backspace")
    page.keyboard.type("3")
    expect(left).to_have_text("Tutti i punti sono dati")

    # Places: typing narrows the list and chooses.
    page.get_by_label("Cerca il tuo comune").focus()
    page.keyboard.type("borgo k")
    expect(page.locator(f"#{by_code['dove'].field} option:checked")).to_have_text("Borgo K")

    page.get_by_role("button", name="Invia").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Codice di ricevuta").or_(page.locator(".receipt")).first).to_be_visible()
    with stage.work() as session:
        values = session.execute(select(Answer.values)).scalar_one()
        town = session.execute(select(Municipality.id).where(Municipality.name == "Borgo K")).scalar_one()
    kept = {code: values.get(str(q.id)) for code, q in by_code.items()}
    options = {option.label: option.code for option in by_code["ordine"].options}
    assert kept["treno"] == "yes"
    assert kept["perche"] is None
    assert kept["ordine"] == [options[name] for name in ("Sanità", "Verde", "Scuole")]
    assert sorted(kept["punti"].values()) == [3, 7]
    assert kept["dove"] == f"m:{town}"
    assert heard == []


def test_questions_are_dragged_to_their_place(stage: Stage, page: Page) -> None:
    made = make_questionnaire(stage, access="open", publish=False, questions=QUESTIONS[:1] + QUESTIONS[2:4])
    heard = serve(page, stage.client_as(Role.facilitator))
    page.goto(f"{ADDRESS}{DESK}/{made.id}")
    codes = page.locator(".builder-question .question-code")
    expect(codes).to_have_text(["treno", "ordine", "punti"])
    first = page.locator(".builder-question").first
    page.locator(".builder-question .drag-handle").nth(2).drag_to(first, target_position={"x": 40, "y": 4})
    expect(codes).to_have_text(["punti", "treno", "ordine"])
    with stage.work() as session:
        order = session.execute(select(Question.code).order_by(Question.position)).scalars().all()
    assert order == ["punti", "treno", "ordine"]
    assert heard == []
