"""The one door for text, cells of spreadsheets, cursors, Markdown."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core.errors import Invalid
from consult.core.markdown import render_user_text
from consult.core.normalise import UnreadableText, clean_line, clean_text
from consult.core.paging import cut_page, decode_cursor, encode_cursor
from consult.core.spreadsheets import csv_lines, safe_cell


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800", "ok\udfff"])
def test_what_cannot_be_stored_is_refused(bad: str) -> None:
    with pytest.raises(UnreadableText):
        clean_text(bad)


@given(st.text())
def test_clean_text_is_stable_nfc_and_storable(value: str) -> None:
    try:
        clean = clean_text(value)
    except UnreadableText:
        return
    assert clean_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert "\x00" not in clean
    assert "\u202e" not in clean
    clean.encode("utf-8")


def test_a_line_stays_on_one_line() -> None:
    assert clean_line("  uno\n\tdue\u00a0 tre ") == "uno due tre"


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=2, max_size=2), max_size=5
    )
)
def test_no_cell_starts_like_a_formula(rows: list[list[str]]) -> None:
    text = "".join(csv_lines(["a", "b"], rows))
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    for written, original in zip(read[1:], rows, strict=True):
        for cell, value in zip(written, original, strict=True):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert cell in (value, "'" + value)


@pytest.mark.parametrize("start", [*"=+-@\t\r", "＝"])
def test_formula_starts_get_an_apostrophe(start: str) -> None:
    assert safe_cell(start + "CMD()") == "'" + start + "CMD()"


def test_a_cursor_comes_back_as_it_was() -> None:
    assert decode_cursor(encode_cursor(["a", None, 3]), 3) == ["a", None, "3"]
    assert decode_cursor("", 3) is None


@pytest.mark.parametrize("broken", ["%%%", "e30", "WzFd", "a" * 500])
def test_a_broken_cursor_is_refused_with_a_sentence(broken: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(broken, 2)


def test_the_last_page_has_no_cursor() -> None:
    assert cut_page([1, 2, 3], 3, lambda r: (r,)).next_cursor is None
    page = cut_page([1, 2, 3, 4], 3, lambda r: (r,))
    assert page.rows == [1, 2, 3]
    assert decode_cursor(page.next_cursor, 1) == ["3"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://example.org/p.png)",
        '<img src=x onerror="alert(1)">',
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<a href='vbscript:x'>x</a>",
    ],
)
def test_hostile_markdown_becomes_harmless(hostile: str) -> None:
    html = str(render_user_text(hostile))
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert "onerror=" not in html.replace("&quot;", "") or "&lt;img" in html
    assert 'href="data:' not in html


def test_links_are_marked_and_headings_lowered() -> None:
    html = str(render_user_text("# Titolo\n\n[sito](https://example.org) e **forte**"))
    assert "<h3>Titolo</h3>" in html
    assert 'rel="nofollow noopener ugc"' in html
    assert "<strong>forte</strong>" in html
