"""Writes of the plan: `actions` one action, its numbers, history and grounds; `exchange` tables brought in and files made."""

from consult.plan.services.actions import (
    change_state,
    create_action,
    edit_action,
    link,
    unlink,
    withdraw,
)
from consult.plan.services.exchange import Imported, as_document, import_actions

__all__ = [
    "Imported",
    "as_document",
    "change_state",
    "create_action",
    "edit_action",
    "import_actions",
    "link",
    "unlink",
    "withdraw",
]
