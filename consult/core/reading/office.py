"""DOCX and ODT as blocks. Runs in the child only.

The XML is walked as it stands: text that was inserted with tracked changes counts, text that was deleted does not; comments, notes
and instructions of fields are left out. A part with a DOCTYPE is refused, since what an entity stands for would vanish unseen.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from lxml import etree

from consult.core.reading.blocks import Block, Refused
from consult.core.reading.markup import parse_xml

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_T = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_O = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
#: A part of an office document that is larger than this holds no interview and no plan.
MAXIMUM_PART = 64 * 1024 * 1024
_MACRO_TYPES = (b"ms-office.vbaproject", b"macroenabled", b"vnd.ms-word.vbadata")


def docx_blocks(data: bytes) -> list[Block]:
    """Paragraphs, headings and table rows of a Word document. Raises Refused."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(mark in _part(archive, "[Content_Types].xml").lower() for mark in _MACRO_TYPES):
            raise Refused("macros")
        headings = _heading_styles(archive)
        body = parse_xml(_part(archive, "word/document.xml")).find(f"{_W}body")
    if body is None:
        raise Refused("broken")
    walk = _Word(headings, paged=next(body.iter(f"{_W}lastRenderedPageBreak"), None) is not None)
    return list(walk.blocks(body))


def odt_blocks(data: bytes) -> list[Block]:
    """Paragraphs, headings and table rows of an OpenDocument text. Raises Refused."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in archive.namelist()):
            raise Refused("macros")
        root = parse_xml(_part(archive, "content.xml"))
    body = root.find(f"{_O}body/{_O}text")
    if body is None:
        raise Refused("wrong_type")
    walk = _Open(paged=next(body.iter(f"{_T}soft-page-break"), None) is not None)
    return list(walk.blocks(body))


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            data = part.read(MAXIMUM_PART + 1)
    except KeyError as error:
        raise Refused("broken") from error
    if len(data) > MAXIMUM_PART:
        raise Refused("too_long")
    return data


def _heading_styles(archive: zipfile.ZipFile) -> dict[str, int]:
    """Level by identifier of style: every language calls the style otherwise, its name inside is the same."""
    if "word/styles.xml" not in archive.namelist():
        return {}
    levels: dict[str, int] = {}
    for style in parse_xml(_part(archive, "word/styles.xml")).iter(f"{_W}style"):
        name = style.find(f"{_W}name")
        words = (name.get(f"{_W}val") or "").casefold().split() if name is not None else []
        if words[:1] == ["heading"] and words[1:] and words[1].isdigit():
            levels[style.get(f"{_W}styleId") or ""] = int(words[1])
        elif words == ["title"]:
            levels[style.get(f"{_W}styleId") or ""] = 1
    return levels


def _tidy(text: str) -> str:
    return "\n".join(line.strip(" \r\f\v") for line in text.split("\n")).strip()


class _Word:
    """The walk through a Word body."""

    _SILENT = frozenset(
        {
            f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}delText", f"{_W}pPr", f"{_W}rPr", f"{_MC}Fallback",
            f"{_W}footnoteReference", f"{_W}endnoteReference", f"{_W}commentReference", f"{_W}sectPr",
        }
    )  # fmt: skip  # names read better in few lines

    def __init__(self, headings: dict[str, int], *, paged: bool) -> None:
        self._headings = headings
        self._page = 1 if paged else None

    def blocks(self, parent: etree._Element) -> Iterator[Block]:
        """Blocks of what stands directly in `parent`, content controls opened."""
        for child in parent:
            if child.tag == f"{_W}p":
                page = self._page
                text = _tidy(self._text(child))
                if text:
                    level = self._level(child)
                    yield Block(text, "heading" if level else "paragraph", level, page)
            elif child.tag == f"{_W}tbl":
                yield from self._rows(child)
            elif child.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}moveTo", f"{_W}customXml"}:
                yield from self.blocks(child)

    def _rows(self, table: etree._Element) -> Iterator[Block]:
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue
            page = self._page
            cells = []
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is row:
                    cells.append(_tidy("\n".join(self._text(p) for p in cell.iter(f"{_W}p"))))
            if any(cells):
                yield Block("\t".join(" ".join(cell.split()) for cell in cells), "row", 0, page, tuple(cells))

    def _level(self, paragraph: etree._Element) -> int:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return self._headings.get(style.get(f"{_W}val") or "", 0) if style is not None else 0

    def _text(self, element: etree._Element) -> str:
        parts: list[str] = []
        stack = [iter(element)]
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
            elif child.tag == f"{_W}t":
                parts.append(child.text or "")
            elif child.tag in {f"{_W}tab", f"{_W}ptab"}:
                parts.append("\t")
            elif child.tag in {f"{_W}br", f"{_W}cr"}:
                parts.append("\n")
            elif child.tag == f"{_W}noBreakHyphen":
                parts.append("-")
            elif child.tag == f"{_W}lastRenderedPageBreak":
                self._page = (self._page or 1) + 1
            elif child.tag not in self._SILENT:
                stack.append(iter(child))
        return "".join(parts)


class _Open:
    """The walk through an OpenDocument body."""

    _SILENT = frozenset({f"{_T}note", f"{_O}annotation", f"{_T}tracked-changes", f"{_O}forms", f"{_T}sequence-decls"})

    def __init__(self, *, paged: bool) -> None:
        self._page = 1 if paged else None

    def blocks(self, parent: etree._Element) -> Iterator[Block]:
        """Blocks of what stands in `parent`, sections and lists opened."""
        for child in parent:
            if child.tag in self._SILENT:
                continue
            if child.tag == f"{_T}soft-page-break":
                self._page = (self._page or 1) + 1
            elif child.tag in {f"{_T}p", f"{_T}h"}:
                page = self._page
                text = _tidy(self._text(child))
                if text:
                    heading = child.tag == f"{_T}h"
                    level = child.get(f"{_T}outline-level", "1")
                    number = int(level) if level.isdigit() and len(level) < 3 else 1
                    yield Block(text, "heading" if heading else "paragraph", number if heading else 0, page)
            elif child.tag == f"{_TABLE}table-row":
                cells = tuple(
                    _tidy("\n".join(block.text for block in self.blocks(cell)))
                    for cell in child
                    if cell.tag == f"{_TABLE}table-cell"
                )
                if any(cells):
                    yield Block("\t".join(" ".join(cell.split()) for cell in cells), "row", 0, self._page, cells)
            else:
                yield from self.blocks(child)

    def _text(self, element: etree._Element) -> str:
        parts = [element.text or ""]
        for child in element:
            if child.tag == f"{_T}s":
                count = child.get(f"{_T}c", "1")
                parts.append(" " * (int(count) if count.isdigit() and len(count) < 4 else 1))
            elif child.tag == f"{_T}tab":
                parts.append("\t")
            elif child.tag == f"{_T}line-break":
                parts.append("\n")
            elif child.tag == f"{_T}soft-page-break":
                self._page = (self._page or 1) + 1
            elif child.tag not in self._SILENT:
                parts.append(self._text(child))
            parts.append(child.tail or "")
        return "".join(parts)
