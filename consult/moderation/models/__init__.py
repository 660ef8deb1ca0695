"""Tables of moderation: `acts` dispositions, what was hidden and shown, the rules; `evaluations` what offices think of proposals
before anybody decides, notes among staff, dispositions in preparation."""

from consult.moderation.models.acts import (
    Disposition,
    ModerationAct,
    ModerationAssignment,
    ModerationPolicy,
    TextScreening,
)
from consult.moderation.models.evaluations import (
    DispositionDraft,
    Evaluation,
    EvaluationOffice,
    EvaluationOfficeMember,
    EvaluationOverlap,
    InternalNote,
)

__all__ = [
    "Disposition",
    "DispositionDraft",
    "Evaluation",
    "EvaluationOffice",
    "EvaluationOfficeMember",
    "EvaluationOverlap",
    "InternalNote",
    "ModerationAct",
    "ModerationAssignment",
    "ModerationPolicy",
    "TextScreening",
]
