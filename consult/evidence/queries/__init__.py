"""Reads of the evidence: `codebook`, `coding` what there is to code and was coded, `runs`, `themes` with their numbers and members,
`readings` by source."""

from consult.evidence.queries.codebook import codes, lineage, saturation
from consult.evidence.queries.coding import (
    PASSAGES_PER_PAGE,
    codings_of,
    held_by_code,
    history,
    in_open_sample,
    next_uncoded,
    page_before,
    passages,
    place_of,
    suggestions,
    units,
)
from consult.evidence.queries.readings import readings, strategy_links, themes_for_source
from consult.evidence.queries.runs import changes, latest_run, outcome, run, running_run_id, runs
from consult.evidence.queries.sampling import compared, own_readings, samples
from consult.evidence.queries.themes import MEMBERS_PER_PAGE, members, members_page, quotes, states, themes_of, totals

__all__ = [
    "MEMBERS_PER_PAGE",
    "PASSAGES_PER_PAGE",
    "changes",
    "codes",
    "codings_of",
    "compared",
    "held_by_code",
    "history",
    "in_open_sample",
    "latest_run",
    "lineage",
    "members",
    "members_page",
    "next_uncoded",
    "outcome",
    "own_readings",
    "page_before",
    "passages",
    "place_of",
    "quotes",
    "readings",
    "run",
    "running_run_id",
    "runs",
    "samples",
    "saturation",
    "states",
    "strategy_links",
    "suggestions",
    "themes_for_source",
    "themes_of",
    "totals",
    "units",
]
