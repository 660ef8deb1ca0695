"""Open contributions through the pages."""

from __future__ import annotations

import io
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from consult.core.errors import Invalid
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import PhaseKind, Role
from consult.listening.contributions import queries, services
from consult.listening.contributions.models import Contribution
from consult.listening.sources.models import Source
from consult.listening.sources.queries import cards
from consult.listening.sources.rules import personal_token, receipt_hash
from consult.listening.sources.services import change_source
from consult.process.models import NoticeSeen, Phase
from tests.conftest import Stage
from tests.factories.world import counted_statements

NEW = "/processi/piano-di-prova/contributi/nuovo"
PAPER = "/scrivania/piano-di-prova/contributi/carta"
TEXT = "Un autobus la sera per tornare in valle dopo il lavoro."


def _count(stage: Stage) -> int:
    with stage.work() as session:
        return int(session.execute(select(func.count()).select_from(Contribution)).scalar_one())


def _code(page: str) -> str:
    return page.split('class="receipt-code"><strong>')[1].split("<")[0]


def test_a_visitor_leaves_a_contribution_and_gets_a_code(stage: Stage) -> None:
    client = stage.client_as(None)
    assert client.get(NEW).status_code == 200
    place = f"m:{stage.world.municipalities['Borgo']}"
    answer = client.send(NEW, {"text": TEXT, "place": place, "speaker": "resident"})
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert page.status_code == 200
    code = _code(page.text)
    with stage.work() as session:
        receipt = queries.by_receipt(session, code_hash=receipt_hash(code) or b"")
        assert receipt is not None
        (card,) = cards(session, ids=receipt.source_ids, public_only=False).values()
    assert (card.text, card.zone_code, card.municipality, card.visibility, card.quotable) == (
        TEXT,
        "2",
        "Borgo",
        "internal",
        "none",
    )
    # Another browser learns nothing from the address.
    assert stage.client_as(None).get(answer.location).status_code == 404


def test_a_replay_is_one_contribution_with_one_code(stage: Stage) -> None:
    client = stage.client_as(None)
    client.get(NEW)
    key = str(uuid.uuid4())
    first = client.send(NEW, {"text": TEXT}, key=key)
    second = client.send(NEW, {"text": TEXT}, key=key)
    assert first.location == second.location
    assert _count(stage) == 1
    assert _code(client.get(first.location).text) == _code(client.get(second.location).text)


def test_parallel_sends_of_one_form_are_one_contribution(stage: Stage) -> None:
    client = stage.client_of(stage.world.others[0])
    cookie = client.get_cookie("consult")
    assert cookie is not None
    key, barrier, statuses = str(uuid.uuid4()), threading.Barrier(16), []

    def send() -> None:
        mine = stage.app.test_client()
        mine.set_cookie("consult", cookie.value)
        barrier.wait()
        statuses.append(mine.post(NEW, data={"_once": key, "text": TEXT}).status_code)

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {303, 409}
    assert _count(stage) == 1


@pytest.mark.parametrize(
    "text",
    ["\x00", "ciao\x00mondo", "x" * 1_000_000, "", "    ", "abc"],
    ids=["nul", "nul-inside", "1MB", "empty", "blank", "short"],
)
def test_bad_texts_are_refused_with_a_sentence(stage: Stage, text: str) -> None:
    answer = stage.client_as(None).send(NEW, {"text": text})
    assert 400 <= answer.status_code < 500
    assert _count(stage) == 0


@pytest.mark.parametrize(
    "text", ["Serve il verde 🌳🌳🌳🌳🌳", "rovescio \u202etesto\u202c qui", "cafe\u0301 e più treni"]
)
def test_odd_texts_are_stored_clean(stage: Stage, text: str) -> None:
    assert stage.client_as(None).send(NEW, {"text": text}).status_code == 303
    with stage.work() as session:
        kept = session.execute(select(Source.text)).scalar_one()
    assert "\u202e" not in kept
    assert "e\u0301" not in kept


def test_the_hidden_field_and_unknown_places_are_refused(stage: Stage) -> None:
    client = stage.client_as(None)
    assert client.send(NEW, {"text": TEXT, "sito_web": "http://spam.example"}).status_code == 422
    assert client.send(NEW, {"text": TEXT, "place": f"z:{uuid.uuid4()}"}).status_code == 422
    assert client.send(NEW, {"text": TEXT, "speaker": "king"}).status_code == 422
    assert _count(stage) == 0


def test_other_peoples_data_are_warned_of_once(stage: Stage) -> None:
    client = stage.client_as(None)
    text = "Il signor Rossi al 347 1234567 non risponde mai."
    refused = client.send(NEW, {"text": text})
    assert refused.status_code == 422
    assert "numero di telefono" in refused.text
    assert client.send(NEW, {"text": text, "checked": "y"}).status_code == 303


def test_after_the_phase_nothing_is_taken(stage: Stage) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    with stage.work() as session:
        session.execute(update(Phase).where(Phase.kind == PhaseKind.listening).values(closes_at=past))
    client = stage.client_as(None)
    assert client.get(NEW).status_code == 200
    answer = client.send(NEW, {"text": TEXT})
    assert answer.status_code == 403
    assert TEXT in answer.text
    assert _count(stage) == 0


def test_the_phase_closing_in_the_same_second_loses_nothing(stage: Stage) -> None:
    """Sends around the close: what was acknowledged is stored, what was refused is absent."""
    closes = datetime.now(UTC) + timedelta(seconds=1.0)
    with stage.work() as session:
        session.execute(update(Phase).where(Phase.kind == PhaseKind.listening).values(closes_at=closes))
    statuses: list[int] = []

    def send() -> None:
        client = stage.client_as(None)
        while datetime.now(UTC) < closes + timedelta(seconds=0.6):
            statuses.append(client.send(NEW, {"text": TEXT}).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {303, 403}
    assert _count(stage) == statuses.count(303)


def test_an_author_finds_exports_and_erases_their_own(stage: Stage) -> None:
    account = stage.world.others[0]
    assert stage.client_of(account).send(NEW, {"text": TEXT, "publish": "y"}).status_code == 303
    room = services.OwnContributions()
    with stage.work() as session:
        (mine,) = queries.own(session, account_id=account)
        assert (mine.text, mine.visibility) == (TEXT, "public")
        assert room.export(session, account_id=account)[0]["testo"] == TEXT
        assert session.execute(select(func.count()).select_from(NoticeSeen)).scalar_one() == 1
        room.erase(session, account_id=account, now=datetime.now(UTC))
    with stage.work() as session:
        assert queries.own(session, account_id=account) == []
        assert queries.count(session, process_id=stage.world.process_id) == 1
        (card,) = cards(session, ids=[mine.source_id], public_only=False).values()
        assert TEXT not in card.text
        assert (card.state, card.revision) == ("withdrawn", 3)


def test_an_operator_enters_paper_and_hands_over_the_code(stage: Stage) -> None:
    client = stage.client_as(Role.operator)
    assert client.get(PAPER).status_code == 200
    answer = client.send(PAPER, {"text": TEXT})
    assert answer.status_code == 303
    assert _code(client.get(answer.location).text)
    with stage.work() as session:
        kept = session.execute(select(Contribution)).scalar_one()
        assert (kept.on_paper, kept.account_id) == (True, None)
    assert stage.client_as(Role.account).get(PAPER).status_code == 404


def test_statements_of_the_page(stage: Stage) -> None:
    client = stage.client_as(None)
    with counted_statements(stage.engine) as sent:
        client.get(NEW)
    assert len(sent) <= 6, sent


def test_a_file_is_imported_once_with_its_bad_rows_listed(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "risposte.csv"
    file.write_bytes("testo;zona\nPiù treni la sera;Valle\nsolo un campo\n;2\nPiù verde in città;1\n".encode("cp1252"))

    def load() -> tuple[int, int, list[int]]:
        with stage.work() as session:
            report = services.import_file(
                session,
                process_id=stage.world.process_id,
                path=file,
                text_column="testo",
                zone_column="zona",
                actor=SYSTEM,
                now=datetime.now(UTC),
            )
            return report.added, report.already_there, [row.line for row in report.bad]

    assert load() == (2, 0, [3, 4])
    assert load() == (0, 2, [3, 4])
    with stage.work() as session, pytest.raises(Invalid):
        services.import_file(
            session,
            process_id=stage.world.process_id,
            path=file,
            text_column="assente",
            actor=SYSTEM,
            now=datetime.now(UTC),
        )


def test_files_come_along_and_only_staff_sees_them(stage: Stage) -> None:
    client, account = stage.client_of(stage.world.others[1]), stage.world.others[1]
    client.get(NEW)
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    given = {"text": TEXT, "files": [(io.BytesIO(png), "foto.png"), (io.BytesIO(b"%PDF-1.4 x"), "nota.pdf")]}
    answer = client.send(NEW, given, content_type="multipart/form-data")
    assert answer.status_code == 303
    with stage.work() as session:
        source_id = session.execute(select(Source.id)).scalar_one()
        files = queries.files_of_source(session, source_id=source_id)
    assert [f.name for f in files] == ["foto.png", "nota.pdf"]
    page = stage.client_as(Role.facilitator).get(f"/processi/piano-di-prova/fonti/{source_id}").text
    assert "foto.png" in page
    assert "foto.png" not in stage.client_as(None).get(f"/processi/piano-di-prova/fonti/{source_id}").text
    address = f"/scrivania/piano-di-prova/contributi/{files[0].contribution_id}/file/{files[0].file_id}"
    assert stage.client_as(Role.facilitator).get(address).data == png
    assert client.get(address).status_code == 404
    # Withdrawn, the words go with all that came along with them.
    with stage.work() as session:
        changed = {"process_id": stage.world.process_id, "source_id": source_id, "reason_code": "mistake", "now": datetime.now(UTC)}
        change_source(session, change="withdraw", actor=SYSTEM, **changed)
    assert stage.client_as(Role.facilitator).get(address).status_code == 404
    assert "foto.png" not in stage.client_as(Role.facilitator).get(f"/processi/piano-di-prova/fonti/{source_id}").text
    with stage.work() as session:
        change_source(session, change="restore", actor=SYSTEM, **changed)
    bad = {"text": TEXT, "files": [(io.BytesIO(b"<html>"), "pagina.html")]}
    assert client.send(NEW, bad, content_type="multipart/form-data").status_code == 422
    many = {"text": TEXT, "files": [(io.BytesIO(png), f"{i}.png") for i in range(4)]}
    assert client.send(NEW, many, content_type="multipart/form-data").status_code == 422
    assert _count(stage) == 1
    with stage.work() as session:
        services.OwnContributions().erase(session, account_id=account, now=datetime.now(UTC))
        assert session.execute(text("SELECT count(*) FROM stored_file")).scalar_one() == 0


def test_where_the_process_asks_it_an_address_is_proved_first(stage: Stage) -> None:
    desk = "/scrivania/piano-di-prova/contributi"
    assert stage.client_as(Role.facilitator).send(desk, {"proof": "y", "files": "y"}).status_code == 303
    client = stage.client_as(None)
    assert 'name="email"' in client.get(NEW).text
    assert client.send(NEW, {"text": TEXT}).status_code == 422
    assert (
        "link" in client.get(client.send(NEW, {"text": TEXT, "email": "Ada@example.org", "publish": "y"}).location).text
    )
    assert _count(stage) == 0
    with stage.work() as session:
        waiting = session.execute(text("SELECT id FROM contribution_waiting")).scalar_one()
    address = f"/processi/piano-di-prova/contributi/conferma/{personal_token('contribution', waiting, stage.app.config['SECRET_KEY'])}"
    # Opening the letter changes nothing: programs that look at links open them too.
    assert TEXT in client.get(address).text
    assert _count(stage) == 0
    taken = client.send(address)
    assert _code(client.get(taken.location).text)
    assert _count(stage) == 1
    assert client.send(address).status_code == 404
    assert client.get(f"/processi/piano-di-prova/contributi/conferma/{'A' * 43}").status_code == 404
    with stage.work() as session:
        assert session.execute(text("SELECT count(*) FROM contribution_waiting")).scalar_one() == 0
        assert "ada@example.org" not in str(session.execute(text("SELECT * FROM source, contribution")).all())
    # Who has an account proved an address already.
    member = stage.client_of(stage.world.others[0])
    assert 'name="email"' not in member.get(NEW).text
    client.send(NEW, {"text": TEXT, "email": "b@example.org"})
    with stage.work() as session:
        assert services.drop_waiting(session, now=datetime.now(UTC) + timedelta(days=1)) == 0
        assert services.drop_waiting(session, now=datetime.now(UTC) + timedelta(days=3)) == 1
