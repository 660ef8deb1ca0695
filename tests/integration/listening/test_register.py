"""The register of sources and the page of one source."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.meetings import services as meetings
from consult.listening.sources import services
from tests.conftest import Stage
from tests.factories.world import counted_statements

REGISTER = "/scrivania/piano-di-prova/fonti"
NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
TEXTS = [
    ("contribution", "Servono treni la sera per la valle.", "2", "public"),
    ("meeting", "I treni sono sempre in ritardo, il treno delle sette salta.", "3", "internal"),
    ("answer", "La rete idrica perde acqua ovunque.", "2", "internal"),
    ("document", "=SOMMA(A1) tratto dal piano, art. 12-bis", None, "public"),
]


@pytest.fixture
def keys(stage: Stage) -> list[uuid.UUID]:
    with stage.work() as session:
        return [
            services.add_source(
                session,
                process_id=stage.world.process_id,
                channel=channel,
                text=text,
                zone_id=stage.world.zones[zone] if zone else None,
                visibility=visibility,
                language="it",
                actor=SYSTEM,
                now=NOW,
            )
            for channel, text, zone, visibility in TEXTS
        ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {0, 1, 2, 3}),
        ("q=treno", {0, 1}),
        ("q=treno&zona=3", {1}),
        ("canale=answer", {2}),
        ("zona=-", {3}),
        ("q=12-bis", {3}),
        ("q=idric", {2}),
        ("q=100%25", set()),
        ("voce=resident", set()),
        ("stato=hidden", set()),
        ("canale=%27%3B+drop&lingua=xx&dopo=", {0, 1, 2, 3}),
    ],
)
def test_search_and_filters(stage: Stage, keys: list[uuid.UUID], query: str, expected: set[int]) -> None:
    page = stage.client_as(Role.facilitator).get(f"{REGISTER}?{query}")
    assert page.status_code == 200
    assert {i for i, key in enumerate(keys) if f'id="f{key}"' in page.text} == expected


def test_paging_reaches_every_source_once(stage: Stage) -> None:
    with stage.work() as session:
        for i in range(70):
            services.add_source(
                session,
                process_id=stage.world.process_id,
                channel="contribution",
                text=f"Voce numero {i}",
                language="it",
                actor=SYSTEM,
                now=NOW,
            )
    client, address, seen = stage.client_as(Role.reader), REGISTER, []
    while address:
        page = client.get(address).text
        seen += [part.split('"')[0] for part in page.split('id="f')[1:] if part[8] == "-"]
        address = (
            page.split('class="pager-next" href="')[1].split('"')[0].replace("&amp;", "&")
            if "pager-next" in page
            else ""
        )
    assert len(seen) == len(set(seen)) == 70
    assert client.get(f"{REGISTER}?dopo=nonsense").status_code == 422


def test_export_is_safe_for_spreadsheets(stage: Stage, keys: list[uuid.UUID]) -> None:
    answer = stage.client_as(Role.facilitator).get(f"{REGISTER}.csv")
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 1 + len(keys)
    assert any(cell.startswith("'=SOMMA") for row in rows for cell in row)
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_statements_do_not_grow_with_the_page(stage: Stage, keys: list[uuid.UUID]) -> None:
    client = stage.client_as(Role.facilitator)
    for query in ("", "?q=treno", "?codificata=no", "?zona=2&voce=resident"):
        with counted_statements(stage.engine) as sent:
            assert client.get(f"{REGISTER}{query}").status_code == 200
        assert len(sent) <= 8, sent


def test_the_public_page_shows_only_what_consent_covers(stage: Stage, keys: list[uuid.UUID]) -> None:
    with stage.work() as session:
        silent = services.add_source(
            session,
            process_id=stage.world.process_id,
            channel="contribution",
            text="Segretissimo",
            quotable="none",
            actor=SYSTEM,
            now=NOW,
        )
    anyone = stage.client_as(None)
    shown = anyone.get(f"/processi/piano-di-prova/fonti/{keys[0]}")
    assert "Servono treni la sera" in shown.text
    hidden = anyone.get(f"/processi/piano-di-prova/fonti/{silent}")
    assert hidden.status_code == 200
    assert "Segretissimo" not in hidden.text
    assert anyone.get(f"/processi/piano-di-prova/fonti/{uuid.uuid4()}").status_code == 404
    assert anyone.get(REGISTER).status_code in {302, 401, 404}


def test_a_facilitator_redacts_and_a_stale_page_conflicts(stage: Stage, keys: list[uuid.UUID]) -> None:
    client = stage.client_as(Role.facilitator)
    address = f"{REGISTER}/{keys[0]}"
    assert client.get(address).status_code == 200
    form = {"change": "redact", "text": "Servono […]", "reason": "personal_data", "revision": "1"}
    assert client.send(address, form).status_code == 303
    stale = client.send(address, {**form, "text": "Altro"})
    assert stale.status_code == 409
    assert "Servono […]" in client.get(address).text
    assert stage.client_as(Role.reader).send(address, form).status_code in {403, 404}
    assert client.send(address, {"change": "explode", "revision": "2"}).status_code == 422


def test_a_source_says_where_it_came_from_and_a_quotable_text_waits_for_its_finding(stage: Stage) -> None:
    with stage.work() as session:
        meeting = meetings.create_meeting(
            session,
            process_id=stage.world.process_id,
            fields=meetings.MeetingFields(title="Incontro di valle", starts_at=NOW, place="Sala"),
            actor=SYSTEM,
            now=NOW,
        )
        meetings.set_state(
            session, process_id=stage.world.process_id, meeting_id=meeting, state="published", actor=SYSTEM, now=NOW
        )
        note = meetings.add_note(
            session,
            process_id=stage.world.process_id,
            meeting_id=meeting,
            note=meetings.NewNote(text="Serve il treno", kind="need"),
            actor=SYSTEM,
            now=NOW,
        )
    anyone = stage.client_as(None)
    page = anyone.get(f"/processi/piano-di-prova/fonti/{note}").text
    assert "Incontro di valle" in page
    assert "Serve il treno" not in page
    with stage.work() as session:
        meetings.publish_minutes(
            session, process_id=stage.world.process_id, meeting_id=meeting, public=True, actor=SYSTEM, now=NOW
        )
    with counted_statements(stage.engine) as sent:
        page = anyone.get(f"/processi/piano-di-prova/fonti/{note}").text
    assert "Serve il treno" in page
    assert len(sent) <= 8, sent


def test_filters_by_consent_note_coding_and_files_that_go_out(stage: Stage, keys: list[uuid.UUID]) -> None:
    with stage.work() as session:
        for name, value in (("quotable", "none"), ("note_kind", "need")):
            services.set_facts(session, source_id=keys[1], actor=SYSTEM, now=NOW, **{name: value})
    client = stage.client_as(Role.facilitator)

    def found(query: str) -> set[int]:
        page = client.get(f"{REGISTER}?{query}").text
        return {i for i, key in enumerate(keys) if f'id="f{key}"' in page}

    assert found("consenso=none") == {1}
    assert found("consenso=public") == {0, 3}
    assert found("appunto=need") == {1}
    assert found("codificata=no") == {0, 1, 2, 3}
    assert found("codificata=yes") == set()
    assert found(f"tema={uuid.uuid4()}") == set()
    assert found(f"strategia={stage.world.strategies['2.2']}") == set()
    shown = client.get(f"{REGISTER}?zona=2").text
    assert "contributo libero: <strong>1</strong> di 1" in shown
    sheet = client.get("/scrivania/piano-di-prova/fonti.xlsx")
    rows = list(load_workbook(io.BytesIO(sheet.data)).active.values)
    assert len(rows) == 5
    assert any(str(row[-1]).startswith("'=SOMMA") for row in rows)
    assert client.send(f"{REGISTER}/{keys[2]}/lingua", {"language": "fr"}).status_code == 303
    assert found("lingua=fr") == {2}
    assert client.send(f"{REGISTER}/{keys[2]}/lingua", {"language": "xx"}).status_code == 422
    page = client.get(f"/processi/piano-di-prova/fonti/{keys[0]}")
    assert page.status_code == 200
