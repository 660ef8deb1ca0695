"""What may be written and shown, and how votes become public results. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from consult.analytics import opinions, standpoints
from consult.analytics.standpoints import Tally
from consult.analytics.suppression import not_shown
from consult.coplanning.opinions.types import ResultsShown
from consult.coplanning.rounds.rules import LEAST

#: Name of the way of counting, kept with each result.
METHOD = "opinions/1"
FEWEST_STATEMENTS, MOST_STATEMENTS = 5, 300
MIN_TEXT, MAX_TEXT = 10, 200
#: How many statements one participant may add to one conversation.
MOST_OWN = 5
#: While a conversation runs, results change only once so many people voted or changed something: one vote can't be read off two results.
RECOUNT_AFTER = 5
#: Votes are gathered for so many seconds before results are worked out anew.
GATHER_S = 30
LETTERS = "ABCDEFGHIJ"


def shows_results(state: str, results_shown: str, counted_at: datetime | None, finished_at: datetime | None) -> bool:
    """Whether anyone may read results now."""
    return counted_at is not None and (finished_at is not None or results_shown == ResultsShown.always)


@dataclass(frozen=True, slots=True)
class Counted:
    """Results for the public, and what to ask next."""

    results: dict[str, Any]
    asking: dict[str, float]


def count(
    statements: Sequence[str], people: Sequence[Mapping[str, int]], *, before: Mapping[str, Any] | None = None
) -> Counted:
    """Work out the results from each person's votes by statement (1, -1, 0). `before`: the last results, so that groups keep their letters.

    A statement that fewer than five people answered shows no numbers, nor does a group's answer that fewer than five of it gave; a group
    of fewer than five is none. Numbers only: nothing in them says who is where.
    """
    place = {key: i for i, key in enumerate(statements)}
    votes = [(p, place[key], value) for p, own in enumerate(people) for key, value in own.items() if key in place]
    answers = opinions.table(votes, people=len(people), statements=len(statements))
    took_part = int((~np.isnan(answers)).any(axis=1).sum())
    everybody = _tallies(answers)
    found = opinions.groups(answers) if took_part >= LEAST else None
    pulls = found.space.extremity if found else np.zeros(len(statements))
    asking = {key: standpoints.weight_to_ask(everybody[i], float(pulls[i])) for key, i in place.items()}
    results: dict[str, Any] = {
        "counted_as": METHOD,
        "people": took_part if took_part >= LEAST else None,
        "votes": len(votes) if took_part >= LEAST else None,
        "statements": {key: _shown(everybody[i]) for key, i in place.items()} if took_part >= LEAST else {},
        "groups": [],
        "grouped": None,
        "silhouette": None,
        "shared": [],
        "divides": [],
        "parameters": {
            "fewest_votes": min(opinions.FEWEST_VOTES, len(statements)), "fewest_people": opinions.FEWEST_PEOPLE,
            "smallest_group": opinions.SMALLEST_GROUP, "most_groups": opinions.MOST_GROUPS, "z": standpoints.Z_90,
        },
    }  # fmt: skip  # one row of values reads better so
    if found is None:
        return Counted(results, asking)
    tallies: list[list[Tally]] = []
    if found.labels is not None and not not_shown([int(n) for n in np.bincount(found.labels[found.labels >= 0])]):
        everybody, tallies = _put_groups(results, found, answers, statements, before)
    # What fewer than five answered claims nothing.
    heard = {i for i, tally in enumerate(everybody) if tally.seen >= LEAST}
    results["shared"] = [
        {"statement": statements[s.statement], "side": s.side, "z": round(s.z, 2), "common": round(s.weight, 3)}
        for s in standpoints.shared(everybody, tallies, most=len(statements))
        if s.statement in heard
    ][: standpoints.MOST_LISTED]
    return Counted(results, asking)


def _put_groups(
    results: dict[str, Any],
    found: opinions.Groups,
    answers: opinions.Floats,
    statements: Sequence[str],
    before: Mapping[str, Any] | None,
) -> tuple[list[Tally], list[list[Tally]]]:
    """Write the groups into the results; returns what is shown of everybody, and of each group, by statement."""
    labels = found.labels
    assert labels is not None  # noqa: S101  # Asked by the caller.
    number = int(labels.max()) + 1
    tallies = [_tallies(answers[labels == g]) for g in range(number)]
    letters = _letters(tallies, statements, before)
    order = sorted(range(number), key=lambda g: letters[g])
    # Whoever answered too little to be grouped counts where at least five of them answered: nobody is left by subtraction.
    rest = [t if t.seen >= LEAST else Tally() for t in _tallies(answers[labels < 0])]
    everybody = [sum((own[i] for own in tallies), rest[i]) for i in range(len(statements))]
    hidden = [
        not_shown([*(own[i].seen for own in tallies), *([rest[i].seen] if rest[i].seen else [])])
        for i in range(len(statements))
    ]
    heard = [{i for i in range(len(statements)) if g not in hidden[i] and tallies[g][i].seen} for g in range(number)]
    results["statements"] = {key: _shown(everybody[i]) for i, key in enumerate(statements)}
    results["grouped"] = int((labels >= 0).sum())
    results["silhouette"] = round(found.silhouette, 3)
    results["groups"] = [
        {
            "name": letters[g],
            "people": int((labels == g).sum()),
            "at": [round(float(x), 3) for x in found.space.people[labels == g].mean(axis=0)],
            "statements": {key: _shown(tallies[g][i]) if i in heard[g] else None for i, key in enumerate(statements)},
            "typical": [
                {"statement": statements[s.statement], "side": s.side, "z": round(s.z, 2)}
                for s in standpoints.typical(tallies, g, most=len(statements))
                if s.statement in heard[g]
            ][: standpoints.MOST_LISTED],
        }
        for g in order
    ]
    results["divides"] = [
        {
            "statement": statements[d.statement], "more": letters[d.more], "less": letters[d.less], "gap": round(d.gap, 3),
            "z": round(d.z, 2),
        }
        for d in standpoints.dividing(tallies, most=len(statements))
        if d.statement in heard[d.more] & heard[d.less]
    ][: standpoints.MOST_LISTED]  # fmt: skip  # one row of values reads better so
    return everybody, tallies


def _letters(tallies: list[list[Tally]], statements: Sequence[str], before: Mapping[str, Any] | None) -> list[str]:
    """A letter for each group: that of the earlier group that answered most like it."""
    earlier = (before or {}).get("groups") or []
    named = {group["name"]: group for group in earlier}
    old = []
    for letter in LETTERS[: max((LETTERS.index(name) for name in named), default=-1) + 1]:
        rows = named[letter]["statements"] if letter in named else {}
        shown = [rows.get(key) for key in statements]
        # A letter that is free now is far from everything, so that it is taken last.
        old.append(
            [
                _mean(row["agree"], row["disagree"], row["seen"]) if row else (0.0 if letter in named else 9.0)
                for row in shown
            ]
        )
    new = [[_mean(t.agree, t.disagree, t.seen) for t in own] for own in tallies]
    return [LETTERS[place] for place in opinions.named_as_before(old, new)]


def _mean(agree: int, disagree: int, seen: int) -> float:
    return (agree - disagree) / seen if seen else 0.0


def _tallies(rows: opinions.Floats) -> list[Tally]:
    return [Tally(int((column == 1).sum()), int((column == -1).sum()), int((column == 0).sum())) for column in rows.T]


def _shown(tally: Tally) -> dict[str, int] | None:
    """The numbers of one statement; None where fewer than five people answered."""
    return asdict(tally) | {"seen": tally.seen} if tally.seen >= LEAST else None


def whole_percents(row: Mapping[str, int]) -> dict[str, int]:
    """Shares in whole percents that add up to a hundred (largest remainders)."""
    names = ("agree", "disagree", "passed")
    exact = {name: 100 * row[name] / row["seen"] for name in names}
    found = {name: int(exact[name]) for name in names}
    for name in sorted(names, key=lambda n: (found[n] - exact[n], n))[: 100 - sum(found.values())]:
        found[name] += 1
    return found


@dataclass(frozen=True, slots=True)
class Circle:
    """A group in the drawing: where its middle is and how large, in the drawing's own units."""

    name: str
    people: int
    x: float
    y: float
    r: float


WIDTH, HEIGHT, LARGEST = 640.0, 300.0, 78.0


def circles(groups: Sequence[Mapping[str, Any]]) -> list[Circle]:
    """Groups as circles, their area after their people, apart as their opinions are; moved aside where they would cover each other."""
    if not groups:
        return []
    most = max(g["people"] for g in groups)
    radii = [max(26.0, LARGEST * (g["people"] / most) ** 0.5) for g in groups]
    xs, ys = [g["at"][0] for g in groups], [-g["at"][1] for g in groups]
    spots = [[_spread(x, xs, WIDTH, LARGEST), _spread(y, ys, HEIGHT, LARGEST)] for x, y in zip(xs, ys, strict=True)]
    for _round in range(60):
        moved = False
        for i, a in enumerate(spots):
            for j in range(i + 1, len(spots)):
                b = spots[j]
                far = max(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5, 1e-6)
                lack = radii[i] + radii[j] + 6 - far
                if lack > 0:
                    moved = True
                    push = [(a[0] - b[0]) / far or 1.0, (a[1] - b[1]) / far]
                    for axis in (0, 1):
                        a[axis] += push[axis] * lack / 2
                        b[axis] -= push[axis] * lack / 2
        for spot, r in zip(spots, radii, strict=True):
            spot[0] = min(max(spot[0], r + 2), WIDTH - r - 2)
            spot[1] = min(max(spot[1], r + 2), HEIGHT - r - 2)
        if not moved:
            break
    return [
        Circle(g["name"], g["people"], round(s[0], 1), round(s[1], 1), round(r, 1))
        for g, s, r in zip(groups, spots, radii, strict=True)
    ]


def _spread(value: float, values: Sequence[float], size: float, edge: float) -> float:
    low, high = min(values), max(values)
    return size / 2 if high - low < 1e-9 else edge + (size - 2 * edge) * (value - low) / (high - low)
