"""States of actions, codes, and what differs in a stale edit."""

from __future__ import annotations

from consult.plan import rules
from consult.plan.types import ActionState


def test_a_code_is_the_strategys_and_the_number() -> None:
    assert rules.code_of("2.1", 4) == "2.1.4"


def test_every_state_can_be_reached_and_left_only_along_the_lines() -> None:
    reached = {to for _start, to in rules.MOVES}
    assert reached == {str(s) for s in ActionState}
    assert not rules.may_move(ActionState.draft, ActionState.adopted)
    assert not rules.may_move(ActionState.withdrawn, ActionState.adopted)
    assert not rules.may_move(ActionState.adopted, ActionState.draft)
    assert rules.may_move(ActionState.withdrawn, ActionState.draft)


def test_only_what_is_still_being_written_is_edited() -> None:
    assert {s for s in ActionState if rules.may_edit(s)} == {ActionState.draft, ActionState.under_review}


def test_history_keeps_only_what_changed() -> None:
    before = {"title": "a", "text": "b", "zones": ["1"]}
    after = {"title": "a", "text": "c", "zones": []}
    assert rules.changed_fields(before, after) == ({"text": "b", "zones": ["1"]}, {"text": "c", "zones": []})


def test_differences_come_in_the_order_of_the_form_and_in_words() -> None:
    found = rules.differences(
        {"text": "b", "title": "a", "zones": ["1", "2"]}, {"zones": [], "title": "x", "text": "b"}
    )
    assert [(d.label, d.theirs, d.yours) for d in found] == [("Titolo", "a", "x"), ("Zone", "1, 2", "")]
