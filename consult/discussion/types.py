"""Closed lists and plain shapes of the discussion."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from enum import StrEnum

from sqlalchemy.orm import Session

#: Told by how many visible comments a target's count changes: (session, target kind, target key, difference).
CountChange = Callable[[Session, str, uuid.UUID, int], None]


class CommentState(StrEnum):
    """Whether a comment is shown. Hidden by a moderator, withdrawn by its author: its replies stay, its words go.

    Waiting: only its author sees it until a moderator has read it.
    """

    visible = "visible"
    hidden = "hidden"
    withdrawn = "withdrawn"
    waiting = "waiting"


class ReactionKind(StrEnum):
    """A word of one click on a comment. Codes never change."""

    agree = "agree"
    useful = "useful"


class ReportReason(StrEnum):
    """Why somebody reports a text. Codes never change."""

    insult = "insult"
    personal_data = "personal_data"
    false_information = "false_information"
    advertising = "advertising"
    off_topic = "off_topic"
    other = "other"


class ReportState(StrEnum):
    """Whether a moderator has looked at a report: upheld when the text was hidden, dismissed when it stays."""

    open = "open"
    upheld = "upheld"
    dismissed = "dismissed"
