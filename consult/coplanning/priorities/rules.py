"""What a ballot may say, who may take part, and how ballots become results. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from consult.analytics.standings import portions, standings, tells_more, with_standings
from consult.analytics.suppression import not_shown
from consult.analytics.tallies import Choice, Ranking, allocation, ranking, spread
from consult.coplanning.priorities.types import RoundMethod
from consult.coplanning.rounds.rules import LEAST

#: Name of the way of counting, kept with each result.
METHOD = "tallies/2"
FEWEST_OPTIONS, MOST_OPTIONS = 2, 60


def points_fault(points: Mapping[str, int], options: Sequence[str], budget: int) -> str | None:
    """What is wrong with a sharing out of points: foreign, negative, none, too_many; None where nothing is."""
    if any(key not in options for key in points):
        return "foreign"
    if any(value < 0 for value in points.values()):
        return "negative"
    total = sum(points.values())
    if total == 0:
        return "none"
    return "too_many" if total > budget else None


def ranking_fault(order: Sequence[str], options: Sequence[str], most: int) -> str | None:
    """What is wrong with an order: foreign, none, twice, too_many; None where nothing is."""
    if any(key not in options for key in order):
        return "foreign"
    if not order:
        return "none"
    if len(set(order)) < len(order):
        return "twice"
    return "too_many" if len(order) > most else None


@dataclass(frozen=True, slots=True)
class Said:
    """One ballot without its person."""

    choices: Any
    zone: str
    kind: str


def count(method: str, options: Sequence[str], ballots: Sequence[Said]) -> dict[str, Any]:
    """The public results: all together, by zone, by kind of speaker.

    Of a group under five people nothing is shown, nor of another one where its numbers could be worked out by subtraction; of any group
    only points and order, since its counts, taken from those of all, would be those of the rest. How answers spread over places or
    parts of the points ("grid") is told of all together.
    """
    rows, grid = _whole(method, options, ballots)
    return {
        "counted_as": METHOD,
        "people": len(ballots) if len(ballots) >= LEAST else None,
        "all": rows,
        "grid": [[code, [[c.code, c.count, c.share] for c in row]] for code, row in grid],
        "zones": _groups(method, options, ballots, [b.zone for b in ballots]),
        "kinds": _groups(method, options, ballots, [b.kind for b in ballots]),
    }


def _groups(method: str, options: Sequence[str], ballots: Sequence[Said], names: Sequence[str]) -> list[dict[str, Any]]:
    known = sorted(set(names))
    members = [[b for b, own in zip(ballots, names, strict=True) if own == name] for name in known]
    hidden = not_shown([len(group) for group in members], least=LEAST)
    if len(ballots) < LEAST:
        hidden = set(range(len(known)))
    return [
        {"code": name, "people": None, "rows": None}
        if i in hidden
        else {"code": name, "people": len(group), "rows": _rows(method, options, group)}
        for i, (name, group) in enumerate(zip(known, members, strict=True))
    ]


def _whole(
    method: str, options: Sequence[str], ballots: Sequence[Said]
) -> tuple[list[dict[str, Any]] | None, tuple[tuple[str, tuple[Choice, ...]], ...]]:
    said = [b.choices for b in ballots]
    if method == RoundMethod.points:
        shared = allocation(options, said, least=LEAST)
        rows = None if shared is None else [asdict(row) for row in shared.shares]
        return rows, portions(options, said, least=LEAST) if rows else ()
    ordered = ranking(options, said, least=LEAST)
    if ordered is None:
        return None, ()
    grid = standings(options, said, least=LEAST)
    if not tells_more(ordered, grid):
        return _ordered(ordered, ballots), ()
    return _ordered(with_standings(ordered, grid) or ordered, ballots), grid


def _rows(method: str, options: Sequence[str], ballots: Sequence[Said]) -> list[dict[str, Any]] | None:
    """Of a group: points and order."""
    said = [b.choices for b in ballots]
    if method == RoundMethod.points:
        shared = allocation(options, said, least=LEAST)
        return None if shared is None else [asdict(row) | {"givers": None} for row in shared.shares]
    ordered = with_standings(ranking(options, said, least=LEAST), (), pairs=False)
    return None if ordered is None else _ordered(ordered, ballots)


def _ordered(ordered: Ranking, ballots: Sequence[Said]) -> list[dict[str, Any]]:
    options = [row.code for row in ordered.places]
    # Where it stood on the ballots that name it: the order alone does not say whether people agree.
    places: dict[str, list[int]] = {key: [] for key in options}
    for ballot in ballots:
        for place, key in enumerate(ballot.choices, 1):
            if key in places:
                places[key].append(place)
    rows = []
    for row in ordered.places:
        # Shown only where how many named it is shown too.
        stood = spread(places[row.code], least=LEAST) if row.named is not None else None
        rows.append(asdict(row) | {"spread": asdict(stood) if stood else None})
    return rows


def level(number: float, most: float) -> float:
    """A length in hundredths of the longest, for drawings."""
    return round(100 * max(0.0, min(1.0, number / most)), 2) if most > 0 else 0.0
