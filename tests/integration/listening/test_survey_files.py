"""What respondents meet at the edges: a file on a page that is refused, a group that is full, a questionnaire that is over, what is left over."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import lxml.html
from sqlalchemy import func, select, update

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.files.models import StoredFile
from consult.listening.surveys import services
from consult.listening.surveys.models import Answer, Questionnaire, SurveyFile, SurveyUpload
from consult.ports.storage import storage_for
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, MEANS, OPEN, PLACE, SPEAKER, code_of
from tests.factories.surveys import Made, invite_and_mail, make_questionnaire

FILE = services.QuestionFields(kind="file", text="Un documento?", page=2, settings={"upto_mb": 1})
WORDS = services.QuestionFields(kind="short", text="Una parola?", page=2, required=True)
#: A picture of one point, whose program wrote beside it who made it.
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\x0ctEXtAuthor\x00Maria\x00\x00\x00\x00\x00\x00\x00\x00IEND\xaeB`\x82"
)


def pdf(words: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(f"%PDF-1.4 {words}\n%%EOF".encode()), f"{words}.pdf"


def carried(page: str) -> dict[str, Any]:
    """What the page's form would send again, as a browser without scripts does; files are chosen anew each time."""
    form = lxml.html.fromstring(page).get_element_by_id("foglio")
    return {name: value for name, value in form.form_values() if not name.endswith("_file")}


def archive(stage: Stage, made: Made) -> dict[str, bytes]:
    """The files of a questionnaire as its desk gets them: asked for, written by the worker, downloaded."""
    desk = stage.client_as(Role.facilitator)
    assert desk.send(f"{DESK}/{made.id}/file", {"tipo": "uploads"}).status_code == 303
    settings = stage.app.extensions["consult"].settings
    with stage.work() as session:
        key = session.execute(select(SurveyFile.id).where(SurveyFile.state == "waiting")).scalar_one()
        services.write_file(
            session, file_id=key, storage=storage_for(settings), progress=lambda _done, _total: None, settings=settings,
            now=datetime.now(UTC),
        )  # fmt: skip  # one call of named values reads better so
    with zipfile.ZipFile(io.BytesIO(desk.get(f"{DESK}/{made.id}/file/{key}").data)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_a_file_outlives_a_refused_page_reaches_the_desk_and_goes_with_its_answer(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", may_edit=True, questions=(MEANS, FILE, WORDS))
    _means, file, words = made.questions
    writer = stage.client_of(stage.world.others[0])
    page, one = f"{OPEN}/{made.id}", f"{file.field}_file"
    sheet = carried(writer.get(page).text) | {"azione": "avanti"}
    sheet = carried(writer.post(page, data=sheet).text)
    # The words are missing: the page comes back, and the file with it.
    refused = writer.post(page, data=sheet | {"azione": "invia", one: pdf("uno")})
    assert refused.status_code == 422
    assert "Già caricato: uno.pdf" in refused.text
    sheet = carried(refused.text) | {words.field: "Treni", "azione": "invia"}
    assert writer.post(page, data=sheet).status_code == 303
    with stage.work() as session:
        answer = session.execute(select(Answer.id)).scalar_one()
    assert {name: data[:12] for name, data in archive(stage, made).items()} == {
        f"{answer}/{file.code}-uno.pdf": b"%PDF-1.4 uno"
    }
    # Replaced by a picture, which loses what was written beside it; then taken away.
    sheet = carried(writer.post(page, data=carried(writer.get(page).text) | {"azione": "avanti"}).text)
    assert writer.post(page, data=sheet | {"azione": "invia", one: (io.BytesIO(PNG), "io.png")}).status_code == 303
    ((name, picture),) = archive(stage, made).items()
    assert name.endswith("-io.png")
    assert b"Maria" not in picture
    with stage.work() as session:
        services.tidy(session, now=datetime.now(UTC) + timedelta(days=8))
        names = session.execute(select(StoredFile.name).where(StoredFile.name.in_(["uno.pdf", "io.png"]))).scalars()
        assert list(names) == ["io.png"], "a file that was replaced goes"
    sheet = carried(writer.post(page, data=carried(writer.get(page).text) | {"azione": "avanti"}).text)
    again = writer.post(page, data=sheet | {"azione": "indietro", f"{file.field}_drop": "1"})
    again = writer.post(page, data=carried(again.text) | {"azione": "avanti"})
    assert "Già caricato" not in again.text
    # Nothing was sent yet, so the answer still has its picture, until the person goes; with it go what was not sent and what was made of it.
    writer.post(page, data=carried(again.text) | {"azione": "indietro", one: pdf("due")})
    with stage.work() as session:
        named = select(func.count()).where(StoredFile.name == "due.pdf")
        assert (session.execute(named).scalar_one(), session.execute(select(func.count(SurveyFile.id))).scalar_one()) == (1, 2)
        services.PERSONAL_DATA.erase(session, account_id=stage.world.others[0], now=datetime.now(UTC))
        assert session.execute(select(func.count()).where(StoredFile.name == "io.png")).scalar_one() == 0
        assert (session.execute(named).scalar_one(), session.execute(select(func.count(SurveyFile.id))).scalar_one()) == (0, 0)
    assert archive(stage, made) == {}


def test_who_belongs_to_a_full_group_is_told_as_soon_as_it_is_known(stage: Stage) -> None:
    zone, other = list(stage.world.zones.values())[:2]
    made = make_questionnaire(stage, access="open", questions=(PLACE, WORDS))
    place, words = made.questions
    desk, page = stage.client_as(Role.facilitator), f"{OPEN}/{made.id}"
    goal = {f"zona-{zone}": "5", f"ferma-zona-{zone}": "1"}
    assert desk.send(f"{DESK}/{made.id}/copertura", goal).status_code == 303
    middle = stage.client_as(None)
    sheet = carried(middle.get(page).text) | {place.field: f"z:{zone}", "azione": "avanti"}
    here = middle.post(page, data=sheet)
    assert here.status_code == 200
    for _n in range(5):
        client = stage.client_as(None)
        data = {"code": code_of(client.get(page).text), "azione": "invia", place.field: f"z:{zone}", words.field: "Sì"}
        assert client.post(page, data=data).status_code == 303
    # In the middle of answering: told at the next step, with what was written at hand.
    told = middle.post(page, data=carried(here.text) | {words.field: "Treni la sera", "azione": "invia"})
    assert told.status_code == 422
    assert "Dal tuo gruppo non si prendono altre risposte" in told.text
    assert "Treni la sera" in lxml.html.fromstring(told.text).get_element_by_id("contenuto").text_content()
    late = stage.client_as(None)
    sheet = carried(late.get(page).text) | {"azione": "avanti"}
    assert late.post(page, data=sheet | {place.field: f"z:{zone}"}).status_code == 422
    assert late.post(page, data=sheet | {place.field: f"z:{other}"}).status_code == 200
    # Told before anything is asked, in words; of kinds nothing could be counted, since no question asks for them.
    goals = {f"zona-{zone}": "5", f"ferma-zona-{zone}": "1", "voce-resident": "5", "ferma-voce-resident": "1"}
    assert desk.send(f"{DESK}/{made.id}/copertura", goals).status_code == 303
    coverage = desk.get(f"{DESK}/{made.id}/copertura").text
    assert "Il questionario non chiede in quale veste si risponde" in coverage
    assert "Il questionario non chiede da dove si risponde" not in coverage
    spoken = make_questionnaire(stage, access="open", privacy="anonymous", questions=(SPEAKER, WORDS))
    speaker, word = spoken.questions
    empty = desk.get(f"{DESK}/{spoken.id}/copertura").text
    assert "Non c’è ancora nessuna risposta" in empty
    assert desk.send(f"{DESK}/{spoken.id}/copertura", {"voce-resident": "5", "ferma-voce-resident": "1"}).status_code == 303
    for n in range(6):
        client = stage.client_as(None)
        shown = client.get(f"{OPEN}/{spoken.id}").text
        assert ("non ne prende altre: residente." in shown) is (n == 5)
        data = {"code": code_of(shown), "azione": "invia", speaker.field: "resident", word.field: "Sì"}
        assert client.post(f"{OPEN}/{spoken.id}", data=data).status_code == (303 if n < 5 else 422)
    # Undone: the same sheet goes on.
    assert desk.send(f"{DESK}/{made.id}/copertura", {f"zona-{zone}": "5"}).status_code == 303
    assert middle.post(page, data=carried(told.text) | {"azione": "invia"}).status_code in {200, 303}
    # Who is invited for a full group reads it when opening the link.
    closed = make_questionnaire(stage, questions=(WORDS,))
    code = next(code for code, key in stage.world.zones.items() if key == zone)
    mail = invite_and_mail(stage, closed, [f"p{n}@prova.example,Comune {n},municipality,{code}" for n in range(6)])
    assert desk.send(f"{DESK}/{closed.id}/copertura", goal).status_code == 303
    links = re.findall(r"/q/[\w-]+", "\n".join(letter.text for letter in mail.letters))
    (only,) = closed.questions
    for n, link in enumerate(dict.fromkeys(links)):
        shown = stage.client_as(None).get(link).text
        assert ("Dal tuo gruppo non si prendono altre risposte" in shown) is (n == 5)
        data = {"code": code_of(shown), "azione": "invia", only.field: "Sì"}
        assert stage.client_as(None).post(link, data=data).status_code == (303 if n < 5 else 422)


def test_who_comes_late_reads_what_became_of_their_words(stage: Stage) -> None:
    made = make_questionnaire(stage, may_edit=True, questions=(WORDS,))
    (words,) = made.questions
    mail = invite_and_mail(stage, made, [f"p{n}@prova.example,Comune {n},municipality,1" for n in range(3)])
    sent, begun, untouched = dict.fromkeys(re.findall(r"/q/[\w-]+", "\n".join(letter.text for letter in mail.letters)))
    client = stage.client_as(None)
    for link, action in ((sent, "invia"), (begun, "salva")):
        data = {"code": code_of(client.get(link).text), "azione": action, words.field: "Treni la sera"}
        assert client.post(link, data=data).status_code == 303
    with stage.work() as session:
        past = datetime.now(UTC) - timedelta(minutes=5)
        session.execute(update(Questionnaire).where(Questionnaire.id == made.id).values(closes_at=past))
    shown = client.get(sent).text
    assert "La tua risposta è arrivata" in shown
    assert "Treni la sera" in shown
    assert "non riceve risposte" not in shown
    shown = client.get(begun).text
    assert "La tua bozza non era stata inviata, quindi non è contata" in shown
    assert "Treni la sera" in shown
    shown = client.get(untouched).text
    assert "Si è chiuso il" in shown
    assert "bozza" not in shown
    with stage.work() as session:
        key, moment = make_questionnaire(stage, access="open", questions=(WORDS,)).id, datetime.now(UTC)
        services.close(session, process_id=stage.world.process_id, questionnaire_id=key, actor=SYSTEM, now=moment)
    assert "È chiuso." in client.get(f"{OPEN}/{key}").text


def test_what_is_left_over_goes(stage: Stage) -> None:
    asks = services.QuestionFields(kind="file", text="Un documento?")
    made = make_questionnaire(stage, access="open", questions=(MEANS, asks))
    means, file = made.questions
    visitor, other = stage.client_as(None), stage.client_as(None)
    for client, action in ((visitor, "invia"), (other, "avanti")):
        page = client.get(f"{OPEN}/{made.id}").text
        # The second sheet is refused for another reason, and never sent again: its file is left over.
        data = {
            "code": code_of(page),
            "azione": action,
            f"{file.field}_file": (io.BytesIO(b"%PDF-1.4 prova\n%%EOF"), "a.pdf"),
        }
        data[means.field] = "o1" if client is visitor else "nessuna"
        client.post(f"{OPEN}/{made.id}", data=data)
    table = io.BytesIO(b"Come ti muovi?\nTreno\n")
    assert (
        stage.client_as(Role.facilitator)
        .send(f"{DESK}/{made.id}/risposte-altrove", {"file": (table, "a.csv")})
        .status_code
        == 303
    )
    with stage.work() as session:
        there = session.execute(select(func.count()).select_from(StoredFile)).scalar_one()
        noted = session.execute(select(func.count()).select_from(SurveyUpload)).scalar_one()
        assert services.tidy(session, now=datetime.now(UTC)) == 0
    with stage.work() as session:
        gone = services.tidy(session, now=datetime.now(UTC) + timedelta(days=40))
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(StoredFile)).scalar_one() == there - gone
        answered = session.execute(select(Answer.values)).scalar_one()[str(file.id)]["file"]
        assert session.execute(select(StoredFile.id).where(StoredFile.id == uuid.UUID(answered))).scalar_one()
        assert session.execute(select(func.count()).select_from(SurveyUpload)).scalar_one() == 0
    assert (noted, gone) == (2, 2), "the file of the sheet that was never sent, and the one brought to the desk"
