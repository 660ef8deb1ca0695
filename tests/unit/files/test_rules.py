"""What passes the upload door."""

from __future__ import annotations

import io
import zipfile

import pytest

from consult.core.errors import Invalid
from consult.core.reading.kept import kept_rows
from consult.files.rules import clean_name, kind_of
from consult.files.services import read_upload
from consult.files.types import FileKind


def archive(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


def test_kinds_are_judged_by_content() -> None:
    assert kind_of(b"%PDF-1.7 ...") is FileKind.pdf
    assert kind_of(b"\x89PNG\r\n\x1a\n....") is FileKind.png
    assert kind_of(b'{"a": 1}') is FileKind.json
    assert kind_of("città;abitanti\nTorino;1".encode()) is FileKind.csv
    assert kind_of("città;abitanti\nCiriè;1".encode("latin-1")) is FileKind.csv
    assert kind_of(b"solo parole") is FileKind.text
    assert kind_of(archive(word__document_dot_xml=b"<w/>")) is FileKind.docx


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02",
        kept_rows([(0, ["testo"], ""), (1, ["scritto da fuori"], "")]),
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"  <svg onload=alert(1)>",
        b"MZ\x00\x00",
        b"PK\x03\x04 broken",
        archive(a=b"1"),
        archive(word__document_dot_xml=b"0" * 40_000_000),
        archive(word__document_dot_xml=b"<w/>", word__vbaProject_dot_bin=b"x"),
    ],
)
def test_what_may_not_pass_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        kind_of(data)
    assert refusal.value.fields["file"]


@pytest.mark.parametrize(
    "name",
    [
        "<svg onload=alert(1)>.pdf", "../../etc/passwd", "..\\..\\boot.ini", "a\r\nSet-Cookie: x=1.pdf", "a\u202efdp.exe", "x" * 400,
        "\x00", "", "   ", ".htaccess", "CON", "a;b|c`d$(e).pdf", "'; DROP TABLE", "%00.pdf", "nome con spazi.pdf", "é😀.pdf",
        "a/b/c", "\"quoted\"", "a?b=c&d", "file.pdf.exe",
    ],
)  # fmt: skip  # A list of names reads better so.
def test_names_are_made_harmless(name: str) -> None:
    clean = clean_name(name, FileKind.pdf)
    assert clean.endswith(".pdf")
    assert len(clean) <= 130
    assert not set(clean) & set("<>:\"/\\|?*&;`$'%\r\n\x00\u202e")


def test_too_much_and_the_wrong_kind_are_refused() -> None:
    with pytest.raises(Invalid, match="troppo grande"):
        read_upload(io.BytesIO(b"a" * 101), "a.txt", kinds={FileKind.text}, maximum=100)
    with pytest.raises(Invalid, match="non serve"):
        read_upload(io.BytesIO(b"%PDF-1.7"), "a.json", kinds={FileKind.json})
    with pytest.raises(Invalid, match="Scegli"):
        read_upload(None, None, kinds={FileKind.json})


@pytest.mark.parametrize(
    ("name", "data", "taken"),
    [
        ("trascrizione.docx", b"D: Che cosa serve?", False), ("piano.PDF", b"solo testo", False), ("foto.png", b"a,b\n1,2\n", False),
        ("a\\b.odt", b"solo testo", False), ("note.md", b"# Note", True), ("risposte.tsv", b"a\tb\n1\t2\n", True), ("senza nome", b"testo", True),
        ("verbale.2026.03.docx.txt", b"testo", True), ("da-telefono.jpg", b"\x89PNG\r\n\x1a\n" + b"0" * 40, True),
    ],
)  # fmt: skip  # one row of values reads better so
def test_a_name_that_promises_something_else_is_refused(name: str, data: bytes, taken: bool) -> None:
    def read() -> object:
        return read_upload(io.BytesIO(data), name, kinds=tuple(FileKind))

    if taken:
        assert read()
    else:
        with pytest.raises(Invalid, match="non corrisponde"):
            read()
