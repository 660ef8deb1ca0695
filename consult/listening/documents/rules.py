"""How a pasted text splits into passages, and what was read out of a file into paragraphs. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from consult.core.normalise import MAX_CHARACTERS, clean_text
from consult.core.reading.blocks import Block

_PAGE = re.compile(
    r"^\[\s*(?:p|pp|pag|pagg|page|pagina|pagine)?\.?\s*([0-9ivxlcIVXLC][0-9ivxlcIVXLC\s,–-]{0,15}?)\s*\]\s*"
)


#: Longer files are read by the worker: the request would take longer than somebody likes to wait. Pages of a PDF are slow to read.
LARGE = {"pdf": 150_000, "docx": 1_000_000, "odt": 1_000_000}
LARGE_TEXT = 3_000_000


def is_large(kind: str, size: int) -> bool:
    """Whether a file of this kind and size is too much for a request."""
    return size > LARGE.get(kind, LARGE_TEXT)


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


#: Marks of Markdown at the beginning of a line, which are not words of the author.
_MARKS = re.compile(r"^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+|\d{1,3}[.)]\s+)")
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")


def paragraphs_of(blocks: Sequence[Block]) -> list[Passage]:
    """Paragraphs to choose from, with their page. Lines of text files are joined up to the next empty one; Markdown's marks go."""
    found: list[Passage] = []
    lines: list[str] = []

    def close() -> None:
        if lines:
            add(" ".join(lines), "")
            lines.clear()

    def add(text: str, page: str) -> None:
        words = clean_text(text.replace("\x00", " "))
        if any(c.isalnum() for c in words):
            # No author writes a paragraph that long: it is a file without paragraphs, cut where it must be.
            found.extend(Passage(words[i : i + MAX_CHARACTERS], page) for i in range(0, len(words), MAX_CHARACTERS))

    for block in blocks:
        if block.kind != "line":
            close()
            add(
                block.text.replace("\t", " · ") if block.kind == "row" else " ".join(block.text.split()),
                str(block.page or ""),
            )
            continue
        heading = _MARKS.match(block.text)
        if not block.text.strip() or _RULE.match(block.text):
            close()
            continue
        if heading:
            close()
        lines.append(" ".join(_MARKS.sub("", block.text).split()))
        if heading and heading.group().lstrip().startswith("#"):
            close()
    close()
    return found
