"""Reads of the evidence: `runs`, `themes` with their numbers and members, `readings` by source."""

from consult.evidence.queries.readings import readings, strategy_links, themes_for_source
from consult.evidence.queries.runs import changes, latest_run, outcome, run, running_run_id, runs
from consult.evidence.queries.themes import MEMBERS_PER_PAGE, members, members_page, quotes, states, themes_of, totals

__all__ = [
    "MEMBERS_PER_PAGE",
    "changes",
    "latest_run",
    "members",
    "members_page",
    "outcome",
    "quotes",
    "readings",
    "run",
    "running_run_id",
    "runs",
    "states",
    "strategy_links",
    "themes_for_source",
    "themes_of",
    "totals",
]
