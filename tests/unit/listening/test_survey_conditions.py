"""Conditions: the same in Python and in the browser; circular and impossible ones refused with a sentence."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page

from consult.listening.surveys import rules
from consult.listening.surveys.rules.logic import check_conditions, well_formed
from consult.listening.surveys.types import Option, PageRow, QuestionRow
from tests.unit.listening.condition_cases import CASES, CHAIN, CHAINED

SCRIPT = Path(__file__).resolve().parents[3] / "consult" / "web" / "static" / "js" / "questionnaire.js"
OPTIONS = (Option("o1", "Treno"), Option("o2", "Autobus"), Option("o3", "Nessuno", exclusive=True))


def ask(code: str, kind: str = "single", **more: Any) -> QuestionRow:
    listed = OPTIONS if kind in {"single", "multiple", "ranking", "points", "matrix"} else ()
    rows = (Option("r1", "Mattina"), Option("r2", "Sera")) if kind == "matrix" else ()
    made = QuestionRow(uuid.uuid4(), 1, 1, kind, f"Domanda {code}", "", "", False, listed, {}, code=code, rows=rows)
    return replace(made, **more)


def when(op: str, value: str = "", question: str = "q1", part: str = "") -> dict[str, Any]:
    return {"question": question, "op": op, "value": value, "part": part}


def test_server_and_browser_say_the_same_of_every_case(page: Page) -> None:
    page.add_script_tag(path=str(SCRIPT))
    said = page.evaluate(
        "(cases) => cases.map(([c, a]) => consultConditions.holds(c, a))", [[c, a] for c, a, _h in CASES]
    )
    mine = [rules.holds(condition, answers) for condition, answers, _holds in CASES]
    assert mine == [holds for _c, _a, holds in CASES]
    assert said == mine
    chained = page.evaluate(
        "([chain, all]) => all.map((a) => consultConditions.shown(chain, a))", [list(CHAIN), [a for a, _s in CHAINED]]
    )
    questions = [
        ask(each["code"], "short", condition={"all": each["when"]} if each["when"] else None) for each in CHAIN
    ]
    assert [[q.code for q in rules.shown(questions, answers)] for answers, _shown in CHAINED] == [
        s for _a, s in CHAINED
    ]
    assert chained == [s for _a, s in CHAINED]


@given(st.sampled_from([c for c, _a, _h in CASES if c]), st.sampled_from([c for c, _a, _h in CASES if c]))
def test_groups_mean_what_they_say(one: dict[str, Any], other: dict[str, Any]) -> None:
    for _condition, answers, _holds in CASES:
        both, either = rules.holds({"all": [one, other]}, answers), rules.holds({"any": [one, other]}, answers)
        assert both == (rules.holds(one, answers) and rules.holds(other, answers))
        assert either == (rules.holds(one, answers) or rules.holds(other, answers))


@pytest.mark.parametrize(
    ("condition", "part"),
    [
        (when("equal", "o1", "q9"), "non c’è"),
        (when("equal", "o1", "q2"), "guarda solo indietro"),
        (when("equal", "o1", "q3"), "guarda solo indietro"),
        (when("equal", "o9"), "non è tra le risposte"),
        (when("equal"), "manca il valore"),
        (when("greater", "3"), "numeri e date"),
        ({"all": [when("equal", "o1"), when("equal", "o2")]}, "non si vedrebbe mai"),
        ({"all": [when("answered"), when("not_answered")]}, "non si vedrebbe mai"),
        ({"all": [when("greater", "3", "n"), when("less", "3", "n")]}, "non si vedrebbe mai"),
        (when("greater", "10", "n"), "non si vedrebbe mai"),
        ({"all": [when("contains", "o1", "m"), when("contains", "o3", "m")]}, "non si vedrebbe mai"),
        ({"all": [when("greater", "60", "p", "o1"), when("greater", "60", "p", "o2")]}, "non si vedrebbe mai"),
        ({"all": [when("equal", "1", "k", "o1"), when("equal", "1", "k", "o2")]}, "non si vedrebbe mai"),
        ({"all": [when("equal", "o2"), when("answered", "", "hidden")]}, "non si vedrebbe mai"),
        (when("equal", "o1", "t"), "una riga o una voce alla volta"),
        (when("equal", "o1", "t", "r9"), "non c’è"),
        ({"all": [when("equal", "o1")] * 31}, "troppo lunga"),
        ({"question": "q1"}, "scritta male"),
    ],
)
def test_what_can_not_be_is_refused_with_a_sentence(condition: dict[str, Any], part: str) -> None:
    before = [
        ask("q1"), ask("m", "multiple"), ask("n", "number", settings={"min": 0, "max": 10}), ask("p", "points", settings={"total": 100}),
        ask("k", "ranking"), ask("t", "matrix"), ask("hidden", "short", condition=when("equal", "o1")),
    ]  # fmt: skip  # one line for each kind reads better
    problem = check_conditions([*before, ask("q2", condition=condition), ask("q3")], [])
    assert problem is not None
    assert part in problem.sentence
    assert problem.code == "q2"


def test_what_can_be_is_taken() -> None:
    before = [
        ask("q1"),
        ask("m", "multiple", settings={"least": 2}),
        ask("n", "number", settings={"min": 0, "max": 10}),
    ]
    fine = [
        {"any": [when("equal", "o1"), {"all": [when("contains", "o2", "m"), when("greater", "9", "n")]}]},
        {"all": [when("not_equal", "o1"), when("not_answered", "", "n")]},
        {"all": [when("contains", "o1", "m"), when("contains", "o2", "m")]},
        {"all": [when("at_least", "3", "n"), when("at_most", "3", "n"), when("not_equal", "4", "n")]},
    ]
    for condition in fine:
        assert check_conditions([*before, ask("q2", condition=condition)], []) is None
    ahead = PageRow(1, condition=when("equal", "o1"))
    refused = check_conditions(before, [ahead])
    assert refused is not None
    assert refused.page == 1
    assert "guarda solo indietro" in refused.sentence


def test_a_long_chain_is_checked_and_does_not_overflow() -> None:
    chain = [ask("c0", "short")]
    chain += [ask(f"c{i}", "short", condition=when("answered", "", f"c{i - 1}")) for i in range(1, 300)]
    assert check_conditions(chain, []) is None


def test_conditions_that_branch_without_end_are_given_up_and_count_as_possible() -> None:
    """Each question looks at all before it: followed back to the end there would be more ways than atoms."""
    web = [ask("c0", "short")]
    for i in range(1, 50):
        web.append(ask(f"c{i}", "short", condition={"all": [when("equal", "x", f"c{n}") for n in range(min(i, 30))]}))
    assert check_conditions(web, []) is None
    # What can be seen without following anything is still refused.
    never = {"all": [when("equal", "x", "c0"), when("not_equal", "x", "c0")]}
    problem = check_conditions([*web, ask("last", "short", condition=never)], [])
    assert problem is not None
    assert problem.code == "last"


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda e: st.lists(e) | st.dictionaries(st.sampled_from(["all", "any", "op", "question", "value"]), e),
    )
)
def test_any_shape_is_judged_without_failing(shape: object) -> None:
    well_formed(shape)
