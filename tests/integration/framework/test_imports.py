"""Imports through services and pages: again and again without breaking keys, one at a time, faults shown, nothing half done."""

from __future__ import annotations

import io
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.framework import queries, services
from consult.framework.models import Axis, Frame, Municipality, Strategy, Territory, Zone
from consult.framework.rules import municipalities_from_table
from tests.conftest import Stage

DATA = Path(__file__).resolve().parents[3] / "consult" / "demo" / "data"
FRAME = json.loads((DATA / "frame.json").read_text("utf-8"))
TERRITORY = json.loads((DATA / "territory.json").read_text("utf-8"))
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def frame_again(title: str = "Un altro titolo") -> dict[str, Any]:
    """The frame with a changed title, a strategy moved to another axis, one more, one less."""
    data: dict[str, Any] = json.loads(json.dumps(FRAME))
    data["title"] = title
    strategies = data["axes"][0]["strategies"]
    strategies[0]["title"] = "Titolo nuovo"
    data["axes"][1]["strategies"].append(strategies.pop(1))
    strategies.append({"code": "1.9", "title": "Una strategia in più"})
    del strategies[1]
    return data


def test_the_projects_own_frame_and_territory_come_in_whole(session: Session) -> None:
    frame_id = services.import_frame(session, data=FRAME, actor=SYSTEM, now=NOW)
    axes = queries.axes(session, frame_id=frame_id)
    assert [len(axis.strategies) for axis in axes] == [5, 5, 4, 3, 5, 3]
    assert [plan.code for plan in queries.reference_plans(session, frame_id=frame_id)] == [
        "AGENDA",
        "PSM-2021-2023",
        "PTGM",
        "PUMS",
    ]
    territory_id = services.import_territory(session, data=TERRITORY, actor=SYSTEM, now=NOW)
    zones = queries.zones(session, territory_id=territory_id)
    assert len(zones) == 11
    assert sum(zone.municipality_count or 0 for zone in zones) == 315
    assert queries.territory_is_partial(session, territory_id=territory_id)


def test_importing_again_changes_words_by_code_and_keeps_every_key(session: Session) -> None:
    frame_id = services.import_frame(session, data=FRAME, actor=SYSTEM, now=NOW)
    before = {s.code: s for s in queries.strategies(session, frame_id=frame_id)}
    descriptions = {"1.1": {"description": "In parole semplici.", "keywords": ["rete"]}}
    assert (
        services.import_frame(session, data=frame_again(), actor=SYSTEM, now=NOW, descriptions=descriptions) == frame_id
    )
    after = {s.code: s for s in queries.strategies(session, frame_id=frame_id)}
    assert {code: s.id for code, s in after.items() if code in before} == {code: s.id for code, s in before.items()}
    assert set(after) - set(before) == {"1.9"}
    assert after["1.1"].title == "Titolo nuovo"
    assert after["1.1"].description == "In parole semplici."
    assert after["1.2"].axis_number == 2
    services.import_frame(session, data=frame_again(), actor=SYSTEM, now=NOW)
    kept = {s.code: s for s in queries.strategies(session, frame_id=frame_id)}
    assert kept["1.1"].keywords == ["rete"], "a file without descriptions does not wipe those we have"
    found = queries.frame(session, frame_id=frame_id)
    assert found is not None
    assert len(found.phases) == 6


def test_a_bad_file_changes_nothing(session: Session) -> None:
    frame_id = services.import_frame(session, data=FRAME, actor=SYSTEM, now=NOW)
    bad = frame_again()
    bad["axes"][5]["strategies"][0]["title"] = ""
    with pytest.raises(Invalid) as refusal:
        services.import_frame(session, data=bad, actor=SYSTEM, now=NOW)
    assert list(refusal.value.fields) == ["axes[6].strategies[1].title"]
    assert {s.title for s in queries.strategies(session, frame_id=frame_id)} & {"Titolo nuovo"} == set()


def test_eight_imports_at_once_make_one_frame_and_one_territory(stage: Stage) -> None:
    def load(number: int) -> tuple[uuid.UUID, uuid.UUID]:
        with stage.work() as session:
            return (
                services.import_frame(session, data=frame_again(f"Titolo {number}"), actor=SYSTEM, now=NOW),
                services.import_territory(session, data=TERRITORY, actor=SYSTEM, now=NOW),
            )

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load, range(8)))
    assert len(keys) == 1
    frame_id, territory_id = keys.pop()
    with stage.work() as session:
        counts = (
            session.execute(select(func.count()).select_from(Axis).where(Axis.frame_id == frame_id)).scalar(),
            session.execute(select(func.count()).select_from(Strategy).where(Strategy.frame_id == frame_id)).scalar(),
            session.execute(select(func.count()).select_from(Zone).where(Zone.territory_id == territory_id)).scalar(),
        )
    assert counts == (6, 25, 11)


def test_the_authoritys_list_completes_what_was_there(session: Session) -> None:
    territory_id = services.import_territory(session, data=TERRITORY, actor=SYSTEM, now=NOW)
    before = {m.name: m.id for m in queries.municipalities(session, territory_id=territory_id)}
    raw = (
        b"istat_code,name,zone_code,residents\n"
        b"001272,Torino,1,847287\n"
        b"001086,CIRIE',7,17916\n"
        b"001024,Beinasco,3,17385\n"
        b"001999,Altrove,77,1\n"
    )
    rows, bad = municipalities_from_table(
        raw, {z.code for z in queries.zones(session, territory_id=territory_id)}.__contains__
    )
    report = services.import_municipalities(
        session, territory_id=territory_id, rows=rows, complete=True, actor=SYSTEM, now=NOW
    )
    assert (report.added, report.changed, report.same, [place for place, _ in bad]) == (1, 2, 0, ["riga 5"])
    towns = {m.name: m.id for m in queries.municipalities(session, territory_id=territory_id)}
    assert towns["CIRIE'"] == before["Ciriè"]
    assert not queries.territory_is_partial(session, territory_id=territory_id)
    again = services.import_municipalities(
        session, territory_id=territory_id, rows=rows, complete=True, actor=SYSTEM, now=NOW
    )
    assert (again.added, again.changed, again.same) == (0, 0, 3)
    other = services.import_territory(
        session, data={**TERRITORY, "slug": "altro", "name": "Altro"}, actor=SYSTEM, now=NOW
    )
    stolen = services.import_municipalities(
        session, territory_id=other, rows=rows, complete=False, actor=SYSTEM, now=NOW
    )
    assert len(stolen.refused) == 3
    with pytest.raises(NotFound):
        services.import_municipalities(
            session, territory_id=uuid.uuid4(), rows=rows, complete=True, actor=SYSTEM, now=NOW
        )


def upload(data: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def test_an_administrator_imports_through_the_pages(stage: Stage) -> None:
    client = stage.client_as(Role.administrator)
    base = "/scrivania/amministrazione"
    answer = client.send(f"{base}/strutture/importa", {"file": upload(json.dumps(FRAME).encode(), "psm.json")})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Potenziare, qualificare e integrare" in page
    answer = client.send(f"{base}/territori/importa", {"file": upload(json.dumps(TERRITORY).encode(), "zone.json")})
    assert answer.status_code == 303
    territory_url = answer.location
    assert "elenco dei comuni è parziale" in client.get(territory_url).text
    csv = b"istat_code;name;zone_code;residents\n001272;Torino;1;800000\nxx;Nome;1;1\n"
    answer = client.send(f"{territory_url}/comuni", {"file": upload(csv, "comuni.csv"), "complete": "y"})
    assert answer.status_code == 303
    page = client.get(territory_url).text
    assert "riga 3" in page
    assert "parziale" not in page
    table = b"codice,nome,comuni,abitanti\nA,Alta valle,3,1.200\nB,Bassa valle,4,3000\n"
    answer = client.send(f"{base}/territori/importa", {"file": upload(table, "zone.csv"), "name": "Valli di prova"})
    assert answer.status_code == 303
    assert "Alta valle" in client.get(answer.location).text
    assert "Valli di prova" in client.get(base).text


def test_faults_of_a_file_are_listed_on_the_page_with_their_places(stage: Stage) -> None:
    client = stage.client_as(Role.administrator)
    base = "/scrivania/amministrazione"
    bad = frame_again()
    bad["axes"][0]["number"] = "uno"
    bad["phases"][0]["kind"] = "<script>alert(1)</script>"
    for path, files in (
        (
            f"{base}/strutture/importa",
            [json.dumps(bad).encode(), b'{"a": ', b"", b"%PDF-1.7", b"\x00\x01", b"PK\x03\x04", b"[" * 50_000],
        ),
        (f"{base}/territori/importa", [b"a,b\n1,2\n", b'{"zones": []}', b"", b"<html>", b'{"zones": [{"code": "1"}]}']),
        (
            f"{base}/territori/{stage.world.territory_id}/comuni",
            [b"istat_code,name,zone_code\nx,y,z\n", b"a", b"\xff\xfe\x00"],
        ),
    ):
        for data in files:
            answer = client.send(path, {"file": upload(data, "<img src=x>.json")})
            assert answer.status_code == 422, (path, data[:20])
            assert "error-summary" in answer.text, (path, data[:20])
            assert "<script>alert" not in answer.text
        assert client.send(path).status_code == 422
    listed = client.send(f"{base}/strutture/importa", {"file": upload(json.dumps(bad).encode(), "x.json")}).text
    assert "axes[1].number" in listed
    assert "phases[1].kind" in listed
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Frame)).scalar() == 1
        assert session.execute(select(func.count()).select_from(Territory)).scalar() == 1
        assert session.execute(select(func.count()).select_from(Municipality)).scalar() == 2


def test_a_double_click_imports_once_and_others_find_no_such_page(stage: Stage) -> None:
    client = stage.client_as(Role.administrator)
    key, path = str(uuid.uuid4()), "/scrivania/amministrazione/strutture/importa"
    locations = {
        client.send(path, {"file": upload(json.dumps(FRAME).encode(), "psm.json")}, key=key).location for _ in range(3)
    }
    assert len(locations) == 1
    for role in (None, Role.account, Role.manager, Role.facilitator):
        stranger = stage.client_as(role)
        assert stranger.get(path).status_code in {302, 404}
        assert stranger.send(path, {"file": upload(b"{}", "x.json")}).status_code in {401, 404}
