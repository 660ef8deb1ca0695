"""A document as the writers of files take it: words about it, blocks, drawings. The paper is one; so is the plan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

Block = dict[str, Any]
#: Markdown as the pages read it (`core.markdown`): no raw HTML, no pictures.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).disable(["image"])
_STRAY = re.compile(r"\*{1,3}|_{2,3}|`+")
_SAFE = ("https://", "http://", "mailto:")
#: What stands in a column of numbers.
_NUMBER = re.compile(r"[\d.,%\s–-]*|meno di 5|fewer than 5")
#: The narrowest and the widest a column of a table is made, in letters.
_NARROW, _WIDE = 7, 46


@dataclass(frozen=True, slots=True)
class Printed:
    """What a file holds. `about` stands under the title; `kind` says which edition it is, such as «Bozza»."""

    title: str
    about: str
    language: str
    kind: str
    blocks: Sequence[Block]
    drawings: Mapping[str, str] = field(default_factory=dict)


def run(text: str, **marks: Any) -> dict[str, Any]:
    """A piece of a paragraph: bold, italic, with the address it leads to, or with a note."""
    return {"text": text, "note": "", "bold": False, "italic": False, "url": "", **marks}


def cell_words(cell: Any) -> str:
    """The words of a table's cell: a text, or a text with the address it leads to."""
    return str(cell["text"] if isinstance(cell, dict) else cell)


def layout(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """How much room each column of a table needs beside the others, and whether it holds numbers, which stand to the right.

    A column needs its longest word, and of what most of its cells say as much as reads well.
    """
    found = []
    for place, name in enumerate(columns):
        cells = [cell_words(row[place]) for row in rows]
        right = place > 0 and all(_NUMBER.fullmatch(cell) for cell in cells)
        longest = max(len(word) for text in (name, *cells) for word in text.split() or [""])
        usual = sorted(len(cell) for cell in cells)[len(cells) * 9 // 10] if cells else 0
        found.append({"weight": max(longest + 2, _NARROW, 0 if right else min(usual, _WIDE)), "right": right})
    return found


def markdown_blocks(text: str) -> list[Block]:
    """What somebody wrote in Markdown as blocks: paragraphs and points whose pieces are bold, italic or lead somewhere.

    Headings become bold paragraphs, so that nobody's text can change the outline of the document; code and quotes are plain words.
    """
    found: list[Block] = []
    points: list[list[dict[str, Any]]] = []
    depth = 0
    heading = False
    for token in _MARKDOWN.parse(text):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            depth += 1
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            depth -= 1
            if depth == 0 and points:
                found.append({"kind": "points", "items": points})
                points = []
        elif token.type == "heading_open":
            heading = True
        elif token.type == "heading_close":
            heading = False
        elif token.type in {"inline", "code_block", "fence"}:
            runs = _runs(token, heading) if token.type == "inline" else [run(token.content.strip())]
            if not any(r["text"].strip() for r in runs):
                continue
            if depth:
                points.append(runs)
            else:
                found.append(
                    {"kind": "para", "text": "".join(r["text"] for r in runs), "mark": "", "runs": runs, "tight": True}
                )
    return found


def plain_words(text: str) -> str:
    """A passage of Markdown as words: it may begin or end in the midst of a bold piece, whose marks then have no partner."""
    blocks = [
        b["runs"] if b["kind"] == "para" else [r for item in b["items"] for r in item] for b in markdown_blocks(text)
    ]
    words = " ".join("".join(r["text"] for r in runs) for runs in blocks)
    return " ".join(_STRAY.sub("", words).split())


def _runs(token: Token, heading: bool) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    bold, italic, url = int(heading), 0, ""
    for child in token.children or ():
        if child.type in {"strong_open", "strong_close"}:
            bold += child.nesting
        elif child.type in {"em_open", "em_close"}:
            italic += child.nesting
        elif child.type == "link_open":
            address = str(child.attrGet("href") or "")
            url = address if address.startswith(_SAFE) else ""
        elif child.type == "link_close":
            url = ""
        else:
            words = child.content if child.type in {"text", "code_inline"} else " " if "break" in child.type else ""
            if words:
                runs.append(run(words, bold=bold > 0, italic=italic > 0, url=url))
    return runs
