"""The paper as ODT: headings, notes, tables with header rows and figures as OpenDocument has them.

Texts become text nodes; nothing people wrote is read as markup or as a field.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from odfdo import Document, Element, Frame, Header, Link, List, ListItem, Note, Paragraph, Span, Style

from config import Settings
from consult.ports.typesetting import as_png, png_size
from consult.position_paper.services.export.blocks import Block, blocks, translations
from consult.position_paper.services.export.citations import Cited
from consult.position_paper.services.export.word import clean
from consult.position_paper.services.showing import ShownPaper

_WIDTH_CM = 14.0


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
    body = document.body
    body.clear()
    document.meta.title, document.meta.language = clean(paper.title), paper.language
    document.meta.creator = clean(settings.authority_name)
    document.meta.creation_date = document.meta.date = now.replace(tzinfo=None)
    document.set_language(paper.language)
    for style in _styles():
        document.insert_style(style, automatic=style.family == "text")
    kind = _("Bozza") if version is None else _("Versione %s") % version
    body.append(Paragraph(clean(paper.title), style="Title"))
    body.append(Paragraph(clean(f"{paper.process['title']} · {kind}"), style="Subtitle"))
    writer = _Writer(document, figures, paper.language)
    for block in found:
        getattr(writer, block["kind"])(block)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _styles() -> list[Style]:
    return [
        Style("paragraph", name="Title", display_name="Title", area="text", size="24pt", bold=True, color="#17324d"),
        Style("paragraph", name="Subtitle", display_name="Subtitle", area="text", size="13pt", color="#435a70"),
        Style("paragraph", name="Quotations", display_name="Quotations", area="text", italic=True),
        Style("paragraph", name="Small", display_name="Small", area="text", size="9pt"),
        Style("text", name="Strong", area="text", bold=True),
    ]


class _Writer:
    """One method a kind of block."""

    def __init__(self, document: Any, figures: Mapping[str, bytes], language: str) -> None:
        self._document, self._body = document, document.body
        self._figures, self._language = figures, language
        self._notes = self._tables = 0

    def heading(self, block: Block) -> None:
        """A heading with its level, which makes the outline."""
        self._body.append(Header(block["level"], clean(block["text"]), style=f"Heading_20_{block['level']}"))

    def para(self, block: Block) -> None:
        """A paragraph, sentence by sentence, each with its note."""
        if block["mark"]:
            self._body.append(Paragraph(clean(block["mark"]), style="Small"))
        paragraph = Paragraph(style="Text_20_body")
        for number, run in enumerate(block.get("runs") or [{"text": block["text"], "note": ""}]):
            paragraph.append((" " if number else "") + clean(run["text"]))
            if run["note"]:
                self._notes += 1
                note = Note(note_id=f"ftn{self._notes}", citation=str(self._notes), body=clean(run["note"]))
                paragraph.append(note)
        self._body.append(paragraph)

    def note(self, block: Block) -> None:
        """A small paragraph."""
        self._body.append(Paragraph(clean(block["text"]), style="Small"))

    def quote(self, block: Block) -> None:
        """Words of a source, with who said them."""
        by = f" ({clean(block['by'])})" if block["by"] else ""
        self._body.append(Paragraph(f"«{clean(block['text'])}»{by}", style="Quotations"))

    def list(self, block: Block) -> None:
        """A list of short items."""
        self._body.append(List([ListItem(clean(item)) for item in block["items"]]))

    def link(self, block: Block) -> None:
        """A paragraph that is a link to a page of ours."""
        paragraph = Paragraph(style="Small")
        paragraph.append(Link(block["url"], text=clean(block["text"])))
        self._body.append(paragraph)

    def table(self, block: Block) -> None:
        """A table whose first row is repeated on every page and read as headers."""
        self._tables += 1
        self._body.append(Paragraph(clean(block["caption"]), style="Caption"))
        table = Element.from_tag("table:table")
        table.set_attribute("table:name", f"Tabella {self._tables}")
        columns = Element.from_tag("table:table-column")
        columns.set_attribute("table:number-columns-repeated", str(len(block["columns"])))
        table.append(columns)
        head = Element.from_tag("table:table-header-rows")
        head.append(_row(block["columns"], strong=True))
        table.append(head)
        for cells in block["rows"]:
            table.append(_row(cells, strong=False))
        self._body.append(table)
        self._body.append(Paragraph(""))

    def figure(self, block: Block) -> None:
        """A drawing with its words."""
        picture = self._figures[block["name"]]
        address = f"Pictures/{block['name']}.png"
        self._document.container.set_part(address, picture)
        self._document.manifest.add_full_path(address, "image/png")
        width, height = png_size(picture)
        size = (f"{_WIDTH_CM}cm", f"{_WIDTH_CM * height / width:.2f}cm")
        frame = Frame.image_frame(address, name=block["name"], size=size, anchor_type="paragraph")
        words = Element.from_tag("svg:desc")
        words.text = clean(block["alt"])
        frame.append(words)
        paragraph = Paragraph()
        paragraph.append(frame)
        self._body.append(paragraph)
        self._body.append(Paragraph(clean(block["caption"]), style="Caption"))


def _row(cells: Any, *, strong: bool) -> Element:
    row = Element.from_tag("table:table-row")
    for cell in cells:
        box = Element.from_tag("table:table-cell")
        box.set_attribute("office:value-type", "string")
        paragraph = Paragraph()
        if strong:
            paragraph.append(Span(clean(str(cell)), style="Strong"))
        else:
            paragraph.append(clean(str(cell)))
        box.append(paragraph)
        row.append(box)
    return row
