"""How another program counted the characters of a text: positions in its file, as places in the text that is kept here. Pure.

The standard counts characters of the text as it lies in the file. Programs differ: a line end of two characters is one for some of them,
and what takes two units of UTF-16 (🚆) is two for others. Most write the beginning of each piece beside it: the way of counting under
which most pieces begin so is the one that was meant; where nothing tells, it is that of the program that the file names.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

#: First characters of a piece that are compared with what its file says of it.
TOLD = 24
_TWO = "\r\n"
#: How programs count, by the first word of what they call themselves: (a line end of two characters is two, UTF-16).
_HABITS = {"atlas": (False, False), "nvivo": (True, True)}
_STANDARD = (True, False)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece as a file gives it: from, to, and the words that stand beside it, as far as they are told."""

    start: int
    end: int
    told: str = ""


class Places:
    """From positions as one program counted them to places in the text with plain line ends."""

    def __init__(self, raw: str, *, two: bool, wide: bool) -> None:
        self._at = array("I")
        place = 0
        for number, character in enumerate(raw):
            if character == "\r" and raw[number + 1 : number + 2] == "\n":
                if two:
                    self._at.append(place)
                continue
            self._at.extend((place,) * (2 if wide and ord(character) > 0xFFFF else 1))
            place += 1
        self._end = place

    def __call__(self, position: int) -> int | None:
        if position == len(self._at):
            return self._end
        return self._at[position] if 0 <= position < len(self._at) else None


def counted(raw: str, spans: Iterable[Span], *, origin: str = "") -> tuple[str, list[tuple[int, int] | None]]:
    """The text with plain line ends, and where each piece stands in it; None for one that lies outside."""
    text, wanted = raw.replace(_TWO, "\n"), list(spans)
    habit = next((way for name, way in _HABITS.items() if origin.strip().lower().startswith(name)), _STANDARD)
    ends, wide = _TWO in raw, any(ord(character) > 0xFFFF for character in set(raw))
    ways = {(two and ends, broad and wide) for two in (True, False) for broad in (True, False)}
    usual = (habit[0] and ends, habit[1] and wide)
    found = [_placed(raw, wanted, way) for way in (usual, *sorted(ways - {usual}))]
    # The usual way stands first: another must tell more pieces rightly to be taken instead.
    return text, max(found, key=lambda placed: _told_rightly(text, wanted, placed))


def _placed(raw: str, spans: list[Span], way: tuple[bool, bool]) -> list[tuple[int, int] | None]:
    if way == (False, False) and _TWO not in raw:
        # Every character counts once.
        return [(span.start, span.end) if 0 <= span.start < span.end <= len(raw) else None for span in spans]
    at = Places(raw, two=way[0], wide=way[1])
    placed: list[tuple[int, int] | None] = []
    for span in spans:
        start, end = at(span.start), at(span.end)
        placed.append((start, end) if start is not None and end is not None and start < end else None)
    return placed


def _told_rightly(text: str, spans: list[Span], placed: list[tuple[int, int] | None]) -> int:
    found = 0
    for span, place in zip(spans, placed, strict=True):
        told = " ".join(span.told.removesuffix("...").removesuffix("…").split())[:TOLD]
        # A piece that would begin with a blank was counted otherwise: no program selects so.
        if place is not None and len(told) > 1 and not text[place[0]].isspace():
            there = " ".join(text[place[0] : min(place[1], place[0] + 4 * TOLD)].split())
            found += there.startswith(told) or told.startswith(there)
    return found
