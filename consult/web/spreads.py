"""How rankings and points spread, drawn and in a table: for questionnaires, meetings and priorities alike."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import format_percent
from flask_babel import gettext as _

from consult.analytics import charts
from consult.analytics.standings import BANDS, LOWER, OWN_PLACES, UNRANKED
from consult.analytics.tallies import Choice

Grid = Sequence[tuple[str, Sequence[Choice]]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart as an address that holds it, with the words for who can't see it."""

    address: str
    words: str


@dataclass(frozen=True, slots=True)
class SpreadOut:
    """A chart of strips, and the same as a table."""

    title: str
    figure: Figure
    columns: Sequence[Any]
    rows: Sequence[Sequence[Any]]


def figure(svg: str, words: str) -> Figure:
    """A chart in an address, so that it needs no further request."""
    return Figure("data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode(), words)


def few() -> str:
    """Instead of a number that must not be shown."""
    return str(_("nascosto"))


def percent(value: float | None) -> str:
    """A share in whole hundredths; nothing of none."""
    return "" if value is None else str(format_percent(value, "#,##0%"))


def counted(count: int, share: float | None) -> str:
    """A count with its share, where the share may be said."""
    return str(count) if share is None else f"{count} ({percent(share)})"


def place_words() -> dict[str, str]:
    """The places of a ranking, as a chart names them."""
    own = {str(n): str(_("%(n)s° posto", n=n)) for n in range(1, OWN_PLACES + 1)}
    return own | {LOWER: str(_("più in basso")), UNRANKED: str(_("non ordinata"))}


def portion_words() -> dict[str, str]:
    """The parts of somebody's points, as a chart names them."""
    found, low = {"0": str(_("nessun punto"))}, 0.0
    for end in BANDS:
        found[str(end)] = (
            str(_("fino al %(high)s", high=percent(end)))
            if low == 0
            else str(_("dal %(low)s al %(high)s", low=percent(low), high=percent(end)))
        )
        low = end
    return found


def spread_out(
    grid: Grid, words: Mapping[str, str], heads: Mapping[str, str], *, title: str, about: str = ""
) -> SpreadOut:
    """How answers spread over places or parts, an option a strip; a strip that would tell on few people is not drawn."""
    hidden = few()
    names = [heads[choice.code] for choice in grid[0][1]]
    table = [
        [words.get(code, code), *(hidden if c.count is None else counted(c.count, c.share) for c in row)]
        for code, row in grid
    ]
    said = "; ".join(
        f"{row[0]}: " + ", ".join(f"{n} {v}" for n, v in zip(names, row[1:], strict=True)) for row in table
    )
    strips = [charts.Strip(words.get(code, code), [c.share for c in row]) for code, row in grid]
    full = f"{about} – {title}" if about else title
    rest = len(names) > 1 and grid[0][1][-1].code == UNRANKED
    drawn = figure(charts.stacked(strips, names, title=full, description=said, hidden=hidden, rest=rest), said)
    return SpreadOut(title, drawn, [_("Voce"), *({"label": name, "numeric": True} for name in names)], table)


def named_rows(grid: Grid, order: Sequence[str], *, most: int) -> Grid:
    """The rows of the first options of an order that anybody chose and of which all may be told; at most so many."""
    by_code = dict(grid)
    told = [
        (code, by_code[code]) for code in order if code in by_code and all(c.count is not None for c in by_code[code])
    ]
    return [(code, row) for code, row in told if any(c.count for c in row if c.code not in {UNRANKED, "0"})][:most]
