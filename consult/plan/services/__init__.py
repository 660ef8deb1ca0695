"""Writes of the plan: `actions` one action and its number; `grounds` what it rests on; `history` locks and
changes, beneath both; `exchange` tables brought in; `printing` the plan's files."""

from consult.plan.services.actions import (
    change_state,
    create_action,
    edit_action,
    withdraw,
)
from consult.plan.services.exchange import Imported, import_actions
from consult.plan.services.grounds import link, relink, unlink
from consult.plan.services.printing import (
    ask_for_plan_files,
    build_plan_file,
    export_plan,
    plan_file,
    plan_files,
)

__all__ = [
    "Imported",
    "ask_for_plan_files",
    "build_plan_file",
    "change_state",
    "create_action",
    "edit_action",
    "export_plan",
    "import_actions",
    "link",
    "plan_file",
    "plan_files",
    "relink",
    "unlink",
    "withdraw",
]
