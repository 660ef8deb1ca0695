"""Reads of the plan: `actions` the outline, one action, what it rests on; `cards` an action in one line, for threads and forms;
`exporting` the whole plan for files."""

from consult.plan.queries.actions import (
    ActionDetail,
    ActionRow,
    ChangeRow,
    GroundRow,
    ProvisionChoice,
    by_code,
    desk,
    grounds,
    history,
    outline,
    provisions,
    resting_on_nothing,
)
from consult.plan.queries.cards import (
    ActionCard,
    of_findings,
    of_proposals,
    of_sources,
    open_to_proposals,
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
    "desk",
    "grounds",
    "history",
    "of_findings",
    "of_proposals",
    "of_sources",
    "open_to_proposals",
    "outline",
    "provisions",
    "resting_on_nothing",
    "whole_plan",
]
