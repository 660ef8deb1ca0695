"""What meetings allow, links that only their owner holds, and how minutes are put together. Pure."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from consult.listening.meetings.types import CODE_LETTERS, Chapter, NoteRow

NOTE_KINDS = ("need", "proposal", "criticism", "agreement")
STATES = ("draft", "published", "cancelled")
#: How long before a meeting the reminder leaves, and how long after it addresses are kept.
REMIND_BEFORE, KEEP_ADDRESSES = timedelta(hours=26), timedelta(days=30)
#: Days that attendees usually have to read the minutes.
REVIEW_DAYS = 10
#: Groups with fewer ballots are not shown by themselves: who sat there could be recognised.
SMALLEST = 5


def may_register(*, state: str, registration: bool, starts_at: datetime, now: datetime) -> bool:
    """Whether people may register now: a published meeting that asks for it and has not begun."""
    return state == "published" and registration and starts_at > now


def clean_code(typed: str) -> str:
    """A code as it is kept, from what was typed on a phone: case, blanks and hyphens don't matter; empty where it can't be one."""
    code = re.sub(r"[\s\-–—]", "", typed).upper()
    return code if len(code) == 6 and all(c in CODE_LETTERS for c in code) else ""


def voter_hash(mark: str, meeting_id: uuid.UUID) -> bytes:
    """What the database keeps of the mark of a participant's browser: another one for each meeting."""
    return hashlib.sha256(f"{meeting_id}:{mark}".encode()).digest()


def ranked(chosen: Sequence[uuid.UUID | None]) -> list[uuid.UUID]:
    """The strategies of a ballot in their order: empty places closed up, a second mention left out."""
    return list(dict.fromkeys(key for key in chosen if key is not None))


def compose(notes: Sequence[NoteRow]) -> list[Chapter]:
    """The notes as minutes show them: the first session by table, the second by strategy, each in the order they were typed."""
    found: dict[tuple[int, str, str], list[NoteRow]] = {}
    for note in notes:
        place = (2, note.strategy_code or "", "") if note.round == 2 else (1, "", str(note.table_number or ""))
        found.setdefault(place, []).append(note)

    def order(place: tuple[int, str, str]) -> tuple[int, tuple[int, ...], int]:
        code = tuple(int(part) for part in re.findall(r"\d+", place[1]))
        return place[0], code or (10_000,), int(place[2] or 10_000)

    return [
        Chapter(
            round=place[0],
            table_number=found[place][0].table_number if place[0] == 1 else None,
            table_title=found[place][0].table_title if place[0] == 1 else "",
            strategy_code=found[place][0].strategy_code if place[0] == 2 else None,
            strategy_title=found[place][0].strategy_title if place[0] == 2 else None,
            notes=tuple(found[place]),
        )
        for place in sorted(found, key=order)
    ]
