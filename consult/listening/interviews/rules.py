"""What consent allows, and how a typed transcript splits into turns. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

STATUSES = ("to_invite", "invited", "scheduled", "held", "transcribed", "checked", "coded")
QUOTES = ("none", "anonymous", "role", "name")
_PREFIX = re.compile(r"^([A-ZÀ-Ý][\w.'’() -]{0,39}?)\s?[::]\s+(?=\S)")
_INTERVIEWER = frozenset(
    {
        "d",
        "dom",
        "domanda",
        "int",
        "intervistatore",
        "intervistatrice",
        "q",
        "question",
        "interviewer",
        "facilitatore",
        "facilitatrice",
        "moderatore",
    }
)
_ANSWERING = frozenset({"r", "risp", "risposta", "intervistato", "intervistata", "a", "answer", "interviewee"})


@dataclass(frozen=True, slots=True)
class Turn:
    """One passage of a transcript; `asked` when the interviewer speaks."""

    speaker: str
    text: str
    asked: bool


def quotable(*, consent_quote: str, embargo_until: date | None, today: date) -> str:
    """How a passage may be quoted today: as consented, and not at all before the embargo ends."""
    return "none" if embargo_until is not None and today < embargo_until else consent_quote


def attribution(*, consent_quote: str, role: str, person_name: str) -> str:
    """What may stand beside a quote: the role, or name and role, as far as consent goes."""
    if consent_quote == "name" and person_name:
        return f"{person_name}, {role}"[:200]  # The column for attributions holds no more.
    return role if consent_quote in {"role", "name"} else ""


def _mark(block: str) -> tuple[str, str] | None:
    found = _PREFIX.match(block)
    return (found.group(1).strip(), block[found.end() :]) if found else None


def split_transcript(text: str) -> list[Turn]:
    """Turns of a typed transcript: blank lines part passages; a label before a colon says who speaks.

    A label counts when it is a usual one (D:, R:, Intervistatrice:), or when at least two passages start with it:
    "The problem is: ..." is no speaker.
    A passage without label belongs to whoever spoke last.
    """
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text) if block.strip()]
    seen = Counter(mark[0].casefold() for block in blocks if (mark := _mark(block)))
    turns: list[Turn] = []
    speaker, asking = "", False
    for block in blocks:
        mark = _mark(block)
        if mark is not None:
            key = mark[0].casefold().rstrip(".")
            if key in _INTERVIEWER or key in _ANSWERING or (seen[mark[0].casefold()] > 1 and len(mark[0].split()) <= 3):
                speaker, block, asking = mark[0], mark[1], key in _INTERVIEWER
        turns.append(Turn(speaker[:80], block, asking))
    return turns
