"""The paper as DOCX, for an office that goes on in Word: real heading styles, footnotes, tables with header rows, figures with words.

Texts become text nodes; nothing people wrote is read as markup, as a field or as a link.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml import etree

from config import Settings
from consult.ports.typesetting import as_png
from consult.position_paper.services.export.blocks import Block, blocks, edition_name, translations
from consult.position_paper.services.export.citations import Cited
from consult.position_paper.services.export.printed import Printed, cell_words
from consult.position_paper.services.showing import ShownPaper

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
#: Characters that XML 1.0 has no place for.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_INK = RGBColor(0x17, 0x32, 0x4D)
_LANGUAGES = {"it": "it-IT", "en": "en-GB", "fr": "fr-FR"}


def to_docx(
    paper: ShownPaper,
    *,
    settings: Settings,
    now: datetime,
    version: int | None,
    cited: Mapping[str, Cited] | None = None,
) -> bytes:
    """The file; `version` None is a draft."""
    found, drawings = blocks(paper, settings=settings, now=now, version=version, cited=cited or {})
    _ = translations(paper.language).ugettext
    kind = edition_name(paper, version, _)
    printed = Printed(paper.title, paper.process["title"], paper.language, kind, found, drawings)
    return write_docx(printed, settings=settings, now=now)


def write_docx(paper: Printed, *, settings: Settings, now: datetime) -> bytes:
    """Any document as DOCX."""
    found = paper.blocks
    figures = as_png(paper.drawings, settings=settings)
    _ = translations(paper.language).ugettext
    document = Document()
    language = _LANGUAGES.get(paper.language, paper.language)
    _styles(document, language)
    for part in document.sections:
        part.page_width, part.page_height = Cm(21), Cm(29.7)
        part.left_margin = part.right_margin = Cm(2.5)
        _around(part, clean(paper.kind), _("Pagina"))
    facts = document.core_properties
    facts.title, facts.author, facts.subject = (
        clean(paper.title),
        clean(settings.authority_name),
        clean(paper.about),
    )
    facts.language, facts.created, facts.modified = language, now.replace(tzinfo=None), now.replace(tzinfo=None)
    facts.comments = ""
    document.add_paragraph(clean(paper.title), style="Title")
    document.add_paragraph(f"{clean(paper.about)} · {clean(paper.kind)}", style="Subtitle")
    _contents(document, _("Indice"), [b for b in found if b["kind"] == "heading" and b["level"] <= 2])
    notes = _Footnotes()
    for block in found:
        _WRITERS[block["kind"]](document, block, notes, figures, language)
    notes.write(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def clean(text: str) -> str:
    """Text that XML can hold."""
    return _FORBIDDEN.sub("", text)


def _styles(document: DocumentObject, language: str) -> None:
    """Language, type and colours; the styles keep their own names, so that Word's outline and contents find them."""
    for found in document.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), language)
    document.styles["Normal"].font.name = "Titillium Web"
    document.styles["Normal"].font.size = Pt(11)
    for name, size in (("Title", 24), ("Heading 1", 17), ("Heading 2", 14), ("Heading 3", 12)):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "Titillium Web", Pt(size), _INK
        fonts = style.element.rPr.rFonts if style.element.rPr is not None else None
        if fonts is not None:
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{theme}"), None)


def _around(part: Any, kind: str, word: str) -> None:
    """At the head of each page which edition it is, at its foot the number of the page, of how many."""
    part.header.paragraphs[0].text = kind
    foot = part.footer.paragraphs[0]
    foot.add_run(f"{word} ")
    for place, code in enumerate(("PAGE", "NUMPAGES")):
        if place:
            foot.add_run(" / ")
        _field(foot, "begin")
        instruction = OxmlElement("w:instrText")
        instruction.set(qn("xml:space"), "preserve")
        instruction.text = f" {code} "
        foot.add_run()._r.append(instruction)
        _field(foot, "separate")
        foot.add_run("1")
        _field(foot, "end")
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _contents(document: DocumentObject, title: str, headings: Sequence[Block]) -> None:
    """A table of contents that Word can bring up to date, already filled with the headings."""
    document.add_paragraph(title, style="TOC Heading" if "TOC Heading" in document.styles else "Subtitle")
    first = document.add_paragraph()
    _field(first, "begin")
    code = OxmlElement("w:instrText")
    code.set(qn("xml:space"), "preserve")
    code.text = ' TOC \\o "1-2" \\h \\z \\u '
    first.add_run()._r.append(code)
    _field(first, "separate")
    line = first
    for number, heading in enumerate(headings):
        line = first if number == 0 else document.add_paragraph()
        line.paragraph_format.left_indent = Cm(0.6 * (heading["level"] - 1))
        line.add_run(clean(heading["text"]))
    _field(line, "end")
    document.add_page_break()  # type: ignore[no-untyped-call]  # The library leaves this one untyped.


def _field(paragraph: Paragraph, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)


class _Footnotes:
    """The footnotes part, which python-docx does not write."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, paragraph: Paragraph, text: str) -> None:
        """A footnote at the end of what the paragraph holds so far."""
        self._texts.append(clean(text))
        run = paragraph.add_run()
        run.font.superscript = True
        mark = OxmlElement("w:footnoteReference")
        mark.set(qn("w:id"), str(len(self._texts)))
        run._r.append(mark)

    def write(self, document: DocumentObject) -> None:
        """Add the part to the document."""
        if not self._texts:
            return
        root = etree.Element(f"{{{_W}}}footnotes", nsmap={"w": _W})
        for number, kind in ((-1, "separator"), (0, "continuationSeparator")):
            note = etree.SubElement(root, f"{{{_W}}}footnote", {f"{{{_W}}}type": kind, f"{{{_W}}}id": str(number)})
            run = etree.SubElement(etree.SubElement(note, f"{{{_W}}}p"), f"{{{_W}}}r")
            etree.SubElement(run, f"{{{_W}}}{kind}")
        for number, text in enumerate(self._texts, start=1):
            note = etree.SubElement(root, f"{{{_W}}}footnote", {f"{{{_W}}}id": str(number)})
            paragraph = etree.SubElement(note, f"{{{_W}}}p")
            mark = etree.SubElement(paragraph, f"{{{_W}}}r")
            raised = etree.SubElement(etree.SubElement(mark, f"{{{_W}}}rPr"), f"{{{_W}}}vertAlign")
            raised.set(f"{{{_W}}}val", "superscript")
            etree.SubElement(mark, f"{{{_W}}}footnoteRef")
            words = etree.SubElement(etree.SubElement(paragraph, f"{{{_W}}}r"), f"{{{_W}}}t")
            words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            words.text = f" {text}"
        body = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        part = Part(PackURI("/word/footnotes.xml"), _FOOTNOTES, body, document.part.package)
        document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def _styled(document: DocumentObject, text: str, style: str) -> Paragraph:
    """A paragraph of a style by its identifier: asked by name, the library looks through all styles for each paragraph."""
    paragraph = document.add_paragraph(clean(text))
    paragraph._p.style = style
    return paragraph


def _heading(document: DocumentObject, block: Block, *_rest: Any) -> None:
    _styled(document, block["text"], f"Heading{block['level']}")


def _paragraph(document: DocumentObject, block: Block, notes: _Footnotes, *_rest: Any) -> None:
    if block["mark"]:
        document.add_paragraph().add_run(clean(block["mark"])).italic = True
    paragraph = document.add_paragraph()
    for number, run in enumerate(block.get("runs") or [{"text": block["text"], "note": ""}]):
        gap = " " if number and not block.get("tight") else ""
        _piece(paragraph, run, gap)
        if run["note"]:
            notes.add(paragraph, run["note"])


def _piece(paragraph: Paragraph, run: Mapping[str, Any], gap: str = "") -> None:
    """A piece of a paragraph, bold, italic or leading somewhere as it says."""
    piece = paragraph.add_run(gap + clean(run["text"]))
    piece.bold, piece.italic = run.get("bold") or None, run.get("italic") or None
    if run.get("url"):
        _lead(paragraph, piece, run["url"])


def _points(document: DocumentObject, block: Block, *_rest: Any) -> None:
    for item in block["items"]:
        paragraph = _styled(document, "", "ListBullet")
        for run in item:
            _piece(paragraph, run)


def _small(document: DocumentObject, block: Block, *_rest: Any) -> None:
    document.add_paragraph().add_run(clean(block["text"])).font.size = Pt(9)


def _quote(document: DocumentObject, block: Block, _notes: Any, _figures: Any, language: str) -> None:
    paragraph = _styled(document, "", "Quote")
    run = paragraph.add_run(f"«{clean(block['text'])}»")
    foreign = _LANGUAGES.get(block["lang"], block["lang"])
    if foreign != language:
        mark = OxmlElement("w:lang")
        mark.set(qn("w:val"), str(foreign))
        run._r.get_or_add_rPr().append(mark)
    if block["by"]:
        paragraph.add_run(f" ({clean(block['by'])})")


def _list(document: DocumentObject, block: Block, *_rest: Any) -> None:
    for item in block["items"]:
        _styled(document, item, "ListBullet")


def _link(document: DocumentObject, block: Block, *_rest: Any) -> None:
    paragraph = document.add_paragraph()
    _lead(paragraph, paragraph.add_run(clean(block["text"])), block["url"])


def _lead(paragraph: Paragraph, run: Run, url: str) -> None:
    """Let the last piece of a paragraph lead somewhere."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run.font.underline, run.font.color.rgb = True, RGBColor(0x00, 0x59, 0xB3)
    link.append(run._r)
    paragraph._p.append(link)


def _table(document: DocumentObject, block: Block, *_rest: Any) -> None:
    """A table built as XML at once: the library looks every cell up again, which takes minutes for thousands of rows."""
    _styled(document, block["caption"], "Caption")
    columns = len(block["columns"])
    table = document.add_table(rows=0, cols=columns, style="Table Grid")
    weights = [column["weight"] for column in block["layout"]]
    for weight, column in zip(weights, table._tbl.tblGrid.gridCol_lst, strict=True):
        column.w = Cm(16 * weight / sum(weights))
    description = OxmlElement("w:tblCaption")
    description.set(qn("w:val"), clean(block["caption"]))
    table._tbl.tblPr.append(description)
    for number, cells in enumerate([block["columns"], *block["rows"]]):
        row = OxmlElement("w:tr")
        if number == 0:
            facts = OxmlElement("w:trPr")
            facts.append(OxmlElement("w:tblHeader"))
            row.append(facts)
        for cell, shape in zip(cells, block["layout"], strict=True):
            led = _relation(document, cell["url"]) if isinstance(cell, dict) else ""
            _cell(row, clean(cell_words(cell)), bold=number == 0, right=shape["right"], led=led)
        table._tbl.append(row)
    document.add_paragraph()


def _relation(document: DocumentObject, url: str) -> str:
    """The key under which a document knows an address. The library compares each with all there are, which takes minutes for thousands."""
    key = f"rIdLed{len(document.part.rels)}"
    document.part.rels.add_relationship(RELATIONSHIP_TYPE.HYPERLINK, url, key, is_external=True)
    return key


def _cell(row: Any, text: str, *, bold: bool, right: bool, led: str = "") -> None:
    """A cell at the end of a row; `led`: the key of the address it leads to."""
    paragraph = etree.SubElement(etree.SubElement(row, qn("w:tc")), qn("w:p"))
    if right:
        etree.SubElement(etree.SubElement(paragraph, qn("w:pPr")), qn("w:jc")).set(qn("w:val"), "right")
    if led:
        paragraph = etree.SubElement(paragraph, qn("w:hyperlink"))
        paragraph.set(qn("r:id"), led)
    run = etree.SubElement(paragraph, qn("w:r"))
    if bold:
        etree.SubElement(etree.SubElement(run, qn("w:rPr")), qn("w:b"))
    elif led:
        marks = etree.SubElement(run, qn("w:rPr"))
        etree.SubElement(marks, qn("w:color")).set(qn("w:val"), "0059B3")
        etree.SubElement(marks, qn("w:sz")).set(qn("w:val"), "15")
        etree.SubElement(marks, qn("w:u")).set(qn("w:val"), "single")
    words = etree.SubElement(run, qn("w:t"))
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    words.text = text


def _figure(document: DocumentObject, block: Block, _notes: Any, figures: Mapping[str, bytes], _language: str) -> None:
    picture = document.add_picture(io.BytesIO(figures[block["name"]]), width=Cm(14))
    picture._inline.docPr.set("descr", clean(block["alt"]))
    _styled(document, block["caption"], "Caption")


_WRITERS: dict[str, Any] = {
    "heading": _heading,
    "para": _paragraph,
    "note": _small,
    "quote": _quote,
    "list": _list,
    "points": _points,
    "link": _link,
    "table": _table,
    "figure": _figure,
}
