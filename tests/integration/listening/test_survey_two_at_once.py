"""Several windows or people at one questionnaire: nothing is overwritten unseen, a target holds, what is kept in memory is never old."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime

from sqlalchemy import select, text, update

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.framework.models import Municipality
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import Answer, AnswerDraft, Questionnaire
from consult.listening.surveys.types import words_key
from consult.process.models import Membership
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, MEANS, OPEN, ORDER, PLACE, code_of, send
from tests.factories.surveys import invite_and_mail, make_questionnaire


def test_two_windows_never_overwrite_each_other_unseen(stage: Stage) -> None:
    made = make_questionnaire(stage)
    mail = invite_and_mail(stage, made, ["ada@example.org"])
    path = f"/q/{mail.tokens()['ada@example.org']}"
    words = next(q for q in made.questions if q.kind == "long").field
    one, other = stage.client_as(None), stage.client_as(None)
    code = code_of(one.get(path).text)

    def keep(client: object, text: str, draft: str, action: str = "autosalva") -> object:
        return client.post(path, data={"code": code, "azione": action, "draft": draft, words: text})  # type: ignore[attr-defined]  # A test client.

    first = keep(one, "Più treni.", "")
    assert (first.status_code, first.headers["X-Draft-Version"]) == (204, "1")
    assert keep(one, "Più treni.", "").status_code == 204, "the same words again are no other window's"
    assert keep(one, "Più treni la sera.", "1").headers["X-Draft-Version"] == "2"
    # The other window was opened before there was a draft.
    assert keep(other, "Meno auto.", "").status_code == 409
    compared = keep(other, "Meno auto.", "", "salva")
    assert compared.status_code == 409
    assert "Più treni la sera." in compared.text
    assert "Meno auto." in compared.text
    with stage.work() as session:
        assert session.execute(select(AnswerDraft.values)).scalar_one() == {
            words_key("question", made.questions[0].id): "Più treni la sera."
        }
    # Turning the page goes on with the words of this window; saving after having compared counts.
    turned = other.post(path, data={"code": code, "azione": "avanti", "step": "1", words: "Meno auto."})
    assert turned.status_code == 200
    assert "Meno auto." in turned.text
    assert "anche in un’altra finestra" in turned.text
    found = re.search(r'name="draft"[^>]*value="(\d+)"', compared.text)
    assert found
    assert keep(other, "Meno auto.", found.group(1), "salva").status_code == 303
    assert "Meno auto." in one.get(path).text


def test_a_target_that_stops_is_told_and_holds_when_many_send_at_once(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS, PLACE))
    means, place = made.questions
    zone = next(iter(stage.world.zones.values()))
    other = list(stage.world.zones.values())[1]
    client = stage.client_as(Role.facilitator)
    page = f"{DESK}/{made.id}/copertura"
    few = client.send(page, {f"zona-{zone}": "4", f"ferma-zona-{zone}": "1"})
    assert few.status_code == 422
    assert "almeno 5" in few.text
    assert client.send(page, {f"zona-{zone}": "6", f"ferma-zona-{zone}": "1", f"zona-{other}": "3"}).status_code == 303
    statuses: list[int] = []
    sheets = [stage.client_as(None) for _ in range(10)]
    codes = [code_of(each.get(f"{OPEN}/{made.id}").text) for each in sheets]

    def answer(n: int) -> None:
        data = {"code": codes[n], "azione": "invia", means.field: "o1", place.field: f"z:{zone}"}
        statuses.append(sheets[n].post(f"{OPEN}/{made.id}", data=data).status_code)

    threads = [threading.Thread(target=answer, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] * 6 + [422] * 4
    told = stage.client_as(None).get(f"{OPEN}/{made.id}").text
    assert "Alcuni gruppi sono già al completo" in told
    assert send(stage, made, **{means.field: "o1", place.field: f"z:{other}"}) == 303
    assert "chiuso dall’obiettivo" in client.get(page).text
    with stage.work() as session:
        noted = (
            session.execute(
                text("SELECT meta ->> 'stopping' FROM audit_event WHERE action = 'questionnaire.targets_set'")
            )
            .scalars()
            .all()
        )
    assert "1" in noted
    anonymous = make_questionnaire(stage, privacy="anonymous")
    refused = client.send(f"{DESK}/{anonymous.id}/copertura", {f"zona-{zone}": "6", f"ferma-zona-{zone}": "1"})
    assert refused.status_code == 422


def test_what_is_kept_in_memory_is_never_older_than_the_questionnaire(stage: Stage) -> None:
    """Questions are kept between sendings; an edit, and a town that came a moment ago, count at once."""
    made = make_questionnaire(stage, access="open", questions=(MEANS, PLACE))
    means, place = made.questions
    visitor = stage.client_as(None)
    zone = next(iter(stage.world.zones.values()))
    assert send(stage, made, **{means.field: "o1", place.field: f"z:{zone}"}) == 303
    with stage.work() as session:
        town = Municipality(zone_id=zone, name="Borgo Appena Nato")
        session.add(town)
        session.flush()
        key = town.id
    assert send(stage, made, **{means.field: "o1", place.field: f"m:{key}"}) == 303
    with stage.work() as session:
        session.execute(update(Answer).values(values={}))
        services.edit_question(
            session, process_id=stage.world.process_id, questionnaire_id=made.id, question_id=means.id, actor=SYSTEM, now=datetime.now(UTC),
            fields=services.QuestionFields(kind="single", text="E adesso come ti muovi?", options=("Treno", "Auto"), settings=means.settings),
        )  # fmt: skip  # one row of values reads better so
    assert "E adesso come ti muovi?" in visitor.get(f"{OPEN}/{made.id}").text
    with stage.work() as session:
        marks = {session.execute(select(Questionnaire.version)).scalar_one()}
        found = queries.questionnaire(session, questionnaire_id=made.id)
        assert found is not None
        assert marks == {found.version}
        assert queries.kept_questions(session, questionnaire=found)[0].text == "E adesso come ti muovi?"


def test_unsaved_words_wait_and_who_else_is_here_is_told(stage: Stage) -> None:
    made = make_questionnaire(stage, publish=False, questions=(MEANS,))
    (means,) = made.questions
    with stage.work() as session:
        session.add(
            Membership(process_id=stage.world.process_id, account_id=stage.world.others[0], role=str(Role.facilitator))
        )
    mine, theirs = stage.client_as(Role.facilitator), stage.client_of(stage.world.others[0])
    one = f"{DESK}/{made.id}"
    kept = mine.post(
        f"{one}/lavoro",
        data={"posto": f"d-{means.id}", "tieni": "1", "kind": "single", "text": "A metà di", "version": "1"},
    )
    assert kept.status_code == 200
    assert "Bozza tenuta" in kept.text
    assert f"lavora alla domanda {means.code}" in theirs.post(f"{one}/lavoro", data={"posto": "builder"}).text
    page = mine.get(f"{one}/domande/{means.id}").text
    assert "C’è una bozza non salvata" in page
    assert "A metà di" not in page
    assert "A metà di" in mine.get(f"{one}/domande/{means.id}?bozza=1").text
    assert "C’è una bozza non salvata" not in theirs.get(f"{one}/domande/{means.id}").text
    # Somebody else saved meanwhile: taking the draft up and saving it is a stale save, with both texts.
    form = {"kind": "single", "text": "Detto da altri", "options": "Treno\nAuto", "version": "1"}
    assert theirs.send(f"{one}/domande/{means.id}", form).status_code == 303
    stale = mine.send(f"{one}/domande/{means.id}", form | {"text": "A metà di una frase"})
    assert stale.status_code == 409
    assert "Detto da altri" in stale.text
    assert "A metà di una frase" in stale.text
    assert mine.send(f"{one}/domande/{means.id}", form | {"text": "Finita.", "version": "2"}).status_code == 303
    assert "C’è una bozza non salvata" not in mine.get(f"{one}/domande/{means.id}").text
    assert mine.post(f"{one}/lavoro", data={"posto": "altrove"}).status_code == 422
    for place, text_ in (("settings", "impostazioni"), ("n-ranking", "domande/nuova?tipo=ranking")):
        assert (
            mine.post(
                f"{one}/lavoro", data={"posto": place, "tieni": "1", "title": "Da finire", "text": "Da finire"}
            ).status_code
            == 200
        )
        assert "C’è una bozza non salvata" in mine.get(f"{one}/{text_}").text
        assert mine.send(f"{one}/lavoro/scarta", {"posto": place}).status_code == 303
        assert "C’è una bozza non salvata" not in mine.get(f"{one}/{text_}").text


def test_translations_and_conditions_of_two_people_meet(stage: Stage) -> None:
    made = make_questionnaire(stage, publish=False, questions=(MEANS, ORDER))
    means, order = made.questions
    client = stage.client_as(Role.facilitator)
    one = f"{DESK}/{made.id}"
    assert client.send(f"{one}/lingue", {"languages": "en"}).status_code == 303
    page = client.get(f"{one}/lingue").text
    marks = dict(re.findall(r'name="(v:[^"]+)" value="([0-9a-f]+)"', page))
    names = {name.replace("v:", "t:"): "" for name in marks}
    theirs = names | {"t:title": "What is needed here?", f"t:{means.code}.text": "How do you get around?"}
    assert client.send(f"{one}/lingue", {"language": "en", **marks, **theirs}).status_code == 303
    # Another part, saved from the page as it was before: nothing of the first is emptied.
    mine = names | {f"t:{order.code}.text": "What comes first?"}
    assert client.send(f"{one}/lingue", {"language": "en", **marks, **mine}).status_code == 303
    page = client.get(f"{one}/lingue").text
    assert all(words in page for words in ("What is needed here?", "How do you get around?", "What comes first?"))
    stale = client.send(f"{one}/lingue", {"language": "en", **marks, **names, "t:title": "What does one need here?"})
    assert stale.status_code == 409
    assert "What is needed here?" in stale.text
    assert "What does one need here?" in stale.text
    # A condition is refused where the question was changed since it was opened.
    condition = {
        "mode": "any",
        "lines-0-group": "1",
        "lines-0-target": means.code,
        "lines-0-op": "equal",
        "lines-0-value": "Treno",
    }
    address = f"{one}/domande/{order.id}/condizione"
    assert client.send(address, condition | {"version": "1"}).status_code == 303
    assert client.send(address, condition | {"version": "1", "lines-0-value": "Auto"}).status_code == 409
    assert client.send(address, condition | {"version": "2", "lines-0-value": "Auto"}).status_code == 303
