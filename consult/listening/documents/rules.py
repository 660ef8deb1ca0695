"""How a pasted text splits into passages. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAGE = re.compile(
    r"^\[\s*(?:p|pp|pag|pagg|page|pagina|pagine)?\.?\s*([0-9ivxlcIVXLC][0-9ivxlcIVXLC\s,–-]{0,15}?)\s*\]\s*"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage and the page it stands on ("" where that is not said)."""

    text: str
    page: str


def split_passages(text: str, page: str = "") -> list[Passage]:
    """Passages parted by blank lines. "[p. 12]" at the start of one gives its page, and holds until the next such mark."""
    found: list[Passage] = []
    for block in re.split(r"\n\s*\n", text):
        words = " ".join(block.split())
        mark = _PAGE.match(words)
        if mark:
            page, words = mark.group(1), words[mark.end() :]
        if words:
            found.append(Passage(words, page))
    return found
