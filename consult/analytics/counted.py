"""Answers counted by code and group, with what of them may not be shown. Pure.

Groups are zones, kinds of speaker, or pairs of both (`asked.Group`); which of them can be looked at alone is said by `groups_shown` and
`pairs_shown`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consult.analytics.asked import NO_ANSWER, Asked, Given, Group, chosen
from consult.analytics.combined import dark_pairs, pairs_not_shown
from consult.analytics.suppression import LEAST, cells_not_shown, not_shown

Cell = tuple[str, Group]


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by code and group, what of them is hidden, and what of the sums."""

    counts: Counter[Cell]
    hidden: frozenset[Cell]
    sums: Mapping[str, int]
    dark: frozenset[str] = field(default_factory=frozenset)

    def shown(self, code: str, group: Group) -> int | None:
        """How many of a group gave a code; None: hidden."""
        return None if (code, group) in self.hidden else self.counts[code, group]

    def whole(self, code: str) -> int | None:
        """How many gave a code in all; None: hidden."""
        return None if code in self.dark else self.sums.get(code, 0)


def groups_shown(people: Mapping[str, int], *, least: int = LEAST) -> dict[str, int | None]:
    """How many people each group holds, None where that is hidden: those are the groups that can't be looked at alone.

    The same ones whoever asks, in whatever order. How many did not say theirs ("") is always known: it is who left that question out.
    """
    named = sorted(name for name in people if name)
    hidden = {named[i] for i in not_shown([people[name] for name in named], least=least)}
    return {name: None if name in hidden else number for name, number in people.items()}


def pairs_shown(people: Mapping[tuple[str, str], int], *, least: int = LEAST) -> dict[tuple[str, str], int | None]:
    """The same for pairs of zone and kind. Pairs of a zone or kind that can't be looked at alone can't be either."""
    zones, kinds = _sides(people)
    dark = _dark(people, zones, kinds, least)
    return {
        (zone, kind): None if (z, k) in dark else people.get((zone, kind), 0)
        for z, zone in enumerate(zones)
        for k, kind in enumerate(kinds)
    }


def _sides(groups: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return sorted({zone for zone, _kind in groups}), sorted({kind for _zone, kind in groups})


def _dark(
    people: Mapping[tuple[str, str], int], zones: Sequence[str], kinds: Sequence[str], least: int
) -> set[tuple[int, int]]:
    sizes = [[people.get((zone, kind), 0) for kind in kinds] for zone in zones]
    by_zone = groups_shown({zone: sum(row) for zone, row in zip(zones, sizes, strict=True)}, least=least)
    by_kind = groups_shown({kind: sum(row[k] for row in sizes) for k, kind in enumerate(kinds)}, least=least)
    alone = {
        (z, k)
        for z, zone in enumerate(zones)
        for k, kind in enumerate(kinds)
        if by_zone[zone] is None or by_kind[kind] is None
    }
    return dark_pairs(sizes, dark=alone, least=least)


def table_of(
    asked: Asked, given: Sequence[Given], least: int, *, cells: bool = True, dark_groups: Collection[str] | None = None
) -> Table:
    """Codes by group with what may not be shown, of sums and (where asked for) of cells.

    `dark_groups`: groups whose sums are shown nowhere; None: those that are too small.
    """
    counts: Counter[Cell] = Counter()
    people: Counter[Any] = Counter()
    for each in given:
        people[each.group] += each.people
        codes = chosen(each.value)
        if not codes:
            counts[NO_ANSWER, each.group] += each.people
        for code in dict.fromkeys(codes):
            counts[code, each.group] += each.people
    hide = _Hiding(people, counts, least, dark_groups)
    sums = {code: sum(counts[code, group] for group in hide.groups) for code in [*asked.codes, NO_ANSWER]}
    hidden: set[Cell] = set()
    if asked.shape == "one" or asked.kind == "single":
        known = set(asked.codes) | {NO_ANSWER}
        own = sorted([*asked.codes, *{code for code, _group in counts if code not in known}])
        totals = [sum(counts[code, group] for group in hide.groups) for code in own]
        dark = not_shown(totals, least=least)
        if cells:
            hidden = hide.cells([*own, NO_ANSWER], counts, dark)
        return Table(counts, frozenset(hidden), sums, frozenset(own[i] for i in dark))
    dark_codes = set()
    answered = sum(people.values()) - sums[NO_ANSWER]
    for code in [*asked.codes, NO_ANSWER]:
        # Of those who answered, both they who chose it and they who did not must be nobody or enough.
        is_dark = code != NO_ANSWER and bool(not_shown([sums[code]], whole=answered, least=least))
        if cells:
            halves: Counter[Cell] = Counter({(code, group): counts[code, group] for group in hide.groups})
            halves.update({("", group): people[group] - counts[code, group] for group in hide.groups})
            hidden |= {cell for cell in hide.cells([code, ""], halves, {0, 1} if is_dark else set()) if cell[0] == code}
        if is_dark:
            dark_codes.add(code)
    return Table(counts, frozenset(hidden), sums, frozenset(dark_codes))


class _Hiding:
    """The groups of a table, and which cells of it may not be shown."""

    def __init__(
        self, people: Mapping[Any, int], counts: Counter[Cell], least: int, dark_groups: Collection[str] | None
    ) -> None:
        self.people, self.least = people, least
        self.groups: list[Any] = sorted(people)
        self.by_both = bool(self.groups) and isinstance(self.groups[0], tuple)
        if dark_groups is None and not self.by_both:
            shown = groups_shown(people, least=least)
            self.dark_columns = {i for i, group in enumerate(self.groups) if shown[group] is None}
        else:
            self.dark_columns = {i for i, group in enumerate(self.groups) if group in (dark_groups or ())}

    def cells(self, codes: Sequence[str], counts: Counter[Cell], dark: set[int]) -> set[Cell]:
        """The cells of these codes that are hidden; of codes in `dark`, and of groups that are dark, nothing is shown.

        One table alone could show some of their cells. Two tables of the same question, each showing others, would tell the sums.
        """
        apart = {(codes[r], group) for r in dark for group in self.groups}
        apart |= {(code, self.groups[c]) for c in self.dark_columns for code in codes}
        if self.by_both:
            return self._of_pairs(codes, counts, dark) | apart
        table = [[counts[code, group] for group in self.groups] for code in codes]
        found = cells_not_shown(table, hidden_rows=dark, hidden_columns=self.dark_columns, least=self.least)
        return {(codes[r], self.groups[c]) for r, c in found} | apart

    def _of_pairs(self, codes: Sequence[str], counts: Counter[Cell], dark: set[int]) -> set[Cell]:
        zones, kinds = _sides(self.groups)
        cube = [[[counts[code, (zone, kind)] for kind in kinds] for zone in zones] for code in codes]
        by_zone = [[sum(row) for row in layer] for layer in cube]
        by_kind = [[sum(row[k] for row in layer) for k in range(len(kinds))] for layer in cube]
        found = pairs_not_shown(
            cube,
            dark=_dark(self.people, zones, kinds, self.least),
            dark_zones=self._of_side(by_zone, zones, dark),
            dark_kinds=self._of_side(by_kind, kinds, dark),
            least=self.least,
        )
        return {(codes[c], (zones[z], kinds[k])) for c, z, k in found}

    def _of_side(self, table: Sequence[Sequence[int]], names: Sequence[str], dark: set[int]) -> set[tuple[int, int]]:
        """What is hidden in the results by zone, or by kind, alone."""
        shown = groups_shown({name: sum(row[c] for row in table) for c, name in enumerate(names)}, least=self.least)
        columns = {c for c, name in enumerate(names) if shown[name] is None}
        hidden = cells_not_shown(table, hidden_rows=dark, hidden_columns=columns, least=self.least)
        return hidden | {(r, c) for r in range(len(table)) for c in columns}
