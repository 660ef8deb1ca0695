"""What orders of options tell, of everybody and of a group, where some of their people are few. Pure.

Searched by `tests/unit/analytics/test_whole_orders.py` for what follows from all that is told together.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from consult.analytics.standings import standings, telling_points, with_standings, without_points
from consult.analytics.suppression import LEAST, LEAST_QUARTERS
from consult.analytics.tallies import Choice, Level, Ranking, ranking

#: Five people who each exchange two neighbours change by so many points how far these are apart.
NEAR = 2 * LEAST


def of_everybody(
    options: Sequence[str], ballots: Iterable[Sequence[Level]], *, least: int = LEAST
) -> tuple[Ranking | None, tuple[tuple[str, tuple[Choice, ...]], ...]]:
    """The order of all, and how often each option stands at each place."""
    given = list(ballots)
    order, rows = ranking(options, given, least=least), standings(options, given, least=least)
    if order is not None and rows:
        order = with_standings(loosened(order, telling_points(order, rows, least=least)), rows)
    return order, rows


def of_a_group(
    options: Sequence[str], ballots: Iterable[Sequence[Level]], out: Collection[str], *, least: int = LEAST
) -> Ranking | None:
    """The order of a group, with no points of the options in `out`.

    Where there are such, the bare order, beside the points of all, would say nearly as much: it is told of `LEAST_QUARTERS` people
    at least, and never which of two neighbours stands first. Nothing is told where no two are far apart.
    """
    order = with_standings(ranking(options, list(ballots), least=least), ())
    if order is None or not out:
        return order
    order = loosened(order, out)
    if order.ballots < LEAST_QUARTERS or len({place.place for place in order.places}) < 2:
        return None
    return order


def loosened(order: Ranking, out: Collection[str]) -> Ranking:
    """The order with no points of some options: each of them shares its place with the next above, or below, that is near."""
    places, above, at, dark = [], math.inf, 1, False
    for n, place in enumerate(order.places, 1):
        points, hidden = place.points or 0.0, place.code in out
        if (above - points >= NEAR) if hidden or dark else (points < above):
            at = n
        places.append(replace(place, place=at))
        above, dark = points, hidden
    return without_points(replace(order, places=tuple(places)), out)
