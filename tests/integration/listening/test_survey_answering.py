"""Questionnaires for registered people, drafts and resume codes, paper, coverage, results of every kind, publication, files."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select, text, update

from config import Settings
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import Answer, Questionnaire, SurveyFile
from consult.ports.storage import storage_for
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, OPEN, code_of
from tests.factories.surveys import QUESTIONS, Made, make_questionnaire
from tests.factories.world import Client, counted_statements

Q = services.QuestionFields
EVERY = (
    Q(kind="long", text="Parole?"), Q(kind="single", text="Una?", options=("A", "B", "C"), settings={"other": True, "dont_know": True}),
    Q(kind="multiple", text="Più?", options=("A", "B", "C")), Q(kind="yes_no", text="Sì?"), Q(kind="scale", text="Quanto?"),
    Q(kind="likert", text="Accordo?", options=("Poco", "Così", "Molto")),
    Q(kind="matrix", text="Griglia?", options=("Sì", "No"), rows=("Riga 1", "Riga 2")),
    Q(kind="matrix_multiple", text="Griglia larga?", options=("X", "Y"), rows=("Riga 1", "Riga 2")),
    Q(kind="ranking", text="Ordine?", options=("A", "B", "C")), Q(kind="points", text="Punti?", options=("A", "B"), settings={"total": 100}),
    Q(kind="number", text="Numero?", settings={"min": 0, "max": 500}), Q(kind="date", text="Quando?"), Q(kind="place", text="Dove?"),
    Q(kind="speaker", text="Chi?"), Q(kind="strategy", text="Strategia?", settings={"most": 2}), Q(kind="axis", text="Asse?"),
    Q(kind="consent", text="Consenti?"), Q(kind="short", text="Come ti chiami?", settings={"personal": True}),
    Q(kind="display", text="Solo parole."),
)  # fmt: skip  # one line a kind reads better
#: What an operator types for `EVERY`, line by line; None: not asked.
TYPED = (
    "=Più treni", "4 Tram", "1 3", "1", "5", "3", "1 -", "1 2 / 2", "2 1 -", "60 40", "120", "7/3/2026", "Borgo", "2", "1.1", "2", "1",
    "Ada Rossi", None,
)  # fmt: skip  # one line reads better


def answer(client: Client, made: Made, words: str, **more: Any) -> Any:
    page = client.get(f"{OPEN}/{made.id}").text
    return client.post(f"{OPEN}/{made.id}", data=made.form(words, **more) | {"code": code_of(page)})


def number(stage: Stage, table: str) -> int:
    with stage.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608  # Names of our own tables.


@pytest.mark.parametrize("privacy", ["anonymous", "pseudonymous"])
def test_registered_people_answer_once(stage: Stage, privacy: str) -> None:
    made = make_questionnaire(stage, privacy=privacy, access="registered", may_edit=False)
    nobody = stage.client_as(None)
    assert nobody.get(f"{OPEN}/{made.id}").location.endswith("/accesso")
    assert nobody.post(f"{OPEN}/{made.id}", data=made.form("Senza nome")).status_code == 422
    assert nobody.post(
        f"{OPEN}/{made.id}", data=made.form("Senza nome") | {"code": "ABCD-EFGH-JKMN-PQRS"}
    ).status_code in {401, 403}
    one = stage.client_of(stage.world.others[0])
    assert answer(one, made, "Più treni").status_code == 303
    assert "Codice di ricevuta" in one.get(f"{OPEN}/{made.id}/grazie").text
    again = stage.client_of(stage.world.others[0])
    assert "ogni persona risponde una volta sola" in again.get(f"{OPEN}/{made.id}").text
    fresh = made.form("Un’altra volta") | {"code": "ABCD-EFGH-JKMN-PQRS"}
    assert again.post(f"{OPEN}/{made.id}", data=fresh).status_code == 303
    assert answer(stage.client_of(stage.world.others[1]), made, "Più scuole").status_code == 303
    assert number(stage, "staged_answer" if privacy == "anonymous" else "answer") == 2
    assert number(stage, "participation") == (2 if privacy == "anonymous" else 0)
    assert number(stage, "answer_key") == (0 if privacy == "anonymous" else 2)


def test_an_account_finds_its_draft_and_the_anonymous_get_a_code(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open")
    one = stage.client_of(stage.world.others[0])
    page = one.get(f"{OPEN}/{made.id}").text
    assert "data-autosave" in page
    saved = one.post(f"{OPEN}/{made.id}", data=made.form("Metà frase") | {"azione": "autosalva", "code": code_of(page)})
    assert saved.status_code == 204
    assert "Metà frase" in stage.client_of(stage.world.others[0]).get(f"{OPEN}/{made.id}").text
    assert "Metà frase" not in stage.client_of(stage.world.others[1]).get(f"{OPEN}/{made.id}").text
    assert answer(one, made, "Frase intera").status_code == 303
    assert number(stage, "account_draft") == 0

    hidden = make_questionnaire(stage, access="registered", privacy="anonymous")
    two = stage.client_of(stage.world.others[1])
    page = two.get(f"{OPEN}/{hidden.id}").text
    assert "data-autosave" not in page
    sent = two.post(f"{OPEN}/{hidden.id}", data=hidden.form("Bozza mia") | {"azione": "salva", "code": code_of(page)})
    assert sent.location.endswith("/riprendi")
    shown = re.search(r'receipt-code"><strong>([A-Z0-9-]+)<', two.get(sent.location).text)
    assert shown
    with stage.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM answer_draft")).all()
        assert len(rows) == 1
        assert connection.execute(text("SELECT count(*) FROM account_draft")).scalar_one() == 0
    other = stage.client_of(stage.world.others[2])
    assert other.post(f"{OPEN}/{hidden.id}/riprendi", data={"code": "AAAA-BBBB-CCCC-DDDD"}).status_code == 422
    found = other.post(f"{OPEN}/{hidden.id}/riprendi", data={"code": shown.group(1).lower()})
    assert found.status_code == 200
    assert "Bozza mia" in found.text
    resume = re.search(r'name="resume"[^>]*value="([^"]+)"', found.text)
    assert resume
    done = hidden.form("Bozza finita") | {"code": code_of(found.text), "resume": resume.group(1)}
    assert other.post(f"{OPEN}/{hidden.id}", data=done).status_code == 303
    assert number(stage, "answer_draft") == 0


def test_a_trigger_keeps_anonymous_drafts_from_accounts(stage: Stage) -> None:
    made = make_questionnaire(stage, access="registered", privacy="anonymous")
    with pytest.raises(Exception, match="never kept under an account"), stage.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO account_draft VALUES (:q, :a, '{}')"), {"q": made.id, "a": stage.world.others[0]}
        )


def fill(stage: Stage, made: Made, times: int) -> Client:
    """So many sheets typed by the operator."""
    client = stage.client_as(Role.operator)
    for _ in range(times):
        page = client.get(f"{DESK}/{made.id}/carta").text
        data = {q.field: line for q, line in zip(made.questions, TYPED, strict=False) if line is not None}
        sent = client.post(f"{DESK}/{made.id}/carta", data=data | {"code": code_of(page)})
        assert sent.status_code == 303, re.findall(r'field-error"[^>]*>([^<]+)', sent.text)
    return client


def test_paper_is_typed_line_by_line_and_told_by_every_kind(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=EVERY)
    client = stage.client_as(Role.operator)
    page = client.get(f"{DESK}/{made.id}/carta").text
    wrong = {made.questions[1].field: "9", made.questions[8].field: "1 1 2", "code": code_of(page)}
    refused = client.post(f"{DESK}/{made.id}/carta", data=wrong)
    assert refused.status_code == 422
    assert "da 1 a 4" in refused.text
    assert "lo stesso posto" in refused.text
    client = fill(stage, made, 8)
    assert "Codice di ricevuta" in client.get(f"{DESK}/{made.id}/carta").text
    with stage.work() as session:
        rows = list(queries.answers(session, questionnaire_id=made.id))
    by_code = {q.kind: str(q.id) for q in made.questions}
    values = rows[0].values
    assert len(rows) == 8
    assert all(row.on_paper and row.zone_code == "2" for row in rows)
    assert values[by_code["ranking"]] == ["o2", "o1"]
    assert values[by_code["points"]] == {"o1": 60, "o2": 40}
    assert values[by_code["date"]] == "2026-03-07"
    assert values[made.questions[1].other_key] == "Tram"
    staff = stage.client_as(Role.facilitator)
    with counted_statements(stage.engine) as sent:
        page = staff.get(f"{DESK}/{made.id}/risultati")
    assert page.status_code == 200
    assert len(sent) <= 19, sent
    assert page.text.count("data:image/svg+xml") >= 14
    assert "8 risposte in parole" in page.text
    assert "«A»" in page.text or "«B» è preferita" in page.text
    assert "Ada Rossi" not in page.text
    assert staff.get(f"{DESK}/{made.id}/risultati?zona=1").text.count("Troppo poche") == 1
    assert "8 risposte in questo gruppo" in staff.get(f"{DESK}/{made.id}/risultati?zona=2").text
    crossing = f"?a={made.questions[1].id}&b={made.questions[3].id}"
    assert "Una? × Sì?" in staff.get(f"{DESK}/{made.id}/risultati{crossing}").text


def charted(page: str) -> str:
    """The contents of a page, without the frame around it: its tokens are signed with the second they are made in."""
    return page.split("<main", 1)[1].split("</main>", 1)[0]


def test_results_become_public_only_at_the_end_and_never_personal_ones(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=EVERY)
    fill(stage, made, 6)
    staff, anyone = stage.client_as(Role.facilitator), stage.client_as(None)
    public = f"{OPEN}/{made.id}/risultati"
    assert staff.send(f"{DESK}/{made.id}/risultati/pubblica").status_code == 422
    assert anyone.get(public).status_code == 404
    assert staff.send(f"{DESK}/{made.id}/chiudi").status_code == 303
    personal = next(q for q in made.questions if q.personal)
    assert staff.send(f"{DESK}/{made.id}/risultati/{personal.id}/pubblica").status_code == 404
    assert staff.send(f"{DESK}/{made.id}/risultati/{made.questions[1].id}/pubblica").status_code == 303
    page = anyone.get(public).text
    assert "Una?" in page
    assert "Più?" not in page
    assert staff.send(f"{DESK}/{made.id}/risultati/pubblica").status_code == 303
    page = anyone.get(public).text
    assert "Ordine?" in page
    assert "Ada Rossi" not in page
    assert "Come ti chiami" not in page
    with stage.work() as session:
        session.execute(update(Answer).values(values={}))
    assert charted(anyone.get(public).text) == charted(page), "what was published is frozen"
    assert staff.send(f"{DESK}/{made.id}/risultati/{made.questions[1].id}/ritira").status_code == 303
    assert "Una?" not in anyone.get(public).text
    assert "Risultati" in anyone.get(OPEN).text


def test_coverage_warns_while_there_is_time(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=EVERY)
    fill(stage, made, 6)
    staff = stage.client_as(Role.facilitator)
    zone = {code: str(key) for code, key in stage.world.zones.items()}
    address = f"{DESK}/{made.id}/copertura"
    assert staff.send(address, {f"zona-{zone['2']}": "dieci"}).status_code == 422
    data = {f"zona-{zone['2']}": "5", f"zona-{zone['1']}": "7", "voce-municipality": "9", f"zona-{zone['3']}": ""}
    assert staff.send(address, data).status_code == 303
    page = staff.get(address).text
    assert "2 gruppi sono sotto" in page
    assert "raggiunto" in page
    assert "ne mancano 7" in page
    assert "2 gruppi sono sotto" in staff.get(f"{DESK}/{made.id}/risultati").text
    assert staff.send(address, {"zona-altrove": "3"}).status_code == 422


def write(stage: Stage, made: Made, kind: str) -> bytes:
    """Ask for a file on the page, do what the worker does, and download it."""
    staff = stage.client_as(Role.facilitator)
    assert staff.send(f"{DESK}/{made.id}/file", {"tipo": kind}).status_code == 303
    settings: Settings = stage.app.extensions["consult"].settings
    told: list[tuple[int, int]] = []
    with stage.work() as session:
        row = next(r for r in queries.files(session, questionnaire_id=made.id) if r.kind == kind)
        services.write_file(
            session, file_id=row.id, storage=storage_for(settings), progress=lambda d, t: told.append((d, t)), settings=settings,
            now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    page = staff.get(f"{DESK}/{made.id}/file")
    assert "Scarica" in page.text
    got = staff.get(f"{DESK}/{made.id}/file/{row.id}")
    assert got.status_code == 200
    assert stage.client_as(None).get(f"{DESK}/{made.id}/file/{row.id}").status_code in {302, 404}
    return got.data


def test_files_have_one_column_per_question_whatever_the_path(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=EVERY)
    fill(stage, made, 3)
    short = {made.questions[0].field: "Solo questa", "azione": "invia"}
    client = stage.client_as(None)
    assert (
        client.post(
            f"{OPEN}/{made.id}", data=short | {"code": code_of(client.get(f"{OPEN}/{made.id}").text)}
        ).status_code
        == 303
    )
    asked = [q for q in made.questions if q.asks]
    rows = list(csv.reader(io.StringIO(write(stage, made, "csv").decode("utf-8-sig"))))
    assert {len(row) for row in rows} == {4 + len(asked)}
    assert rows[0][4:] == [f"{n}. {q.text}" for n, q in enumerate(asked, 1)]
    full = next(row for row in rows[1:] if row[5])
    assert full[4:10] == ["'=Più treni", "Altro: Tram", "A | C", "Sì", "5", "Molto"]
    assert full[10:14] == ["Riga 1: Sì", "Riga 1: X | Y ; Riga 2: Y", "B > A", "A: 60 ; B: 40"]
    assert full[16] == "Borgo"
    codes = list(csv.reader(io.StringIO(write(stage, made, "codes").decode("utf-8-sig"))))
    assert codes[0][4:] == [q.code for q in asked]
    assert next(row for row in codes[1:] if row[5])[5:7] == ["_other", "o1 | o3"]
    book = load_workbook(io.BytesIO(write(stage, made, "xlsx")), read_only=True)
    assert [len(list(sheet.iter_rows())) for sheet in book] == [5, 5, len(asked) + 1]
    kept = json.loads(write(stage, made, "json"))
    assert len(kept["answers"]) == 4
    assert list(kept["answers"][0]["values"]) == [q.code for q in asked]
    words = list(csv.reader(io.StringIO(write(stage, made, "dictionary").decode("utf-8-sig"))))
    assert len(words) == len(asked) + 1
    assert "o1 = A" in words[2][5]
    # Words that somebody takes back later are not to be had from a file that was made before.
    with stage.work() as session:
        ready = {row.kind: row.id for row in queries.files(session, questionnaire_id=made.id)}
        taken = session.execute(select(Source).where(Source.text == "Solo questa")).scalar_one()
        change_source(
            session, process_id=stage.world.process_id, source_id=taken.id, change="withdraw", reason_code="author_asked", actor=SYSTEM,
            now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    staff = stage.client_as(Role.facilitator)
    assert "Un file nuovo non le contiene" in staff.get(f"{DESK}/{made.id}/file").text
    statuses = {kind: staff.get(f"{DESK}/{made.id}/file/{key}").status_code for kind, key in ready.items()}
    assert statuses == {"csv": 403, "codes": 403, "xlsx": 403, "json": 403, "dictionary": 200}
    assert "Solo questa" not in write(stage, made, "csv").decode("utf-8-sig")


def test_the_printed_sheet_holds_every_question_and_its_numbers(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=EVERY)
    pdf = PdfReader(io.BytesIO(write(stage, made, "sheet")))
    said = " ".join(page.extract_text() for page in pdf.pages)
    for question in made.questions:
        assert question.text.split()[0] in said, question.text
    assert "Griglia larga" in said
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_old_files_go_and_a_stranger_asks_for_none(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=QUESTIONS)
    with stage.work() as session:
        key = services.ask_for_file(
            session, process_id=stage.world.process_id, questionnaire_id=made.id, kind="csv", language="it", actor=SYSTEM, now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
        same = services.ask_for_file(
            session, process_id=stage.world.process_id, questionnaire_id=made.id, kind="csv", language="it", actor=Actor(), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
        assert same == key
        session.execute(update(SurveyFile).values(asked_at=datetime.now(UTC) - timedelta(days=8)))
    with stage.work() as session:
        assert services.delete_files(session, now=datetime.now(UTC)) == 1
    assert stage.client_as(Role.account).send(f"{DESK}/{made.id}/file", {"tipo": "csv"}).status_code in {403, 404}
    assert stage.client_as(Role.facilitator).send(f"{DESK}/{uuid.uuid4()}/file", {"tipo": "csv"}).status_code == 404
    assert stage.client_as(Role.facilitator).send(f"{DESK}/{made.id}/file", {"tipo": "exe"}).status_code == 422


def test_paper_for_an_anonymous_questionnaire_leaves_no_operator(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", access="open", questions=EVERY[:-2])
    before = number(stage, "audit_event")
    fill(stage, made, 10)
    assert number(stage, "audit_event") == before
    assert number(stage, "form_receipt") == 0
    with stage.work() as session:
        assert services.sweep(session, questionnaire_id=made.id, now=datetime.now(UTC)) == 10
        assert {row.on_paper for row in queries.answers(session, questionnaire_id=made.id)} == {True}
        session.execute(update(Questionnaire).values(closes_at=datetime.now(UTC) - timedelta(days=1)))
    client = stage.client_as(Role.operator)
    assert client.post(f"{DESK}/{made.id}/carta", data={"code": "ABCD-EFGH-JKMN-PQRS"}).status_code == 403
