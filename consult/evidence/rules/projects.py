"""Coded projects as REFI-QDA files (.qdpx), which NVivo, ATLAS.ti, MAXQDA and QualCoder write and read. Pure.

An archive with `project.qde` (codebook, texts, pieces under codes) and the texts beside it. Positions count characters.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from consult.core.reading.blocks import Refused, tell
from consult.core.reading.markup import parse_xml
from consult.core.reading.running import refusal
from consult.core.sentences import parts_of, sentence_of
from consult.evidence.rules.counting import Span, counted
from consult.evidence.rules.exchange import BookCode, BookSet, Codebook, code_elements, guid_of, named, parse_codebook
from consult.files.rules import MAXIMUM_ENTRIES, MAXIMUM_RATIO, MAXIMUM_UNPACKED

NAMESPACE = "urn:QDA-XML:project:1.0"
MAXIMUM_TEXT = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of a text under a code, with the coder and a note."""

    start: int
    end: int
    code: uuid.UUID
    coder: uuid.UUID
    memo: str = ""


@dataclass(frozen=True, slots=True)
class CodedText:
    """A text and its pieces."""

    guid: uuid.UUID
    name: str
    text: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project file. `left_out`: kinds of thing that this program does not read (pictures, sound, PDF), with how many."""

    name: str
    book: Codebook
    coders: tuple[tuple[uuid.UUID, str], ...] = ()
    texts: tuple[CodedText, ...] = ()
    left_out: tuple[tuple[str, int], ...] = field(default=(), compare=False)


def write_project(project: Project, *, written_at: datetime) -> bytes:
    """The archive; equal projects written at the same instant give equal bytes."""
    when = written_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    root = etree.Element(f"{{{NAMESPACE}}}Project", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # None is the default namespace.
    root.set("name", project.name)
    root.set("origin", "Consult")
    root.set("creationDateTime", when)
    users = _below(root, "Users")
    for guid, name in project.coders:
        _below(users, "User", guid=str(guid), name=name)
    code_elements(_below(_below(root, "CodeBook"), "Codes"), project.book, NAMESPACE)
    sources = _below(root, "Sources")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for text in project.texts:
            element = _below(
                sources, "TextSource", guid=str(text.guid), name=text.name, plainTextPath=f"internal://{text.guid}.txt", creationDateTime=when
            )  # fmt: skip  # one row of values reads better so
            for number, piece in enumerate(text.pieces):
                mark = uuid.uuid5(text.guid, f"{number}/{piece.start}/{piece.end}/{piece.code}/{piece.coder}")
                selection = _below(
                    element, "PlainTextSelection", guid=str(mark), name="", startPosition=str(piece.start), endPosition=str(piece.end),
                    creatingUser=str(piece.coder), creationDateTime=when,
                )  # fmt: skip  # one row of values reads better so
                if piece.memo:
                    _below(selection, "Description").text = piece.memo
                coding = _below(
                    selection,
                    "Coding",
                    guid=str(uuid.uuid5(mark, "coding")),
                    creatingUser=str(piece.coder),
                    creationDateTime=when,
                )
                _below(coding, "CodeRef", targetGUID=str(piece.code))
            _write(archive, f"sources/{text.guid}.txt", text.text.encode())
        _write(archive, "project.qde", etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
    return buffer.getvalue()


def _below(parent: etree._Element, tag: str, /, **values: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    for key, value in values.items():
        element.set(key, value)
    return element


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    # A fixed time: the archive says nothing but what is in it.
    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def parse_project(data: bytes) -> Project:
    """The project of a file. Raises Invalid with a sentence at `file` for what is none, hides something, or unfolds without measure."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > MAXIMUM_ENTRIES or unpacked > MAXIMUM_UNPACKED or unpacked > len(data) * MAXIMUM_RATIO:
                raise refusal("too_long")
            if any(entry.flag_bits & 1 for entry in entries):
                raise refusal("locked")
            names = {entry.filename.lower(): entry for entry in entries}
            inside = next((e for name, e in names.items() if name.endswith(".qde") and "/" not in name), None)
            if inside is None:
                raise refusal("wrong_type")
            whole = archive.read(inside)
            root = parse_xml(whole)
            if named(root)[1] != "Project":
                raise refusal("wrong_type")
            origin = root.get("origin") or ""
            texts: list[CodedText] = []
            left_out: dict[str, int] = {}
            found = list(_children(root, "Sources"))
            for number, element in enumerate(found, 1):
                kind, name = named(element)[1], element.get("name") or ""
                # What was coded in the words of a PDF stands under the text that it was read as.
                written = element if kind == "TextSource" else None
                if kind == "PDFSource":
                    written = next((part for part in element if named(part)[1] == "Representation"), None)
                if written is not None:
                    texts.append(_text(written, archive, names, origin=origin, name=name))
                    tell(number, len(found))
                else:
                    left_out[kind] = left_out.get(kind, 0) + 1
    except Refused as refused:
        raise refusal(refused.code) from refused
    except (zipfile.BadZipFile, NotImplementedError, OSError, UnicodeDecodeError, ValueError) as error:
        raise refusal("broken") from error
    coders = tuple((guid_of(e.get("guid") or ""), (e.get("name") or "")[:200]) for e in _children(root, "Users"))
    return Project(
        (root.get("name") or "")[:200], parse_codebook(whole), coders, tuple(texts), tuple(sorted(left_out.items()))
    )


def _children(root: etree._Element, name: str) -> Iterator[etree._Element]:
    for child in root:
        if named(child)[1] == name:
            yield from child


def _text(
    element: etree._Element, archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo], *, origin: str, name: str
) -> CodedText:
    """A text with its pieces. `origin`: the program that counted them."""
    path = element.get("plainTextPath") or ""
    words = ""
    if path.startswith("internal://"):
        entry = names.get("sources/" + path.removeprefix("internal://").lower())
        if entry is None:
            raise Refused("broken")
        with archive.open(entry) as part:
            raw = part.read(MAXIMUM_TEXT + 1)
        if len(raw) > MAXIMUM_TEXT:
            raise Refused("too_long")
        words = raw.decode("utf-8-sig")
    else:
        words = next((e.text or "" for e in element if named(e)[1] == "PlainTextContent"), "")
    chosen = [child for child in element if named(child)[1] == "PlainTextSelection"]
    spans = [
        Span(int(one.get("startPosition") or 0), int(one.get("endPosition") or 0), one.get("name") or "") for one in chosen
    ]
    text, places = counted(words, spans, origin=origin)
    pieces = []
    for selection, place in zip(chosen, places, strict=True):
        if place is None:
            continue
        memo = next((e.text or "" for e in selection if named(e)[1] == "Description"), "")
        for coding in selection:
            for reference in coding if named(coding)[1] == "Coding" else ():
                if named(reference)[1] == "CodeRef":
                    coder = guid_of(coding.get("creatingUser") or selection.get("creatingUser") or "")
                    pieces.append(Piece(*place, guid_of(reference.get("targetGUID") or ""), coder, memo))
    return CodedText(guid_of(element.get("guid") or ""), name[:300], text, tuple(pieces))


def as_json(project: Project) -> dict[str, Any]:
    """A project as plain values, to be kept or handed from one program to another."""
    return {
        "name": project.name,
        "codes": [_code_values(code) for code in project.book.codes],
        "sets": [[str(s.guid), s.name, s.description, [str(m) for m in s.members]] for s in project.book.sets],
        "origin": project.book.origin,
        "notes": [parts_of(note) for note in project.book.notes],
        "coders": [[str(guid), name] for guid, name in project.coders],
        "texts": [
            [str(t.guid), t.name, t.text, [[p.start, p.end, str(p.code), str(p.coder), p.memo] for p in t.pieces]] for t in project.texts
        ],
        "left_out": [list(pair) for pair in project.left_out],
    }  # fmt: skip  # one row of values reads better so


def from_json(values: dict[str, Any]) -> Project:
    """The project again."""
    book = Codebook(
        tuple(_code_again(row) for row in values["codes"]),
        tuple(
            BookSet(uuid.UUID(guid), name, description, tuple(uuid.UUID(m) for m in members))
            for guid, name, description, members in values["sets"]
        ),
        values["origin"],
        tuple(sentence_of(parts) for parts in values["notes"]),
    )
    texts = tuple(
        CodedText(
            uuid.UUID(guid), name, text, tuple(Piece(a, b, uuid.UUID(code), uuid.UUID(coder), memo) for a, b, code, coder, memo in pieces)
        )
        for guid, name, text, pieces in values["texts"]
    )  # fmt: skip  # one row of values reads better so
    coders = tuple((uuid.UUID(guid), name) for guid, name in values["coders"])
    return Project(values["name"], book, coders, texts, tuple((kind, n) for kind, n in values["left_out"]))


def _code_values(code: BookCode) -> list[Any]:
    below = [_code_values(child) for child in code.children]
    return [str(code.guid), code.name, code.codable, code.colour, code.description, below]


def _code_again(row: list[Any]) -> BookCode:
    return BookCode(uuid.UUID(row[0]), row[1], row[2], row[3], row[4], tuple(_code_again(child) for child in row[5]))
