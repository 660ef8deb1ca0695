"""Reads of the plan: `actions` the outline, one action, cards for threads and forms; `exporting` the whole plan for files."""

from consult.plan.queries.actions import (
    ActionCard,
    ActionDetail,
    ActionRow,
    ChangeRow,
    GroundRow,
    ProvisionChoice,
    by_code,
    cards,
    desk,
    grounds,
    history,
    of_findings,
    of_proposals,
    open_to_proposals,
    outline,
    provisions,
    resting_on_nothing,
)
from consult.plan.queries.exporting import WholeAction, whole_plan

__all__ = [
    "ActionCard",
    "ActionDetail",
    "ActionRow",
    "ChangeRow",
    "GroundRow",
    "ProvisionChoice",
    "WholeAction",
    "by_code",
    "cards",
    "desk",
    "grounds",
    "history",
    "of_findings",
    "of_proposals",
    "open_to_proposals",
    "outline",
    "provisions",
    "resting_on_nothing",
    "whole_plan",
]
