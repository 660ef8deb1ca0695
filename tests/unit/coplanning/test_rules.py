"""What may be done with a proposal, and its excerpt."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from consult.coplanning.proposals import rules
from consult.coplanning.proposals.types import ProposalState
from consult.core.markdown import render_user_text


def test_nobody_is_the_author_of_what_an_erased_person_wrote() -> None:
    assert not rules.is_author(None, None)
    assert not rules.is_author(None, uuid.uuid4())


def test_words_are_open_until_support_or_outcome() -> None:
    assert rules.words_are_open("published", None, None)
    assert not rules.words_are_open("published", datetime.now(UTC), None)
    assert not rules.words_are_open("published", None, "adopted")
    assert not rules.words_are_open("withdrawn", None, None)


def test_a_withdrawn_proposal_is_only_hidden_never_republished() -> None:
    assert rules.may_move(ProposalState.withdrawn, ProposalState.hidden)
    assert not rules.may_move(ProposalState.withdrawn, ProposalState.published)
    assert not rules.may_move(ProposalState.hidden, ProposalState.merged)


def test_an_excerpt_is_plain_and_cut_between_words() -> None:
    html = str(render_user_text("**Uno** & [due](https://example.org)\n\n- tre <4>\n- cinque " + "parola " * 100))
    words = rules.excerpt(html, 60)
    assert words.startswith("Uno & due tre <4> cinque parola")
    assert words.endswith("parola…")
    assert len(words) <= 61
    assert rules.excerpt("<p>breve</p>") == "breve"
