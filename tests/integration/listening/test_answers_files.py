"""Files of answers through the pages: columns, preview, import, rows not taken, undo; and the same on the command line."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import lxml.html
import openpyxl
import pytest
import xlsxwriter
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.contributions import queries, rules, services
from consult.listening.contributions.services import importing, tables
from consult.listening.sources.models import Source, SourceRevision
from consult.ports.storage import storage_for
from tests.conftest import Stage
from tests.factories.voices import facilitator

DESK = "/scrivania/piano-di-prova/importa"
NOW = datetime.now(UTC)
CSV = (
    "Informazioni cronologiche;Che cosa serve?;Comune;Chi sei;Lingua\n"
    "12/03/2026 18:20;Serve il treno la sera.;Borgo;cittadino;it\n"
    "2026-03-13;Serve il treno la sera.;Valle;associazione;\n"
    "99/99/2026;  ;Borgo;impresa;\n"
    "31/02/2026;We need a doctor in the valley every day.;Atlantide;re;\n"
    "1;2;3\n"
)


@pytest.fixture
def storage(stage: Stage) -> Any:
    return storage_for(stage.app.extensions["consult"].settings)


def upload(client: Any, data: bytes, name: str = "risposte.csv") -> Any:
    return client.send(DESK, {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def work(stage: Stage, address: str, storage: Any) -> None:
    """What the worker does with the job."""
    with stage.work() as session:
        services.run_import(session, import_id=uuid.UUID(address.rsplit("/", 1)[1]), storage=storage, actor=facilitator(stage.world), now=NOW)


def live(stage: Stage) -> list[Source]:
    with stage.work() as session:
        found = session.execute(select(Source).where(Source.state == "live").order_by(Source.text, Source.said_on))
        return list(found.scalars())


MAPPING = {
    "text": "Che cosa serve?", "place": "Comune", "date": "Informazioni cronologiche", "speaker": "Chi sei", "language": "Lingua",
}  # fmt: skip  # one form reads better so


def test_a_file_is_mapped_looked_at_imported_and_taken_back(stage: Stage, storage: Any) -> None:
    client = stage.client_as(Role.facilitator)
    one = upload(client, CSV.encode("cp1252")).location
    page = client.get(one).text
    assert "4 righe" in page
    assert "La riga ha 3 campi invece di 5." in page
    assert "12 marzo 2026" in page
    assert "non si legge" in page
    assert client.send(one, {**MAPPING, "preview": "1", "place": ""}).status_code == 200
    assert client.send(one, {"text": ""}).status_code == 422
    assert live(stage) == []
    assert client.send(one, MAPPING).status_code == 303
    assert client.send(one, MAPPING).status_code == 422
    assert "in corso" in client.get(one).text
    work(stage, one, storage)
    work(stage, one, storage)
    rows = live(stage)
    assert [(r.text[:9], r.said_on, r.speaker_kind, r.language) for r in rows] == [
        ("Serve il ", date(2026, 3, 12), "resident", "it"),
        ("Serve il ", date(2026, 3, 13), "association", "it"),
        ("We need a", None, None, "en"),
    ]
    assert {r.asked for r in rows} == {"Che cosa serve?"}
    assert all(r.visibility == "internal" for r in rows)
    report = client.get(one).text
    assert "Righe con una data che non si legge: 1" in report
    bad = list(csv.reader(io.StringIO(client.get(f"{one}/scartate.csv").text.lstrip("\ufeff"))))
    assert [row[0] for row in bad[1:]] == ["4", "6"]
    assert bad[1][1:] == ["Il testo è vuoto.", "99/99/2026", "", "Borgo", "impresa", ""]
    assert bad[2][1:] == ["La riga ha 3 campi invece di 5.", "1", "2", "3"]
    # The same file once more adds nothing.
    again = upload(client, CSV.encode()).location
    client.send(again, MAPPING)
    work(stage, again, storage)
    assert len(live(stage)) == 3
    assert (
        client.get(f"/scrivania/piano-di-prova/fonti?file={one.rsplit('/', 1)[1]}").text.count('class="card-plain"')
        == 3
    )
    assert client.send(f"{one}/togli").status_code == 303
    assert live(stage) == []
    assert client.send(f"{one}/togli").status_code == 422
    with stage.work() as session:
        history = session.execute(select(SourceRevision)).scalars().all()
    assert {(h.reason_code, h.state, h.revision) for h in history} == {("mistake", "live", 1)}
    # What was taken back may come in anew.
    third = client.send(f"{one}/altra-colonna").location
    client.send(third, MAPPING)
    work(stage, third, storage)
    assert len(live(stage)) == 3


def test_a_sheet_is_read_without_running_anything(stage: Stage, storage: Any) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["Data", "Testo", "Zona"])
        sheet.write_datetime(1, 0, datetime(2026, 2, 3), day)  # noqa: DTZ001  # Spreadsheets know no time zones.
        sheet.write_row(1, 1, ["Più verde nei viali, per favore.", 2])
        sheet.write_string(2, 1, "=SOMMA(A1)")
    client = stage.client_as(Role.facilitator)
    one = upload(client, out.getvalue(), "risposte.xlsx").location
    assert "3 febbraio 2026" in client.get(one).text
    client.send(one, {"text": "Testo", "date": "Data", "place": "Zona"})
    work(stage, one, storage)
    rows = live(stage)
    assert {(r.text, r.said_on) for r in rows} == {
        ("Più verde nei viali, per favore.", date(2026, 2, 3)),
        ("=SOMMA(A1)", None),
    }
    assert {r.zone_id for r in rows} == {stage.world.zones["2"], None}


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01", b"%PDF-1.4 x", b"una riga sola", b"a;b\n"], ids=["0", "bin", "pdf", "line", "header"]
)
def test_files_that_are_no_table_are_refused_with_a_sentence(stage: Stage, data: bytes) -> None:
    answer = upload(stage.client_as(Role.facilitator), data)
    assert answer.status_code == 422
    assert "error-summary" in answer.text


def test_a_large_workbook_is_the_workers_from_its_first_look(stage: Stage, storage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGE_WORKBOOK_BYTES", 100)
    monkeypatch.setattr(importing, "UNDONE_AT_ONCE", 10)
    book, data = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Che cosa serve?", "Comune"])
    for n in range(80):
        book.active.append([f"Serve la corsa numero {n}" if n != 70 else "", "Borgo"])
    book.active.append(["Troppe", "celle", "+in fila"])
    book.save(data)
    client = stage.client_as(Role.facilitator)
    told: list[tuple[int, int]] = []

    def tell(seen: int, total: int) -> None:
        told.append((seen, total))
        # As the worker does, in a transaction of its own: the work must not hold the row meanwhile.
        with stage.work() as own:
            services.note_rows(own, import_id=key, seen=seen, total=total)

    def run(work: Any, **more: Any) -> None:
        with stage.work() as session:
            work(session, import_id=key, actor=facilitator(stage.world), now=NOW, **more)

    def read_without_waiting(session: Session, **which: Any) -> None:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        services.run_reading(session, storage=storage, **which)

    # What can't be read says why, and may be tried again.
    broken = upload(client, data.getvalue()[:-400] + b"x" * 400, "rotto.xlsx")
    assert broken.status_code == 422
    one = upload(client, data.getvalue(), "risposte.xlsx").location
    key = uuid.UUID(one.rpartition("/")[2])
    with stage.work() as session:
        brought = storage.get(session.execute(text("SELECT storage_key FROM stored_file")).scalar_one())
        storage.put(session.execute(text("SELECT storage_key FROM stored_file")).scalar_one(), b"PK, and nothing more")
    assert 'aria-busy="true"' in client.get(one).text
    assert client.send(one, {"text": "Che cosa serve?"}).status_code == 409
    run(services.run_reading, storage=storage)
    page = client.get(one).text
    assert "Il documento è rovinato" in page
    assert "Riprova con lo stesso file" in page
    failed, one, twin = one, client.send(f"{one}/altra-colonna").location, client.send(f"{one}/altra-colonna").location
    with stage.work() as session:
        storage.put(session.execute(text("SELECT storage_key FROM stored_file")).scalar_one(), brought)
    # Two read it at once: the second waits for the first at the file, and as the last one lets it go.
    key = uuid.UUID(twin.rpartition("/")[2])
    with stage.work() as other:
        services.run_reading(other, import_id=key, storage=storage, actor=facilitator(stage.world), now=NOW)
        key = uuid.UUID(one.rpartition("/")[2])
        with pytest.raises(OperationalError, match="lock timeout"):
            run(read_without_waiting)
    run(services.run_reading, storage=storage, told=tell)
    run(services.run_reading, storage=storage, told=tell)
    with stage.work() as session:
        assert list(session.execute(text("SELECT kind FROM stored_file")).scalars()) == ["json", "json"]
    # What failed before has nothing to be tried again with.
    assert "Riprova con lo stesso file" not in client.get(failed).text
    assert client.get(one, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    page = client.get(one).text
    assert "Il file ha 80 righe: qui si vedono le prime" in page
    assert "Serve la corsa numero 9" in page
    assert client.send(one, {"text": "Che cosa serve?", "place": "Comune"}).status_code == 303
    told.clear()
    with stage.work() as session:
        services.note_rows(session, import_id=key, seen=30, total=79)
    assert 'max="79" value="30"' in client.get(one).text
    run(services.run_import, storage=storage, told=tell)
    assert told == [(0, 79)]
    assert len(live(stage)) == 79
    # All that may be done next is in the piece of the page that the running work replaces.
    replaced = lxml.html.fromstring(client.get(one).text).get_element_by_id("stato").text_content()
    assert "Scaricale tutte con il motivo" in replaced
    assert "Togli tutto quello che ha aggiunto" in replaced
    # Each refused row stands there whole, wherever it was in the file.
    bad = list(csv.reader(io.StringIO(client.get(f"{one}/scartate.csv").text.lstrip("\ufeff"))))
    assert bad[0] == ["riga", "motivo", "Che cosa serve?", "Comune"]
    assert bad[1:] == [
        ["72", "Il testo è vuoto.", "", "Borgo"],
        ["82", "La riga ha 3 campi invece di 2.", "Troppe", "celle", "'+in fila"],
    ]
    # Many are taken back by the worker, once.
    assert client.send(f"{one}/togli").status_code == 303
    assert len(live(stage)) == 79
    assert "si sta togliendo" in client.get(one).text
    assert client.send(f"{one}/togli").status_code == 422
    with stage.work() as session:
        services.run_undo(session, import_id=key, actor=facilitator(stage.world), now=NOW)
        services.run_undo(session, import_id=key, actor=facilitator(stage.world), now=NOW)
    assert live(stage) == []
    assert "tolto" in client.get(one).text


def test_the_command_is_the_same_service(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "risposte.csv"
    file.write_text(CSV, "utf-8")
    with stage.work() as session:
        report = services.import_file(
            session, process_id=stage.world.process_id, path=file, text_column="Che cosa serve?", date_column="Informazioni cronologiche",
            actor=SYSTEM, now=NOW,
        )  # fmt: skip  # one call reads better so
        (row,) = queries.imports(session, process_id=stage.world.process_id).rows
    assert (report.added, len(report.bad), row.added, row.has_file) == (3, 2, 3, False)
    assert len(live(stage)) == 3


def test_a_file_whose_bytes_are_gone_says_so(stage: Stage, storage: Any) -> None:
    client = stage.client_as(Role.facilitator)
    one = upload(client, CSV.encode()).location
    client.send(one, MAPPING)
    with stage.work() as session:
        storage.delete(session.execute(text("SELECT storage_key FROM stored_file")).scalar_one())
    work(stage, one, storage)
    assert "non c&#39;è più" in client.get(one).text or "non c’è più" in client.get(one).text
    assert live(stage) == []


def test_columns_are_recognised_by_their_names() -> None:
    rows = [{"Timestamp": "x", "Domanda aperta": "un testo lungo davvero", "Comune": "Borgo"}]
    assert rules.guess_mapping(list(rows[0]), rows) == {
        "date": "Timestamp",
        "place": "Comune",
        "text": "Domanda aperta",
    }
    assert rules.read_day("3.4.2026 10:00", latest=NOW.date()) == date(2026, 4, 3)
    assert rules.read_day("2999-01-01", latest=NOW.date()) is None
    assert rules.read_day("ieri", latest=NOW.date()) is None
