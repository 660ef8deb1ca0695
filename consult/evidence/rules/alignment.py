"""Where the passages of an interview stand in a text that another program kept of it. Pure.

Programs break lines and write accents each in their own way: letters are compared without white space and decomposed, and each knows
which character it came from.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of a text, and for each the character of the text that it came from."""

    text: str
    origins: array[int]


def letters(text: str) -> Letters:
    """A text without white space and marks that nobody sees."""
    # A text has few different characters: each is looked at once.
    known = {character: _parts(character) for character in set(text)}
    found: list[str] = []
    origins = array("L")
    for place, character in enumerate(text):
        parts = known[character]
        if not parts:
            continue
        found.append(parts)
        if len(parts) == 1:
            origins.append(place)
        else:
            origins.extend([place] * len(parts))
    return Letters("".join(found), origins)


def _parts(character: str) -> str:
    """What a character is compared by: itself without what is composed, nothing where nobody sees it."""
    hidden = character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}
    return "" if hidden else unicodedata.normalize("NFKD", character)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where passages stand in a text: for each its letters, and from which letter of the text to which."""

    whole: Letters
    passages: tuple[tuple[Letters, int, int], ...]

    def spots(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """The parts of a span of the text that somebody said: (number of the passage, first character in it, after the last)."""
        first, last = bisect_left(self.whole.origins, start), bisect_left(self.whole.origins, end)
        found = []
        for number, (own, begins, ends) in enumerate(self.passages):
            a, b = max(first, begins), min(last, ends)
            if a < b:
                found.append((number, own.origins[a - begins], own.origins[b - 1 - begins] + 1))
        return found

    @property
    def share(self) -> float:
        """How much of the text the passages are: what else stands in it was asked, not said."""
        return sum(end - start for _own, start, end in self.passages) / max(1, len(self.whole.text))


def align(passages: Sequence[Letters], whole: Letters) -> Alignment | None:
    """Find all passages in the text, one after another; None where one is missing, or there is none."""
    found, place = [], 0
    for own in passages:
        start = whole.text.find(own.text, place)
        if start < 0 or not own.text:
            return None
        place = start + len(own.text)
        found.append((own, start, place))
    return Alignment(whole, tuple(found)) if found else None
