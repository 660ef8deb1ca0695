"""Writes on meetings, by what is done: planning, attending, noting, picking, minutes."""

from consult.listening.meetings.services.attending import (
    add_attendee,
    ask_for_due,
    forget_addresses,
    note_attendance,
    register,
    remind,
    remove_registration,
    send_letter,
    withdraw,
)
from consult.listening.meetings.services.minutes import answer_remark, publish_minutes, remark, start_review
from consult.listening.meetings.services.noting import add_note, edit_note
from consult.listening.meetings.services.personal import PERSONAL_DATA, OwnRegistrations
from consult.listening.meetings.services.picking import cast_ballot, set_picking, set_table_ballot
from consult.listening.meetings.services.planning import (
    MeetingFields,
    add_file,
    create_meeting,
    edit_meeting,
    remove_file,
    remove_table,
    save_table,
    set_state,
)
from consult.listening.meetings.types import NewNote

__all__ = [
    "PERSONAL_DATA",
    "MeetingFields",
    "NewNote",
    "OwnRegistrations",
    "add_attendee",
    "add_file",
    "add_note",
    "answer_remark",
    "ask_for_due",
    "cast_ballot",
    "create_meeting",
    "edit_meeting",
    "edit_note",
    "forget_addresses",
    "note_attendance",
    "publish_minutes",
    "register",
    "remark",
    "remind",
    "remove_file",
    "remove_registration",
    "remove_table",
    "save_table",
    "send_letter",
    "set_picking",
    "set_state",
    "set_table_ballot",
    "start_review",
    "withdraw",
]
