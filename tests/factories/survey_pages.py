"""The pages of questionnaires as a browser uses them: their addresses, some questions, what a form carries and sends."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select

from consult.listening.surveys import services
from tests.conftest import Stage
from tests.factories.surveys import Made

DESK = "/scrivania/piano-di-prova/questionari"
OPEN = "/processi/piano-di-prova/questionari"
MEANS = services.QuestionFields(
    kind="single", text="Come ti muovi?", options=("Treno", "Auto"), settings={"other": True, "prefer_not": True}
)
ORDER = services.QuestionFields(
    kind="ranking", text="Che cosa viene prima?", options=("Verde", "Scuole", "Sanità", "Treni")
)
POINTS = services.QuestionFields(
    kind="points", text="Come li divideresti?", options=("Verde", "Scuole"), settings={"total": 10}
)
PLACE = services.QuestionFields(kind="place", text="Da dove parli?")
SPEAKER = services.QuestionFields(kind="speaker", text="Come parli?")
#: Lines of a list of people to invite.
PEOPLE = [f"p{i}@example.org; Ente {i}; associazione; {1 + i % 3}" for i in range(12)]


def hidden(page: str, name: str) -> str:
    """What a hidden field of the page carries; nothing where there is no such field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found.group(1) if found else ""


def rows_in(stage: Stage, table: Any) -> int:
    """How many rows a table has."""
    with stage.work() as session:
        return int(session.execute(select(func.count()).select_from(table)).scalar_one())


def receipt_of(page: str) -> str:
    """The code on the page of thanks."""
    return page.split('class="receipt-code"><strong>')[1].split("<")[0]


def filled(made: Made, page: str, words: str = "Più treni la sera.", **more: Any) -> dict[str, Any]:
    """The sheet of a page, answered: what the page carried goes back with it."""
    return made.form(words, **more) | {
        "code": hidden(page, "code"),
        "version": hidden(page, "version"),
        "step": hidden(page, "step"),
    }


def code_of(page: str) -> str:
    """The code minted with a form."""
    found = hidden(page, "code")
    assert found
    return found


def send(stage: Stage, made: Made, **values: str) -> int:
    """Answer at the public address."""
    visitor = stage.client_as(None)
    data = {"code": code_of(visitor.get(f"{OPEN}/{made.id}").text), "azione": "invia", **values}
    return visitor.post(f"{OPEN}/{made.id}", data=data).status_code
