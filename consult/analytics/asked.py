"""A question as far as counting goes, and answers as they are counted: shapes, bins of numbers, months of dates. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from consult.analytics.suppression import LEAST

#: A zone or a kind of speaker; or one of each, where people are looked at by both.
Group = str | tuple[str, str]
#: The line of those who did not answer, in tables with sums.
NO_ANSWER = "_none"
#: Of a row of a grid: who left it out or could not tell, in one line.
OUT = "_out"
SHAPES = {
    "single": "one", "likert": "one", "yes_no": "one", "scale": "one", "place": "one", "speaker": "one", "multiple": "many",
    "strategy": "many", "axis": "many", "consent": "many", "matrix": "grid", "matrix_multiple": "grid_many", "number": "number",
    "date": "date", "ranking": "order", "points": "points",
}  # fmt: skip  # pairs read better side by side
CROSSABLE = frozenset({"one", "many"})
_BINS = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as far as counting goes: codes that can be chosen, rows of a grid, answers instead of an answer ("don't know")."""

    kind: str
    options: Sequence[str] = ()
    rows: Sequence[str] = ()
    ways_out: Sequence[str] = ()

    @property
    def shape(self) -> str:
        """How its answers are counted; empty: they are not (words, files)."""
        return SHAPES.get(self.kind, "")

    @property
    def codes(self) -> list[str]:
        """All that can be counted."""
        return [*self.options, *self.ways_out]


@dataclass(frozen=True, slots=True)
class Given:
    """So many people of a group (a zone, a kind of speaker, or a pair of both) gave this value; None: they did not answer."""

    value: Any
    group: Group
    people: int


def is_code(value: Any, codes: Iterable[str]) -> bool:
    """Whether a value is one of these codes."""
    return isinstance(value, str) and value in set(codes)


def only_codes(given: Sequence[Given], codes: Sequence[str]) -> list[Given]:
    """Any real answer counts as answered and chooses none of the codes."""
    return [
        Given(each.value if each.value is None or is_code(each.value, codes) else "_said", each.group, each.people)
        for each in given
    ]


def binned(asked: Asked, given: Sequence[Given]) -> tuple[Asked, list[Given]]:
    """Numbers put into a few bins of a round width; a bin's code is "from..to", its end not included.

    Where fewer than `LEAST` stand at either end they share the bin of their neighbours: one who is far off would hide what all others said.
    """
    values = [float(each.value) for each in given if isinstance(each.value, (int, float))]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    width = _round_width((high - low) / _BINS or 1.0)
    start = math.floor(low / width) * width
    number = max(1, math.floor((high - start) / width) + 1)

    def place_of(value: Any) -> int:
        return min(number - 1, int((float(value) - start) / width))

    counts = [0] * number
    for each in given:
        if isinstance(each.value, (int, float)):
            counts[place_of(each.value)] += each.people
    ends = _ends(counts)
    names = [f"{_plain(start + low * width)}..{_plain(start + high * width)}" for low, high in pairwise(ends)]

    def bin_of(value: Any) -> Any:
        return names[bisect_right(ends, place_of(value)) - 1] if isinstance(value, (int, float)) else value

    return Asked("single", names, ways_out=asked.ways_out), [Given(bin_of(g.value), g.group, g.people) for g in given]


def _ends(counts: Sequence[int]) -> list[int]:
    """Where bins begin, and the last ends, so that at either end enough stand together."""
    low, high = 1, len(counts) - 1
    while low < high and sum(counts[:low]) < LEAST:
        low += 1
    while high > low and sum(counts[high:]) < LEAST:
        high -= 1
    return [0, *range(low, high + 1), len(counts)] if len(counts) > 1 else [0, 1]


def _round_width(width: float) -> float:
    power = float(10 ** math.floor(math.log10(width)))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= width))


def _plain(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")


def monthly(asked: Asked, given: Sequence[Given]) -> tuple[Asked, list[Given]]:
    """Dates by month, or by year where they span more than two years."""
    days = [each.value for each in given if isinstance(each.value, str) and each.value[:4].isdigit()]
    length = 7 if not days or int(max(days)[:4]) - int(min(days)[:4]) < 3 else 4
    cut = [
        Given(g.value[:length] if isinstance(g.value, str) and g.value[:4].isdigit() else g.value, g.group, g.people)
        for g in given
    ]
    return Asked("single", sorted({day[:length] for day in days}), ways_out=asked.ways_out), cut


def chosen(value: Any) -> list[str]:
    """The codes of a value."""
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def is_mixed(given: Sequence[Given], group: Any = None) -> bool:
    """Whether a bin of these numbers (of a group's; None: of all) holds several values: then their mean is no sum over the bins."""
    _asked, found = binned(Asked("number"), given)
    held: dict[Any, set[float]] = {}
    for each, its_bin in zip(given, found, strict=True):
        if isinstance(each.value, (int, float)) and (group is None or each.group == group):
            held.setdefault(its_bin.value, set()).add(float(each.value))
    return any(len(values) > 1 for values in held.values())


def lined(asked: Asked, given: Sequence[Given], part: str = "") -> tuple[Asked, list[Given]]:
    """The question with a code, or several, for each answer, so that it can stand along a side of a table; in the order of `given`.

    A row of a grid (`part`), a bin of numbers, a month, the option that is put first. Points have none: they are measured.
    """
    shape = asked.shape
    if shape == "number":
        return binned(asked, given)
    if shape == "date":
        return monthly(asked, given)
    if shape in {"grid", "grid_many"}:
        return _row_of(asked, given, part)
    if shape == "order":
        return Asked("single", asked.options), [Given(_first(asked, g.value), g.group, g.people) for g in given]
    return asked, list(given)


def _row_of(asked: Asked, given: Sequence[Given], part: str) -> tuple[Asked, list[Given]]:
    """A row of a grid. Where anybody could not tell, those who gave nothing in the row are a line like the others: less those who left
    the question out, who are known, they would be those who could not tell, of whom few are hidden."""
    out = OUT if any(is_code(each.value, asked.ways_out) for each in given) else None
    inner = Asked("single" if asked.shape == "grid" else "multiple", (*asked.options, *([OUT] if out else ())))

    def said(value: Any) -> Any:
        mine = value.get(part) if isinstance(value, Mapping) else None
        return mine or ([out] if out and asked.shape == "grid_many" else out)

    return inner, [Given(said(each.value), each.group, each.people) for each in given]


def _first(asked: Asked, value: Any) -> str | None:
    return next((code for code in value if code in asked.options), None) if isinstance(value, list) else None


def told_or_not(asked: Asked, given: Sequence[Given], code: str = "_said") -> list[Given]:
    """Who gave a real answer, under one code, and who did not or said why not."""
    silent = {*asked.ways_out}

    def real(value: Any) -> bool:
        return value not in (None, [], {}, "") and not (isinstance(value, str) and value in silent)

    return [Given(code if real(g.value) else None, g.group, g.people) for g in given]
