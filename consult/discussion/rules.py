"""Pure rules of the discussion."""

from __future__ import annotations

import uuid

from consult.discussion.types import CommentState

#: Moves between states that somebody may ask for. A comment its author withdrew is nobody's to bring back.
MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (CommentState.visible, CommentState.hidden),
        (CommentState.hidden, CommentState.visible),
        (CommentState.visible, CommentState.withdrawn),
        # A moderator reads it first, and may think better of it for ten seconds.
        (CommentState.waiting, CommentState.visible),
        (CommentState.waiting, CommentState.hidden),
        (CommentState.waiting, CommentState.withdrawn),
        (CommentState.visible, CommentState.waiting),
        (CommentState.hidden, CommentState.waiting),
    }
)


def may_move(state: str, to: str) -> bool:
    """Whether a comment in `state` may be put in the state `to`."""
    return (state, to) in MOVES


def is_own(author_id: uuid.UUID | None, account_id: uuid.UUID | None) -> bool:
    """Whether a text is this person's own; nobody owns what an erased person wrote."""
    return author_id is not None and author_id == account_id


def signature(author: str | None) -> str:
    """The signature in files: the name shown, or which kind of nobody."""
    if author is None:
        return "persona che ha cancellato il proprio account"
    return author or "persona registrata"
