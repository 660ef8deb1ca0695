"""What consent allows. Pure."""

from __future__ import annotations

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
