"""Documents read in the child: what comes out, what is refused, and what the child can't do."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from functools import cache

import openpyxl
import pytest

from config import ROOT
from consult.core.errors import Invalid
from consult.core.reading import running
from consult.core.reading.running import read_blocks
from consult.files.rules import kind_of
from consult.files.services import read_upload
from consult.files.types import FileKind
from tests.factories.documents import opendocument, part, repacked, word

DOCTYPE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'


def test_word_and_opendocument_give_headings_paragraphs_and_rows() -> None:
    blocks = read_blocks(
        word(["Uno.", "Due\ntre."], table=[["D", "Che cosa?"], ["R", "Il treno."]], heading="Titolo"), "docx"
    )
    assert [(b.kind, b.level, b.text, b.cells) for b in blocks] == [
        ("heading", 1, "Titolo", ()), ("paragraph", 0, "Uno.", ()), ("paragraph", 0, "Due\ntre.", ()),
        ("row", 0, "D\tChe cosa?", ("D", "Che cosa?")), ("row", 0, "R\tIl treno.", ("R", "Il treno.")),
    ]  # fmt: skip  # one row of values reads better so
    blocks = read_blocks(opendocument(["Uno  e   due.", "Tre."], heading="Titolo"), "odt")
    assert [(b.kind, b.level, " ".join(b.text.split())) for b in blocks] == [
        ("heading", 1, "Titolo"), ("paragraph", 0, "Uno e due."), ("paragraph", 0, "Tre."),
    ]  # fmt: skip  # one row of values reads better so


def test_inserted_text_counts_and_deleted_text_does_not() -> None:
    data = word(["PRIMA"])
    body = part(data, "word/document.xml").replace(
        b"<w:t>PRIMA</w:t></w:r>",
        b"<w:t>resta </w:t></w:r><w:ins><w:r><w:t>aggiunto</w:t></w:r></w:ins><w:del><w:r><w:delText>tolto</w:delText></w:r></w:del>",
    )
    assert [b.text for b in read_blocks(repacked(data, {"word/document.xml": body}), "docx")] == ["resta aggiunto"]


def test_text_in_any_usual_encoding() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        data = "Perché così?\r\nSì.".encode(encoding)
        assert kind_of(data) in {FileKind.text, FileKind.csv}
        assert [b.text for b in read_blocks(data, "text")] == ["Perché così?", "Sì."]


@cache
def _hostile() -> dict[str, tuple[bytes, str]]:
    good, odt = word(["Uno."]), opendocument(["Uno."])
    inside = part(good, "word/document.xml")
    head, _mark, rest = inside.partition(b"?>")
    types = part(good, "[Content_Types].xml")
    return {
        "doctype": (repacked(good, {"word/document.xml": head + b"?>" + DOCTYPE + rest}), "DOCTYPE"),
        "doctype in two bytes a letter": (
            repacked(good, {"word/document.xml": (DOCTYPE + rest).decode().encode("utf-16")}), "DOCTYPE",
        ),
        "doctype in styles": (repacked(good, {"word/styles.xml": b'<?xml version="1.0"?>' + DOCTYPE + b"<x/>"}), "DOCTYPE"),
        "doctype in odt": (repacked(odt, {"content.xml": DOCTYPE + b"<x>&e;</x>"}), "DOCTYPE"),
        "macro by name": (repacked(good, {"word/vbaProject.bin": b"x"}), "macro"),
        "macro under another name": (
            repacked(good, {"word/data.bin": b"x", "[Content_Types].xml": types.replace(
                b"</Types>", b'<Override PartName="/word/data.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>')}), "macro",
        ),
        "macro in odt": (repacked(odt, {"Basic/Standard/Modulo.xml": b"<x/>"}), "macro"),
        "bomb": (repacked(good, {"word/document.xml": b"<w>" + b" " * 90_000_000 + b"</w>"}), "compresse"),
        "way up": (repacked(good, {"../../etc/cron.d/x": b"x"}), "strano"),
        "cut short": (good[: len(good) // 2], "rovinato"),
        "broken inside": (repacked(good, {"word/document.xml": b"<w:document"}), "rovinato"),
        "nothing said": (word([]), "non c’è testo"),
        "old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "formato vecchio"),
        "rich text": (b"{\\rtf1\\ansi ciao}", "RTF"),
        "a page": (b"<!DOCTYPE html><p>x", "non si può"),
        "a program": (b"MZ\x90\x00\x03\x00", "non si può"),
        "a table": (_sheet(), "non serve"),
    }  # fmt: skip  # one row of values reads better so


def _sheet() -> bytes:
    import openpyxl  # noqa: PLC0415  # Only this document needs it.

    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    return buffer.getvalue()


def _let_in_and_read(data: bytes, name: str) -> None:
    upload = read_upload(io.BytesIO(data), name, kinds={FileKind.docx, FileKind.odt, FileKind.text, FileKind.csv})
    read_blocks(upload.data, str(upload.kind))


@pytest.mark.parametrize("name", sorted(_hostile()))
def test_hostile_and_wrong_files_are_refused_with_a_sentence(name: str) -> None:
    data, words = _hostile()[name]
    with pytest.raises(Invalid, match=words) as refusal:
        _let_in_and_read(data, "a.odt" if "odt" in name else "a.docx")
    assert refusal.value.fields["file"]


def test_the_child_opens_no_file_and_no_socket_and_stays_small() -> None:
    program = (
        "import socket, json; from consult.core.reading import program; program.reader('docx'); program.shut(); found = {}\n"
        "for name, act in {'file': lambda: open('/etc/hostname'), 'socket': lambda: socket.socket(),"
        " 'memory': lambda: bytearray(900_000_000)}.items():\n"
        "    try:\n        act(); found[name] = 'done'\n"
        "    except (OSError, MemoryError) as error:\n        found[name] = type(error).__name__\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout) == {"file": "OSError", "socket": "OSError", "memory": "MemoryError"}


def test_a_child_that_never_ends_is_ended() -> None:
    with pytest.raises(Invalid, match="troppo pesante"):
        read_blocks(b"a", "text", patience=running.Patience(15, 0.01))


def test_a_long_sheet_says_how_far_it_is_read() -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for n in range(2_100):
        sheet.append([f"voce {n}", n])
    out = io.BytesIO()
    book.save(out)
    heard: list[tuple[int, int]] = []
    rows = read_blocks(out.getvalue(), "xlsx", told=lambda done, total: heard.append((done, total)))
    assert [done for done, _total in heard] == [500, 1000, 1500, 2000]
    assert len(rows) == 2_100


def test_a_word_transcript_of_two_megabytes_is_read_whole() -> None:
    import random  # noqa: PLC0415  # Only this test makes a big document.

    dice = random.Random(5)
    words = ["".join(dice.choices("abcdefghilmnopqrstuvz", k=dice.randint(3, 11))) for _ in range(20_000)]
    turns = [f"{'DR'[i % 2]}: {' '.join(dice.choices(words, k=90))}." for i in range(9_000)]
    good = word(["X"])
    head, paragraph, tail = re.split(
        rb"(<w:p>.*?</w:p>|<w:p .*?</w:p>)", part(good, "word/document.xml"), maxsplit=1, flags=re.S
    )
    body = b"".join(paragraph.replace(b"X", turn.encode()) for turn in turns)
    data = repacked(good, {"word/document.xml": head + body + tail})
    assert len(data) > 2_000_000
    assert len(read_blocks(data, "docx")) == 9_000
