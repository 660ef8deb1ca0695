"""What a file is, by its content, and what may not pass. Pure."""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from pathlib import PurePosixPath
from typing import Literal

from consult.core.errors import Invalid
from consult.core.reading.kept import is_kept
from consult.files.types import FileKind

MAXIMUM_BYTES = 10 * 1024 * 1024
#: Limits for files that are archives inside (office documents), against archives that unfold without end.
MAXIMUM_ENTRIES, MAXIMUM_UNPACKED, MAXIMUM_RATIO = 3000, 128 * 1024 * 1024, 120

_OFFICE = {"word/document.xml": FileKind.docx, "xl/workbook.xml": FileKind.xlsx}
_ODT = b"application/vnd.oasis.opendocument.text"
_SUFFIXES = {
    FileKind.text: ".txt",
    FileKind.csv: ".csv",
    FileKind.json: ".json",
    FileKind.pdf: ".pdf",
    FileKind.docx: ".docx",
    FileKind.odt: ".odt",
    FileKind.xlsx: ".xlsx",
    FileKind.png: ".png",
    FileKind.jpeg: ".jpg",
    FileKind.zip: ".zip",
}


def refuse(sentence: str) -> Invalid:
    """The refusal of a file, at the field `file`."""
    return Invalid(sentence, {"file": sentence})


def kind_of(data: bytes) -> FileKind:
    """What the content is. Raises Invalid for what is none of the kinds, or is an archive that unfolds without measure."""
    if not data:
        raise refuse("Il file è vuoto.")
    if data.startswith(b"%PDF-"):
        return FileKind.pdf
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.png
    if data.startswith(b"\xff\xd8\xff"):
        return FileKind.jpeg
    if data.startswith(b"PK\x03\x04"):
        return _archive(data)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        # Office files of before 2007, and of today where a password closes them.
        raise refuse("Il file è in un formato vecchio o chiuso da una password: salvalo come DOCX, senza password.")
    if is_kept(data):
        # Only the worker writes such files, and they are read back with trust.
        raise refuse("Il file è fatto in modo strano: salvalo di nuovo dal programma con cui è nato.")
    if data.startswith(b"{\\rtf"):
        raise refuse("I file RTF non si possono caricare: salva il documento come DOCX o ODT.")
    return _text(data)


def _archive(data: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > MAXIMUM_ENTRIES or unpacked > MAXIMUM_UNPACKED or unpacked > len(data) * MAXIMUM_RATIO:
                raise refuse("Il file contiene troppe cose compresse: salvalo di nuovo dal programma con cui è nato.")
            names = {entry.filename for entry in entries}
            if len(names) < len(entries) or any(map(_strays, entries)):
                raise refuse("Il file è fatto in modo strano: salvalo di nuovo dal programma con cui è nato.")
            if any(entry.flag_bits & 1 for entry in entries):
                raise refuse("Il file è chiuso da una password: salvalo senza e riprova.")
            if any("vbaproject" in name.lower() for name in names):
                raise refuse("Il file contiene delle macro: salvalo senza macro e riprova.")
            if "mimetype" in names and archive.read("mimetype").strip() == _ODT:
                return FileKind.odt
            for name, kind in _OFFICE.items():
                if name in names:
                    return kind
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise refuse("Il file è rovinato: non si apre.") from error
    raise refuse("Gli archivi compressi non si possono caricare: carica i file uno per uno.")


def _strays(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry would unpack elsewhere: an absolute name, a way up, a link."""
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    return ".." in parts or parts[:1] == ("/",) or (entry.external_attr >> 16) & 0o170000 == 0o120000


def _text(data: bytes) -> FileKind:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        # Text as Windows sometimes writes it: two bytes a letter, most of them with a zero inside.
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError as error:
            raise refuse("Questo tipo di file non si può caricare.") from error
    # A page or a drawing begins with markup; a table of answers may hold some, and is only ever served as a download.
    if b"\x00" in data or data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        raise refuse("Questo tipo di file non si può caricare.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets of some years ago write other encodings; whoever reads the table finds out which.
        return FileKind.csv
    if text.lstrip()[:1] in {"{", "["}:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return FileKind.text
        return FileKind.json
    first = text.partition("\n")[0]
    return FileKind.csv if any(mark in first for mark in ",;\t") else FileKind.text


def without_traces(data: bytes, kind: FileKind) -> bytes:
    """A picture without what its camera or program wrote beside it: place, time, device, comments. How it is turned stays.

    Pictures that can't be read to their end, and other kinds of file, come back as they are.
    """
    if kind is FileKind.jpeg:
        return _bare_jpeg(data)
    return _bare_png(data) if kind is FileKind.png else data


#: JPEG segments (ITU T.81, table B.1) that carry what programs add: APP1 (Exif, XMP) to APP15 but ICC profiles (2) and colours (14), comments.
_TRACES = frozenset({0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE})
#: PNG chunks (RFC 2083, section 4.2 and its registered extensions) that say something beside the picture.
_TALK = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"})


def _bare_jpeg(data: bytes) -> bytes:
    kept, place, turned = [data[:2]], 2, 1
    while place + 4 <= len(data) and data[place] == 0xFF:
        mark = data[place + 1]
        if mark == 0xDA:
            head = _turned(turned) if turned != 1 else b""
            return b"".join([kept[0], head, *kept[1:], data[place:]])
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if end > len(data) or end < place + 4:
            return data
        if mark == 0xE1 and data[place + 4 : place + 10] == b"Exif\0\0":
            turned = _orientation(data[place + 10 : end])
        if mark not in _TRACES:
            kept.append(data[place:end])
        place = end
    return data


def _orientation(tiff: bytes) -> int:
    """How the picture is turned (Exif 2.3, tag 274), 1 where it does not say."""
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    start = int.from_bytes(tiff[4:8], order)
    for n in range(min(int.from_bytes(tiff[start : start + 2], order), 200)):
        entry = tiff[start + 2 + 12 * n : start + 14 + 12 * n]
        if int.from_bytes(entry[:2], order) == 274:
            value = int.from_bytes(entry[8:10], order)
            return value if 1 <= value <= 8 else 1
    return 1


def _turned(value: int) -> bytes:
    """A segment that says only how the picture is turned."""
    tiff = b"MM\0*\0\0\0\x08\0\x01" + b"\x01\x12\0\x03\0\0\0\x01" + value.to_bytes(2, "big") + b"\0\0" + b"\0\0\0\0"
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def _bare_png(data: bytes) -> bytes:
    kept, place = [data[:8]], 8
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        name = data[place + 4 : place + 8]
        if end > len(data):
            return data
        if name not in _TALK:
            kept.append(data[place:end])
        place = end
        if name == b"IEND":
            return b"".join(kept)
    return data


#: What the ending of a name promises; phones call pictures of one kind by the name of another.
_PICTURES = frozenset({FileKind.png, FileKind.jpeg})
_PROMISES = {
    ".docx": {FileKind.docx}, ".odt": {FileKind.odt}, ".pdf": {FileKind.pdf}, ".xlsx": {FileKind.xlsx}, ".png": _PICTURES, ".jpg": _PICTURES,
    ".jpeg": _PICTURES,
}  # fmt: skip  # pairs read better side by side


def promises_another(name: str, kind: FileKind) -> bool:
    """Whether a file's name promises a document or a picture, and there is something else in it."""
    promised = _PROMISES.get(PurePosixPath(name.replace("\\", "/")).suffix.lower())
    return promised is not None and kind not in promised


def clean_name(name: str | None, kind: FileKind) -> str:
    """A name that can harm neither a page, a header nor a disk: no folders, no control or direction characters, known ending."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    plain = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] not in "CZ" or c == " ")
    plain = re.sub(r"[<>:\"/\\|?*&;`$'%]+", "-", plain).strip(" .-")
    path = PurePosixPath(plain)
    stem = path.stem[:120].strip(" .-") or "file"
    # Notes and subtitles are text too: their ending tells people, and programs, how to open them again.
    kept = path.suffix.lower() if kind is FileKind.text and path.suffix.lower() in {".md", ".srt", ".vtt"} else ""
    return stem + (kept or _SUFFIXES[kind])
