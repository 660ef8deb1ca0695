"""What the answers to one question say, for everybody or for a group; small groups hidden. Two questions together: `crossing`.

Pure. Kinds of question come in shapes: one of several codes ("one"), several codes ("many"), codes by row ("grid", "grid_many"),
a number, a date, an order of codes, points by code. Whatever is shown of the whole, of groups and of crossings is protected as one
table with its sums (`suppression`), those who did not answer being a line of it: what is hidden in one view can't be worked out
from another. A result that fewer than five people gave is `few`, and holds no number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from consult.analytics.asked import (
    CROSSABLE,
    NO_ANSWER,
    OUT,
    Asked,
    Given,
    Group,
    binned,
    is_code,
    lined,
    monthly,
    only_codes,
)
from consult.analytics.by_group import Measure, measured, measured_whole, whole_points
from consult.analytics.counted import groups_shown, pairs_shown, table_of
from consult.analytics.orders import of_everybody
from consult.analytics.standings import portions
from consult.analytics.suppression import LEAST
from consult.analytics.tallies import (
    Allocation,
    Choice,
    Place,
    Ranking,
    Share,
    Spread,
    allocation,
)

#: The rules by which small groups are hidden. A result that was kept under others may tell more than may be told: it is counted anew.
RULES = 3


@dataclass(frozen=True, slots=True)
class Result:
    """What is shown of one question. `answered` None: hidden. Of the other parts only those of its shape are there."""

    answered: int | None
    few: bool = False
    lines: tuple[Choice, ...] = ()
    #: By row of a grid; of an order how often each option stands at each place, of points how many gave each option which part.
    grid: tuple[tuple[str, tuple[Choice, ...]], ...] = ()
    numbers: Spread | None = None
    order: Ranking | None = None
    points: Allocation | None = None
    hidden: bool = False


def as_json(found: Result) -> dict[str, Any]:
    """The result as plain values, to be kept."""
    return asdict(found)


def from_json(kept: Mapping[str, Any]) -> Result:
    """The result that `as_json` gave."""
    order, points = kept.get("order"), kept.get("points")
    return Result(
        kept["answered"],
        kept["few"],
        tuple(Choice(**line) for line in kept["lines"]),
        tuple((row, tuple(Choice(**line) for line in lines)) for row, lines in kept["grid"]),
        Spread(**kept["numbers"]) if kept.get("numbers") else None,
        Ranking(order["ballots"], order["empty"], tuple(Place(*(p[name] for name in Place.__slots__)) for p in order["places"]))
        if order
        else None,
        Allocation(
            points["people"],
            points["total"],
            tuple(Share(**{**s, "spread": Spread(**s["spread"]) if s["spread"] else None}) for s in points["shares"]),
        )
        if points
        else None,
        kept["hidden"],
    )  # fmt: skip  # one row of values reads better so


def result(asked: Asked, given: Sequence[Given], *, group: Group | None = None, least: int = LEAST) -> Result:
    """What a question's answers say; `given` holds all groups, also when only one is looked at."""
    if group is not None and _size(given, group, least) is None:
        return Result(None, few=True)
    people = [each for each in given if group is None or each.group == group]
    answered = sum(each.people for each in people if each.value not in (None, [], {}, ""))
    if answered < least:
        return Result(None, few=True)
    if asked.kind == "scale":
        found = _lines(asked, given, group, answered, least)
        return replace(
            found,
            numbers=measured_whole(asked, given, least)
            if group is None
            else measured(asked, given, least)[group].numbers,
        )
    if asked.shape in CROSSABLE:
        return _lines(asked, given, group, answered, least)
    if asked.shape in {"grid", "grid_many"}:
        return _grid(asked, given, group, answered, least)
    if asked.shape == "date":
        return _lines(*monthly(asked, given), group, answered, least)
    mine = measured(asked, given, least).get(group, Measure()) if group is not None else Measure()
    if asked.shape == "number":
        bins = _lines(*binned(asked, given), group, answered, least)
        numbers = measured_whole(asked, given, least) if group is None else mine.numbers
        return replace(bins, numbers=numbers, hidden=bins.hidden or numbers is None)
    out = _lines(Asked("single", asked.ways_out), only_codes(given, asked.ways_out), group, answered, least)
    if any(line.count is None for line in out.lines):
        # How many ordered, or shared out, is told beside: less all who answered, it would say how many could not tell.
        out = replace(out, answered=None)
    if group is not None:
        # Means and points of a group, taken from those of all, are those of the rest: shown only where the rest may be.
        return replace(out, order=mine.order, points=mine.points, hidden=out.hidden or not mine.told)
    values = [
        (each.value, each.people)
        for each in people
        if not is_code(each.value, asked.ways_out) and each.value is not None
    ]
    if asked.shape == "order":
        orders = [list(v) for v, n in values for _ in range(n) if isinstance(v, list)]
        order, rows = of_everybody(asked.options, orders, least=least)
        return replace(out, order=order, grid=rows)
    if asked.shape == "points":
        ballots = [v for v, n in values for _ in range(n) if isinstance(v, dict)]
        spreads = portions(asked.options, ballots, least=least)
        return replace(out, points=whole_points(allocation(asked.options, ballots, least=least)), grid=spreads)
    return out


def _size(given: Sequence[Given], group: Group, least: int) -> int | None:
    """How many people the group holds; None where it can't be looked at."""
    sizes: Counter[Any] = Counter()
    for each in given:
        sizes[each.group] += each.people
    if isinstance(group, tuple):
        return pairs_shown(sizes, least=least).get(group)
    return groups_shown(sizes, least=least).get(group)


def of_groups(
    codes: Mapping[str, str],
    people: Mapping[tuple[str, str], int],
    *,
    kinds: bool = False,
    by: str = "",
    group: Group | None = None,
    least: int = LEAST,
) -> Result:
    """What the question says that made the groups themselves: the place asks for the zone, another for the kind of speaker.

    `people` by zone and kind ("": not said); `codes`: the group of each code that can be answered; `kinds`: it is the kind that is asked.
    Shown is what the groups show of themselves, with the same ones hidden: the result, the filter and the crossing are one table.
    """
    mine, others = _side(people, int(kinds)), _side(people, int(not kinds))
    pairs = pairs_shown(people, least=least)
    whole: int | None
    shown: dict[str, int | None]
    if not by:
        whole, shown = sum(mine.values()), groups_shown(mine, least=least)
    elif isinstance(group, tuple):
        whole = pairs.get(group)
        shown = {group[int(kinds)]: whole}
    elif (by == "kind") == kinds:
        whole = groups_shown(mine, least=least).get(str(group))
        shown = {str(group): whole}
    else:
        whole = groups_shown(others, least=least).get(str(group))
        shown = {name: pairs.get((str(group), name) if kinds else (name, str(group)), 0) for name in mine}
    silent = shown.get("", 0)
    answered = None if whole is None or silent is None else whole - silent
    if whole is None or (answered is not None and answered < least):
        return Result(None, few=True)
    counts = [(code, shown.get(name, 0)) for code, name in codes.items()]
    lines = tuple(Choice(code, n, n / answered if n is not None and answered else None) for code, n in counts)
    return Result(answered, lines=lines, hidden=any(line.count is None for line in lines))


def of_said(
    codes: Mapping[str, str],
    people: Mapping[str, int],
    said: Mapping[str, int],
    *,
    group: str | None = None,
    least: int = LEAST,
) -> Result:
    """The same where somebody's group may be known who did not answer (an invitation tells it): only those count who `said` theirs.

    `people` by group, all of them; `group`: of that one alone. How many of a group said so and how many did not is one table, whoever
    asks. Those of no group are no part of it: all of them said nothing, and could hide nobody.
    """
    pairs = [(name, number, said.get(name, 0)) for name, number in people.items() if name]
    given = [Given(value, name, n) for name, number, m in pairs for value, n in (("said", m), (None, number - m)) if n]
    answered = sum(m for name, _number, m in pairs if group in (None, name))
    if answered < least or (group is not None and groups_shown(people, least=least).get(group) is None):
        return Result(None, few=True)
    table = table_of(Asked("single", ("said",)), given, least)
    whole = answered if group is None else table.shown("said", group)
    counts = [(code, table.shown("said", name) if group in (None, name) else 0) for code, name in codes.items()]
    lines = tuple(Choice(code, n, n / whole if n is not None and whole else None) for code, n in counts)
    return Result(whole, lines=lines, hidden=any(line.count is None for line in lines))


def _side(people: Mapping[tuple[str, str], int], which: int) -> dict[str, int]:
    found: Counter[str] = Counter()
    for pair, number in people.items():
        found[pair[which]] += number
    return dict(found)


def _lines(asked: Asked, given: Sequence[Given], group: Group | None, answered: int, least: int) -> Result:
    table = table_of(asked, given, least, cells=group is not None)
    people = answered if group is None else None
    if group is not None:
        nobody = table.shown(NO_ANSWER, group)
        size = sum(each.people for each in given if each.group == group)
        people = None if nobody is None else size - nobody
    rows = []
    for code in asked.codes:
        count = table.whole(code) if group is None else table.shown(code, group)
        rows.append(Choice(code, count, count / people if count is not None and people else None))
    return Result(people, lines=tuple(rows), hidden=any(row.count is None for row in rows))


def _grid(asked: Asked, given: Sequence[Given], group: Group | None, answered: int, least: int) -> Result:
    rows = []
    for row in asked.rows:
        inner, mine = lined(asked, given, row)
        found = result(inner, mine, group=group, least=least)
        rows.append((row, _of_row(asked, inner, found)))
    out = _lines(Asked("single", asked.ways_out), only_codes(given, asked.ways_out), group, answered, least)
    if any(line.count is None for line in out.lines):
        # How many answered, less those of a row, would be those who could not tell.
        out = replace(out, answered=None)
    hidden = out.hidden or any(line.count is None for _row, lines in rows for line in lines)
    return Result(out.answered, lines=out.lines, grid=tuple(rows), hidden=hidden)


def _of_row(asked: Asked, inner: Asked, found: Result) -> tuple[Choice, ...]:
    """What is shown of a row: its options, with shares of those who answered in it; without shares where it is not told how many did."""
    lines = {line.code: line for line in found.lines}
    if not lines:
        return tuple(Choice(code, None, None) for code in asked.options)
    if OUT not in inner.options:
        return found.lines
    silent = lines[OUT].count
    whole = None if silent is None or found.answered is None else found.answered - silent
    counts = [(code, lines[code].count) for code in asked.options]
    return tuple(Choice(code, n, n / whole if n is not None and whole else None) for code, n in counts)
