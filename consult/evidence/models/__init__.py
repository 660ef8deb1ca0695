"""Tables of the evidence: `runs`, `themes` with people's decisions beside them, `readings` of single sources."""

from consult.evidence.models.desk import (
    Presence,
    SourceRead,
)
from consult.evidence.models.readings import (
    SourceReading,
    StrategyLink,
)
from consult.evidence.models.runs import (
    RUNNING,
    Run,
    RunResult,
    RunShard,
    SourceVector,
)
from consult.evidence.models.themes import (
    Assignment,
    AssignmentDecision,
    Theme,
    ThemeDecision,
    ThemeQuote,
)

__all__ = [
    "RUNNING",
    "Assignment",
    "AssignmentDecision",
    "Presence",
    "Run",
    "RunResult",
    "RunShard",
    "SourceRead",
    "SourceReading",
    "SourceVector",
    "StrategyLink",
    "Theme",
    "ThemeDecision",
    "ThemeQuote",
]
