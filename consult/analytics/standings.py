"""How often each option stands at each place, and how people portion their points out: counts whose rows are shown whole or not at all."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from consult.analytics.suppression import LEAST, not_shown
from consult.analytics.tallies import Choice, Level, Ranking, ranks_of

#: Ends of the bands in which shares of a person's points are counted: nothing, up to a tenth, a quarter, half, more.
BANDS = (0.1, 0.25, 0.5, 1.0)


#: Places that are counted each for itself; those below stand together.
OWN_PLACES = 3


LOWER, UNRANKED = "lower", "unranked"


def standings(
    options: Sequence[str], ballots: Iterable[Sequence[Level]], *, least: int = LEAST
) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """How often each option stands at each place ("1", "2", "3", then LOWER), or is left out (UNRANKED); options in the order given.

    Rows are shown whole or not at all. An option's points are one more sum over its places, so that two hidden cells of a row would be
    worked out; and the people at each place are known, so that hidden rows come by two at least, with nobody or `least` in each column.
    Nothing of two options: there the points say all.
    """
    codes = list(dict.fromkeys(options))
    ranks = [order for ballot in ballots if (order := ranks_of(ballot, set(codes)))]
    if len(ranks) < max(1, least) or len(codes) < 3:
        return ()
    heads = [str(n) for n in range(1, min(OWN_PLACES, len(codes)) + 1)] + ([LOWER] if len(codes) > OWN_PLACES else [])
    heads.append(UNRANKED)
    table = {code: dict.fromkeys(heads, 0) for code in codes}
    for order in ranks:
        for code in codes:
            place = order.get(code)
            head = UNRANKED if place is None else str(place + 1) if place < OWN_PLACES else LOWER
            table[code][head] += 1
    dark = {code for code in codes if any(0 < n < least for n in table[code].values())}
    while dark and len(dark) < len(codes):
        together = [sum(table[code][head] for code in dark) for head in heads]
        if len(dark) > 1 and not any(0 < n < least for n in together):
            break
        dark.add(min((c for c in codes if c not in dark), key=lambda c: (min(table[c].values()), codes.index(c))))
    return tuple(
        (code, tuple(Choice(head, None, None) if code in dark else Choice(head, n, n / len(ranks)) for head, n in row.items()))
        for code, row in table.items()
    )  # fmt: skip  # one row of values reads better so


def with_standings(found: Ranking | None, rows: Sequence[tuple[str, Sequence[Choice]]]) -> Ranking | None:
    """The ranking with nothing in it of the options whose places are hidden in `rows`; without `rows` no such count at all."""
    if found is None:
        return None
    shown = {code for code, places in rows if all(place.count is not None for place in places)}
    places = tuple(p if p.code in shown else replace(p, first=None, named=None) for p in found.places)
    return replace(found, places=places)


def telling_points(found: Ranking, rows: Sequence[tuple[str, Sequence[Choice]]], *, least: int = LEAST) -> set[str]:
    """Options of which no points are told: all whose places are hidden, where one of them has, or lacks, so few that places follow."""
    dark = {code for code, places in rows if any(place.count is None for place in places)}
    most = (len(found.places) - 1) * found.ballots
    points = [place.points or 0 for place in found.places if place.code in dark]
    return dark if any(0 < number < least or 0 < most - number < least for number in points) else set()


def without_points(found: Ranking, codes: Collection[str]) -> Ranking:
    """The ranking with no points of these options: only their places."""
    return replace(
        found, places=tuple(replace(p, points=None, share=None) if p.code in codes else p for p in found.places)
    )


def tells_more(found: Ranking, rows: Sequence[tuple[str, Sequence[Choice]]]) -> bool:
    """Whether to tell places instead of the two counts of each option: not where most counts would go dark with their row.

    In a room of thirty people few stand at any one place. Only one of the two is ever shown.
    """
    counted = [place.code for place in found.places if place.named]
    lit = {code for code, places in rows if all(place.count is not None for place in places)}
    return bool(counted) and 2 * sum(code in lit for code in counted) >= len(counted)


def portions(
    options: Sequence[str], ballots: Iterable[Mapping[str, float]], *, least: int = LEAST
) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """How many people gave each option nothing ("0"), or such a part of their points ("0.1": up to a tenth, and so on; see BANDS)."""
    given = [{code: value for code, value in ballot.items() if value > 0} for ballot in ballots]
    given = [ballot for ballot in given if ballot]
    if len(given) < max(1, least):
        return ()
    rows = []
    for code in dict.fromkeys(options):
        shares = [ballot.get(code, 0.0) / math.fsum(ballot.values()) for ballot in given]
        counts = [0] * (len(BANDS) + 1)
        for share in shares:
            counts[0 if share == 0 else 1 + next(i for i, end in enumerate(BANDS) if share <= end + 1e-9)] += 1
        # How many gave something is known beside; within them no small band may follow from the others.
        several = not_shown([len(given) - counts[0]], whole=len(given), least=least)
        hidden = set(range(len(counts))) if several else {1 + i for i in not_shown(counts[1:], least=least)}
        heads = ["0", *(str(end) for end in BANDS)]
        rows.append(
            (
                code,
                tuple(
                    Choice(head, None, None) if i in hidden else Choice(head, counts[i], counts[i] / len(given))
                    for i, head in enumerate(heads)
                ),
            )
        )
    return tuple(rows)
