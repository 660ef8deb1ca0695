"""The text of a PDF, page by page, as paragraphs. Runs in the child only."""

from __future__ import annotations

import contextlib
import io
import pkgutil
import re
from collections import Counter
from importlib import import_module

import pypdf
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from consult.core.reading.blocks import Block, Refused, tell

MAXIMUM_PAGES = 2000
#: On so many pages a line must stand before it is taken for a header or a footer.
FEWEST_ALIKE = 3
_SENTENCE_END = re.compile(r"[.!?:;»”\")]\s*$")


def warm() -> None:
    """Load every part of the library: it loads filters and codecs only when a page needs them, and then no file can be opened."""
    for module in pkgutil.walk_packages(pypdf.__path__, "pypdf."):
        # Parts that need what is not installed are never used here.
        with contextlib.suppress(ImportError):
            import_module(module.name)


def pdf_blocks(data: bytes) -> list[Block]:
    """Paragraphs with their page. Raises Refused for what is locked, broken or only pictures."""
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refused("locked")
        pages = reader.pages
        if len(pages) > MAXIMUM_PAGES:
            raise Refused("too_long")
        found = []
        for number, page in enumerate(pages):
            tell(number, len(pages))
            found.append(page.extract_text())
        texts = without_furniture(found)
        blocks = [Block(text, page=number) for number, page in enumerate(texts, 1) for text in paragraphs(page)]
    except Refused:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        # A broken file makes the library stumble in many ways; all of them mean the same to who handed it in.
        raise Refused("broken") from error
    if not blocks:
        raise Refused("no_text")
    return blocks


def without_furniture(pages: list[str]) -> list[str]:
    """Pages without the first and last lines that most of them share but for their numbers: headers, footers, numbers of pages."""
    lines = [page.strip().split("\n") for page in pages]
    for end in (0, -1):
        marks = [re.sub(r"\d+|\b[ivxlc]+\b", "#", " ".join(found[end].split())) if found else "" for found in lines]
        counted = Counter(marks)
        for place, mark in enumerate(marks):
            if mark and counted[mark] >= max(FEWEST_ALIKE, len(pages) / 2) and len(lines[place]) > 1:
                del lines[place][end]
    return ["\n".join(found) for found in lines]


def paragraphs(page: str) -> list[str]:
    """Lines of a page joined into paragraphs: at an empty line, or where a line that ends a sentence is clearly short."""
    lines = [" ".join(line.split()) for line in page.split("\n")]
    longest = max((len(line) for line in lines), default=0)
    found: list[str] = []
    current = ""
    for line in lines:
        if not line:
            found.append(current)
            current = ""
            continue
        broken_word = current.endswith(("-", "\u00ad")) and line[:1].islower()
        current = current[:-1] + line if broken_word else f"{current} {line}".strip()
        if len(line) < longest * 0.75 and _SENTENCE_END.search(line):
            found.append(current)
            current = ""
    found.append(current)
    return [text for text in found if any(c.isalnum() for c in text)]
