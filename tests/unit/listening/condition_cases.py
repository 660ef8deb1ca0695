"""One table of conditions and answers: server (test_survey_conditions) and browser (test_questionnaire_sheet) must both say so."""

from __future__ import annotations

from typing import Any


def _c(op: str, value: str = "", question: str = "q1", part: str = "") -> dict[str, Any]:
    found = {"question": question, "op": op, "value": value}
    return found | {"part": part} if part else found


#: condition, answers by code, whether it holds.
CASES: tuple[tuple[dict[str, Any] | None, dict[str, Any], bool], ...] = (
    (None, {}, True),
    (_c("equal", "o1"), {"q1": "o1"}, True),
    (_c("equal", "o1"), {"q1": "o2"}, False),
    (_c("equal", "o1"), {}, False),
    (_c("not_equal", "o1"), {}, True),
    (_c("not_equal", "o1"), {"q1": "o1"}, False),
    (_c("equal", "Sì, certo"), {"q1": "  sì,   CERTO\n"}, True),
    (_c("equal", "e\u0300"), {"q1": "\u00e8"}, True),
    (_c("equal", "İstanbul"), {"q1": "i\u0307stanbul"}, True),
    (_c("equal", "3"), {"q1": 3}, True),
    (_c("equal", "3,0"), {"q1": 3}, True),
    (_c("equal", "3.50"), {"q1": 3.5}, True),
    (_c("equal", "03"), {"q1": "3"}, True),
    (_c("equal", "٣"), {"q1": 3}, False),
    (_c("equal", "1e2"), {"q1": 100}, False),
    (_c("contains", "tren"), {"q1": "Più TRENI la sera"}, True),
    (_c("contains", ""), {"q1": "qualcosa"}, False),
    (_c("not_contains", "tren"), {"q1": "Autobus"}, True),
    (_c("not_contains", "tren"), {}, True),
    (_c("contains", "a\u00a0b"), {"q1": "a b"}, False),
    (_c("contains", "o2"), {"q1": ["o1", "o2"]}, True),
    (_c("contains", "o"), {"q1": ["o1", "o2"]}, False),
    (_c("equal", "o2"), {"q1": ["o1", "o2"]}, False),
    (_c("equal", "o2"), {"q1": ["o2"]}, True),
    (_c("not_equal", "o2"), {"q1": ["o1", "o2"]}, True),
    (_c("greater", "3"), {"q1": 4}, True),
    (_c("greater", "3"), {"q1": 3}, False),
    (_c("greater", "10"), {"q1": "9"}, False),
    (_c("at_least", "3"), {"q1": 3}, True),
    (_c("less", "3,5"), {"q1": 3.25}, True),
    (_c("at_most", "-1"), {"q1": -2}, True),
    (_c("at_most", "3"), {}, False),
    (_c("greater", "3"), {"q1": "tanto"}, False),
    (_c("greater", "2026-01-31"), {"q1": "2026-02-01"}, True),
    (_c("less", "2026-01-31"), {"q1": "2026-02-01"}, False),
    (_c("greater", "5"), {"q1": "2026-02-01"}, False),
    (_c("greater", "3"), {"q1": ["4"]}, False),
    (_c("answered"), {"q1": "x"}, True),
    (_c("answered"), {"q1": 0}, True),
    (_c("answered"), {"q1": ""}, False),
    (_c("answered"), {"q1": []}, False),
    (_c("answered"), {"q1": {}}, False),
    (_c("answered"), {"q1": "_dk"}, True),
    (_c("not_answered"), {"q1": {"r1": "o1"}}, False),
    (_c("not_answered"), {"q2": "x"}, True),
    (_c("equal", "o2", part="r1"), {"q1": {"r1": "o2", "r2": "o1"}}, True),
    (_c("equal", "o2", part="r2"), {"q1": {"r1": "o2", "r2": "o1"}}, False),
    (_c("answered", part="r3"), {"q1": {"r1": "o2"}}, False),
    (_c("answered", part="constructor"), {"q1": {"r1": "o2"}}, False),
    (_c("answered", question="constructor"), {"q1": "x"}, False),
    (_c("contains", "o2", part="r1"), {"q1": {"r1": ["o1", "o2"]}}, True),
    (_c("greater", "30", part="o1"), {"q1": {"o1": 40, "o2": 60}}, True),
    (_c("at_most", "2", part="o3"), {"q1": ["o2", "o3", "o1"]}, True),
    (_c("equal", "1", part="o2"), {"q1": ["o2", "o3", "o1"]}, True),
    (_c("answered", part="o9"), {"q1": ["o2"]}, False),
    (_c("equal", "40"), {"q1": {"o1": 40}}, False),
    ({"all": [_c("equal", "o1"), _c("greater", "2", "q2")]}, {"q1": "o1", "q2": 3}, True),
    ({"all": [_c("equal", "o1"), _c("greater", "2", "q2")]}, {"q1": "o1", "q2": 1}, False),
    ({"any": [_c("equal", "o1"), _c("greater", "2", "q2")]}, {"q2": 3}, True),
    ({"any": [_c("equal", "o1"), _c("greater", "2", "q2")]}, {}, False),
    ({"any": [{"all": [_c("equal", "o1"), _c("equal", "o2", "q2")]}, _c("answered", "", "q3")]}, {"q3": "x"}, True),
    ({"all": [{"any": [_c("equal", "o1"), _c("equal", "o2")]}, _c("not_answered", "", "q3")]}, {"q1": "o2"}, True),
)

#: A chain: q2 hangs on q1, q3 on q2, q4 on q3 not being answered. What is hidden counts as not answered.
CHAIN: tuple[dict[str, Any], ...] = (
    {"code": "q1", "when": []},
    {"code": "q2", "when": [_c("equal", "yes")]},
    {"code": "q3", "when": [_c("answered", "", "q2")]},
    {"code": "q4", "when": [_c("not_answered", "", "q3"), _c("answered", "", "q1")]},
)
CHAINED: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({}, ["q1"]),
    ({"q1": "yes"}, ["q1", "q2", "q4"]),
    ({"q1": "yes", "q2": "a"}, ["q1", "q2", "q3", "q4"]),
    ({"q1": "yes", "q2": "a", "q3": "b"}, ["q1", "q2", "q3"]),
    ({"q1": "no", "q2": "a", "q3": "b"}, ["q1", "q4"]),
)
