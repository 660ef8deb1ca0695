"""Writes on sources: adding, importing, and changing with history."""

from consult.listening.sources.services.adding import WRITING, add_source, add_sources, import_rows, written
from consult.listening.sources.services.changing import (
    FOLLOWED_BY,
    ask_to_follow,
    change_source,
    set_facts,
    withdraw_many,
)

__all__ = [
    "FOLLOWED_BY",
    "WRITING",
    "add_source",
    "add_sources",
    "ask_to_follow",
    "change_source",
    "import_rows",
    "set_facts",
    "withdraw_many",
    "written",
]
