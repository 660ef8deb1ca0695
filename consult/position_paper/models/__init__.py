"""Tables of the paper."""

from consult.position_paper.models.confrontation import (
    Confrontation,
)
from consult.position_paper.models.consultation import (
    CommentAnswer,
    ConsultedFinding,
    DraftConsultation,
)
from consult.position_paper.models.files import (
    PaperFileRequest,
)
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
from consult.position_paper.models.review import (
    MarginNote,
    SectionApproval,
)

__all__ = [
    "CommentAnswer",
    "Confrontation",
    "ConsultedFinding",
    "DraftConsultation",
    "Finding",
    "FindingChange",
    "FindingSource",
    "MarginNote",
    "Paper",
    "PaperFile",
    "PaperFileRequest",
    "PaperVersion",
    "PublishedFinding",
    "Section",
    "SectionApproval",
]
