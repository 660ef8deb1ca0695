"""Parting a pasted text into passages with their pages. Pure."""

from __future__ import annotations

import re

# «[p. 12]» at the start of a passage, as people note it.
_PAGE = re.compile(r"^\s*\[?\s*p(?:ag)?\.?\s*(\d{1,4})\s*\]?\s*[:.]?\s*", re.IGNORECASE)
MAX_PASSAGES = 2000


def split_passages(text: str, first_page: int | None = None) -> list[tuple[str, int | None]]:
    """(words, page) for each passage, parted by blank lines; a page noted at the start of one counts until the next."""
    page = first_page
    found: list[tuple[str, int | None]] = []
    for block in re.split(r"\n\s*\n", text):
        mark = _PAGE.match(block)
        if mark:
            page = int(mark[1])
            block = block[mark.end() :]
        if block.strip():
            found.append((block.strip(), page))
    return found
