"""Codebooks as REFI-QDA files: out and back in they are equal; what hides something is refused; other programs' files are read."""

from __future__ import annotations

import io
import unicodedata
import uuid
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from consult.core.errors import Invalid
from consult.evidence.rules import (
    BookCode,
    BookSet,
    Codebook,
    parse_codebook,
    segments,
    sentences,
    trimmed,
    write_codebook,
)
from consult.evidence.rules.alignment import align, letters
from consult.evidence.rules.counting import Span, counted
from consult.evidence.rules.exchange import NAMESPACE
from consult.evidence.rules.projects import parse_project
from consult.evidence.rules.taguette import plain_text

#: Letters, marks that XML must escape, marks outside the first plane; without the white space that a reader takes off the ends.
WORDS = st.text("abzàèß &<>\"'«»–;#日🚆0", min_size=1, max_size=30).map(str.strip).filter(bool)
COLOURS = st.one_of(st.just(""), st.from_regex(r"#[0-9A-F]{6}", fullmatch=True))
CODES = st.recursive(
    st.builds(BookCode, st.uuids(), WORDS, st.booleans(), COLOURS, st.one_of(st.just(""), WORDS)),
    lambda below: st.builds(
        BookCode, st.uuids(), WORDS, st.booleans(), COLOURS, st.just(""), st.lists(below, max_size=3).map(tuple)
    ),
    max_leaves=12,
)


@st.composite
def books(draw: st.DrawFn) -> Codebook:
    """Codebooks with their sets, no identifier twice."""
    codes = draw(st.lists(CODES, min_size=1, max_size=4).map(tuple))
    book = Codebook(codes)
    guids = [code.guid for code, _above, _place in book.walk()]
    if len(set(guids)) < len(guids):
        return Codebook((BookCode(uuid.uuid4(), "uno"),))
    sets = draw(
        st.lists(
            st.builds(
                BookSet, st.uuids(), WORDS, st.just(""), st.lists(st.sampled_from(guids), unique=True).map(tuple)
            ),
            max_size=2,
        )
    )
    return Codebook(codes, tuple(sets))


@given(books())
def test_out_and_in_again_is_equal(book: Codebook) -> None:
    written = write_codebook(book)
    assert parse_codebook(written) == book
    assert write_codebook(parse_codebook(written)) == written


def test_the_file_is_what_the_standard_asks_for() -> None:
    inner = BookCode(uuid.UUID(int=2), "Piste ciclabili", True, "#0066CC", "Percorsi per le bici")
    book = Codebook((BookCode(uuid.UUID(int=1), "Mobilità & trasporti", False, children=(inner,)),))
    root = etree.fromstring(write_codebook(book))
    assert root.tag == f"{{{NAMESPACE}}}CodeBook"
    assert root.get("origin")
    (outer,) = root.iterfind(f"{{{NAMESPACE}}}Codes/{{{NAMESPACE}}}Code")
    assert dict(outer.attrib) == {"guid": str(uuid.UUID(int=1)), "name": "Mobilità & trasporti", "isCodable": "false"}
    (child,) = outer.iterfind(f"{{{NAMESPACE}}}Code")
    assert (child.get("color"), child.findtext(f"{{{NAMESPACE}}}Description")) == ("#0066CC", "Percorsi per le bici")


def test_files_of_other_programs_are_read_and_mended() -> None:
    book = parse_codebook(
        b'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>'
        b'<CodeBook origin="NVivo 12" xmlns="urn:QDA-XML:codebook:1:0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        b'<Codes><Code guid="{00000000-0000-0000-0000-00000000000A}" isCodable="true" name="Acqua" color="rosso"><Description>x</Description>'
        b'<NoteRef targetGUID="1"/></Code><Code guid="17" isCodable="TRUE" name="Bosco"/><Code guid="17" name="Neve"/></Codes></CodeBook>'
    )
    assert [code.name for code, _above, _place in book.walk()] == ["Acqua", "Bosco", "Neve"]
    assert book.codes[0].guid == uuid.UUID(int=10)
    assert book.codes[0].colour == ""
    assert book.codes[1].guid != book.codes[2].guid
    assert len(book.notes) == 2
    inside = f'<CodeBook><Codes><Code guid="{uuid.UUID(int=3)}" name="Casa" isCodable="true"/></Codes></CodeBook>'
    project = f'<Project xmlns="urn:QDA-XML:project:1.0" name="x">{inside}</Project>'
    assert parse_codebook(project.encode()).codes[0].name == "Casa"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'<!DOCTYPE CodeBook [<!ENTITY x SYSTEM "file:///etc/passwd">]><CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes/></CodeBook>', "DOCTYPE"),
        ('<!DOCTYPE x><CodeBook xmlns="urn:QDA-XML:codebook:1.0"/>'.encode("utf-16"), "DOCTYPE"),
        (b"<CodeBook", "rovinato"),
        (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "non corrisponde"),
        (b'<CodeBook xmlns="urn:altro"><Codes/></CodeBook>', "non corrisponde"),
        (b'<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes/></CodeBook>', "nessun codice"),
        (b'<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes><Code guid="1" name=" "/></Codes></CodeBook>', "senza nome"),
        (
            b'<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>' + b"".join(b'<Code guid="%d" name="a">' % i for i in range(80))
            + b"</Code>" * 80 + b"</Codes></CodeBook>", "troppo lungo",
        ),
    ],
)  # fmt: skip  # one row of values reads better so
def test_hostile_and_wrong_files_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        parse_codebook(data)


@given(st.text(max_size=200), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=5))
def test_segments_lose_no_letter_and_sentences_stand_where_they_say(text: str, spans: list[tuple[int, int]]) -> None:
    assert "".join(segment.text for segment in segments(text, spans)) == text
    for start, end in sentences(text):
        assert text[start:end].strip() == text[start:end] != ""
    assert trimmed(text, 0, len(text) + 1) is None


def test_sentences_of_a_passage() -> None:
    text = "Serve un treno. «Anche la sera!» E poi?\nIl bosco…"
    assert [text[a:b] for a, b in sentences(text)] == ["Serve un treno.", "«Anche la sera!»", "E poi?", "Il bosco…"]


def test_passages_are_found_in_a_text_that_breaks_lines_and_writes_accents_otherwise() -> None:
    said = ("Perché la sera no? È così. 🚆", "Le scuole\nchiudono.")
    whole = unicodedata.normalize("NFD", f"D: Che cosa serve?\r\nR: {said[0].replace(' ', '  ')}\r\n\r\nD: E poi?\r\nR: {said[1]}\r\n")
    place = align([letters(words) for words in said], letters(whole))
    assert place is not None
    start, end = whole.index("sera"), whole.index("E poi")
    found = [(number, said[number][a:b]) for number, a, b in place.spots(start, end)]
    assert found == [(0, "sera no? È così. 🚆")]
    across = [(number, said[number][a:b]) for number, a, b in place.spots(whole.index("🚆"), whole.index("chiudono"))]
    assert across == [(0, "🚆"), (1, "Le scuole")]
    # What was asked is nobody's passage, and a text without one of the passages is another text.
    assert place.spots(0, whole.index("R:")) == []
    assert align([letters(words) for words in (*said, "Il medico manca.")], letters(whole)) is None
    assert align([letters(words) for words in reversed(said)], letters(whole)) is None


@pytest.mark.parametrize("offset", [0, 3, 11, 60, 10_000])
def test_bytes_of_a_document_stand_where_its_words_do(offset: int) -> None:
    contents = "\n<p>Così &amp; <b>più</b></p><ul><li>🚆 treni</li>\n<li>boschi</li></ul>"
    words, at = plain_text(contents)
    assert words == "\nCosì & più\n\n\n🚆 treni\n\n\nboschi\n\n".lstrip("\n") or words.split() == ["Così", "&", "più", "🚆", "treni", "boschi"]
    counting = "Così & più🚆 treni\nboschi".encode()
    # Cells of a table are words apart, as Taguette's own lists of highlights write them.
    assert plain_text("<table><tr><td>uno</td><td>due</td></tr></table>")[0].split() == ["uno", "due"]
    start = counting[:offset].decode("utf-8", "ignore")
    assert words[: at(len(start.encode()))].replace("\n", "").replace(" ", "") == start.replace("\n", "").replace(" ", "")


SAID = "D: Che cosa serve?\nR: 🚆 Un treno.\nR: Le scuole 🏫 chiudono.\nR: Il medico manca."
CODED = ("Un treno.", "Le scuole 🏫 chiudono.", "Il medico")


def project(origin: str, *, ends: str, two: bool, wide: bool, told: bool, pdf: bool = False) -> bytes:
    """A project as another program writes it: line ends, what it counts as two, and whether pieces bear the beginning of their words."""

    def place(number: int) -> int:
        before = SAID[:number]
        return number + (before.count("\n") if two else 0) + (sum(ord(c) > 0xFFFF for c in before) if wide else 0)

    pieces = ""
    for words in CODED:
        start = SAID.index(words)
        name = f' name="{words[:12]}..."' if told else ""
        pieces += (
            f'<PlainTextSelection guid="{uuid.uuid4()}"{name} startPosition="{place(start)}" endPosition="{place(start + len(words))}">'
            f'<Coding guid="{uuid.uuid4()}"><CodeRef targetGUID="{uuid.UUID(int=3)}"/></Coding></PlainTextSelection>'
        )
    text = f'guid="{uuid.UUID(int=7)}" name="colloquio" plainTextPath="internal://A.TXT">{pieces}'
    source = f"<TextSource {text}</TextSource>"
    if pdf:
        source = f'<PDFSource guid="{uuid.UUID(int=9)}" name="colloquio" path="internal://a.pdf"><Representation {text}</Representation></PDFSource>'
    root = (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" name="Valli" origin="{origin}"><CodeBook><Codes>'
        f'<Code guid="{uuid.UUID(int=3)}" name="Servizi" isCodable="true"/></Codes></CodeBook><Sources>{source}</Sources></Project>'
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("project.qde", root)
        archive.writestr("Sources/a.txt", "\ufeff" + SAID.replace("\n", ends))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("origin", "ends", "two", "wide", "told"),
    [
        # By what stands beside the pieces, whatever the program is called.
        *(("Programma", "\r\n", two, wide, True) for two in (True, False) for wide in (True, False)),
        ("ATLAS.ti 24", "\n", False, True, True),
        # By what is known of the program, where nothing stands beside them; and by the standard for any other.
        ("NVivo 14", "\r\n", True, True, False), ("ATLAS.ti 24", "\r\n", False, False, False),
        ("MAXQDA", "\r\n", True, False, False), ("QualCoder", "\n", False, False, False),
    ],
)  # fmt: skip  # one program a line or two
def test_pieces_stand_where_their_program_counted_them(origin: str, ends: str, two: bool, wide: bool, told: bool) -> None:
    (text,) = parse_project(project(origin, ends=ends, two=two, wide=wide, told=told)).texts
    assert text.text == SAID
    assert tuple(text.text[piece.start : piece.end] for piece in text.pieces) == CODED


def test_words_coded_in_a_pdf_come_in_as_the_text_it_was_read_as_and_places_outside_a_text_are_dropped() -> None:
    found = parse_project(project("NVivo", ends="\r\n", two=True, wide=True, told=True, pdf=True))
    assert [(text.name, len(text.pieces)) for text in found.texts] == [("colloquio", 3)]
    assert found.left_out == ()
    spans = [Span(3, 99), Span(-4, 2), Span(2, 2), Span(0, 4), Span(3, 1)]
    for text in ("abcd", "abc🚆", "ab\r\nc"):
        assert [place is not None for place in counted(text, spans, origin="NVivo")[1]] == [False, False, False, True, False]
