"""What a ballot may say, who may take part, and how ballots become results. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from consult.analytics.asked import Asked, Given
from consult.analytics.by_group import Measure
from consult.analytics.rooms import of_groups, of_room
from consult.analytics.suppression import LEAST_QUARTERS, not_shown
from consult.analytics.tallies import Ranking, Spread, spread
from consult.coplanning.priorities.types import RoundMethod
from consult.coplanning.rounds.rules import LEAST

#: Name of the way of counting, kept with each result.
METHOD = "tallies/4"
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
    """The public results: all together, by zone, by kind of speaker, told by the rules that hold for questionnaires.

    Of a group under five people nothing is shown, nor of another one where its numbers could be worked out by subtraction; of any group
    only points and order, as far as they tell on nobody. How answers spread over places or parts of the points ("grid") is told of all together.
    """
    asked = Asked("points" if method == RoundMethod.points else "ranking", options)
    room = of_room(asked, [b.choices for b in ballots], least=LEAST)
    return {
        "counted_as": METHOD,
        "people": len(ballots) if len(ballots) >= LEAST else None,
        "all": _rows(room.whole, ballots),
        "grid": [[code, [[c.code, c.count, c.share] for c in row]] for code, row in room.grid],
        "zones": _groups(asked, ballots, [b.zone for b in ballots]),
        "kinds": _groups(asked, ballots, [b.kind for b in ballots]),
    }


def as_told_now(found: Mapping[str, Any]) -> dict[str, Any]:
    """Results as they may be read: of those that an older rule counted, and told more, only points and order of all, until counted anew."""
    if found.get("counted_as") == METHOD:
        return dict(found)
    once = {"wins", "losses", "draws"}
    counts = {"first": None, "named": None, "givers": None}
    rows = [{name: value for name, value in row.items() if name not in once} | counts for row in found["all"] or ()]
    for row, before in zip(rows, found["all"] or (), strict=True):
        few = dict.fromkeys(("median", "low_quarter", "high_quarter", "deviation"))
        # How an option's places are spread says how many named it, too; points are given by all.
        row["spread"] = None if "named" in before or not row["spread"] else row["spread"] | few
    return {**found, "all": rows or None, "grid": [], "zones": [], "kinds": [], "counted_anew": False}


def _groups(asked: Asked, ballots: Sequence[Said], names: Sequence[str]) -> list[dict[str, Any]]:
    known = sorted(set(names))
    members = [[b for b, own in zip(ballots, names, strict=True) if own == name] for name in known]
    hidden = not_shown([len(group) for group in members], least=LEAST)
    if len(ballots) < LEAST:
        hidden = set(range(len(known)))
    given = [Given(b.choices, name, 1) for b, name in zip(ballots, names, strict=True)]
    told = of_groups(asked, given, dark={known[i] for i in hidden}, least=LEAST)
    return [
        {"code": name, "people": None, "rows": None}
        if i in hidden
        else {"code": name, "people": len(group), "rows": _rows(told[name])}
        for i, (name, group) in enumerate(zip(known, members, strict=True))
    ]


def _rows(told: Measure, ballots: Sequence[Said] = ()) -> list[dict[str, Any]] | None:
    if told.points is not None:
        return [asdict(row) for row in told.points.shares]
    return None if told.order is None else _ordered(told.order, ballots)


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
        # Shown only where how many named it is shown too, and of enough people: of few it would be their own ballots.
        stood = spread(places[row.code], least=LEAST_QUARTERS) if row.named is not None else None
        rows.append(asdict(row) | {"spread": asdict(_rounded(stood)) if stood else None})
    return rows


def _rounded(stood: Spread) -> Spread:
    """To the tenth that the page shows: more digits would say how few stand apart."""
    return replace(stood, mean=round(stood.mean, 1), deviation=None)


def level(number: float, most: float) -> float:
    """A length in hundredths of the longest, for drawings."""
    return round(100 * max(0.0, min(1.0, number / most)), 2) if most > 0 else 0.0
