"""What may be done with a proposal, from facts alone."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from html import unescape

from consult.coplanning.proposals.types import ProposalState

_INLINE = re.compile(r"</?(?:em|strong|a|code)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
#: Changes of state that somebody may ask for; every other is refused.
MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (ProposalState.published, ProposalState.hidden),
        (ProposalState.published, ProposalState.withdrawn),
        (ProposalState.published, ProposalState.merged),
        (ProposalState.hidden, ProposalState.published),
        (ProposalState.merged, ProposalState.published),
        (ProposalState.merged, ProposalState.hidden),
        (ProposalState.withdrawn, ProposalState.hidden),
    }
)


def may_move(state: str, to: str) -> bool:
    """Whether a proposal in `state` may be put in the state `to`."""
    return (state, to) in MOVES


def is_author(author_id: uuid.UUID | None, account_id: uuid.UUID | None) -> bool:
    """Whether this person wrote it; nobody is the author of what an erased person wrote."""
    return author_id is not None and author_id == account_id


def words_are_open(state: str, first_supported_at: datetime | None, outcome: str | None) -> bool:
    """Whether the author may still change the words: until the first support, and only while nobody decided on it."""
    return state == ProposalState.published and first_supported_at is None and outcome is None


def may_be_withdrawn(state: str, outcome: str | None) -> bool:
    """Whether the author may still take it back: until it has an outcome."""
    return state == ProposalState.published and outcome is None


def excerpt(html: str, length: int = 280) -> str:
    """The first words of a rendered text, without tags, cut between words."""
    # The HTML is ours and sanitised: a bare < can't stand in its text, so tags are what stands between < and >.
    plain = " ".join(unescape(_TAG.sub(" ", _INLINE.sub("", html))).split())
    if len(plain) <= length:
        return plain
    return plain[:length].rsplit(" ", 1)[0].rstrip(" ,;:.-") + "…"


def signature(author: str | None) -> str:
    """The signature in files: the name shown, or which kind of nobody."""
    if author is None:
        return "persona che ha cancellato il proprio account"
    return author or "persona registrata"
