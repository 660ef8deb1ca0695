"""Figures and files, from values alone: hostile text, missing glyphs, same headings in both formats."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn
from odfdo import Document as OpenDocument
from pypdf import PdfReader

from config import Settings
from consult.ports.press import PressFailed, press
from consult.ports.typesetting import typeset
from consult.position_paper.services.export import figures
from consult.position_paper.services.export.citations import Cited, numbers
from consult.position_paper.services.export.opendocument import to_odt
from consult.position_paper.services.export.page import to_html
from consult.position_paper.services.export.pdf import to_pdf
from consult.position_paper.services.export.printed import layout
from consult.position_paper.services.export.record import to_json
from consult.position_paper.services.export.word import to_docx
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


def sourced(number: int = 4) -> tuple[ShownPaper, dict[str, Cited]]:
    """A paper whose sentence names its sources, and these."""
    shown = paper()
    keys = [str(uuid.uuid5(uuid.NAMESPACE_OID, str(n))) for n in range(number)]
    section = shown.sections[1]
    finding = replace(
        section.findings[0],
        sentences=(
            ShownSentence("Ne parlano in molti.", "machine", "count", tuple(keys[:3])),
            ShownSentence("Qui decide la Città.", "human", "own", ()),
        ),
        cited=tuple((key, False) for key in keys),
    )
    changed = (shown.sections[0], replace(section, findings=(finding,)), shown.sections[2])
    cited = {
        key: Cited(n + 1, key, "answer", "Valle" if n % 2 else "", "resident" if n % 2 else "", bool(n % 2))
        for n, key in enumerate(keys)
    }
    return replace(shown, sections=changed), cited


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


def word_paragraphs(body: bytes) -> list[tuple[str, str]]:
    return [(p.style.name, p.text) for p in Document(BytesIO(body)).paragraphs if p.style is not None]


def test_word_and_opendocument_have_the_headings_of_the_html_and_real_tables() -> None:
    settings = Settings()
    shown, cited = sourced()
    wanted = headings(to_html(shown, settings=settings, now=NOW, version=1, cited=cited).decode())
    word = to_docx(shown, settings=settings, now=NOW, version=1, cited=cited)
    assert [text for style, text in word_paragraphs(word) if style.startswith("Heading ")] == wanted
    document = Document(BytesIO(word))
    assert document.core_properties.language == "it-IT"
    assert document.core_properties.title == shown.title
    assert all(table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for table in document.tables)
    assert all(picture._inline.docPr.get("descr") for picture in document.inline_shapes)
    assert document.inline_shapes
    opened = OpenDocument(BytesIO(to_odt(shown, settings=settings, now=NOW, version=1, cited=cited)))
    found = [header.text_recursive for header in opened.body.headers]
    assert found == wanted
    assert opened.meta.language == "it"
    assert len(opened.body.get_elements("//table:table-header-rows")) == len(document.tables)
    assert len(opened.body.get_elements("//svg:desc")) == len(document.inline_shapes)


def test_tables_give_words_room_lead_to_the_public_sources_and_pages_are_numbered() -> None:
    settings, (shown, cited) = Settings(), sourced()
    public = next(c for c in cited.values() if c.public)
    shape = layout(["Numero", "Testo", "Voci"], [["1", "parola " * 40, "meno di 5"], ["2", "parola " * 40, "12"]])
    assert [column["right"] for column in shape] == [False, False, True]
    assert shape[1]["weight"] > 3 * shape[0]["weight"]
    word = to_docx(shown, settings=settings, now=NOW, version=1, cited=cited)
    with ZipFile(BytesIO(word)) as archive:
        assert f"/fonti/{public.id}" in archive.read("word/_rels/document.xml.rels").decode()
        assert " NUMPAGES " in archive.read("word/footer1.xml").decode()
    opened = OpenDocument(BytesIO(to_odt(shown, settings=settings, now=NOW, version=1, cited=cited)))
    assert public.id in [link.text_recursive for link in opened.body.get_elements("//table:table-cell//text:a")]
    assert [a.text_recursive for a in opened.body.get_elements("//text:index-body//text:a")][:2] == ["Metodo", "Voci per canale"]
    assert opened.get_styles("master-page")[0].get_element("style:footer//text:page-number") is not None
    html = to_html(shown, settings=settings, now=NOW, version=1, cited=cited).decode()
    assert f'/fonti/{public.id}">{public.id}</a>' in html
    pages = PdfReader(BytesIO(to_pdf(shown, settings=settings, now=NOW, version=1, cited=cited))).pages
    led = [str(note.get_object()["/A"]["/URI"]) for page in pages for note in page.get("/Annots", ()) if "/URI" in note.get_object().get("/A", {})]
    assert any(address.endswith(f"/fonti/{public.id}") for address in led)


def test_every_sentence_has_a_note_that_names_its_sources_by_number() -> None:
    settings, (shown, cited) = Settings(), sourced()
    note, own = "Fonti 1–3.", "Considerazione di chi scrive il documento."
    word = to_docx(shown, settings=settings, now=NOW, version=1, cited=cited)
    with ZipFile(BytesIO(word)) as archive:
        footnotes = ElementTree.fromstring(archive.read("word/footnotes.xml"))  # noqa: S314  # We wrote it ourselves above.
        places = archive.read("word/document.xml").count(b"<w:footnoteReference ")
    texts = ["".join(f.itertext()).strip() for f in footnotes]
    assert texts[2:] == [note, own]
    assert places == 2
    opened = OpenDocument(BytesIO(to_odt(shown, settings=settings, now=NOW, version=1, cited=cited)))
    assert [n.note_body for n in opened.body.get_notes()] == [note, own]
    html = to_html(shown, settings=settings, now=NOW, version=1, cited=cited).decode()
    assert f'<li id="nota-1">{note}' in html
    assert 'href="#nota-2"' in html
    pages = PdfReader(BytesIO(to_pdf(shown, settings=settings, now=NOW, version=1, cited=cited))).pages
    assert note in " ".join(page.extract_text() for page in pages)


def test_a_source_that_is_not_public_is_only_counted() -> None:
    shown, cited = sourced()
    data = json.loads(to_json(shown, settings=Settings(), now=NOW, version=1, cited=cited))
    assert [(s["zone"], s["speaker"], s["url"] is None) for s in data["sources"][:2]] == [
        ("", "", True),
        ("Valle", "resident", False),
    ]
    finding = data["sections"][1]["findings"][0]
    assert finding["supporting"] == list(cited)
    assert finding["sentences"][0]["sources"] == list(cited)[:3]
    assert finding["counts"]["zones"] == [{"value": "2", "label": "Valle", "voices": None, "of": 20}]


def test_numbers_stand_as_a_reader_expects_them() -> None:
    cited = {str(n): Cited(n, str(n), "answer", "", "", False) for n in range(1, 20)}
    assert numbers(["3", "1", "2", "9", "12", "13", "gone"], cited) == "1–3, 9, 12, 13"
    assert numbers([], cited) == ""


@pytest.mark.parametrize("writer", [to_docx, to_odt])
def test_hostile_text_is_only_text_in_office_files_too(writer: Callable[..., bytes]) -> None:
    shown = paper(HOSTILE + ' </w:t></w:r> \x00 \uffff ]]> &lsquo; =cmd|"/c calc"!A1')
    body = writer(shown, settings=Settings(), now=NOW, version=None)
    with ZipFile(BytesIO(body)) as archive:
        for name in archive.namelist():
            if name.endswith(".xml") and archive.read(name):
                ElementTree.fromstring(archive.read(name))  # noqa: S314  # We wrote it ourselves above.
        text = archive.read("word/document.xml" if writer is to_docx else "content.xml").decode()
    assert "&lt;script&gt;" in text
    assert "root:" not in text
    assert "file:" not in text


def test_the_typesetter_is_stopped_when_it_takes_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "endless.typ").write_text('#{ let s = "ab"; while s.len() > 0 { s = s + s } }', "utf-8")
    monkeypatch.setattr("consult.ports.press.PATIENCE_S", 20)
    task = {
        "input": str(tmp_path / "endless.typ"), "output": str(tmp_path / "out.png"), "root": str(tmp_path), "fonts": [], "format": "png",
    }  # fmt: skip  # one row of values reads better so
    with pytest.raises(PressFailed) as stopped:
        press(task)
    assert stopped.value.limits


def test_all_rounds_of_a_document_share_its_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def slow(_task: dict[str, Any], *, patience: float) -> None:
        given.append(patience)
        if patience < 50:
            raise PressFailed("The file takes too long to typeset.", limits=True)
        raise PressFailed('the text `"\\u{4f60}"` could not be displayed with font `"Titillium Web"`')

    clock = iter(range(0, 10_000, 8))
    monkeypatch.setattr("consult.ports.typesetting.press", slow)
    monkeypatch.setattr("consult.ports.typesetting.monotonic", lambda: float(next(clock)))
    with pytest.raises(PressFailed) as stopped:
        typeset(tmp_path, "report.typ", {"words": "你好"}, settings=Settings(), now=NOW)
    assert stopped.value.limits
    assert given == [52.0, 44.0]


def test_the_typesetter_reads_nothing_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "curious.typ").write_text('#read("/../../../../etc/passwd")', "utf-8")
    task = {
        "input": str(tmp_path / "curious.typ"), "output": str(tmp_path / "out.png"), "root": str(tmp_path), "fonts": [], "format": "png",
    }  # fmt: skip  # one row of values reads better so
    with pytest.raises(PressFailed) as refused:
        press(task)
    assert not refused.value.limits
    assert "root:" not in str(refused.value)


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


def test_a_long_paper_keeps_its_notes_under_each_finding_and_its_sources_by_channel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown, cited = sourced(5)
    monkeypatch.setattr("consult.position_paper.services.export.pdf.MOST_FOOTNOTES", 1)
    monkeypatch.setattr("consult.position_paper.services.export.pdf.MOST_SOURCES", 3)
    reader = PdfReader(BytesIO(to_pdf(shown, settings=Settings(), now=NOW, version=1, cited=cited)))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "Qui le fonti sono divise per canale. Sono 5:" in text
    assert "pubbliche:" in text
    assert "Fonti 1" in text
    html = to_html(shown, settings=Settings(), now=NOW, version=1, cited=cited).decode()
    assert outline(reader) == headings(html)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_opendocument_keeps_white_space_and_markup_as_people_wrote_them() -> None:
    words = " due  spazi\tun tabulatore\nuna riga\r\nun'altra <b>&amp; fine"
    body = to_odt(paper(words), settings=Settings(), now=NOW, version=1)
    with ZipFile(BytesIO(body)) as archive:
        content = archive.read("content.xml").decode()
        assert archive.infolist()[0].filename == "mimetype"
        assert set(archive.namelist()) >= {"Pictures/canali.png", "Pictures/zone-answer.png", "styles.xml", "meta.xml"}
    assert (
        '<text:s text:c="1"/>due <text:s text:c="1"/>spazi<text:tab/>un tabulatore<text:line-break/>una riga' in content
    )
    assert "<text:line-break/>un'altra &lt;b&gt;&amp;amp; fine" in content
