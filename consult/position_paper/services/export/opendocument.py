"""The paper as ODT: headings, notes, tables with header rows and figures as OpenDocument has them.

The library makes the package with its styles, facts and pictures. The body is written beside it, element by element, since the library
looks every piece up again: thousands of cells and notes took it most of a minute. Texts become text nodes; nothing people wrote is read
as markup or as a field.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lxml import etree
from odfdo import Container, Document, Paragraph, Style, VarPageCount, VarPageNumber

from config import Settings
from consult.ports.typesetting import as_png, png_size
from consult.position_paper.services.export.blocks import Block, blocks, edition_name, translations
from consult.position_paper.services.export.citations import Cited
from consult.position_paper.services.export.printed import cell_words
from consult.position_paper.services.export.word import clean
from consult.position_paper.services.showing import ShownPaper

_WIDTH_CM = 14.0
#: How deep the table of contents goes.
_DEEP = 2
_BODY = "content.xml"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_OFFICE, _TEXT, _TABLE = f"{{{_OASIS}:office:1.0}}", f"{{{_OASIS}:text:1.0}}", f"{{{_OASIS}:table:1.0}}"
_DRAW, _SVG = f"{{{_OASIS}:drawing:1.0}}", f"{{{_OASIS}:svg-compatible:1.0}}"
_STYLE = f"{{{_OASIS}:style:1.0}}"
_XLINK = "{http://www.w3.org/1999/xlink}"
#: What OpenDocument writes as elements: line breaks, tabs, and all but the first of several spaces.
_WHITE = re.compile(r"\r\n?|\n|\t| {2,}")


def to_odt(
    paper: ShownPaper,
    *,
    settings: Settings,
    now: datetime,
    version: int | None,
    cited: Mapping[str, Cited] | None = None,
) -> bytes:
    """The file; `version` None is a draft."""
    found, drawings = blocks(paper, settings=settings, now=now, version=version, cited=cited or {})
    figures = as_png(drawings, settings=settings)
    _ = translations(paper.language).ugettext
    document = Document("text")
    document.body.clear()
    document.meta.title, document.meta.language = clean(paper.title), paper.language
    document.meta.creator = clean(settings.authority_name)
    document.meta.creation_date = document.meta.date = now.replace(tzinfo=None)
    document.set_language(paper.language)
    for style in _styles():
        document.insert_style(style, automatic=style.family == "text")
    kind = edition_name(paper, version, _)
    writer = _Writer(document, figures)
    writer.paragraph(paper.title, "Title")
    writer.paragraph(f"{paper.process['title']} · {kind}", "Subtitle")
    writer.contents([b for b in found if b["kind"] == "heading" and b["level"] <= _DEEP], _("Indice"))
    _number_pages(document, _("Pagina"))
    for block in found:
        getattr(writer, block["kind"])(block)
    return _with_body(document, writer.body, writer.styles)


def _number_pages(document: Any, word: str) -> None:
    """At the foot of each page its number, of how many."""
    footer = Paragraph(f"{word} ", style="Small")
    footer.append(VarPageNumber())
    footer.append(" / ")
    footer.append(VarPageCount())
    for master in document.get_styles("master-page"):
        master.set_page_footer(footer)


def _with_body(document: Any, body: etree._Element, styles: Sequence[etree._Element]) -> bytes:
    """The package of a document whose body was left empty, with this one, and its own styles, in their places."""
    empty, whole = io.BytesIO(), io.BytesIO()
    document.save(empty)
    package = Container(empty)
    content = package.get_part(_BODY)
    root = etree.fromstring(content.encode() if isinstance(content, str) else content or b"")
    place = next(root.iter(f"{_OFFICE}text"))
    place.extend(list(body))
    next(root.iter(f"{_OFFICE}automatic-styles")).extend(styles)
    package.set_part(_BODY, etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    package.save(whole)
    return whole.getvalue()


def _styles() -> list[Style]:
    return [
        Style("paragraph", name="Title", display_name="Title", area="text", size="24pt", bold=True, color="#17324d"),
        Style("paragraph", name="Subtitle", display_name="Subtitle", area="text", size="13pt", color="#435a70"),
        Style("paragraph", name="Quotations", display_name="Quotations", area="text", italic=True),
        Style("paragraph", name="Small", display_name="Small", area="text", size="9pt"),
        Style("paragraph", name="Number", display_name="Number", area="paragraph", align="right"),
        Style("text", name="Strong", area="text", bold=True),
    ]


class _Writer:
    """One method a kind of block; `body` holds what was written."""

    def __init__(self, document: Any, figures: Mapping[str, bytes]) -> None:
        self.body = etree.Element(f"{_OFFICE}text")
        self.styles: list[etree._Element] = []
        self._document, self._figures = document, figures
        self._notes = self._tables = 0

    def paragraph(self, text: str, style: str) -> None:
        """A paragraph of one style."""
        _write(_paragraph(self.body, style), text)

    def contents(self, headings: Sequence[Block], title: str) -> None:
        """A table of contents that the office program can bring up to date, already filled with the headings."""
        whole = etree.SubElement(self.body, f"{_TEXT}table-of-content", {f"{_TEXT}name": title, f"{_TEXT}protected": "true"})
        etree.SubElement(whole, f"{_TEXT}table-of-content-source", {f"{_TEXT}outline-level": str(_DEEP)})
        listed = etree.SubElement(whole, f"{_TEXT}index-body")
        named = etree.SubElement(listed, f"{_TEXT}index-title", {f"{_TEXT}name": f"{title}_Head"})
        _write(_paragraph(named, "Subtitle"), title)
        for block in headings:
            facts = {f"{_XLINK}type": "simple", f"{_XLINK}href": f"#{clean(block['text'])}|outline"}
            place = _paragraph(listed, "Small" if block["level"] > 1 else "")
            _write(etree.SubElement(place, f"{_TEXT}a", facts), block["text"])

    def heading(self, block: Block) -> None:
        """A heading with its level, which makes the outline."""
        level = str(block["level"])
        facts = {f"{_TEXT}style-name": f"Heading_20_{level}", f"{_TEXT}outline-level": level}
        _write(etree.SubElement(self.body, f"{_TEXT}h", facts), block["text"])

    def para(self, block: Block) -> None:
        """A paragraph, sentence by sentence, each with its note."""
        if block["mark"]:
            self.paragraph(block["mark"], "Small")
        paragraph = _paragraph(self.body, "Text_20_body")
        for number, run in enumerate(block.get("runs") or [{"text": block["text"], "note": ""}]):
            _write(paragraph, (" " if number else "") + run["text"])
            if run["note"]:
                self._note(paragraph, run["note"])

    def _note(self, paragraph: etree._Element, text: str) -> None:
        self._notes += 1
        facts = {f"{_TEXT}note-class": "footnote", f"{_TEXT}id": f"ftn{self._notes}"}
        note = etree.SubElement(paragraph, f"{_TEXT}note", facts)
        etree.SubElement(note, f"{_TEXT}note-citation").text = str(self._notes)
        _write(_paragraph(etree.SubElement(note, f"{_TEXT}note-body")), text)

    def note(self, block: Block) -> None:
        """A small paragraph."""
        self.paragraph(block["text"], "Small")

    def quote(self, block: Block) -> None:
        """Words of a source, with who said them."""
        self.paragraph(f"«{block['text']}»" + (f" ({block['by']})" if block["by"] else ""), "Quotations")

    def list(self, block: Block) -> None:
        """A list of short items."""
        listed = etree.SubElement(self.body, f"{_TEXT}list")
        for item in block["items"]:
            _write(_paragraph(etree.SubElement(listed, f"{_TEXT}list-item")), item)

    def link(self, block: Block) -> None:
        """A paragraph that is a link to a page of ours."""
        facts = {f"{_XLINK}type": "simple", f"{_XLINK}href": block["url"]}
        _write(etree.SubElement(_paragraph(self.body, "Small"), f"{_TEXT}a", facts), block["text"])

    def table(self, block: Block) -> None:
        """A table whose first row is repeated on every page and read as headers."""
        self._tables += 1
        self.paragraph(block["caption"], "Caption")
        table = etree.SubElement(self.body, f"{_TABLE}table", {f"{_TABLE}name": f"Tabella {self._tables}"})
        for place, shape in enumerate(block["layout"]):
            name = f"Tabella{self._tables}.{place}"
            style = etree.Element(f"{_STYLE}style", {f"{_STYLE}name": name, f"{_STYLE}family": "table-column"})
            room = {f"{_STYLE}rel-column-width": f"{100 * shape['weight']}*"}
            etree.SubElement(style, f"{_STYLE}table-column-properties", room)
            self.styles.append(style)
            etree.SubElement(table, f"{_TABLE}table-column", {f"{_TABLE}style-name": name})
        right = [shape["right"] for shape in block["layout"]]
        _row(etree.SubElement(table, f"{_TABLE}table-header-rows"), block["columns"], right, strong=True)
        for cells in block["rows"]:
            _row(table, cells, right, strong=False)
        _paragraph(self.body)

    def figure(self, block: Block) -> None:
        """A drawing with its words."""
        picture = self._figures[block["name"]]
        address = f"Pictures/{block['name']}.png"
        self._document.container.set_part(address, picture)
        self._document.manifest.add_full_path(address, "image/png")
        width, height = png_size(picture)
        facts = {
            f"{_DRAW}name": block["name"],
            f"{_TEXT}anchor-type": "paragraph",
            f"{_SVG}width": f"{_WIDTH_CM}cm",
            f"{_SVG}height": f"{_WIDTH_CM * height / width:.2f}cm",
            f"{_DRAW}z-index": "0",
        }
        frame = etree.SubElement(_paragraph(self.body), f"{_DRAW}frame", facts)
        shown = {"href": address, "type": "simple", "show": "embed", "actuate": "onLoad"}
        etree.SubElement(frame, f"{_DRAW}image", {f"{_XLINK}{name}": value for name, value in shown.items()})
        etree.SubElement(frame, f"{_SVG}desc").text = clean(block["alt"])
        self.paragraph(block["caption"], "Caption")


def _paragraph(parent: etree._Element, style: str = "") -> etree._Element:
    return etree.SubElement(parent, f"{_TEXT}p", {f"{_TEXT}style-name": style} if style else {})


def _row(parent: etree._Element, cells: Sequence[Any], right: Sequence[bool], *, strong: bool) -> None:
    row = etree.SubElement(parent, f"{_TABLE}table-row")
    for cell, apart in zip(cells, right, strict=True):
        box = etree.SubElement(row, f"{_TABLE}table-cell", {f"{_OFFICE}value-type": "string"})
        place = _paragraph(box, "Number" if apart else "")
        if strong:
            place = etree.SubElement(place, f"{_TEXT}span", {f"{_TEXT}style-name": "Strong"})
        elif isinstance(cell, dict):
            place = etree.SubElement(place, f"{_TEXT}a", {f"{_XLINK}type": "simple", f"{_XLINK}href": cell["url"]})
        _write(place, cell_words(cell))


def _write(element: etree._Element, text: str) -> None:
    """Add words at the end of what an element holds, white space as OpenDocument keeps it."""
    words = clean(text)
    at = 0
    for match in _WHITE.finditer(words):
        white = match.group()
        spaces = len(white) if white[0] == " " else 0
        # The first of several spaces is one like any other, but readers drop one that begins a paragraph.
        first = int(bool(spaces) and (match.start() > 0 or _holds_words(element)))
        _say(element, words[at : match.start()] + " " * first)
        if spaces:
            if spaces > first:
                etree.SubElement(element, f"{_TEXT}s", {f"{_TEXT}c": str(spaces - first)})
        else:
            etree.SubElement(element, f"{_TEXT}tab" if white == "\t" else f"{_TEXT}line-break")
        at = match.end()
    _say(element, words[at:])


def _holds_words(element: etree._Element) -> bool:
    return bool(element.text) or len(element) > 0


def _say(element: etree._Element, words: str) -> None:
    if not words:
        return
    if len(element):
        last = element[-1]
        last.tail = (last.tail or "") + words
    else:
        element.text = (element.text or "") + words
