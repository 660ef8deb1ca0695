"""What stands on every page of a PDF is no passage to cite."""

from __future__ import annotations

from consult.core.reading.portable import without_furniture


def test_headers_footers_and_numbers_go_and_the_text_stays() -> None:
    pages = [f"Piano di valle, bozza {n}\nIl testo {word}.\nContinua {word}.\npagina {n} di 4" for n, word in enumerate("abcd", 1)]
    assert without_furniture(pages) == [f"Il testo {word}.\nContinua {word}." for word in "abcd"]
    # A line that only two pages share, a page of one line, and an empty one stay as they are.
    assert without_furniture(["Uguale\nuno", "Uguale\ndue", "Solo", ""]) == ["Uguale\nuno", "Uguale\ndue", "Solo", ""]
