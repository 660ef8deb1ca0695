"""Writes of the evidence: runs that find themes and refreshes that count anew, what people decide about themes, the codebook and coding with
its agreement, and coded work that comes from other programs or goes to them."""

from consult.evidence.services.decisions import describe, make_theme, merge, move_source, set_state
from consult.evidence.services.reduce import reduce_run
from consult.evidence.services.refreshing import refresh_run
from consult.evidence.services.runs import cancel_run, pause_run, prepare_shard, resume_run, start_run

__all__ = [
    "cancel_run",
    "describe",
    "make_theme",
    "merge",
    "move_source",
    "pause_run",
    "prepare_shard",
    "reduce_run",
    "refresh_run",
    "resume_run",
    "set_state",
    "start_run",
]
