"""Answers that are not taken: sent after the close, words that are none, choices that were never offered."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import PhaseKind, Role
from consult.listening.sources.rules import new_receipt_code
from consult.listening.surveys import services
from consult.listening.surveys.models import Answer, Questionnaire, StagedAnswer
from consult.process.models import Phase
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, MEANS, OPEN, ORDER, POINTS, code_of, filled, rows_in
from tests.factories.surveys import invite_and_mail, make_questionnaire


def _close_phase(stage: Stage, closes_at: datetime) -> None:
    with stage.work() as session:
        session.execute(update(Phase).where(Phase.kind == PhaseKind.listening).values(closes_at=closes_at))


@pytest.mark.parametrize(("passed", "status"), [(30, 303), (61, 403)])
def test_a_minute_of_grace_after_the_close(stage: Stage, passed: int, status: int) -> None:
    made = make_questionnaire(stage, access="open")
    client = stage.client_as(None)
    words = "Più treni la sera per tornare in valle."
    sheet = filled(made, client.get(f"{OPEN}/{made.id}").text, words)
    _close_phase(stage, datetime.now(UTC) - timedelta(seconds=passed))
    answer = client.post(f"{OPEN}/{made.id}", data=sheet)
    assert answer.status_code == status
    assert rows_in(stage, Answer) == (1 if status == 303 else 0)
    if status == 403:
        assert words in answer.text
        assert "La risposta non è partita" in answer.text
    assert "non riceve risposte adesso" in client.get(f"{OPEN}/{made.id}").text


def test_its_own_closing_date_counts_too(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    with stage.work() as session:
        session.execute(update(Questionnaire).values(closes_at=datetime.now(UTC) - timedelta(seconds=90)))
    late = stage.client_as(None).post(f"{OPEN}/{made.id}", data=made.form() | {"code": new_receipt_code()})
    assert late.status_code == 403
    assert "La risposta non è partita" in late.text
    told = late.text[late.text.index("Quello che avevi scritto") :]
    assert "Più treni la sera." in told, "question by question, to be copied"


def _condition(of: str, value: str) -> dict[str, object]:
    return {"all": [{"question": of, "op": "equal", "value": value}]}


def test_nothing_typed_is_lost_at_the_close_valid_or_not_shown_or_hidden(stage: Stage) -> None:
    asked = (
        MEANS,
        services.QuestionFields(kind="short", text="In due parole?", settings={"most_chars": 20}),
        services.QuestionFields(kind="number", text="Quanti chilometri?", settings={"unit": "km"}),
        services.QuestionFields(kind="long", text="Perché in treno?"),
        ORDER,
        POINTS,
    )
    made = make_questionnaire(stage, access="open", publish=False, questions=asked)
    means, short, number, long, order, points = made.questions
    with stage.work() as session:
        key = {"process_id": stage.world.process_id, "questionnaire_id": made.id, "actor": SYSTEM, "now": datetime.now(UTC)}
        services.set_condition(session, question_id=long.id, condition=_condition(means.code, "o1"), **key)  # type: ignore[arg-type]  # Keywords by name.
        services.publish(session, **key)  # type: ignore[arg-type]  # Keywords by name.
        session.execute(update(Questionnaire).values(closes_at=datetime.now(UTC) - timedelta(seconds=90)))
    typed = {
        means.field: "o2", f"{means.field}_other": "con il monopattino", short.field: "Ben più di venti caratteri", number.field: "tanti",
        long.field: "Perché passa sotto casa", f"{order.field}_o1": "1", f"{order.field}_o2": "1", f"{points.field}_o1": "3",
    }  # fmt: skip  # pairs read better side by side
    late = stage.client_as(None).post(f"{OPEN}/{made.id}", data=typed | {"code": new_receipt_code(), "azione": "invia"})
    assert late.status_code == 403
    told = late.text[late.text.index("Quello che avevi scritto") :]
    for words in (
        "con il monopattino", "Ben più di venti caratteri", "tanti km", "Perché passa sotto casa", "Verde: 1; Scuole: 1", "Verde: 3",
    ):  # fmt: skip  # one line reads better
        assert words in told


def test_a_correction_that_comes_too_late_stands_apart_from_what_counts(stage: Stage) -> None:
    made = make_questionnaire(stage)
    path = f"/q/{invite_and_mail(stage, made, ['ada@example.org']).tokens()['ada@example.org']}"
    client = stage.client_as(None)
    assert client.post(path, data=filled(made, client.get(path).text, "Un asilo a Borgo", scale="3")).status_code == 303
    sheet = filled(made, client.get(path).text, "Anzi, una scuola", scale="3")
    with stage.work() as session:
        session.execute(update(Questionnaire).values(closes_at=datetime.now(UTC) - timedelta(seconds=90)))
    late = client.post(path, data=sheet)
    assert late.status_code == 403
    assert "La correzione non è stata salvata" in late.text
    counts, _, unsaved = late.text[late.text.index("Che cosa hai risposto") :].partition("Che cosa volevi correggere: non è contato")
    assert "Un asilo a Borgo" in counts
    assert "Anzi, una scuola" not in counts
    assert "Anzi, una scuola" in unsaved
    assert "Quanto è urgente?" not in unsaved, "what was not changed counts"
    again = client.get(path).text
    assert "Un asilo a Borgo" in again
    assert "Che cosa volevi correggere" not in again


def test_a_correction_with_an_account_that_comes_too_late_stands_apart_too(stage: Stage) -> None:
    made = make_questionnaire(stage, access="registered")
    client, page = stage.client_of(stage.world.others[0]), f"{OPEN}/{made.id}"
    assert client.post(page, data=filled(made, client.get(page).text, "Un asilo a Borgo")).status_code == 303
    sheet = filled(made, client.get(page).text, "Anzi, una scuola")
    with stage.work() as session:
        session.execute(update(Questionnaire).values(closes_at=datetime.now(UTC) - timedelta(seconds=90)))
    late = client.post(page, data=sheet)
    assert late.status_code == 403
    counts, _, unsaved = late.text[late.text.index("Che cosa hai risposto") :].partition("Che cosa volevi correggere: non è contato")
    assert ("Un asilo a Borgo" in counts, "Anzi, una scuola" in counts) == (True, False)
    assert "Anzi, una scuola" in unsaved


@pytest.mark.parametrize("words", ["a\x00b", "x" * 1_000_000, ""], ids=["nul", "1MB", "empty"])
def test_bad_words_are_refused_with_a_sentence(stage: Stage, words: str) -> None:
    made = make_questionnaire(stage, access="open", privacy="anonymous")
    client = stage.client_as(None)
    answer = client.post(f"{OPEN}/{made.id}", data=filled(made, client.get(f"{OPEN}/{made.id}").text, words))
    assert 400 <= answer.status_code < 500
    assert rows_in(stage, StagedAnswer) == 0


def test_impossible_choices_and_foreign_fields_are_refused_or_ignored(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    client = stage.client_as(None)
    address = f"{OPEN}/{made.id}"
    sheet = filled(made, client.get(address).text)
    for wrong in ({"single": "o9"}, {"place": f"z:{uuid.uuid4()}"}, {"scale": "99"}, {"multiple": ["o1", "o9"]}):
        assert client.post(address, data=sheet | made.form(**wrong)).status_code == 422
    assert client.post(address, data=sheet | {"code": "non un codice"}).status_code == 422
    assert client.post(address, data=sheet | {"step": "9" * 30, "azione": "avanti", "q_none": "x"}).status_code == 303
    assert client.post(address, data={"azione": "distruggi"}).status_code == 422
    assert rows_in(stage, Answer) == 1


def test_a_ranking_of_very_many_options_stays_a_small_page_and_places_are_typed(stage: Stage) -> None:
    many = services.QuestionFields(kind="ranking", text="In che ordine?", options=tuple(f"Voce {n}" for n in range(200)))
    made = make_questionnaire(stage, access="open", questions=(many,))
    (order,) = made.questions
    client = stage.client_as(None)
    page = client.get(f"{OPEN}/{made.id}").text
    assert len(page) < 200_000
    typed = {f"{order.field}_{option.code}": str(n) for n, option in enumerate(reversed(order.options), 1) if n < 4}
    sheet = {"code": code_of(page), "azione": "invia"}
    twice = client.post(f"{OPEN}/{made.id}", data=sheet | dict.fromkeys(typed, "1"))
    assert twice.status_code == 422
    assert twice.text.count('value="1"') >= 3, "what was typed is still there"
    assert client.post(f"{OPEN}/{made.id}", data=sheet | typed).status_code == 303
    with stage.work() as session:
        kept = session.execute(select(Answer.values)).scalar_one()
    assert kept[str(order.id)] == [option.code for option in reversed(order.options)][:3]


def test_a_number_beyond_all_numbers_is_refused_at_its_field(stage: Stage) -> None:
    made = make_questionnaire(stage, publish=False)
    client = stage.client_as(Role.facilitator)
    for wrong, why in (("1e400", "Il numero è troppo grande"), ("NaN", "Scrivi un numero"), ("sNaN", "Scrivi un numero")):
        asked = {"kind": "number", "text": "Quanti?", "largest": wrong}
        refused = client.send(f"{DESK}/{made.id}/domande/nuova", asked)
        assert refused.status_code == 422
        assert why in refused.text


def test_who_goes_back_and_sends_something_else_reads_that_the_first_counts(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    client = stage.client_as(None)
    sheet = filled(made, client.get(f"{OPEN}/{made.id}").text, "Prima versione")
    first = client.post(f"{OPEN}/{made.id}", data=sheet)
    assert "era già arrivata" not in client.get(first.location).text
    again = client.post(f"{OPEN}/{made.id}", data=sheet | made.form(long="Seconda versione"))
    assert again.status_code == 303
    told = client.get(again.location).text
    assert "Questa risposta era già arrivata" in told
    assert "il cambiamento non è stato preso" in told
    assert "receipt-code" in told
    assert rows_in(stage, Answer) == 1
