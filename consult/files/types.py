"""Kinds of file and what passes the door."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FileKind(StrEnum):
    """Kinds of file that may be uploaded, judged by content and never by name."""

    text = "text"
    csv = "csv"
    json = "json"
    pdf = "pdf"
    docx = "docx"
    odt = "odt"
    xlsx = "xlsx"
    png = "png"
    jpeg = "jpeg"
    #: Only written by us, of files that came in one by one.
    zip = "zip"


MEDIA_TYPES: dict[FileKind, str] = {
    FileKind.text: "text/plain; charset=utf-8",
    FileKind.csv: "text/csv; charset=utf-8",
    FileKind.json: "application/json",
    FileKind.pdf: "application/pdf",
    FileKind.docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.odt: "application/vnd.oasis.opendocument.text",
    FileKind.xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.png: "image/png",
    FileKind.jpeg: "image/jpeg",
    FileKind.zip: "application/zip",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that passed the door: cleaned name, judged kind, whole content."""

    name: str
    kind: FileKind
    data: bytes


@dataclass(frozen=True, slots=True)
class FileRow:
    """A stored file."""

    id: uuid.UUID
    process_id: uuid.UUID | None
    storage_key: str
    name: str
    kind: FileKind
    size: int
    uploaded_at: datetime
