"""Writes of processes: `processes` opening, roles, notices; `phases` dates, holding a phase open, settling it."""

from consult.process.services.phases import (
    JUST_CLOSED,
    ask_to_settle,
    await_answers,
    hold_phase_open,
    hold_phases,
    set_phase,
    settle,
)
from consult.process.services.processes import (
    PERSONAL_DATA,
    PhasePlan,
    answer_organisation,
    describe_process,
    give_role,
    invite_member,
    open_process,
    publish_notice,
    publish_process,
    remember_notice,
    set_premoderation,
    take_role,
)

__all__ = [
    "JUST_CLOSED",
    "PERSONAL_DATA",
    "PhasePlan",
    "answer_organisation",
    "ask_to_settle",
    "await_answers",
    "describe_process",
    "give_role",
    "hold_phase_open",
    "hold_phases",
    "invite_member",
    "open_process",
    "publish_notice",
    "publish_process",
    "remember_notice",
    "set_phase",
    "set_premoderation",
    "settle",
    "take_role",
]
