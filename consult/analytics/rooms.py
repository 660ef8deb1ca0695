"""What people who sit together, or take part in a round, put first: everybody and groups, told as questionnaires tell it. Pure.

In a room of thirty people few stand at any one place, so that nothing of places could be told: then how many named each option, and put it
first, is told of everybody instead, and of groups the order alone. Not of three options, where beside the points it would tell the places.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from consult.analytics.asked import Asked, Given
from consult.analytics.by_group import Measure, measured
from consult.analytics.orders import of_a_group
from consult.analytics.results import Result, result
from consult.analytics.standings import OWN_PLACES, tells_more
from consult.analytics.suppression import LEAST
from consult.analytics.tallies import Choice, ranking


@dataclass(frozen=True, slots=True)
class Room:
    """What everybody said: order or points, and how it spreads (empty where that would hide more than it tells)."""

    whole: Measure
    grid: tuple[tuple[str, tuple[Choice, ...]], ...] = ()


def of_room(asked: Asked, choices: Sequence[Any], *, least: int = LEAST) -> Room:
    """What all say together: orders (best first) or points by option; nothing of fewer than `least`."""
    found = result(asked, [Given(choice, "", 1) for choice in choices], least=least)
    if _by_counts(asked, choices, found, least):
        return Room(Measure(order=ranking(asked.options, choices, least=least)))
    return Room(Measure(order=found.order, points=found.points), found.grid)


def of_groups(
    asked: Asked, given: Sequence[Given], *, dark: Collection[str] | None = None, least: int = LEAST
) -> dict[Any, Measure]:
    """What each group says beside that; `dark`: groups that are not shown by themselves (None: those that are too small)."""
    choices = [each.value for each in given for _ in range(each.people)]
    if not _by_counts(asked, choices, result(asked, [Given(each, "", 1) for each in choices], least=least), least):
        return measured(asked, given, least, dark_groups=dark)
    found = {}
    for group in {each.group for each in given}:
        own = [each.value for each in given if each.group == group for _ in range(each.people)]
        order = None if group in (dark or ()) else of_a_group(asked.options, own, set(asked.options), least=least)
        found[group] = Measure(order=order)
    return found


def _by_counts(asked: Asked, choices: Sequence[Any], found: Result, least: int) -> bool:
    """Whether two counts of each option are told of everybody instead of places."""
    if asked.shape != "order" or len(asked.options) <= OWN_PLACES:
        return False
    order = ranking(asked.options, choices, least=least)
    return order is not None and not tells_more(order, found.grid)
