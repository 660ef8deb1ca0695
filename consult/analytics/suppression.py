"""Which cells of a table may not be shown, so that no group of fewer than five people can be recognised or worked out by subtraction.

Pure. First the small cells themselves are hidden (1 to 4 people; "nobody" is shown). Then others with them, until nothing hidden can
be worked out from what stays visible: in a line with a known sum at least two cells are hidden, and together they hold at least
`least` people. In a table with sums on both sides a hidden cell can be worked out exactly if it is a bridge of the graph whose nodes are
rows and columns and whose edges are hidden cells (Gusfield, "A graph theoretic approach to statistical data security", SIAM Journal on
Computing 17, 1988); cells are hidden until there is no bridge. The sums at the sides are fixed beforehand: the same cells of them stay
hidden in every table in which they appear, so that two tables can't be played against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

LEAST = 5
#: Of how many people at least is told what is their own answers where they are few: median, quartiles, a mere order.
LEAST_QUARTERS = 20
Cell = tuple[int, int]
Node = tuple[str, int]


def not_shown(counts: Sequence[int], *, whole: int | None = None, least: int = LEAST) -> set[int]:
    """Places of a list of counts that may not be shown.

    Without `whole` the counts are parts of a sum that is known. With it each is taken alone, of `whole` people (more than one answer
    may be chosen): then both those who chose and those who did not must be none or at least `least`.
    """
    if whole is not None:
        return {i for i, n in enumerate(counts) if 0 < n < least or 0 < whole - n < least}
    hidden = {i for i, n in enumerate(counts) if 0 < n < least}
    # Two that hold less than this together could only be small ones both: who knows the rule would find fours behind an eight.
    enough = 2 * least - 1
    while hidden and (len(hidden) < 2 or sum(counts[i] for i in hidden) < enough):
        others = [i for i, n in enumerate(counts) if n > 0 and i not in hidden]
        if not others:
            # Nobody's zero hides the rest: everything goes.
            return set(range(len(counts)))
        hidden.add(min(others, key=lambda i: (counts[i], i)))
    return hidden


def cells_not_shown(
    table: Sequence[Sequence[int]],
    *,
    hidden_rows: Collection[int] = (),
    hidden_columns: Collection[int] = (),
    hidden: Collection[Cell] = (),
    least: int = LEAST,
) -> set[Cell]:
    """Cells of a table with sums at both sides that may not be shown; of the sums in `hidden_rows` and `hidden_columns` nothing is shown.

    `hidden`: cells that are hidden whatever they hold, because another table hides them.
    """
    rows, columns = len(table), len(table[0]) if table else 0
    hidden = {*hidden, *((r, c) for r in range(rows) for c in range(columns) if 0 < table[r][c] < least)}
    while True:
        needed = _weak_line(table, hidden, set(hidden_rows), set(hidden_columns), least) or _bridge(
            table, hidden, set(hidden_rows), set(hidden_columns)
        )
        if needed is None:
            return hidden
        more = _partner(table, hidden, needed)
        if more is None:
            # No cell is left that could hide this one: nothing of the table is shown.
            return {(r, c) for r in range(rows) for c in range(columns)}
        hidden.add(more)


def _weak_line(
    table: Sequence[Sequence[int]], hidden: set[Cell], dark_rows: set[int], dark_columns: set[int], least: int
) -> Node | None:
    """A line with a visible sum whose hidden cells are one alone or hold fewer than `least` together."""
    for name, axis, lines, dark in (
        ("row", 0, len(table), dark_rows),
        ("column", 1, len(table[0]) if table else 0, dark_columns),
    ):
        for line in range(lines):
            cells = [cell for cell in hidden if cell[axis] == line]
            # A sum that is small itself (those who did not answer) is known: it can only ask for company.
            whole = sum(table[line]) if axis == 0 else sum(row[line] for row in table)
            if line in dark or not cells:
                continue
            if len(cells) < 2 or sum(table[r][c] for r, c in cells) < min(least, whole):
                return name, line
    return None


def _partner(table: Sequence[Sequence[int]], hidden: set[Cell], line: Node) -> Cell | None:
    """The smallest visible cell of a line that is not empty, else the first empty one; preferably where its other line hides already."""
    name, number = line
    row = name == "row"
    cells = [(number, c) if row else (c, number) for c in range(len(table[number]) if row else len(table))]
    free = [cell for cell in cells if cell not in hidden]
    if not free:
        return None
    other = 1 if row else 0
    busy = {cell[other] for cell in hidden}
    return min(
        free, key=lambda cell: (table[cell[0]][cell[1]] == 0, cell[other] not in busy, table[cell[0]][cell[1]], cell)
    )


def _bridge(
    table: Sequence[Sequence[int]], hidden: set[Cell], dark_rows: set[int], dark_columns: set[int]
) -> Node | None:
    """A line through a hidden cell, or of a sum that is not shown, that can be worked out by adding and taking away several lines."""
    # A sum that is not shown is one more unknown: of the row and the column of sums, which only the whole table's sum closes.
    edges: list[tuple[Node, Node, Cell | None]] = [(("row", r), ("column", c), (r, c)) for r, c in sorted(hidden)]
    edges += [(("row", r), ("column", -1), None) for r in sorted(dark_rows)]
    edges += [(("row", -1), ("column", c), None) for c in sorted(dark_columns)]
    for place in bridges([(one, other) for one, other, _cell in edges]):
        one, other, cell = edges[place]
        if cell is not None:
            spare = any((cell[0], c) not in hidden for c in range(len(table[0])))
            return one if spare else other
        # The sum of a row that is not shown: something in the row must hide with it. Columns not shown have no cell that is.
        if one[1] in dark_rows and one[0] == "row" and any((one[1], c) not in hidden for c in range(len(table[0]))):
            return one
    return None


def bridges(edges: Sequence[tuple[Node, Node]]) -> list[int]:
    """The edges that are on no round, in order: without one of them its ends fall apart. Depth first, once over all (Tarjan 1974)."""
    near: dict[Node, list[tuple[Node, int]]] = {}
    for i, (a, b) in enumerate(edges):
        near.setdefault(a, []).append((b, i))
        near.setdefault(b, []).append((a, i))
    seen: dict[Node, int] = {}
    low: dict[Node, int] = {}
    found: list[int] = []
    for root in near:
        if root in seen:
            continue
        seen[root] = low[root] = len(seen)
        path: list[tuple[Node, int, int]] = [(root, -1, 0)]
        while path:
            node, came_by, turn = path.pop()
            if turn < len(near[node]):
                path.append((node, came_by, turn + 1))
                following, edge = near[node][turn]
                if edge == came_by:
                    continue
                if following in seen:
                    low[node] = min(low[node], seen[following])
                else:
                    seen[following] = low[following] = len(seen)
                    path.append((following, edge, 0))
            elif path:
                above = path[-1][0]
                low[above] = min(low[above], low[node])
                if low[node] > seen[above]:
                    found.append(came_by)
    return sorted(found)
