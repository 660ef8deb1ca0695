"""Reads of meetings: lists, who comes, what was said, what was chosen."""

from consult.listening.meetings.queries.attending import (
    Attendance,
    Registration,
    attendance,
    files,
    registration,
    registrations,
    tables,
)
from consult.listening.meetings.queries.listing import (
    MeetingPage,
    MeetingRow,
    OwnRegistration,
    by_code,
    meeting,
    meetings,
    own_registrations,
)
from consult.listening.meetings.queries.noting import notes, remarks
from consult.listening.meetings.queries.picking import Group, Result, ballots, own_ballot, result

__all__ = [
    "Attendance",
    "Group",
    "MeetingPage",
    "MeetingRow",
    "OwnRegistration",
    "Registration",
    "Result",
    "attendance",
    "ballots",
    "by_code",
    "files",
    "meeting",
    "meetings",
    "notes",
    "own_ballot",
    "own_registrations",
    "registration",
    "registrations",
    "remarks",
    "result",
    "tables",
]
