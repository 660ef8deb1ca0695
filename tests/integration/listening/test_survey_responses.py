"""Answers collected elsewhere: LimeSurvey's and Google's tables mapped, looked at, taken in once, taken out again; files as answers."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role
from consult.listening.sources.models import Source
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import Answer, AnswerImport
from consult.listening.surveys.rules import responses
from consult.listening.surveys.services import importing, tables, taking_in, workbooks
from consult.listening.surveys.services.tables import read_table
from consult.ports.storage import storage_for
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, MEANS, PLACE, SPEAKER, send
from tests.factories.surveys import Made, invite_and_mail, make_questionnaire

F = services.QuestionFields
QUESTIONS = (
    F(
        kind="single",
        text="Che cosa usi?",
        code="uso",
        options=("Treno", "Autobus, tram"),
        settings={"other": True},
        required=True,
    ),
    F(kind="multiple", text="Che cosa manca?", code="manca", options=("Verde", "Scuole, asili", "Sanità")),
    F(kind="matrix", text="Com’è?", code="come", rows=("Mattina", "Sera"), options=("Bene", "Male")),
    F(kind="ranking", text="Che cosa viene prima?", code="prima", options=("Casa", "Lavoro", "Salute")),
    F(kind="scale", text="Quanto?", code="quanto"),
    F(kind="place", text="Da dove?", code="dove"),
    F(kind="long", text="Altro da dire?", code="altro"),
)
GOOGLE = (
    "Informazioni cronologiche,Che cosa usi?,Che cosa manca?,Com’è? [Mattina],Com’è? [Sera],Quanto?,Da dove?,Altro da dire?\r\n"
    '2026/03/01 10:11:12,Treno,"Verde, Scuole, asili",Bene,Male,4,Borgo,=Più corse\r\n'
    '2026/03/01 10:12:00,"Autobus, tram",Sanità,,,5,2,\r\n'
    "2026/03/01 10:13:00,Monopattino,,,,9,,\r\n"
    "2026/03/01 10:14:00,Aliante,Verde,,,3,Atlantide,\r\n"
    "2026/03/01 10:15:00,,Verde,,,3,,\r\n"
    "2026/03/01 10:16:00,Treno,,,,,,\r\n2026/03/01 10:17:00,Treno,,,,,,\r\n"
)
LIMESURVEY = [
    [
        "id",
        "submitdate",
        "uso",
        "uso[other]",
        "manca[o1]",
        "manca[o2]",
        "come[r1]",
        "prima[1]",
        "prima[2]",
        "quanto",
        "altro",
    ],
    [7, "2026-03-01", "o1", "", "Y", "", "o1", "Lavoro", "Casa", 4, "Un asilo"],
    [8, "2026-03-01", "-oth-", "Barca", "N", "Y", "", "", "", 5, ""],
    [8, "2026-03-01", "o1", "", "", "", "", "", "", 5, ""],
]


def _bring(stage: Stage, made: Made, data: bytes, name: str) -> tuple[object, str, dict[str, str]]:
    client = stage.client_as(Role.facilitator)
    sent = client.send(
        f"{DESK}/{made.id}/risposte-altrove", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data"
    )
    assert sent.status_code == 303, sent.text
    return client, sent.location, _guessed(client.get(sent.location).text)


def _guessed(page: str) -> dict[str, str]:
    """What each column was guessed to answer."""
    chosen = {}
    for column, select_ in re.findall(r'<select[^>]*name="(c-\d+)"[^>]*>(.*?)</select>', page, flags=re.S):
        found = re.search(r'value="([^"]*)" selected', select_)
        chosen[column] = found.group(1) if found else ""
    return chosen


def _answers(stage: Stage) -> list[dict[str, object]]:
    with stage.work() as session:
        return list(session.execute(select(Answer.values).order_by(Answer.id)).scalars())


def test_a_table_of_google_is_mapped_looked_at_taken_in_once_and_out_again(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=QUESTIONS)
    client, address, chosen = _bring(stage, made, ("\ufeff" + GOOGLE).encode(), "moduli.csv")
    assert list(chosen.values()) == ["", "uso", "manca", "come|r1", "come|r2", "quanto", "dove", "altro"]
    looked = client.get(client.send(address, {**chosen, "azione": "guarda"}).location)
    assert "Si aggiungono 4 risposte" in looked.text
    for line in ("Riga 4:", "Riga 5:", "Riga 6:"):
        assert line in looked.text
    assert _answers(stage) == []
    assert client.send(address, {**chosen, "c-0": "uso", "azione": "guarda"}).status_code == 422
    assert client.send(address, {**chosen, "azione": "importa"}).status_code == 303
    by_code = {q.code: q for q in made.questions}
    first = max(_answers(stage), key=len)
    assert first[str(by_code["manca"].id)] == ["o1", "o2"]
    assert first[str(by_code["come"].id)] == {"r1": "o1", "r2": "o2"}
    assert first[str(by_code["dove"].id)] == f"m:{stage.world.municipalities['Borgo']}"
    with stage.work() as session:
        words, said_on = session.execute(select(Source.text, Source.said_on)).one()
        assert (words, said_on) == ("=Più corse", None)
    assert client.send(address, {**chosen, "azione": "importa"}).status_code in {404, 422}
    # The same file again: nothing is added. Two equal rows of one file stay two.
    _client, again, _chosen = _bring(stage, made, GOOGLE.encode(), "moduli.csv")
    assert "C’erano già: 4." in client.get(client.send(again, {**chosen, "azione": "guarda"}).location).text
    client.send(again, {**chosen, "azione": "importa"})
    assert len(_answers(stage)) == 4
    assert client.send(f"{again}/annulla").status_code == 303
    assert len(_answers(stage)) == 4
    assert client.send(f"{address}/annulla").status_code == 303
    assert client.send(f"{address}/annulla").status_code == 422
    assert _answers(stage) == []
    with stage.work() as session:
        assert session.execute(select(Source.state)).scalars().all() == ["withdrawn"]
    # After an import was undone the same file can come in again.
    _client, third, _chosen = _bring(stage, made, GOOGLE.encode(), "moduli.csv")
    assert client.send(third, {**chosen, "azione": "importa", "incomplete": "y"}).status_code == 303
    assert len(_answers(stage)) == 5


def test_a_workbook_of_limesurvey_with_its_own_row_numbers(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=QUESTIONS)
    book = openpyxl.Workbook()
    for row in LIMESURVEY:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    client, address, chosen = _bring(stage, made, data.getvalue(), "risposte.xlsx")
    assert list(chosen.values()) == [
        "_id", "", "uso", "uso|_other", "manca|o1", "manca|o2", "come|r1", "prima|#1", "prima|#2", "quanto", "altro",
    ]  # fmt: skip  # one line reads better
    looked = client.get(client.send(address, {**chosen, "azione": "guarda"}).location)
    assert "Si aggiungono 2 risposte" in looked.text
    assert "già in un’altra riga" in looked.text
    assert client.send(address, {**chosen, "azione": "importa"}).status_code == 303
    by_code = {q.code: q for q in made.questions}
    one, other = sorted(_answers(stage), key=len, reverse=True)
    assert one[str(by_code["prima"].id)] == ["o2", "o1"]
    assert other[str(by_code["uso"].id)] == "_other"
    with stage.work() as session:
        boat = session.execute(
            select(Source.unit_kind).where(Source.unit_id == by_code["uso"].id, Source.text == "Barca")
        )
        assert boat.scalar_one() == "question_other"
        assert [row.added for row in queries.imports(session, questionnaire_id=made.id).rows] == [2]


def _jobs(stage: Stage) -> list[dict[str, object]]:
    with stage.work() as session:
        statement = select(OutboxJob.payload).where(OutboxJob.topic == importing.TOPIC).order_by(OutboxJob.id)
        return list(session.execute(statement).scalars())


def test_a_large_file_is_the_workers(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = storage_for(stage.app.extensions["consult"].settings)
    monkeypatch.setattr(tables, "LARGE_BYTES", 50)
    monkeypatch.setattr(tables, "FIRST_ROWS", 1)
    monkeypatch.setattr(responses, "ROWS_A_STEP", 3)
    monkeypatch.setattr(taking_in, "TOGETHER", 3)
    made = make_questionnaire(stage, access="open", questions=QUESTIONS)
    client, address, chosen = _bring(stage, made, GOOGLE.encode(), "moduli.csv")
    assert "qui si vedono le prime righe" in client.get(address).text
    told: list[tuple[int, int]] = []
    by = stage.world.accounts[Role.facilitator]

    def key() -> uuid.UUID:
        return uuid.UUID(address.rpartition("/")[2])

    def tell(seen: int, total: int) -> None:
        told.append((seen, total))
        # As the worker does, in a transaction of its own: the work must not hold the row meanwhile.
        with stage.work() as own:
            services.note_rows(own, import_id=key(), seen=seen, total=total)

    def work(turn: int) -> None:
        with stage.work() as session:
            services.run_work(
                session, import_id=key(), turn=turn, storage=storage, now=datetime.now(UTC), progress=tell, actor=Actor(account_id=by)
            )

    assert client.send(address, {**chosen, "azione": "guarda"}).status_code == 303
    assert _jobs(stage) == [{"import_id": str(key()), "turn": 1, "by": str(by)}]
    page = client.get(address).text
    assert 'aria-busy="true"' in page
    assert "Guarda che cosa entrerebbe" not in page
    assert client.send(address, {**chosen, "azione": "importa"}).status_code == 422
    assert "in corso" in client.get(f"{DESK}/{made.id}/risposte-altrove").text
    with stage.work() as session:
        services.note_rows(session, import_id=uuid.UUID(address.rpartition("/")[2]), seen=3, total=7)
    assert 'max="7" value="3"' in client.get(address).text
    work(1)
    work(1)
    assert told == [(0, 7), (3, 7), (6, 7)]
    looked = client.get(address).text
    assert "Si aggiungono 4 risposte" in looked
    assert "7 righe nel file" in looked
    assert "domanda quanto" in looked
    assert _answers(stage) == []
    told.clear()
    assert client.send(address, {**chosen, "azione": "importa"}).status_code == 303
    work(1)
    assert _answers(stage) == []
    work(2)
    work(2)
    assert told == [(0, 7), (1, 7), (3, 7), (3, 7), (5, 7)]
    assert len(_answers(stage)) == 4
    assert "aria-busy" not in client.get(address).text
    monkeypatch.setattr(importing, "UNDONE_AT_ONCE", 3)
    assert client.send(f"{address}/annulla").status_code == 303
    assert len(_answers(stage)) == 4
    assert "si stanno togliendo" in client.get(address).text
    with stage.work() as session:
        services.fail_work(session, import_id=key(), turn=3)
    assert "Non si è potuto togliere" in client.get(address).text
    assert client.send(f"{address}/annulla").status_code == 303
    work(3)
    assert len(_answers(stage)) == 4
    work(4)
    assert _answers(stage) == []
    with stage.work() as session:
        assert session.execute(select(Source.state)).scalars().all() == ["withdrawn"]
    # A row that can't be read, far below those that were shown, and a fault of the machine: the file waits, with the reason.
    client, address, chosen = _bring(stage, made, (GOOGLE + 'x,"Treno' + "o" * 140_000).encode(), "altri.csv")
    client.send(address, {**chosen, "azione": "importa"})
    work(1)
    assert "Riga 9:" in client.get(address).text
    client.send(address, {**chosen, "azione": "importa"})
    with stage.work() as session:
        services.fail_work(session, import_id=key(), turn=2)
    assert "non è entrato nulla" in client.get(address).text
    assert _answers(stage) == []


@pytest.mark.parametrize("data", [b"solo intestazioni\n", b"PK\x03\x04rotto", b"a,b\n\x00,1\n", b"a;" * 500 + b"\n1\n"])
def test_tables_that_are_none_are_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_table(data)
    assert str(refused.value).endswith((".", "(NUL)."))


def test_a_draft_takes_no_responses(stage: Stage) -> None:
    made = make_questionnaire(stage, questions=QUESTIONS, publish=False)
    client = stage.client_as(Role.facilitator)
    sent = {"file": (io.BytesIO(GOOGLE.encode()), "m.csv")}
    assert (
        client.send(f"{DESK}/{made.id}/risposte-altrove", sent, content_type="multipart/form-data").status_code == 422
    )


def test_files_travel_from_page_to_page_and_only_of_known_kinds(stage: Stage) -> None:
    asked = (
        F(kind="file", text="Un atto", code="atto", required=True),
        F(kind="short", text="Nota", code="nota", page=2),
    )
    made = make_questionnaire(stage, access="open", questions=asked)
    with pytest.raises(Invalid):
        make_questionnaire(stage, access="open", privacy="anonymous", questions=asked)
    public, visitor = f"/processi/piano-di-prova/questionari/{made.id}", stage.client_as(None)
    page = visitor.get(public).text
    hidden = dict(re.findall(r'name="(code|step|version)"[^>]*value="([^"]*)"', page))
    field = made.questions[0].field

    def post(data: bytes, **more: object) -> object:
        sent = hidden | {f"{field}_file": (io.BytesIO(data), "../atto.pdf")} if data else dict(hidden)
        return visitor.post(public, data=sent | more, content_type="multipart/form-data")

    assert post(b"", azione="avanti").status_code == 422
    assert post(b"MZ\x00\x00programma", azione="avanti").status_code == 422
    assert post(b"", azione="avanti", **{field: "inventato"}).status_code == 422
    turned = post(b"%PDF-1.7 prova", azione="avanti")
    assert turned.status_code == 200
    note = re.search(rf'name="{field}" value="([^"]+)"', turned.text)
    assert note is not None
    done = post(b"", azione="invia", step="2", **{field: note.group(1)})
    assert done.status_code == 303
    stored = _answers(stage)[0][str(made.questions[0].id)]
    assert stored["name"] == "atto.pdf"
    client = stage.client_as(Role.facilitator)
    got = client.get(f"{DESK}/{made.id}/risposte/file/{stored['file']}")
    assert got.status_code == 200
    assert got.data == b"%PDF-1.7 prova"
    assert client.get(f"{DESK}/{made.id}/risposte/file/{uuid.uuid4()}").status_code == 404
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Source)).scalar_one() == 0


def test_a_large_workbook_is_read_once_by_the_worker(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = storage_for(stage.app.extensions["consult"].settings)
    monkeypatch.setattr(tables, "LARGE_WORKBOOK_BYTES", 50)
    made = make_questionnaire(stage, access="open", questions=QUESTIONS)
    book, data = openpyxl.Workbook(), io.BytesIO()
    for line in csv.reader(io.StringIO(GOOGLE)):
        book.active.append(line)
    book.save(data)
    client, address, _chosen = _bring(stage, made, data.getvalue(), "moduli.xlsx")
    by = Actor(account_id=stage.world.accounts[Role.facilitator])

    def read(turn: int = 1) -> None:
        with stage.work() as session:
            services.run_work(
                session, import_id=uuid.UUID(address.rpartition("/")[2]), turn=turn, storage=storage, now=datetime.now(UTC),
                progress=lambda _seen, _total: None, actor=by,
            )  # fmt: skip  # one call reads better so

    assert 'aria-busy="true"' in client.get(address).text
    assert client.send(address, {"azione": "guarda"}).status_code == 422
    read()
    read()
    page = client.get(address).text
    assert "7 righe nel file" in page
    chosen = _guessed(page)
    assert client.send(address, {**chosen, "azione": "guarda"}).status_code == 303
    assert "Si aggiungono 4 risposte" in client.get(address).text
    # One that can't be read says why, and its bytes go.
    _client, address, _chosen = _bring(stage, made, data.getvalue(), "perso.xlsx")
    with stage.work() as session:
        services.fail_work(session, import_id=uuid.UUID(address.rpartition("/")[2]), turn=1)
        assert session.execute(select(func.count()).where(AnswerImport.file_id.is_not(None))).scalar_one() == 1
    assert "per un guasto" in client.get(address).text
    assert "Porta un altro file" in client.get(address).text


def test_imported_anonymous_answers_are_as_coarse_as_native_ones(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", questions=(MEANS, PLACE, SPEAKER))
    zones = list(stage.world.zones)
    people = [f"r{n}@example.org;;residente;{zones[0]}" for n in range(9)] + [
        f"s@example.org;;portavoce di zona;{zones[1]}"
    ]
    invite_and_mail(stage, made, people)
    table = "Come ti muovi?,Da dove parli?,Come parli?\n"
    table += f"Treno,{zones[0]},resident\nAuto,{zones[1]},zone_spokesperson\n"
    client = stage.client_as(Role.facilitator)
    brought = client.send(f"{DESK}/{made.id}/risposte-altrove", {"file": (io.BytesIO(table.encode()), "altrove.csv")})
    assert brought.status_code == 303
    mapped = {f"c-{n}": q.code for n, q in enumerate(made.questions)}
    assert client.send(brought.location, mapped | {"azione": "importa"}).status_code == 303
    with stage.work() as session:
        kept = session.execute(
            select(Answer.zone_id, Answer.speaker_kind, Answer.values).order_by(Answer.speaker_kind)
        ).all()
    assert {(str(row.zone_id) if row.zone_id else None, row.speaker_kind) for row in kept} == {
        (str(stage.world.zones[zones[0]]), "resident"),
        (None, None),
    }
    coarse = next(row.values for row in kept if row.zone_id is None)
    assert set(coarse) == {str(made.questions[0].id)}


def test_what_goes_beyond_a_target_that_stops_is_refused_with_its_line_or_taken_all_the_same(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS, PLACE, SPEAKER))
    means, place, speaker = made.questions
    zone = str(stage.world.zones["1"])
    with stage.work() as session:
        services.set_targets(
            session, process_id=stage.world.process_id, questionnaire_id=made.id, by_zone={zone: services.Goal(6, stops=True)},
            by_kind={"resident": services.Goal(9, stops=True)}, actor=SYSTEM, now=datetime.now(UTC),
        )  # fmt: skip  # one call reads better so
    for _n in range(4):
        assert send(stage, made, **{means.field: "o1", place.field: f"z:{zone}", speaker.field: "business"}) == 303
    # Four are there and six are wanted of zone 1: of five rows two find room; the resident of the last line stands elsewhere.
    rows = [["uso", "zona", "chi"], *[["Treno", "1", "resident"]] * 5, ["Auto", "2", "resident"]]
    data = "\r\n".join(",".join([*row, str(n)]) for n, row in enumerate(rows)).encode()
    client, address, _chosen = _bring(stage, made, data, "altrove.csv")
    mapping = {"c-0": means.code, "c-1": place.code, "c-2": speaker.code, "c-3": responses.IDENTITY}
    looked = client.get(client.send(address, {**mapping, "azione": "guarda"}).location).text
    assert "Si aggiungono 3 risposte" in looked
    assert "3 risposte di troppo" in looked
    assert "Righe 4–6: Della sua zona ci sono già tutte le risposte previste" in looked
    everything = client.get(client.send(address, {**mapping, "beyond": "y", "azione": "guarda"}).location).text
    assert "Si aggiungono 6 risposte" in everything
    assert "Entrano tutte lo stesso" in everything
    done = client.get(client.send(address, {**mapping, "azione": "importa"}).location).text
    assert "3 righe non si prendono" in done
    assert "Quelle di troppo non sono state prese" in done
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Answer)).scalar_one() == 7
    assert send(stage, made, **{means.field: "o1", place.field: f"z:{zone}", speaker.field: "business"}) == 422
    # The same file once more, with the tick: what is there stays once, the others come in, and coverage counts them.
    client, address, _chosen = _bring(stage, made, data, "altrove.csv")
    done = client.get(client.send(address, {**mapping, "beyond": "y", "azione": "importa"}).location).text
    assert "Sono entrate tutte lo stesso" in done
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Answer)).scalar_one() == 10
        (kept,) = session.execute(select(AnswerImport.looked).where(AnswerImport.beyond)).scalars()
        assert kept["too_many"] == {zone: 3}
        told = queries.progress(session, questionnaire_id=made.id)
    assert (told.sent, told.counted, told.imported, told.waiting) == (4, 10, 6, 0)
    assert "Portate da file" in client.get(f"{DESK}/{made.id}/risultati").text


def test_who_answers_does_not_wait_for_an_import_that_leaves_room_or_goes_beyond(stage: Stage) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS, PLACE, SPEAKER))
    means, place, speaker = made.questions
    zone, other = (str(stage.world.zones[code]) for code in ("1", "2"))
    with stage.work() as session:
        services.set_targets(
            session, process_id=stage.world.process_id, questionnaire_id=made.id, by_zone={zone: services.Goal(9, stops=True)},
            by_kind={"business": services.Goal(9, stops=True)}, actor=SYSTEM, now=datetime.now(UTC),
        )  # fmt: skip  # one call reads better so
    mapping = {"c-0": means.code, "c-1": place.code, "c-2": speaker.code, "c-3": responses.IDENTITY}
    storage = storage_for(stage.app.extensions["consult"].settings)
    mine = {means.field: "o1", place.field: f"z:{zone}", speaker.field: "resident"}
    elsewhere = {means.field: "o1", place.field: f"z:{other}", speaker.field: "business"}

    def bring(rows: list[list[str]], name: str, **more: str) -> uuid.UUID:
        data = "\r\n".join(",".join([*row, f"{name}{n}"]) for n, row in enumerate([["uso", "zona", "chi"], *rows])).encode()
        client, address, _chosen = _bring(stage, made, data, name)
        assert client.send(address, {**mapping, **more, "azione": "guarda"}).status_code == 303
        with stage.work() as session:
            row = session.get_one(AnswerImport, uuid.UUID(address.rpartition("/")[2]))
            row.state = importing.WORK["take"]
            return row.id

    def take(session: Session, key: uuid.UUID, told: Any) -> None:
        row = session.get_one(AnswerImport, key)
        data = workbooks.bytes_of(session, process_id=stage.world.process_id, import_id=key, storage=storage)
        taking_in.look_or_take(
            session, row, process_id=stage.world.process_id, work="take", data=data, progress=told, actor=SYSTEM
        )

    statuses: list[int] = []

    def half_way(seen: int, total: int) -> None:
        # The file is read, and writing begins: of zone 1 somebody answers meanwhile.
        if seen * 2 >= total and not statuses:
            statuses.append(send(stage, made, **mine))

    rows = [["Treno", "1", "resident"]] * 2 + [["Auto", "2", "resident"]] * 4
    key = bring(rows, "a.csv")
    with stage.work() as session:
        take(session, key, half_way)
        # Written and not there for others yet: who belongs to a group that no row touches need not wait.
        statuses.append(send(stage, made, **elsewhere))
    key = bring(rows, "b.csv", beyond="y")
    with stage.work() as session:
        take(session, key, lambda seen, total: None)
        statuses += [send(stage, made, **mine), send(stage, made, **elsewhere)]
    assert statuses == [303] * 4
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Answer)).scalar_one() == 16
