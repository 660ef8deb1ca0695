"""Figures and files, from values alone: hostile text, missing glyphs, same headings in both formats."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from io import BytesIO
from xml.etree import ElementTree

from pypdf import PdfReader

from config import Settings
from consult.position_paper.services import figures
from consult.position_paper.services.export import to_html, to_pdf
from consult.position_paper.services.showing import ShownCount, ShownFinding, ShownPaper, ShownQuote, ShownSection
from consult.position_paper.types import ShownSentence

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = '#read("/etc/passwd") #panic() <script>alert(1)</script> *grassetto* $x$ @preview \u0007\u202e'
ODD = "ciao 你好 😀 👨‍👩‍👧 €"


def paper(words: str = "Il treno passa.") -> ShownPaper:
    quote = ShownQuote(uuid.uuid4(), words, "answer", "residente", "Valle", "it", False, True)
    count = ShownCount("answer", "risposte al questionario", 12, 80)
    zone = ShownCount("2", "Valle", None, 20)
    finding = ShownFinding(
        id=uuid.uuid4(), number=1, title=words[:60], strategy_code="2.2", strategy_title="Treni", origin="machine", state="accepted",
        sentences=(ShownSentence(words, "machine", "words", ()),), channels=(count,), against=(), zones=(zone,), speakers=(),
        quotes=(quote,), supporting=12, contrary=0, zone_codes=frozenset({"2"}),
    )  # fmt: skip  # one row of values reads better so
    facts = {
        "channels": [{"value": "answer", "voices": 80}], "spoken": ["answer"], "speakers": [{"value": "resident", "voices": [80]}],
        "zones": [{"code": "2", "name": "Valle", "residents": 1000, "row": 0, "column": 0, "voices": [None], "any": True}],
        "without_zone": [0], "without_speaker": [0], "readings": {}, "partial_territory": False, "run": None, "draft": False,
    }  # fmt: skip  # one row of values reads better so
    sections = (
        ShownSection("metodo", "method", None, "Metodo", "", ("Un paragrafo.",), ()),
        ShownSection("asse-2", "axis", 2, "Più verde", words, (), (finding,)),
        ShownSection("limiti", "limits", None, "Limiti", "", ("Non è un campione.",), ()),
    )
    return ShownPaper("Position paper di prova", "it", {"title": "Piano", "slug": "piano"}, facts, sections)


def headings(html: str) -> list[str]:
    found = re.findall(r"<h[2-4][^>]*>(.*?)</h[2-4]>", html, flags=re.S)
    return [re.sub(r"\s+", " ", h) for h in found if h != "Indice"]


def outline(reader: PdfReader) -> list[str]:
    found: list[str] = []

    def walk(items: list[object]) -> None:
        for item in items:
            if isinstance(item, list):
                walk(item)
            else:
                found.append(str(item.title))  # type: ignore[attr-defined]  # pypdf's outline holds destinations and lists of them.

    walk(list(reader.outline))
    return [h for h in found if h != "Indice"]


def test_pdf_is_tagged_has_a_language_and_the_headings_of_the_html() -> None:
    settings = Settings()
    html = to_html(paper(), settings=settings, now=NOW, version=1).decode()
    reader = PdfReader(BytesIO(to_pdf(paper(), settings=settings, now=NOW, version=1)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "it"
    assert outline(reader) == headings(html)
    assert "2.2 Treni" in headings(html)


def test_same_paper_same_bytes() -> None:
    settings = Settings()
    shown = paper()
    assert to_pdf(shown, settings=settings, now=NOW, version=1) == to_pdf(shown, settings=settings, now=NOW, version=1)
    assert to_html(shown, settings=settings, now=NOW, version=1) == to_html(
        shown, settings=settings, now=NOW, version=1
    )


def test_hostile_text_is_only_text() -> None:
    shown = paper(HOSTILE)
    html = to_html(shown, settings=Settings(), now=NOW, version=None).decode()
    assert "<script>" not in html
    assert "src=" in html
    assert "http://" not in re.sub(r"data:[^\"]+", "", html)
    pages = "".join(
        page.extract_text()
        for page in PdfReader(BytesIO(to_pdf(shown, settings=Settings(), now=NOW, version=None))).pages
    )
    assert "#read(" in pages
    assert "root:" not in pages


def test_a_character_that_no_font_has_does_not_stop_the_file() -> None:
    pages = "".join(
        page.extract_text()
        for page in PdfReader(BytesIO(to_pdf(paper(ODD), settings=Settings(), now=NOW, version=None))).pages
    )
    assert "[U+4F60]" in pages


def test_the_map_escapes_names_and_places_zones_without_coordinates() -> None:
    zones = [{"code": str(i), "name": f'Zona <{i}> & "altro"', "row": None, "column": None} for i in range(9)]
    svg = figures.tile_map(zones, {"3": "meno di 5"}, {"3": 1}, 'Titolo "con" <segni>')
    root = ElementTree.fromstring(svg)  # noqa: S314  # We drew it ourselves two lines above.
    assert len(root.findall("{http://www.w3.org/2000/svg}rect")) == 9
    assert "style" not in svg
    assert [figures.level(v, 10) for v in (0, None, 5, 10)] == [0, 1, 3, 4]
