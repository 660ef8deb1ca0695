"""Rows the evidence hands out, frozen, no behaviour beyond small sums: `places`, `coding`, `exchange`, `runs`, `themes`, `readings`."""

from consult.evidence.types.coding import CodeRow, CodingRow, NewCodes, PassageLine, SampleRow, Suggestion, UnitRow
from consult.evidence.types.exchange import AT_WORK, CodebookReport, ImportRow, ProjectReport, TextReport, Trail
from consult.evidence.types.places import Place
from consult.evidence.types.readings import LinkRow, ThemeOfSource
from consult.evidence.types.runs import RunOutcome, RunRow
from consult.evidence.types.themes import Count, MemberRow, QuoteRow, ThemeName, ThemeRow

__all__ = [
    "AT_WORK",
    "CodeRow",
    "CodebookReport",
    "CodingRow",
    "Count",
    "ImportRow",
    "LinkRow",
    "MemberRow",
    "NewCodes",
    "PassageLine",
    "Place",
    "ProjectReport",
    "QuoteRow",
    "RunOutcome",
    "RunRow",
    "SampleRow",
    "Suggestion",
    "TextReport",
    "ThemeName",
    "ThemeOfSource",
    "ThemeRow",
    "Trail",
    "UnitRow",
]
