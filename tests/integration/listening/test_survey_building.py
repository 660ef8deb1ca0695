"""The builder through its pages: every kind, pages, conditions, moving, copying, taking out and back, languages, history, the dry run."""

from __future__ import annotations

import re
import uuid
from typing import Any

from sqlalchemy import func, select, text, update

from consult.core.vocabulary import Role
from consult.listening.sources.models import Source
from consult.listening.surveys import queries
from consult.listening.surveys.forms import FIELDS
from consult.listening.surveys.models import Answer, Invitation, Questionnaire
from consult.listening.surveys.types import QuestionRow
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, MEANS, send
from tests.factories.surveys import make_questionnaire

OPTIONS = {"options": "Treno\nAutobus\n* Nessuno dei due"}
ROWS = {"rows": "Mattina\nSera"}
MORE: dict[str, dict[str, str]] = {
    "single": OPTIONS | {"other": "y"}, "multiple": OPTIONS | {"most": "2", "random": "y"}, "matrix": OPTIONS | ROWS,
    "matrix_multiple": OPTIONS | ROWS, "ranking": OPTIONS, "points": OPTIONS | {"total": "10"},
    "number": {"smallest": "0", "largest": "100", "decimals": "1", "unit": "km", "dont_know": "y"}, "date": {"earliest": "2026-01-01"},
    "scale": {"low": "0", "high": "10", "high_label": "moltissimo"},
}  # fmt: skip  # pairs read better side by side


def _begin(client: Any, **settings: str) -> str:
    sent = {"title": "Spostarsi in valle", "privacy": "pseudonymous", "access": "open"} | settings
    found: str = client.send(f"{DESK}/nuovo", sent).location
    return found


def _ask(client: Any, one: str, kind: str, words: str = "", **more: str) -> str:
    made = client.send(f"{one}/domande/nuova", {"kind": kind, "text": words or f"Domanda {kind}", "page": "1", **more})
    assert made.status_code == 303, made.text
    found: str = made.location.rsplit("#d-", 1)[1]
    return found


def _questions(stage: Stage, one: str) -> list[QuestionRow]:
    with stage.work() as session:
        return queries.questions(session, questionnaire_id=uuid.UUID(one.rsplit("/", 1)[1]))


def _sent(one: str, questions: list[QuestionRow], page: str, **given: Any) -> dict[str, Any]:
    """What a browser without script sends: the form's hidden fields and answers by question code."""
    hidden = dict(re.findall(r'name="(code|step|version)"[^>]*value="([^"]*)"', page))
    by_code = {q.code: q for q in questions}
    data: dict[str, Any] = dict(hidden)
    for name, value in given.items():
        code, _part, part = name.partition("__")
        data[by_code[code].field + (f"_{part}" if part else "")] = value
    return data


def test_every_kind_is_built_shown_tried_and_answered(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    one = _begin(client)
    assert "Che tipo di risposta" in client.get(f"{one}/domande/nuova").text
    for kind in FIELDS:
        assert client.get(f"{one}/domande/nuova?tipo={kind}").status_code == 200
        key = _ask(client, one, kind, code=f"c_{kind}", help="Un aiuto", **MORE.get(kind, {}))
        assert client.get(f"{one}/domande/{key}").status_code == 200
    questions = _questions(stage, one)
    assert len(questions) == len(FIELDS)
    with stage.work() as session:
        strategy, axis = session.execute(
            text("SELECT s.code, a.number FROM strategy s JOIN axis a ON a.id = s.axis_id ORDER BY 1 LIMIT 1")
        ).one()
    zone = f"z:{next(iter(stage.world.zones.values()))}"
    given: dict[str, Any] = {
        "c_long": "Più treni", "c_short": "Treno", "c_single": "_other", "c_single__other": "Monopattino", "c_multiple": ["o1", "o2"],
        "c_yes_no": "yes", "c_scale": "10", "c_likert": "o5", "c_matrix__r1": "o1", "c_matrix__r2": "o3", "c_matrix_multiple__r1": ["o1", "o2"],
        "c_ranking__o2": "1", "c_ranking__o1": "2", "c_points__o1": "4", "c_points__o2": "6", "c_number": "12,5", "c_date": "7/3/2026",
        "c_place": zone, "c_speaker": "resident", "c_strategy": strategy, "c_axis": str(axis), "c_consent": "yes",
    }  # fmt: skip  # pairs read better side by side
    page = client.get(f"{one}/anteprima")
    assert page.status_code == 200
    tried = client.send(f"{one}/anteprima", _sent(one, questions, page.text, **given) | {"azione": "invia"})
    assert tried.status_code == 200
    for words in (
        "Monopattino",
        "Autobus › Treno",
        "12.5 km",
        "Mattina: Treno; Sera: Nessuno dei due",
        "Treno: 4; Autobus: 6",
    ):
        assert words in tried.text
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Answer)).scalar_one() == 0
    assert client.send(f"{one}/pubblica").status_code == 303
    public = one.replace("/scrivania", "/processi")
    visitor = stage.client_as(None)
    wrong = {
        "c_multiple": ["o1", "o3"], "c_points__o1": "5", "c_ranking__o1": "1", "c_number": "100,25", "c_date": "31/12/2025", "c_scale": "11",
        "c_single__other": "", "c_matrix__r1": "o9", "c_strategy": "99.9", "c_place": strategy,
    }  # fmt: skip  # pairs read better side by side
    sheet = visitor.get(public).text
    for name, value in wrong.items():
        refused = visitor.post(public, data=_sent(one, questions, sheet, **(given | {name: value})))
        assert refused.status_code == 422, name
        assert "Più treni" in refused.text
    assert visitor.post(public, data=_sent(one, questions, sheet, **given)).status_code == 303
    with stage.work() as session:
        values = session.execute(select(Answer.values)).scalar_one()
    kept = {q.code: values.get(str(q.id)) for q in questions}
    assert kept["c_long"] is None
    assert kept["c_ranking"] == ["o2", "o1"]
    assert kept["c_points"] == {"o1": 4, "o2": 6}
    assert kept["c_number"] == 12.5
    assert kept["c_date"] == "2026-03-07"
    assert kept["c_matrix_multiple"] == {"r1": ["o1", "o2"]}
    other = next(q for q in questions if q.code == "c_single")
    assert (kept["c_single"], other.other_key in values) == ("_other", False)
    with stage.work() as session:
        words = session.execute(select(Source.unit_kind, Source.text).where(Source.unit_id == other.id)).one()
    assert tuple(words) == ("question_other", "Monopattino")
    assert client.get(f"{one}/risultati").status_code == 200


def test_pages_conditions_and_what_is_hidden(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    one = _begin(client)
    first = _ask(client, one, "yes_no", "Usi il treno?", code="treno", required="y")
    why = _ask(client, one, "short", "Perché no?", code="perche", required="y")
    assert client.send(f"{one}/pagine").status_code == 303
    assert (
        client.send(
            f"{one}/pagine/2", {"title": "Il treno", "intro": "Solo per chi lo usa.", "version": "1"}
        ).status_code
        == 303
    )
    stale = client.send(f"{one}/pagine/2", {"title": "Altro", "version": "1"})
    assert stale.status_code == 409
    _ask(client, one, "scale", "Quanto ti piace?", code="piace", page="2")
    _ask(client, one, "long", "Altro da dire?", code="altro", page="3")

    def line(target: str, op: str, value: str = "") -> dict[str, str]:
        return {"mode": "any", "lines-0-group": "1", "lines-0-target": target, "lines-0-op": op, "lines-0-value": value}

    # Answers are typed in words; a condition that looks ahead, or can't be, is refused and stays on the page.
    assert client.send(f"{one}/domande/{why}/condizione", line("treno", "equal", "no")).status_code == 303
    assert client.send(f"{one}/pagine/2/condizione", line("treno", "equal", "Sì")).status_code == 303
    refused = client.send(f"{one}/pagine/2/condizione", line("treno", "equal", "forse"))
    assert refused.status_code == 422
    assert "non è tra le risposte possibili" in refused.text
    assert client.send(f"{one}/domande/{first}/condizione", line("perche", "answered")).status_code == 422
    page = client.get(one).text
    assert "«Usi il treno?» è «Sì»" in page
    # What others hang on can't be taken out, or moved behind them.
    assert client.send(f"{one}/domande/{first}/togli").status_code == 422
    assert client.send(f"{one}/domande/{first}/giu").status_code == 422
    assert client.send(f"{one}/pagine/2/su").status_code == 422
    assert client.send(f"{one}/pubblica").status_code == 303
    public, questions, visitor = one.replace("/scrivania", "/processi"), _questions(stage, one), stage.client_as(None)
    opened = visitor.get(public).text
    assert "Passo 1 di 2" in opened
    assert "Solo se «Usi il treno?» è «No»:" in opened
    # "Yes": the second page opens. Then back and "no": what was said there is not kept, and the hidden reason becomes needed.
    yes = visitor.post(public, data=_sent(one, questions, opened, treno="yes", perche="x") | {"azione": "avanti"})
    assert "Il treno" in yes.text
    assert "Passo 2 di 3" in yes.text
    no = _sent(one, questions, opened, treno="no", piace="5", altro="Basta.") | {"azione": "avanti", "step": "1"}
    assert visitor.post(public, data=no).status_code == 422
    skipped = visitor.post(public, data=no | _sent(one, questions, opened, perche="È lento") | {"step": "1"})
    assert "Altro da dire?" in skipped.text
    done = visitor.post(
        public, data=no | _sent(one, questions, opened, perche="È lento") | {"step": "3", "azione": "invia"}
    )
    assert done.status_code == 303
    with stage.work() as session:
        values = session.execute(select(Answer.values)).scalar_one()
    assert values == {str(questions[0].id): "no"}
    # The first answer is there: no more structure.
    for path in (f"/domande/{first}/duplica", "/pagine", "/pagine/2/togli", f"/domande/{first}/su"):
        assert client.send(f"{one}{path}").status_code == 422
    assert client.send(f"{one}/domande/{first}/condizione", line("", "answered")).status_code == 422
    assert "C’è già una risposta" in client.get(one).text


def test_moving_copying_taking_out_and_putting_back(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    one = _begin(client)
    keys = [_ask(client, one, "short", f"Domanda {n}", page=str(1 + n // 3)) for n in range(5)]
    before = _questions(stage, one)
    assert client.send(f"{one}/domande/{keys[4]}/posto", {"page": "1", "place": "2"}).status_code == 303
    assert [q.text for q in _questions(stage, one)] == ["Domanda 0", "Domanda 4", "Domanda 1", "Domanda 2", "Domanda 3"]
    assert client.send(f"{one}/domande/{keys[4]}/posto", {"page": "2", "place": "9"}).status_code == 303
    assert [q.code for q in _questions(stage, one)] == [q.code for q in before]
    assert client.send(f"{one}/domande/{keys[0]}/duplica").status_code == 303
    assert [q.text for q in _questions(stage, one)][:2] == ["Domanda 0", "Domanda 0"]
    assert len({q.code for q in _questions(stage, one)}) == 6
    for path in (f"/domande/{keys[1]}/togli", "/pagine/1/togli"):
        assert client.send(f"{one}{path}").status_code == 303
    assert [q.text for q in _questions(stage, one)] == ["Domanda 3", "Domanda 4"]
    for part in re.findall(r"/parti/([0-9a-f-]{36})/rimetti", client.get(one).text):
        assert client.send(f"{one}/parti/{part}/rimetti").status_code == 303
        assert client.send(f"{one}/parti/{part}/rimetti").status_code == 404
    after = _questions(stage, one)
    assert [(q.id, q.code, q.page, q.text) for q in after if q.code in {b.code for b in before}] == [
        (q.id, q.code, q.page, q.text) for q in before
    ]
    # Two people on one question: the second is told, and nothing typed is lost.
    edit = {"kind": "short", "text": "Prima versione", "page": "1", "version": str(after[0].version)}
    assert client.send(f"{one}/domande/{keys[0]}", edit).status_code == 303
    stale = client.send(f"{one}/domande/{keys[0]}", edit | {"text": "Seconda versione"})
    assert stale.status_code == 409
    assert "Seconda versione" in stale.text


def test_languages_and_history(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    one = _begin(client)
    key = _ask(client, one, "single", "Che cosa usi?", code="uso", **OPTIONS)
    assert client.send(f"{one}/lingue", {"languages": ["fr", "xx"]}).status_code == 303
    assert "mancano 5 testi" in client.get(one).text
    texts = {
        "language": "fr",
        "t:title": "Se déplacer",
        "t:uso.text": "Qu’utilisez-vous ?",
        "t:uso.o.o1": "Le train",
        "t:nulla.text": "x",
    }
    assert client.send(f"{one}/lingue", texts).status_code == 303
    assert "mancano 2 testi" in client.get(f"{one}/lingue").text
    assert client.send(f"{one}/lingue", texts | {"language": "de"}).status_code == 422
    assert client.send(f"{one}/pubblica").status_code == 303
    public, visitor = one.replace("/scrivania", "/processi"), stage.client_as(None)
    page = visitor.get(f"{public}?lingua=fr").text
    assert "Qu’utilisez-vous" in page
    assert "Le train" in page
    assert "Autobus" in page
    assert "Che cosa usi?" in visitor.get(public).text
    sheet = _sent(one, _questions(stage, one), page, uso="o1")
    assert visitor.post(f"{public}?lingua=fr", data=sheet).status_code == 303
    edit = {
        "kind": "single",
        "text": "Che mezzo usi?",
        "page": "1",
        "code": "uso",
        "options": "In treno\nAutobus\n* Nessuno dei due",
    }
    assert client.send(f"{one}/domande/{key}", edit).status_code == 303
    history = client.get(f"{one}/domande/{key}").text
    assert "Che cosa usi?" in history
    assert "<li>Treno</li>" in history
    assert [o.code for o in _questions(stage, one)[0].options] == ["o1", "o2", "o3"]
    assert client.send(f"{one}/domande/{key}", edit | {"options": "In treno\nAutobus"}).status_code == 422


def test_a_questionnaire_is_copied_put_aside_and_taken_up(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    one = _begin(client, privacy="anonymous", access="registered")
    first = _ask(client, one, "single", "Come ti muovi?", **OPTIONS)
    _ask(client, one, "long", "Perché?")
    client.send(f"{one}/lingue", {"languages": "en"})
    desk = client.get(DESK).text
    assert "chi ha un account" in desk
    copied = client.send(f"{one}/duplica").location
    assert copied != one
    page = client.get(copied).text
    assert "Spostarsi in valle (copia)" in page
    assert page.count("builder-question") == client.get(one).text.count("builder-question") == 2
    with stage.work() as session:
        found = queries.questionnaire(session, questionnaire_id=uuid.UUID(copied.rsplit("/", 1)[1]))
        assert found is not None
        assert (found.privacy, found.access, found.state, found.languages) == ("anonymous", "registered", "draft", ["it", "en"])
    assert {q.id for q in _questions(stage, copied)}.isdisjoint({uuid.UUID(first)})
    # Put aside: the desk lists it apart, it can't be published, and nothing of it is gone.
    assert client.send(f"{copied}/da-parte").status_code == 303
    listed = client.get(DESK).text
    assert listed.index("Messi da parte") < listed.index("Spostarsi in valle (copia)")
    assert client.send(f"{copied}/pubblica").status_code == 422
    assert client.send(f"{copied}/riprendi").status_code == 303
    assert "Messi da parte" not in client.get(DESK).text
    assert len(_questions(stage, copied)) == 2
    # One that takes answers is closed first.
    client.send(f"{one}/pubblica")
    assert client.send(f"{one}/da-parte").status_code == 422
    client.send(f"{one}/chiudi")
    assert client.send(f"{one}/da-parte").status_code == 303
    assert "Messo da parte" in client.get(one).text


def test_who_was_listed_by_mistake_is_taken_off_until_the_letter_leaves(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    one = _begin(client, access="invitation")
    _ask(client, one, "long")
    client.send(f"{one}/inviti", {"people": "giusta@example.org\nsbagliata@example.org"})
    with stage.work() as session:
        found = queries.questionnaire(session, questionnaire_id=uuid.UUID(one.rsplit("/", 1)[1]))
        assert found is not None
        keys = {row.email: row.id for row in queries.invitations(session, questionnaire=found).rows}
    assert client.send(f"{one}/inviti/{keys['sbagliata@example.org']}/togli").status_code == 303
    assert "sbagliata@example.org</td>" not in client.get(f"{one}/inviti").text
    assert client.send(f"{one}/inviti/{keys['sbagliata@example.org']}/togli").status_code == 404
    with stage.work() as session:
        session.execute(update(Invitation).where(Invitation.id == keys["giusta@example.org"]).values(state="sent"))
    assert client.send(f"{one}/inviti/{keys['giusta@example.org']}/togli").status_code == 422


def test_every_text_keeps_its_history(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS,), intro="Due minuti.")
    (means,) = made.questions
    client = stage.client_as(Role.facilitator)
    one = f"{DESK}/{made.id}"
    assert "Storia dei testi" not in client.get(one).text
    assert send(stage, made, **{means.field: "o1"}) == 303
    form = {
        "kind": "single",
        "text": "E adesso?",
        "options": "Treno\nAutomobile",
        "other": "y",
        "prefer_not": "y",
        "page": "1",
        "version": "1",
    }
    assert client.send(f"{one}/domande/{means.id}", form).status_code == 303
    assert client.send(f"{one}/pagine/1", {"title": "Come ti sposti", "version": "1"}).status_code == 303
    assert client.send(f"{one}/pagine/1", {"title": "Spostarsi", "version": "2"}).status_code == 303
    with stage.work() as session:
        version = session.execute(select(Questionnaire.version)).scalar_one()
    settings = {
        "title": "Altro titolo",
        "privacy": "pseudonymous",
        "access": "open",
        "may_edit": "y",
        "version": str(version),
    }
    assert client.send(f"{one}/impostazioni", settings).status_code == 303
    assert client.send(f"{one}/lingue", {"languages": "en"}).status_code == 303
    for words in ("Another title", "A better title"):
        assert client.send(f"{one}/lingue", {"language": "en", "t:title": words}).status_code == 303
    page = client.get(f"{one}/storia").text
    for words in ("Come ti muovi?", "E adesso?", "Auto", "Automobile", "Come ti sposti", "Che cosa serve qui?", "Due minuti.", "Another title"):
        assert words in page, words
    with stage.work() as session:
        first = queries.corrections(session, questionnaire_id=made.id, size=2)
        rest = queries.corrections(session, questionnaire_id=made.id, size=20, cursor=first.next_cursor)
    of_question = next(row for row in [*first.rows, *rest.rows] if row.code)
    # What did not change is not told, and what did is told before and after.
    assert of_question.changed.keys() == {"text", "options"}
    assert of_question.after["text"] == "E adesso?"
    assert len(first.rows) == 2
    assert {row.id for row in first.rows}.isdisjoint({row.id for row in rest.rows})
    assert len(rest.rows) >= 3


def test_options_come_from_the_frame_with_its_codes(stage: Stage) -> None:
    made = make_questionnaire(stage, publish=False, questions=(MEANS,))
    client = stage.client_as(Role.facilitator)
    one = f"{DESK}/{made.id}"
    assert "Le strategie dell’asse 1" in client.get(f"{one}/domande/nuova?tipo=points").text
    for kind, which in (("points", "strategies"), ("ranking", "axis:1")):
        form = {"kind": kind, "text": "Che cosa viene prima?", "from_frame": which, "page": "1"}
        assert client.send(f"{one}/domande/nuova", form).status_code == 303
    with stage.work() as session:
        codes = session.execute(text("SELECT code FROM strategy ORDER BY code")).scalars().all()
        found = {q.kind: [o.code for o in q.options] for q in queries.questions(session, questionnaire_id=made.id)}
    assert sorted(found["points"]) == sorted(codes)
    assert found["ranking"] == [code for code in found["points"] if code.startswith("1.")]
