"""Splitting a transcript into passages, and what consent allows. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

STATUSES: tuple[str, ...] = ("to_invite", "invited", "scheduled", "held", "transcribed", "checked", "coded")
QUOTE_CONSENTS: tuple[str, ...] = ("none", "anonymous", "role", "name")
CONSENT_TEXT_VERSION = "2026-1"
MAX_PASSAGES = 2000
# «INTERVISTATORE: ...», «D: ...»: who asks is not who is heard.
_SPEAKER = re.compile(r"^\s*(?P<who>[^\W\d_][\w .'’-]{0,40}?)\s*[:\u2014]\s+(?=\S)")
_ASKING = {"d", "q", "domanda", "intervistatore", "intervistatrice", "interviewer", "facilitatore", "facilitatrice"}


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of a transcript: what the interviewed person said in one go."""

    text: str


def split_transcript(text: str) -> list[Passage]:
    """Passages of a typed transcript, parted by blank lines; a speaker's prefix is taken off, and what the interviewer asks is left out."""
    passages: list[Passage] = []
    for block in re.split(r"\n\s*\n", text):
        block = block.strip()
        if not block:
            continue
        found = _SPEAKER.match(block)
        if found:
            if found["who"].strip().lower() in _ASKING:
                continue
            if found["who"].isupper() or found["who"].strip().lower() in {"r", "a", "risposta"}:
                block = block[found.end() :].strip()
        if block:
            passages.append(Passage(block))
    return passages


def quotable_today(quote_consent: str, embargo_until: date | None, today: date) -> str:
    """The scope written on the sources: none while an embargo lasts."""
    return "none" if embargo_until is not None and today < embargo_until else quote_consent


def attribution_for(quote_consent: str, *, role: str, name: str) -> str:
    """What stands beside a quote: the role or the name, only as far as consent goes."""
    if quote_consent == "name":
        return f"{name}, {role}" if name else role
    return role if quote_consent == "role" else ""
