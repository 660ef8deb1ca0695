"""Tables of the paper."""

from consult.position_paper.models.paper import (
    Finding,
    FindingChange,
    FindingSource,
    Paper,
    PaperFile,
    PaperVersion,
    PublishedFinding,
    Section,
)

__all__ = [
    "Finding",
    "FindingChange",
    "FindingSource",
    "Paper",
    "PaperFile",
    "PaperVersion",
    "PublishedFinding",
    "Section",
]
