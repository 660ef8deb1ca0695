"""Reads of meetings: lists, who comes, what was said, what was chosen."""

from consult.listening.meetings.queries.attending import (
    Attendance,
    Registration,
    attendance,
    files,
    registration,
    registrations,
    registrations_page,
    tables,
)
from consult.listening.meetings.queries.listing import (
    MeetingPage,
    MeetingRow,
    OwnRegistration,
    announced,
    by_code,
    coming,
    meeting,
    one_row,
    own_registrations,
    past,
    titles,
)
from consult.listening.meetings.queries.noting import last_notes, notes, one_note, remarks
from consult.listening.meetings.queries.picking import Group, Result, ballots, own_ballot, result

__all__ = [
    "Attendance",
    "Group",
    "MeetingPage",
    "MeetingRow",
    "OwnRegistration",
    "Registration",
    "Result",
    "announced",
    "attendance",
    "ballots",
    "by_code",
    "coming",
    "files",
    "last_notes",
    "meeting",
    "notes",
    "one_note",
    "one_row",
    "own_ballot",
    "own_registrations",
    "past",
    "registration",
    "registrations",
    "registrations_page",
    "remarks",
    "result",
    "tables",
    "titles",
]
