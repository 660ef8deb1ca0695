"""Shares of zones with their warnings, likeness of texts, provisions read from files."""

from __future__ import annotations

import io
import json
import uuid

import pytest
from openpyxl import Workbook

from consult.core.errors import Invalid
from consult.framework.rules import read_provisions
from consult.position_paper import rules
from consult.position_paper.rules import Part


def test_shares_and_warnings() -> None:
    zones = [
        Part("1", "Torino", 870_000, 300, 400, 200, 300),
        Part("9", "Canavese occidentale", 80_000, 20, 25, 0, 0),
        Part("7", "Eporediese", 90_000, 30, 40, 5, 8),
        Part("11", "Pinerolese", 130_000, 0, 0, 0, 0),
    ]
    found = {s.part.code: s for s in rules.shares(zones)}
    assert {code: s.warning for code, s in found.items()} == {"1": "", "9": "never", "7": "little", "11": "unheard"}
    assert found["9"].of_residents == pytest.approx(80 / 1170)
    # Where one zone's residents are not known, all are measured against their voices.
    unknown = rules.shares([Part("1", "A", None, 50, 60, 5, 5), Part("2", "B", 1000, 50, 60, 95, 95)])
    assert [s.of_residents for s in unknown] == [None, None]
    assert [s.warning for s in unknown] == ["little", ""]


def test_the_likest_text_shares_rare_words_and_a_strategy_helps() -> None:
    a, b, c = (uuid.UUID(int=n) for n in (1, 2, 3))
    texts = {a: ["tren", "seral", "piano"], b: ["bosch", "piano"], c: ["tren", "merc", "piano"]}
    found = rules.rank(["tren", "seral", "vall"], texts)
    assert [item.key for item in found] == [a, c]
    assert found[0].words[0] == "seral"
    assert rules.rank(["tren"], texts, alike=[c])[0].key == c
    assert rules.rank(["mare"], texts, alike=[a]) == []
    voices = ["mare", "sol", "vent", "merc", "piano", "tren"]
    assert [item.key for item in rules.rank(voices, texts, heads=["tren"])] == [c, a], "what many voices said does not hide the title"
    assert rules.rank(["mare", "piano", "bosch"], texts, heads=["mare"]) == [], "two common words are no likeness"


def workbook(rows: list[list[object]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


ROWS = [
    ["codice", "testo", "pagina", "strategie"],
    ["M1", "Corsie per gli autobus.", "p. 12", "2.2"],
    ["M2", "", 3, ""],
    ["M3", "Altro.", 4, "9.9"],
]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("csv", "\r\n".join(";".join(str(c) for c in row) for row in ROWS).encode()),
        ("xlsx", workbook([list(row) for row in ROWS])),
        (
            "json",
            json.dumps(
                [dict(zip(("code", "text", "page", "strategies"), row, strict=True)) for row in ROWS[1:]]
            ).encode(),
        ),
    ],
)
def test_provisions_from_each_kind_of_file(kind: str, data: bytes) -> None:
    rows, bad = read_provisions(data, kind, ["2.2"])
    assert [(r.code, r.text, r.page, r.strategies) for r in rows] == [("M1", "Corsie per gli autobus.", 12, ("2.2",))]
    assert [reason for _place, reason in bad] == ["Manca il codice o il testo.", "La strategia 9.9 non è del piano."]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("csv", b"a;b\r\n1;2"),
        ("json", b"{"),
        ("json", b'{"a": 1}'),
        ("xlsx", b"PK\x03\x04nothing"),
        ("csv", b"codice;testo\r\n;"),
    ],
)
def test_files_that_hold_no_provisions_are_refused(kind: str, data: bytes) -> None:
    with pytest.raises(Invalid):
        read_provisions(data, kind, [])
