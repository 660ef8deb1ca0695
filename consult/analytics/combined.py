"""What of a count by code, zone and kind may be shown where people are looked at by both, beside what is shown by the one and by the other.

Pure. Known to whoever looks: the sums over all kinds (results by zone), over all zones (results by kind), and the size of each pair of
zone and kind that can be looked at. A pair of fewer than five people, or of nobody, is dark: nothing of it is shown, and an empty one
is not told from a small one. Within the others single codes are hidden where few gave them, with others so that the pair's size does not
give them away. Dark pairs are then added until the graph of them (zones and kinds are its nodes, dark pairs its edges) has no bridge and
joins everything that has something to hide. Then no hidden cell can be worked out by adding and taking away, also not from several
questions' codes together: through each one leads a round of hidden cells, along which its count may grow where others shrink, once for
one code and once, the other way, for another. What is left of a line when all that is shown is taken away is nobody, or at least five.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from consult.analytics.suppression import LEAST, Node, bridges, not_shown

Pair = tuple[int, int]
Place = tuple[int, int, int]


def dark_pairs(sizes: Sequence[Sequence[int]], *, dark: Collection[Pair] = (), least: int = LEAST) -> set[Pair]:
    """Pairs of zone and kind (rows and columns of `sizes`) that can't be looked at, whatever is asked; `dark`: those known before."""
    hidden = pairs_not_shown([sizes], dark=dark, least=least)
    return {(zone, kind) for _code, zone, kind in hidden}


def pairs_not_shown(
    counts: Sequence[Sequence[Sequence[int]]],
    *,
    dark: Collection[Pair] = (),
    dark_zones: Collection[Pair] = (),
    dark_kinds: Collection[Pair] = (),
    least: int = LEAST,
) -> set[Place]:
    """Places (code, zone, kind) of `counts` that may not be shown; the codes of a pair add up to its people.

    `dark`: pairs of which nothing is shown anyway; `dark_zones`, `dark_kinds`: (code, zone) and (code, kind) hidden in the results by the one.
    """
    board = _Board(counts, set(dark), set(dark_zones), set(dark_kinds), least)
    board.settle()
    return board.hidden()


class _Board:
    """Counts, dark pairs, and codes hidden in others."""

    def __init__(
        self,
        counts: Sequence[Sequence[Sequence[int]]],
        dark: set[Pair],
        dark_zones: set[Pair],
        dark_kinds: set[Pair],
        least: int,
    ) -> None:
        self.counts, self.least = counts, least
        self.codes = range(len(counts))
        zones, kinds = range(len(counts[0])), range(len(counts[0][0]) if counts[0] else 0)
        people = {(z, k): sum(counts[c][z][k] for c in self.codes) for z in zones for k in kinds}
        # Where nobody answered at all, the results by zone or by kind say so: such a line can neither hide nor be hidden.
        self.zones = [z for z in zones if any(people[z, k] for k in kinds)]
        self.kinds = [k for k in kinds if any(people[z, k] for z in zones)]
        self.pairs = [(z, k) for z in self.zones for k in self.kinds]
        self.people = people
        self.dark = {pair for pair in self.pairs if pair in dark or people[pair] < least}
        self.empty = {pair for pair in people if pair not in set(self.pairs)}
        self.dark_zones, self.dark_kinds = dark_zones, dark_kinds
        self.codes_hidden: dict[Pair, set[int]] = {}
        for pair in self.pairs:
            if pair not in self.dark:
                self._hide(pair, not_shown([counts[c][pair[0]][pair[1]] for c in self.codes], least=least))

    def _hide(self, pair: Pair, codes: set[int]) -> None:
        """Hide codes of a pair; one of which all are hidden is dark."""
        self.codes_hidden[pair] = codes
        if len(codes) == len(self.codes):
            self.dark.add(pair)

    def hidden(self) -> set[Place]:
        """All places that are hidden, lines without anybody included."""
        whole = {(c, z, k) for z, k in self.dark | self.empty for c in self.codes}
        return whole | {(c, *pair) for pair, codes in self.codes_hidden.items() if pair not in self.dark for c in codes}

    def settle(self) -> None:
        """Hide more until nothing can be worked out."""
        while True:
            self._join()
            if not self._fill():
                return

    def _is_hidden(self, code: int, pair: Pair) -> bool:
        return pair in self.dark or code in self.codes_hidden[pair]

    # Rounds.

    def _must_join(self) -> list[Node]:
        """Zones and kinds at which something is hidden beside dark pairs."""
        found: list[Node] = []
        for pair, codes in self.codes_hidden.items():
            if codes and pair not in self.dark:
                found += _ends(pair)
        found += [("zone", z) for _code, z in self.dark_zones if z in self.zones]
        found += [("kind", k) for _code, k in self.dark_kinds if k in self.kinds]
        return list(dict.fromkeys(found))

    def _join(self) -> None:
        while True:
            free = [pair for pair in self.pairs if pair not in self.dark]
            if not free:
                return
            more = self._wanted(free)
            if more is None:
                return
            self.dark.add(more)

    def _wanted(self, free: Sequence[Pair]) -> Pair | None:
        """The next pair to darken: one that closes a round through a bridge, or joins what has something to hide."""
        edges = sorted(self.dark)
        alone = bridges([_ends(pair) for pair in edges])
        if alone:
            bridge = edges[alone[0]]
            sides = _parts([pair for pair in edges if pair != bridge])
            one = _part_of(sides, _ends(bridge)[0])
            other = _part_of(sides, _ends(bridge)[1])
            closing = [p for p in free if _spans(p, one, other)]
            return self._smallest(closing or [p for p in free if set(_ends(p)) & (one | other)] or free)
        must = self._must_join()
        parts = _parts(edges)
        if must:
            first = _part_of(parts, must[0])
            outside = [node for node in must if node not in first]
            if outside:
                joining = [p for p in free if _spans(p, first, _part_of(parts, outside[0]))]
                return self._smallest(joining or [p for p in free if len(set(_ends(p)) & first) == 1] or free)
        return None

    def _smallest(self, pairs: Iterable[Pair]) -> Pair:
        return min(pairs, key=lambda pair: (-len(self.codes_hidden[pair]), self.people[pair], pair))

    # What is left of a line.

    def _fill(self) -> bool:
        """Hide more where what is hidden in a line is fewer than `least` people; whether anything was."""
        lines = [([(z, k) for k in self.kinds], {c for c, its in self.dark_zones if its == z}) for z in self.zones] + [
            ([(z, k) for z in self.zones], {c for c, its in self.dark_kinds if its == k}) for k in self.kinds
        ]
        changed = False
        for line, unknown in lines:
            for code in self.codes:
                changed |= code not in unknown and self._fill_line(line, code)
        return changed

    def _fill_line(self, line: Sequence[Pair], code: int) -> bool:
        counts = {pair: self.counts[code][pair[0]][pair[1]] for pair in line}
        changed = False
        while True:
            left = sum(n for pair, n in counts.items() if self._is_hidden(code, pair))
            seen = [pair for pair in line if counts[pair] and not self._is_hidden(code, pair)]
            if not 0 < left < self.least or not seen:
                return changed
            pair = min(seen, key=lambda each: (counts[each], each))
            self._hide(pair, self._whole(pair, self.codes_hidden[pair] | {code}))
            changed = True

    def _whole(self, pair: Pair, hidden: set[int]) -> set[int]:
        """Codes hidden in a pair, with others until its size does not give them away."""
        here = [self.counts[c][pair[0]][pair[1]] for c in self.codes]
        while len(hidden) < 2 or sum(here[c] for c in hidden) < 2 * self.least - 1:
            others = [c for c in self.codes if here[c] and c not in hidden]
            if not others:
                return set(self.codes)
            hidden.add(min(others, key=lambda c: (here[c], c)))
        return hidden


def _ends(pair: Pair) -> tuple[Node, Node]:
    return ("zone", pair[0]), ("kind", pair[1])


def _spans(pair: Pair, one: Collection[Node], other: Collection[Node]) -> bool:
    first, second = _ends(pair)
    return (first in one and second in other) or (first in other and second in one)


def _parts(edges: Iterable[Pair]) -> list[set[Node]]:
    """Nodes that hang together."""
    found: list[set[Node]] = []
    for pair in edges:
        mine = set(_ends(pair))
        apart = [part for part in found if not part & mine]
        for part in found:
            if part & mine:
                mine |= part
        found = [*apart, mine]
    return found


def _part_of(parts: Iterable[set[Node]], node: Node) -> set[Node]:
    return next((part for part in parts if node in part), {node})
