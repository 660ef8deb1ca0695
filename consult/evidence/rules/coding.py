"""Pieces of text under codes: which sentences there are, how a passage is cut into segments, where moved words stand. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from consult.evidence.rules.places import find_words, words_hash

_SENTENCE = re.compile(r"[^.!?…\n]+(?:[.!?…]+[»”\")’']*|\n|$)", re.S)


@dataclass(frozen=True, slots=True)
class Segment:
    """Text under the same codings from its first to its last character."""

    text: str
    codings: tuple[int, ...]


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a passage stand, without white space around them: they can be chosen without a mouse."""
    found = []
    for match in _SENTENCE.finditer(text):
        span = trimmed(text, *match.span())
        if span is not None:
            found.append(span)
    return found


def trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without white space at its ends; None where nothing is left or it reaches beyond the text."""
    if not 0 <= start < end <= len(text):
        return None
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    end -= len(words) - len(words.rstrip())
    return (start, end) if start < end else None


def segments(text: str, codings: Sequence[tuple[int, int]]) -> list[Segment]:
    """The text cut where a coding begins or ends; each piece knows the codings over it by their index."""
    cuts = sorted({0, len(text), *(max(0, min(edge, len(text))) for span in codings for edge in span)})
    return [
        Segment(text[a:b], tuple(i for i, (start, end) in enumerate(codings) if start <= a and b <= end))
        for a, b in pairwise(cuts)
        if a < b
    ]


def anchored(text: str, start: int, end: int, sha256: str, before: str | None) -> tuple[int, int] | None:
    """Where coded words stand in the present text: in their place, else where the same words moved to; None where they are gone.

    `before` is the text that was coded, where history still has it.
    """
    if words_hash(text[start:end]) == sha256:
        return start, end
    if before is None or words_hash(before[start:end]) != sha256:
        return None
    return find_words(before[start:end], text)


def tree_order(rows: Iterable[tuple[uuid.UUID, uuid.UUID | None, int, str]]) -> list[tuple[uuid.UUID, int, str]]:
    """(id, depth, path) of codes given as (id, parent, position, name): parents first, siblings by position then name."""
    children: dict[uuid.UUID | None, list[tuple[int, str, uuid.UUID]]] = {}
    known = set()
    listed = list(rows)
    for key, _parent, _position, _name in listed:
        known.add(key)
    for key, parent, position, name in listed:
        children.setdefault(parent if parent in known else None, []).append((position, name, key))
    found: list[tuple[uuid.UUID, int, str]] = []
    stack: list[tuple[uuid.UUID, int, str]] = [
        (key, 0, name)
        for _position, name, key in sorted(children.get(None, []), key=lambda c: (c[0], c[1]), reverse=True)
    ]
    while stack:
        key, depth, path = stack.pop()
        found.append((key, depth, path))
        below = sorted(children.get(key, []), key=lambda c: (c[0], c[1]), reverse=True)
        stack.extend((child, depth + 1, f"{path} › {name}") for _position, name, child in below)
    return found


@dataclass(frozen=True, slots=True)
class Drawing:
    """Points of a line and bars in a box of 100 by 40, for a page to draw; `marks` are the bars as (x, y, width, height)."""

    line: str
    marks: tuple[tuple[float, float, float, float], ...]
    most: int


def saturation_drawing(rows: Sequence[tuple[int, int]]) -> Drawing:
    """New codes as bars and all codes so far as a line, both to one scale."""
    most = max((total for _fresh, total in rows), default=0)
    if not rows or not most:
        return Drawing("", (), 0)
    step = 100 / len(rows)
    points = [f"{step * (i + 0.5):.2f},{40 - 38 * total / most:.2f}" for i, (_fresh, total) in enumerate(rows)]
    marks = tuple(
        (
            round(step * (i + 0.2), 2),
            round(40 - 38 * fresh / most, 2),
            round(step * 0.6, 2),
            round(38 * fresh / most, 2),
        )
        for i, (fresh, _total) in enumerate(rows)
    )
    return Drawing(" ".join(points), marks, most)
