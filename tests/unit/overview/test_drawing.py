"""The drawing of a thread, and small pure rules of the front pages."""

from __future__ import annotations

import uuid

from consult.listening.sources.types import Denominator
from consult.overview import rules
from consult.overview.queries.home import spoken
from consult.overview.types import Node, Thread


def node(
    kind: str, *children: Node, title: str = "Un titolo abbastanza lungo da andare a capo due volte almeno"
) -> Node:
    return Node(kind, uuid.uuid4(), title, children=children)


def test_columns_run_from_sources_to_actions() -> None:
    source = node("source")
    finding = node("finding", source)
    proposal = node("proposal", finding)
    action = node("action")
    drawing = rules.draw(Thread(action, up=(proposal,)))
    place = {box.kind: box.x for box in drawing.boxes}
    assert place["source"] < place["finding"] < place["proposal"] < place["action"]
    assert len(drawing.lines) == 3
    assert [box.kind for box in drawing.boxes if box.here] == ["action"]
    assert all(len(box.lines) <= 2 for box in drawing.boxes)
    assert all(line.x1 < line.x2 for line in drawing.lines)


def test_a_thing_met_twice_is_drawn_once_with_two_lines() -> None:
    source = node("source")
    drawing = rules.draw(Thread(node("action"), up=(node("finding", source), node("finding", source))))
    assert sum(box.kind == "source" for box in drawing.boxes) == 1
    assert len(drawing.lines) == 4


def test_a_long_column_is_cut_and_says_how_much_is_left_but_never_what_the_page_is_about() -> None:
    here = node("source")
    drawing = rules.draw(Thread(here, down=tuple(node("finding", node("proposal")) for _n in range(40))))
    assert any(box.here for box in drawing.boxes)
    assert [box.title for box in drawing.boxes if box.node is None] == ["+ 30", "+ 30"]
    assert all(0 <= box.y <= drawing.height - drawing.box_height for box in drawing.boxes)
    assert all(0 <= box.x <= drawing.width - drawing.box_width for box in drawing.boxes)


def test_what_goes_on_in_its_own_column_is_joined_beside_it_within_the_drawing() -> None:
    drawing = rules.draw(Thread(node("proposal"), down=(node("proposal"),)))
    ((x1, y1, x2, y2),) = [(line.x1, line.y1, line.x2, line.y2) for line in drawing.lines]
    assert x1 == x2 == drawing.boxes[0].x + drawing.box_width
    assert y1 != y2
    assert x1 + 35 <= drawing.width


def test_a_thing_alone_is_one_box() -> None:
    drawing = rules.draw(Thread(node("proposal")))
    assert len(drawing.boxes) == 1
    assert drawing.lines == ()


def test_few_voices_are_not_shown() -> None:
    assert [rules.few(n) for n in (0, 1, 4, 5, 12)] == [0, None, None, 5, 12]


def test_channels_are_never_added_up() -> None:
    found = spoken(
        [
            Denominator("answer", "1", "business", 12, 7),
            Denominator("answer", "1", "research", 2, 1),
            Denominator("contribution", "1", "resident", 9, 9),
            Denominator("contribution", None, "resident", 3, 3),
            Denominator("document", None, None, 40, 40),
        ]
    )
    assert {c[0]: (c[1], c[2]) for c in found.channels} == {
        "answer": (14, 8),
        "contribution": (12, 12),
        "document": (40, 40),
    }
    assert found.zones == {"1": {"answer": 8, "contribution": 9}}
    assert found.of_zone("1") == 9


def test_what_became_of_several_sources_names_each_thing_once() -> None:
    action = node("action")
    finding, theme = node("finding", action), node("theme")
    other = Node("theme", theme.id, theme.title, children=(finding,))
    both = rules.united([theme, finding, other, Node("finding", finding.id, finding.title, children=(action, node("proposal")))])
    assert [(n.kind, len(n.children)) for n in both] == [("theme", 1), ("finding", 2)]
