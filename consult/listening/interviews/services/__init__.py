"""Writes on interviews: `planning` who is heard and consent, `embargoes` what a date changes in it, `inviting` letters and the personal
page, `transcripts` what was said, `guide` the questions."""

from consult.listening.interviews.services.embargoes import ask_for_due, follow_dates
from consult.listening.interviews.services.guide import set_guide
from consult.listening.interviews.services.inviting import (
    confirm_transcript,
    correct_passage,
    invite,
    narrow_consent,
    send_invitation,
)
from consult.listening.interviews.services.planning import (
    Consent,
    InterviewFields,
    create_interview,
    edit_interview,
    note_coded,
    plan_interview,
    record_consent,
    set_status,
)
from consult.listening.interviews.services.transcripts import (
    KINDS,
    Transcribed,
    add_transcript,
    confirm_file,
    drop_file,
    keep_file,
    process_of,
    read_transcript,
)

__all__ = [
    "KINDS",
    "Consent",
    "InterviewFields",
    "Transcribed",
    "add_transcript",
    "ask_for_due",
    "confirm_file",
    "confirm_transcript",
    "correct_passage",
    "create_interview",
    "drop_file",
    "edit_interview",
    "follow_dates",
    "invite",
    "keep_file",
    "narrow_consent",
    "note_coded",
    "plan_interview",
    "process_of",
    "read_transcript",
    "record_consent",
    "send_invitation",
    "set_guide",
    "set_status",
]
