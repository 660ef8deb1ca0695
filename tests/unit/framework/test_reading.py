"""Reading frame and territory files: the project's own, good ones, and bad ones with the place of every fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consult.core.errors import Invalid
from consult.core.vocabulary import PhaseKind
from consult.framework import rules

DATA = Path(__file__).resolve().parents[3] / "consult" / "demo" / "data"


def refused(call: Any, *args: Any, **named: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        call(*args, **named)
    return refusal.value.fields


def test_the_projects_own_frame() -> None:
    frame = rules.read_frame(json.loads((DATA / "frame.json").read_text("utf-8")))
    assert (len(frame.axes), sum(len(a.strategies) for a in frame.axes)) == (6, 25)
    assert [phase.kind for phase in frame.phases] == list(PhaseKind)
    assert {plan.code for plan in frame.plans} == {"PTGM", "PUMS", "AGENDA", "PSM-2021-2023"}
    assert (frame.start_year, frame.end_year) == (2024, 2026)


def test_the_projects_own_territory_is_a_schematic_geography() -> None:
    territory = rules.read_territory(json.loads((DATA / "territory.json").read_text("utf-8")))
    place = {zone.name: (zone.tile_row, zone.tile_column) for zone in territory.zones}
    assert len(set(place.values())) == 11
    city = place["Torino"]
    assert place["Area metropolitana Torino Nord"][0] < city[0] < place["Area metropolitana Torino Sud"][0]
    assert place["Valli Susa e Sangone"][1] < place["Area metropolitana Torino Ovest"][1] < city[1]
    assert place["Pinerolese"] > city
    assert place["Chierese - Carmagnolese"][1] > city[1]
    assert place["Eporediese"][0] < city[0] < place["Chierese - Carmagnolese"][0]


def test_a_territory_without_places_becomes_a_grid() -> None:
    territory = rules.read_territory({"zones": [{"code": str(i), "name": f"Zona {i}"} for i in range(7)]}, name="Prova")
    assert [(z.tile_row, z.tile_column) for z in territory.zones] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 0),
    ]


def test_descriptions_are_merged_by_code() -> None:
    data = {"title": "P", "axes": [{"number": 1, "title": "A", "strategies": [{"code": "1.1", "title": "S"}]}]}
    frame = rules.read_frame(data, {"1.1": {"description": "In parole semplici.", "keywords": ["treno", "bus"]}})
    assert frame.axes[0].strategies[0].keywords == ["treno", "bus"]


def test_every_fault_of_a_frame_is_said_with_its_place() -> None:
    data = {
        "title": "",
        "phases": [
            {"kind": "ascolto", "title": "Ascolto"},
            {"kind": "listening", "title": "A"},
            {"kind": "listening", "title": "B"},
        ],
        "axes": [
            {
                "number": "uno",
                "title": "A",
                "strategies": [{"code": "1.1", "title": "S"}, {"code": "1.1", "title": "T"}],
            },
            {"number": 2, "title": "x" * 301, "strategies": []},
            "non un asse",
        ],
    }
    found = refused(rules.read_frame, data)
    assert {"title", "axes[1].number", "axes[2].title", "axes[2].strategies", "axes[3]", "strategia 1.1"} <= set(found)
    assert "preliminary" in found["phases[1].kind"]
    assert "fase listening" in found


@pytest.mark.parametrize(
    "data", [None, [], 3, "x", {"title": 4, "axes": {}}, {"title": "a\x00b", "axes": [{}]}, {"axes": [[]]}]
)
def test_nonsense_is_refused_not_crashed_on(data: Any) -> None:
    assert refused(rules.read_frame, data)
    assert refused(rules.read_territory, data)


def test_json_faults_name_line_and_column() -> None:
    assert "riga 2, colonna 7" in refused(rules.load_json, b'{\n "a": x}')
    assert refused(rules.load_json, b"\xff\xfe")
    assert refused(rules.load_json, b"[" * 100_000)


def test_municipalities_good_rows_are_kept_and_bad_ones_named_by_line() -> None:
    raw = (
        "Codice ISTAT;Comune;Zona;Abitanti\n"
        "001272;Torino;1;869.312\n"
        "1024;Beinasco;3;17 000\n"
        "abc;Nome;1;\n"
        "001999;Altrove;99;10\n"
        "001272;Torino;1;5\n"
        "\n"
        "001301;;1;3\n"
    ).encode("latin-1")
    good, bad = rules.municipalities_from_table(raw, {"1", "3"}.__contains__)
    assert [(t.name, t.istat_code, t.zone_code, t.residents) for t in good] == [
        ("Torino", "001272", "1", 869312),
        ("Beinasco", "001024", "3", 17000),
    ]
    assert [place for place, _sentence in bad] == ["riga 4", "riga 5", "riga 6", "riga 8"]


def test_a_table_without_its_columns_says_which() -> None:
    assert "istat_code" in refused(rules.municipalities_from_table, b"a,b\n1,2\n", bool)["riga 1"]
    assert refused(rules.municipalities_from_table, b"", bool)
    assert refused(rules.municipalities_from_table, b"istat_code,name,zone_code\n", bool)


def test_names_are_recognised_without_accents() -> None:
    assert rules.fold_name("Ciriè") == rules.fold_name("CIRIE'") == "cirie"
    assert rules.slug_of("Piano strategico: così è") == "piano-strategico-cosi-e"
