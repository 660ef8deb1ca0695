"""Documents made on the spot: Word, OpenDocument, and hostile ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

import docx
from odfdo import Document, Header, Paragraph


def word(paragraphs: Sequence[str] = (), *, table: Sequence[Sequence[str]] = (), heading: str = "") -> bytes:
    """A Word document of paragraphs, then a table."""
    made = docx.Document()
    if heading:
        made.add_heading(heading, 1)
    for text in paragraphs:
        made.add_paragraph(text)
    if table:
        grid = made.add_table(rows=0, cols=len(table[0]))
        for row in table:
            cells = grid.add_row().cells
            for cell, text in zip(cells, row, strict=True):
                cell.text = text
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def opendocument(paragraphs: Sequence[str], *, heading: str = "") -> bytes:
    """An OpenDocument text of paragraphs."""
    made = Document("text")
    made.body.clear()
    if heading:
        made.body.append(Header(1, heading))
    for text in paragraphs:
        made.body.append(Paragraph(text))
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def repacked(data: bytes, changes: Mapping[str, bytes]) -> bytes:
    """The same archive with some parts replaced or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in changes:
                new.writestr(entry, old.read(entry.filename))
        for name, content in changes.items():
            new.writestr(name, content)
    return buffer.getvalue()


def part(data: bytes, name: str) -> bytes:
    """One part of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)
