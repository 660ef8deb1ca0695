"""Codebooks as REFI-QDA files (.qdc), which NVivo, ATLAS.ti, MAXQDA, QualCoder and Taguette write and read. Pure.

What is written and read again is equal: names, descriptions, colours, order, nesting, sets. Both spellings of the namespace are read,
since programs differ; the standard's is written.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from consult.core.errors import Invalid
from consult.core.reading.blocks import Refused
from consult.core.reading.markup import parse_xml
from consult.core.reading.running import refusal
from consult.core.sentences import Sentence

NAMESPACE = "urn:QDA-XML:codebook:1.0"
NAMESPACES = frozenset({NAMESPACE, "urn:QDA-XML:codebook:1:0", "urn:QDA-XML:project:1.0", "urn:QDA-XML:project:1:0"})
ORIGIN = "Consult"
MAXIMUM_CODES, DEPTH = 10_000, 60
#: Separates definition and example in the one description that a file has room for.
EXAMPLE = "\n\nEsempio: "
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
#: Names for codes of programs that give them none of the form the standard asks for.
_OTHERS = uuid.UUID("6e2c7d0e-3f0f-4c51-9f0b-2b2a3a4d7f10")


@dataclass(frozen=True, slots=True)
class BookCode:
    """A code of a codebook file, with those under it."""

    guid: uuid.UUID
    name: str
    codable: bool = True
    colour: str = ""
    description: str = ""
    children: tuple[BookCode, ...] = ()


@dataclass(frozen=True, slots=True)
class BookSet:
    """A set of codes of a codebook file."""

    guid: uuid.UUID
    name: str
    description: str = ""
    members: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """A codebook file. `notes`: what was mended or left aside while reading it, one sentence each."""

    codes: tuple[BookCode, ...] = ()
    sets: tuple[BookSet, ...] = ()
    origin: str = field(default=ORIGIN, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    def walk(self) -> Iterator[tuple[BookCode, BookCode | None, int]]:
        """Every code with the one above it and its place among its siblings, parents first."""
        stack: list[tuple[BookCode, BookCode | None, int]] = [
            (code, None, i) for i, code in reversed(list(enumerate(self.codes, 1)))
        ]
        while stack:
            code, above, place = stack.pop()
            yield code, above, place
            stack.extend((child, code, i) for i, child in reversed(list(enumerate(code.children, 1))))


def write_codebook(book: Codebook) -> bytes:
    """The file, in the standard's namespace."""
    root = etree.Element(f"{{{NAMESPACE}}}CodeBook", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # None is the default namespace.
    root.set("origin", ORIGIN)
    codes = etree.SubElement(root, f"{{{NAMESPACE}}}Codes")
    code_elements(codes, book, NAMESPACE)
    if book.sets:
        sets = etree.SubElement(root, f"{{{NAMESPACE}}}Sets")
        for one in book.sets:
            element = etree.SubElement(sets, f"{{{NAMESPACE}}}Set")
            element.set("guid", str(one.guid))
            element.set("name", one.name)
            if one.description:
                etree.SubElement(element, f"{{{NAMESPACE}}}Description").text = one.description
            for member in one.members:
                etree.SubElement(element, f"{{{NAMESPACE}}}MemberCode").set("guid", str(member))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def code_elements(codes: etree._Element, book: Codebook, space: str) -> None:
    """Put the codes of a codebook under an element, nested as they are."""
    made: dict[uuid.UUID, etree._Element] = {}
    for code, above, _place in book.walk():
        element = etree.SubElement(made[above.guid] if above else codes, f"{{{space}}}Code")
        element.set("guid", str(code.guid))
        element.set("name", code.name)
        element.set("isCodable", "true" if code.codable else "false")
        if code.colour:
            element.set("color", code.colour)
        if code.description:
            etree.SubElement(element, f"{{{space}}}Description").text = code.description
        made[code.guid] = element


def parse_codebook(data: bytes) -> Codebook:
    """The codebook of a file. Raises Invalid with a sentence at `file` for what is none, or hides something."""
    try:
        root = parse_xml(data)
    except Refused as refused:
        raise refusal(refused.code) from refused
    space, name = named(root)
    if name == "Project":
        book = next((child for child in root if named(child)[1] == "CodeBook"), None)
        if book is None or space not in NAMESPACES:
            raise refusal("wrong_type")
        root = book
    elif name != "CodeBook" or space not in NAMESPACES:
        raise refusal("wrong_type")
    reader = _Reader()
    codes: tuple[BookCode, ...] = ()
    sets: tuple[BookSet, ...] = ()
    for child in root:
        kind = named(child)[1]
        if kind == "Codes":
            codes = tuple(reader.code(element, 1) for element in child if named(element)[1] == "Code")
        elif kind == "Sets":
            sets = tuple(reader.members(element) for element in child if named(element)[1] == "Set")
    if not codes:
        raise Invalid("Nel file non c’è nessun codice.", {"file": "Nel file non c’è nessun codice."})
    sets = tuple(replace(one, members=tuple(m for m in one.members if m in reader.seen)) for one in sets)
    return Codebook(codes, sets, root.get("origin", ""), tuple(reader.notes))


def named(element: etree._Element) -> tuple[str, str]:
    """Namespace and name of an element."""
    name = etree.QName(element)
    return name.namespace or "", name.localname


def guid_of(text: str) -> uuid.UUID:
    """The identifier that a file gives; one of our own, always the same, where it is not of the form the standard asks for."""
    try:
        return uuid.UUID(text.strip().strip("{}"))
    except ValueError:
        return uuid.uuid5(_OTHERS, text)


class _Reader:
    """Reads codes one by one, remembering which names were taken."""

    def __init__(self) -> None:
        self.seen: set[uuid.UUID] = set()
        self.notes: list[str] = []

    def code(self, element: etree._Element, depth: int) -> BookCode:
        """A code and what stands under it."""
        if depth > DEPTH or len(self.seen) >= MAXIMUM_CODES:
            raise refusal("too_long")
        name = (element.get("name") or "").strip()
        if not name:
            raise Invalid("Nel file c’è un codice senza nome.", {"file": "Nel file c’è un codice senza nome."})
        guid = guid_of(element.get("guid") or f"{depth}/{name}")
        if guid in self.seen:
            self.notes.append(
                Sentence(
                    "%(name)s: il suo identificativo era già di un altro codice, ne ha avuto uno nuovo.", name=name
                )
            )
            guid = uuid.uuid5(_OTHERS, f"{guid}/{len(self.seen)}")
        self.seen.add(guid)
        colour = element.get("color") or ""
        if colour and not _COLOUR.fullmatch(colour):
            self.notes.append(Sentence("%(name)s: colore non riconosciuto.", name=name))
            colour = ""
        if len(name) > 200:
            self.notes.append(Sentence("%(name)s: nome accorciato a 200 caratteri.", name=name[:60] + "…"))
        return BookCode(
            guid, name[:200], (element.get("isCodable") or "true").strip().lower() in {"true", "1"}, colour, self._description(element),
            tuple(self.code(child, depth + 1) for child in element if named(child)[1] == "Code"),
        )  # fmt: skip  # one row of values reads better so

    def members(self, element: etree._Element) -> BookSet:
        """A set of codes."""
        keys = [
            guid_of(child.get("guid") or child.get("targetGUID") or "")
            for child in element
            if named(child)[1] == "MemberCode"
        ]
        name = (element.get("name") or "").strip()[:200]
        return BookSet(
            guid_of(element.get("guid") or name), name, self._description(element), tuple(dict.fromkeys(keys))
        )

    def _description(self, element: etree._Element) -> str:
        found = next((child for child in element if named(child)[1] == "Description"), None)
        return "" if found is None else "".join(str(text) for text in found.itertext()).strip()[:20_000]
