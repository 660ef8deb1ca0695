"""Writes on interviews: `planning` who is heard and consent, `inviting` letters and the personal page, `transcripts` what was said,
`guide` the questions."""

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
    ask_for_due,
    create_interview,
    edit_interview,
    lift_embargoes,
    note_coded,
    plan_interview,
    record_consent,
)
from consult.listening.interviews.services.transcripts import (
    KINDS,
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
    "add_transcript",
    "ask_for_due",
    "confirm_file",
    "confirm_transcript",
    "correct_passage",
    "create_interview",
    "drop_file",
    "edit_interview",
    "invite",
    "keep_file",
    "lift_embargoes",
    "narrow_consent",
    "note_coded",
    "plan_interview",
    "process_of",
    "read_transcript",
    "record_consent",
    "send_invitation",
    "set_guide",
]
