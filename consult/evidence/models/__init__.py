"""Tables of the evidence: `coding` the codebook and what people coded, `runs`, `themes` with people's decisions,
`readings` of single sources."""

from consult.evidence.models.coding import (
    Code,
    CodeLineage,
    CodeSet,
    Coding,
    CodingAction,
    CodingImport,
    CodingSample,
    SampleReading,
    SampleVerdict,
    SuggestionDecision,
)
from consult.evidence.models.desk import Presence, SourceRead, ThemeStep
from consult.evidence.models.readings import SourceReading, StrategyLink
from consult.evidence.models.runs import RUNNING, Run, RunPart, RunResult, RunShard, SourceVector
from consult.evidence.models.themes import (
    Assignment,
    AssignmentDecision,
    Theme,
    ThemeDecision,
    ThemeQuote,
    ThemeRetelling,
    ThemeTest,
)

__all__ = [
    "RUNNING",
    "Assignment",
    "AssignmentDecision",
    "Code",
    "CodeLineage",
    "CodeSet",
    "Coding",
    "CodingAction",
    "CodingImport",
    "CodingSample",
    "Presence",
    "Run",
    "RunPart",
    "RunResult",
    "RunShard",
    "SampleReading",
    "SampleVerdict",
    "SourceRead",
    "SourceReading",
    "SourceVector",
    "StrategyLink",
    "SuggestionDecision",
    "Theme",
    "ThemeDecision",
    "ThemeQuote",
    "ThemeRetelling",
    "ThemeStep",
    "ThemeTest",
]
