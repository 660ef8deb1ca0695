"""Tables of moderation: `acts` dispositions, what was hidden and shown, the rules; `evaluations` what offices think of proposals
before anybody decides, notes among staff, dispositions in preparation; `second_look` appeals and second readings."""

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
from consult.moderation.models.second_look import ModerationAppeal, ModerationReading

__all__ = [
    "Disposition",
    "DispositionDraft",
    "Evaluation",
    "EvaluationOffice",
    "EvaluationOfficeMember",
    "EvaluationOverlap",
    "InternalNote",
    "ModerationAct",
    "ModerationAppeal",
    "ModerationAssignment",
    "ModerationPolicy",
    "ModerationReading",
    "TextScreening",
]
