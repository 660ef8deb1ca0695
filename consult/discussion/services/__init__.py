"""Writes of the discussion: `talking` comments, reactions and reports; `own_data` export and erasure."""

from consult.discussion.services.own_data import PERSONAL_DATA
from consult.discussion.services.talking import (
    MAX_COMMENT,
    MAX_NOTE,
    close_reports,
    comment,
    hide,
    hold,
    react,
    reopen_reports,
    reply,
    report,
    restore,
    withdraw,
)

__all__ = [
    "MAX_COMMENT",
    "MAX_NOTE",
    "PERSONAL_DATA",
    "close_reports",
    "comment",
    "hide",
    "hold",
    "react",
    "reopen_reports",
    "reply",
    "report",
    "restore",
    "withdraw",
]
