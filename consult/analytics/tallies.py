"""Counting what people choose, order and share out: one piece for questionnaires, meetings and priorities.

Pure: codes and numbers in, frozen rows out; the same ballots in any order give the same result. What fewer than `least` people gave is
not shown: the functions return None (a whole result) or leave a number None (one cell), so that a page can't show it by oversight.

Rankings. A ballot is a list of levels, best first; a level is one code or several tied ones; codes that a ballot leaves out stand
together below all it names. Points after Borda (1781): an option gets one point for each option below it and half a point for each
beside it, so ties and incomplete ballots always share out the same sum (the averaged count of Dummett, *Voting Procedures*, 1984;
what other treatments of partial ballots reward is shown in Emerson, "The original Borda count and partial voting", Social Choice and
Welfare 40, 2013). The order of places is by points; equal points share a place ("1, 2, 2, 4"). Who is preferred to whom, pair by pair, is
told nowhere: beside places by group it would tell on few people (`tests/unit/analytics/test_whole_orders.py`).

Numbers and points. Mean, median, quartiles (linear between neighbours, type 7 of Hyndman and Fan, The American Statistician 50, 1996)
and standard deviation of the people who answered (they are all there are, hence divided by n).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from consult.analytics.suppression import LEAST, not_shown

Level = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Spread:
    """How numbers lie: of `n` people. None: not told, because of few people it would be their own answers."""

    n: int
    mean: float
    median: float | None
    low_quarter: float | None
    high_quarter: float | None
    deviation: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """One option of a ranking. `first`: how many put it first, alone or tied (None: too few to show)."""

    code: str
    place: int
    #: None where the points would say how few preferred one, or at which places a few put it.
    points: float | None
    #: Points as a share of the most it could have: 1 when everybody put it first alone.
    share: float | None
    first: int | None
    #: How many ballots name it at all (None: too few to show).
    named: int | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """What `ballots` orderings say together; `empty` more ballots named nothing and are left out."""

    ballots: int
    empty: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """What one option got of points shared out; `givers`: how many gave it any. None: too few gave to show it.

    Its place neither, and it stands behind the others: between two of them it would say about how much a few gave.
    """

    code: str
    place: int | None
    total: float | None
    share: float | None
    givers: int | None
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class Allocation:
    """Points that `people` shared out."""

    people: int
    total: float
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """How many chose one option, of those who answered. None: too few to show."""

    code: str
    count: int | None
    share: float | None


def spread(numbers: Iterable[float], *, least: int = LEAST) -> Spread | None:
    """Mean, median and spread of what people said; None where fewer than `least` did. Numbers that are not finite are left out."""
    values = sorted(float(number) for number in numbers if math.isfinite(number))
    if len(values) < max(1, least):
        return None
    return _spread(values)


def _spread(values: Sequence[float]) -> Spread:
    n = len(values)
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / n)
    return Spread(n, mean, _part(values, 0.5), _part(values, 0.25), _part(values, 0.75), deviation)


def _part(values: Sequence[float], part: float) -> float:
    place = (len(values) - 1) * part
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def ranking(options: Sequence[str], ballots: Iterable[Sequence[Level]], *, least: int = LEAST) -> Ranking | None:
    """What orderings of `options` say together; None where fewer than `least` people ordered any.

    Codes that are no option are left out; a code named twice counts where it stands first.
    """
    codes = list(dict.fromkeys(options))
    known = set(codes)
    ranks: list[dict[str, int]] = []
    empty = 0
    for ballot in ballots:
        order = ranks_of(ballot, known)
        if order:
            ranks.append(order)
        else:
            empty += 1
    if len(ranks) < max(1, least) or not codes:
        return None
    prefer = _preferences(codes, ranks)
    points = {a: _borda(a, codes, prefer, len(ranks)) for a in codes}
    most = max(1, len(codes) - 1) * len(ranks)
    places = _places(points)
    first = {code: sum(order.get(code) == 0 for order in ranks) for code in codes}
    named = {code: sum(code in order for order in ranks) for code in codes}
    shown_first = _shown(codes, first, len(ranks), least)
    # How many named it, less those who put it first, put it further down.
    shown_named = {
        code: None if shown_first[code] is not None and 0 < named[code] - first[code] < least else number
        for code, number in _shown(codes, named, len(ranks), least).items()
    }
    # Of two options the points say how many prefer the one.
    sides = [prefer[codes[0], codes[1]], prefer[codes[1], codes[0]]] if len(codes) == 2 else []
    telling = bool(sides) and bool(not_shown([*sides, len(ranks) - sum(sides)], least=least))
    rows = []
    for code in sorted(codes, key=lambda code: (places[code], codes.index(code))):
        total = None if telling else points[code]
        share = None if total is None else total / most
        rows.append(Place(code, places[code], total, share, shown_first[code], shown_named[code]))
    return Ranking(len(ranks), empty, tuple(rows))


def ranks_of(ballot: Sequence[Level], known: set[str]) -> dict[str, int]:
    """The level of each named code, from 0; levels that name nothing new are closed up."""
    found: dict[str, int] = {}
    level = 0
    for entry in ballot:
        tied = [entry] if isinstance(entry, str) else list(entry)
        fresh = [code for code in dict.fromkeys(tied) if code in known and code not in found]
        if fresh:
            found.update(dict.fromkeys(fresh, level))
            level += 1
    return found


def _preferences(codes: Sequence[str], ranks: Sequence[Mapping[str, int]]) -> dict[tuple[str, str], int]:
    """How many prefer the one to the other."""
    found = {(a, b): 0 for a in codes for b in codes if a != b}
    last = len(codes)
    for order in ranks:
        for a, place in order.items():
            for b in codes:
                if place < order.get(b, last):
                    found[a, b] += 1
    return found


def _borda(code: str, codes: Sequence[str], prefer: Mapping[tuple[str, str], int], ballots: int) -> float:
    return sum((ballots + prefer[code, b] - prefer[b, code]) / 2 for b in codes if b != code)


def _places(points: Mapping[str, float]) -> dict[str, int]:
    """Places from the most points down; equal points share one."""
    return {code: 1 + sum(other > mine for other in points.values()) for code, mine in points.items()}


def _shown(codes: Sequence[str], counts: Mapping[str, int], whole: int, least: int) -> dict[str, int | None]:
    hidden = not_shown([counts[code] for code in codes], whole=whole, least=least)
    return {code: None if i in hidden else counts[code] for i, code in enumerate(codes)}


def allocation(
    options: Sequence[str], ballots: Iterable[Mapping[str, float]], *, least: int = LEAST
) -> Allocation | None:
    """What points shared out by people say together; None where fewer than `least` people gave any.

    An option that a person leaves out got nothing from them. Each person weighs the same where all give the same sum.
    """
    codes = list(dict.fromkeys(options))
    given = [
        {code: float(ballot[code]) for code in codes if math.isfinite(ballot.get(code, 0)) and ballot.get(code, 0) > 0}
        for ballot in ballots
    ]
    given = [ballot for ballot in given if ballot]
    if len(given) < max(1, least):
        return None
    totals = {code: math.fsum(ballot.get(code, 0.0) for ballot in given) for code in codes}
    whole = math.fsum(totals.values())
    places = _places(totals)
    givers = {code: sum(code in ballot for ballot in given) for code in codes}
    # What one or two people gave is theirs to see in a total; another total hides with it, since the whole sum is known.
    dark = {codes[i] for i in not_shown([givers[code] for code in codes], least=least)}
    shown = _shown(codes, givers, len(given), least)
    shares = [
        Share(code, None, None, None, None, None)
        if code in dark
        else Share(
            code, places[code], totals[code], totals[code] / whole, shown[code],
            _spread(sorted(ballot.get(code, 0.0) for ballot in given)),
        )
        for code in sorted(codes, key=lambda code: (code in dark, 0 if code in dark else places[code], codes.index(code)))
    ]  # fmt: skip  # one row of values reads better so
    return Allocation(len(given), whole, tuple(shares))
