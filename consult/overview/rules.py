"""Pure: how a thread is laid out as a drawing, and which counts are too small to be shown."""

from __future__ import annotations

import textwrap
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace

from consult.overview.types import Box, Drawing, Line, Node, Thread

#: Columns of the drawing, from what was said to what is decided.
COLUMNS: tuple[tuple[str, ...], ...] = (
    ("meeting",),
    ("source",),
    ("theme", "finding"),
    ("proposal",),
    ("statement",),
    ("strategy", "action"),
)
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, EDGE, BEND = 210, 66, 70, 16, 2, 40
#: A column taller than this is cut, and says how many are not drawn; the list has them all.
MOST = 10


def edges(thread: Thread) -> Iterator[tuple[Node, Node]]:
    """Every link of a thread as (comes from, leads to)."""

    def walk(parent: Node, children: tuple[Node, ...], upward: bool) -> Iterator[tuple[Node, Node]]:
        for child in children:
            yield (child, parent) if upward else (parent, child)
            yield from walk(child, child.children, upward)

    yield from walk(thread.here, thread.up, True)
    yield from walk(thread.here, thread.down, False)


def draw(thread: Thread) -> Drawing:
    """Lay the thread out: one column a stage, each thing once, a line for each link; what is here is marked."""
    links = list(edges(thread))
    nodes: dict[uuid.UUID, Node] = {thread.here.id: thread.here}
    for early, late in links:
        nodes.setdefault(early.id, early)
        nodes.setdefault(late.id, late)
    columns = [[n for n in nodes.values() if n.kind in kinds] for kinds in COLUMNS]
    used = [column for column in columns if column]
    # What the page is about is never the one that is cut.
    used = [sorted(column, key=lambda n: n.id != thread.here.id) for column in used]
    rows = max(min(len(column), MOST + 1) for column in used)
    height = rows * (BOX_HEIGHT + GAP_Y) - GAP_Y + 2 * EDGE
    boxes: dict[uuid.UUID, Box] = {}
    extra: list[Box] = []
    for place, column in enumerate(used):
        shown = column if len(column) <= MOST + 1 else column[:MOST]
        left = len(column) - len(shown)
        x = EDGE + place * (BOX_WIDTH + GAP_X)
        number = len(shown) + bool(left)
        top = (height - (number * (BOX_HEIGHT + GAP_Y) - GAP_Y)) // 2
        for row, node in enumerate(shown):
            y = top + row * (BOX_HEIGHT + GAP_Y)
            boxes[node.id] = Box(x, y, node.kind, _wrapped(node.title), node.title, node, node.id == thread.here.id)
        if left:
            extra.append(
                Box(x, top + len(shown) * (BOX_HEIGHT + GAP_Y), column[0].kind, (f"+ {left}",), f"+ {left}", None)
            )
    lines = {
        Line(*_side(boxes[early.id], boxes[late.id]))
        for early, late in links
        if early.id in boxes and late.id in boxes and early.id != late.id
    }
    width = len(used) * (BOX_WIDTH + GAP_X) - GAP_X + 2 * EDGE
    # What goes on within its own column, as a proposal that was merged into another, bends out beside it.
    if any(line.x1 == line.x2 > width - GAP_X for line in lines):
        width += BEND
    ordered = tuple(sorted(lines, key=lambda line: (line.x1, line.y1, line.x2, line.y2)))
    return Drawing(width, height, BOX_WIDTH, BOX_HEIGHT, (*boxes.values(), *extra), ordered)


def _side(early: Box, late: Box) -> tuple[int, int, int, int]:
    if early.x > late.x:
        early, late = late, early
    if early.x == late.x:
        return early.x + BOX_WIDTH, early.y + BOX_HEIGHT // 2, late.x + BOX_WIDTH, late.y + BOX_HEIGHT // 2
    return early.x + BOX_WIDTH, early.y + BOX_HEIGHT // 2, late.x, late.y + BOX_HEIGHT // 2


def _wrapped(title: str) -> tuple[str, ...]:
    """Two lines at most, cut between words; the whole title stands beside the box for who can't see it."""
    return tuple(textwrap.wrap(title, 25, max_lines=2, placeholder="…")) or ("…",)


def united(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Nodes of which each thing stands once, with all that hangs on any of its copies, in the order in which it was first met."""
    found: dict[tuple[str, uuid.UUID], Node] = {}
    below: dict[tuple[str, uuid.UUID], list[Node]] = {}
    for node in nodes:
        key = (node.kind, node.id)
        found.setdefault(key, node)
        below.setdefault(key, []).extend(node.children)
    return tuple(replace(node, children=united(below[key])) for key, node in found.items())


def few(value: int, smallest: int = 5) -> int | None:
    """A count for the public: None where it is so small that somebody could be recognised."""
    return value if value == 0 or value >= smallest else None
