"""The lines of a transcript: where a time stands, where a label may stand, what is left to say. Pure.

People and programs write transcripts in many ways: "D: testo", "[00:01:23] Intervistatore: testo", "Maria Rossi   0:03" over the
text, "**Intervistatrice:** testo", "00:00:01 --> 00:00:04" over a name, a table of times, names and texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from consult.core.reading.blocks import Block

_TIME = r"\d{1,2}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,3})?"
_ARROW = r"\s*(?:-->|->|→|–|—|-)\s*"
_BETWEEN = rf"(?:\[{_TIME}{_ARROW}{_TIME}\]|\({_TIME}{_ARROW}{_TIME}\)|{_TIME}\s*(?:-->|→)\s*{_TIME})"
_MARKED = rf"(?:\[{_TIME}\]|\({_TIME}\)|<{_TIME}>|#{_TIME}(?:-\d)?#|\{{{_TIME}\}})"
_LEADING = re.compile(rf"^\s*(?:{_BETWEEN}|{_MARKED})\s*[-–—:]?\s*")
_BARE = re.compile(rf"^\s*({_TIME})\s*(?:[-–—|]\s*|\s+|$)")
_TRAILING = re.compile(rf"\s*{_MARKED}\s*$")
_CLOCK = re.compile(_TIME)
_WORD = r"[^\W\d_][\w.'’()/&-]*"
_LABEL = rf"(?:{_WORD}(?:[ _](?!\(\d)[\w.'’()/&-]+){{0,5}})"
#: A label, perhaps a time, a mark that ends it, and the words.
_SAYS = re.compile(rf"^\s*({_LABEL})\s*({_MARKED})?\s*(?:[:：]\s*({_MARKED})?\s*|\t+\s*({_MARKED})?\s*)(?=\S|$)")
_SAYS_AT = re.compile(rf"^\s*({_LABEL})\s*({_MARKED})\s+(?=\S)")
_HEADS = re.compile(rf"^\s*({_LABEL})\s*[,|–—-]?\s*({_MARKED}|\s{_TIME})\s*:?\s*$")
_BOLD = re.compile(r"^\s*(?:\*\*|__)([^*_]{1,60}?)(?:\*\*|__)\s*(?=\S|$)")
_DASHED = re.compile(r"^\s*[-–—]\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `fresh` where a paragraph begins, `at` in milliseconds, `label` who may be speaking, `heads` if nothing else stands there.

    `whole` is the line without its time, for when its label turns out to be none; `tagged` where the file itself says who speaks.
    """

    whole: str
    fresh: bool = True
    at: int | None = None
    label: str = ""
    said: str = ""
    heads: bool = False
    heading: bool = False
    dashed: bool = False
    tagged: bool = False


def clock(text: str) -> int | None:
    """The first time in a text, in milliseconds: hours may be missing."""
    found = _CLOCK.search(text)
    if found is None:
        return None
    whole, _point, part = found.group().replace(",", ".").partition(".")
    total = 0
    for number in whole.split(":"):
        total = total * 60 + int(number)
    return total * 1000 + int(part.ljust(3, "0") if part else 0)


def lines_of(blocks: Iterable[Block]) -> list[Line]:
    """Every line that says something, read one by one. A paragraph's own line breaks count as lines."""
    found: list[Line] = []
    fresh = True
    for block in blocks:
        if block.kind == "line" and not block.text.strip():
            fresh = True
            continue
        if block.kind != "line":
            fresh = True
        for text in block.text.split("\n"):
            if text.strip():
                found.append(replace(read_line(text), fresh=fresh, heading=block.kind == "heading"))
                fresh = False
    return found


def read_line(text: str) -> Line:
    """Take time and label off one line."""
    bold = _BOLD.match(text)
    if bold is not None:
        label = bold.group(1).strip()
        rest = text[bold.end() :]
        if label.endswith(":"):
            text = f"{label} {rest}"
        elif rest[:1] == ":" or _LEADING.match(rest):
            text = f"{label}{'' if rest[:1] == ':' else ' '}{rest}"
    at = None
    leading = _LEADING.match(text)
    if leading is not None:
        at, text = clock(leading.group()), text[leading.end() :]
    elif (bare := _BARE.match(text)) and (not text[bare.end() :].strip() or _SAYS.match(text[bare.end() :])):
        at, text = clock(bare.group()), text[bare.end() :]
    trailing = _TRAILING.search(text)
    if trailing is not None and trailing.start() > 0 and not _HEADS.match(text):
        # Where programs put the time at the end of what was said, it is the time at which it ended: good enough to find it again.
        at, text = (clock(trailing.group()) if at is None else at), text[: trailing.start()]
    whole = text.strip()
    if not whole:
        return Line("", at=at, heads=True)
    heads = _HEADS.match(text)
    if heads is not None:
        return Line(whole, at=clock(heads.group(2)), label=_tidy(heads.group(1)), heads=True)
    says = _SAYS.match(text) or (_SAYS_AT.match(text) if at is None else None)
    if says is not None:
        marked = next((clock(mark) for mark in says.groups()[1:] if mark), None)
        said = text[says.end() :].strip()
        return Line(whole, at=at if marked is None else marked, label=_tidy(says.group(1)), said=said, heads=not said)
    return Line(whole, at=at, said=whole, dashed=_DASHED.match(whole) is not None)


def _tidy(label: str) -> str:
    return " ".join(label.split()).strip(" -–—")
