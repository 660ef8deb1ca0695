"""Rows the evidence hands out, frozen, no behaviour beyond small sums: `places`, `runs`, `themes`, `readings`."""

from consult.evidence.types.places import Place
from consult.evidence.types.readings import LinkRow, ThemeOfSource
from consult.evidence.types.runs import RunOutcome, RunRow
from consult.evidence.types.themes import Count, MemberRow, QuoteRow, ThemeRow

__all__ = [
    "Count",
    "LinkRow",
    "MemberRow",
    "Place",
    "QuoteRow",
    "RunOutcome",
    "RunRow",
    "ThemeOfSource",
    "ThemeRow",
]
