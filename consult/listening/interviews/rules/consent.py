"""What consent allows. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

STATUSES = ("to_invite", "invited", "scheduled", "held", "transcribed", "checked", "coded")
QUOTES = ("none", "anonymous", "role", "name")


def quotable(*, consent_quote: str, embargo_until: date | None, today: date) -> str:
    """How a passage may be quoted today: as consented, and not at all before the embargo ends."""
    return "none" if embargo_until is not None and today < embargo_until else consent_quote


def attribution(*, consent_quote: str, role: str, person_name: str) -> str:
    """What may stand beside a quote: the role, or name and role, as far as consent goes."""
    if consent_quote == "name" and person_name:
        return f"{person_name}, {role}"[:200]  # The column for attributions holds no more.
    return role if consent_quote in {"role", "name"} else ""


def narrower(*, before: str, after: str) -> bool:
    """Whether a consent to quote allows no more than another: a person narrows on their own page; widening is asked again."""
    return QUOTES.index(after) <= QUOTES.index(before)


def door_token(interview_id: uuid.UUID, secret: str) -> str:
    """The link of a personal page: 128 bits that only the secret key can make again, so that every letter has the same."""
    mark = hmac.new(secret.encode(), b"interview-door" + interview_id.bytes, hashlib.sha256).digest()
    return urlsafe_b64encode(mark[:16]).decode().rstrip("=")


def door_hash(token: str) -> bytes:
    """What the database keeps of the link."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def question_parts(line: str) -> tuple[str, str]:
    """A question of the guide and the mark at its end: "Come ci si muove? [2.1]" gives ("Come ci si muove?", "2.1")."""
    found = re.search(r"\s*\[\s*([\w.]{1,12})\s*\]\s*$", line)
    return (line[: found.start()].strip(), found.group(1)) if found else (line.strip(), "")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many people of a zone or kind are on the list, invited, and heard."""

    listed: int = 0
    invited: int = 0
    heard: int = 0


NOBODY_YET = Coverage()


def coverage(rows: Iterable[tuple[str | None, str]]) -> dict[str, Coverage]:
    """Coverage by value (zone or kind) of interviews given as (value, status); interviews without one are left out."""
    found: dict[str, Coverage] = {}
    for value, status in rows:
        if value is None:
            continue
        before = found.get(value, NOBODY_YET)
        place = STATUSES.index(status)
        found[value] = Coverage(
            before.listed + 1, before.invited + (place >= 1), before.heard + (place >= STATUSES.index("held"))
        )
    return found
