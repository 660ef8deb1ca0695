"""Pure rules of the discussion."""

from __future__ import annotations

import uuid

from consult.discussion import rules
from consult.discussion.types import CommentState


def test_what_its_author_withdrew_nobody_brings_back() -> None:
    for state in CommentState:
        assert not rules.may_move(CommentState.withdrawn, state)
    assert rules.may_move(CommentState.hidden, CommentState.visible)


def test_nobody_owns_what_an_erased_person_wrote() -> None:
    assert not rules.is_own(None, None)
    assert rules.is_own(key := uuid.uuid4(), key)


def test_signatures_in_files() -> None:
    assert rules.signature("Maria") == "Maria"
    assert rules.signature("") == "persona registrata"
    assert rules.signature(None) == "persona che ha cancellato il proprio account"
