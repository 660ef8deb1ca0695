"""Subtitles (WebVTT, SubRip) as lines with time and voice. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from consult.listening.interviews.rules.lines import Line, clock, read_line

_CUE = re.compile(
    r"^\s*(?:(\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})\s*-->\s*(?:(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})(?:\s+\S+:\S+)*\s*$"
)
_VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^>]+)>", re.I)
_TAG = re.compile(r"</?[a-zA-Z][^>]*>|<\d[\d:.]*>")


def are_captions(texts: Sequence[str]) -> bool:
    """Whether a text file is subtitles: it says so, or times with arrows stand alone on lines among its first."""
    first = next((text for text in texts if text.strip()), "")
    if first.strip("\ufeff ").split(" ")[0].rstrip() == "WEBVTT":
        return True
    found = [i for i, text in enumerate(texts[:40]) if _CUE.match(text)]
    # In SubRip a number stands above each time.
    return bool(found) and found[0] > 0 and texts[found[0] - 1].strip().isdigit()


def caption_lines(texts: Sequence[str]) -> list[Line]:
    """A line per cue and voice; notes, styles, numbers and marks of type are left out. A cue said again in the next is taken once."""
    found: list[Line] = []
    at: int | None = None
    words: list[str] = []
    last: list[str] = []

    def close() -> None:
        nonlocal words, last
        if at is not None and words:
            # Live captions roll: each cue repeats the line above it.
            fresh = words[1:] if last and words[0] == last[-1] else words
            found.extend(_voices(" ".join(fresh), at))
            last = words
        words = []

    for text in texts:
        cue = _CUE.match(text)
        if cue is not None:
            if at is not None and words and words[-1].strip().isdigit():
                words.pop()
            close()
            at = clock(text)
        elif not text.strip():
            close()
            at = None
        elif at is not None:
            words.append(text.strip())
    close()
    return found


def _voices(text: str, at: int) -> list[Line]:
    """The parts of a cue by voice tag; without one, a label before a colon may say who speaks."""
    pieces = _VOICE.split(text)
    found = []
    before = _plain(pieces[0])
    if before:
        line = read_line(before)
        found.append(Line(line.whole, at=at, label=line.label, said=line.said, dashed=line.dashed))
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        said = _plain(words)
        if said:
            found.append(
                Line(f"{name}: {said}", at=at, label=" ".join(html.unescape(name).split()), said=said, tagged=True)
            )
    return found


def _plain(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", text)).split())
