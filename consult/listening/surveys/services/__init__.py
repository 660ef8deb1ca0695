"""Writes on questionnaires: `building` the builder, `inviting` lists, letters and ballots, `answering` what respondents send,
`sweeping` the shuffled sweep and deletion of keys, `personal` export and erasure."""

from consult.listening.surveys.services.answering import save_draft, send_by_token, send_open
from consult.listening.surveys.services.building import (
    Settings,
    close,
    create_questionnaire,
    edit_questionnaire,
    mode_is_fixed,
    publish,
)
from consult.listening.surveys.services.inviting import (
    Ballots,
    InviteReport,
    ask_for_letters,
    finish_batch,
    hand_over,
    invite,
    mint_ballots,
    send_invitation,
    send_invitations,
    send_reminder,
    send_reminders,
)
from consult.listening.surveys.services.personal import PERSONAL_DATA
from consult.listening.surveys.services.questions import (
    QuestionFields,
    add_question,
    copy_question,
    edit_question,
    move_question,
    place_question,
)
from consult.listening.surveys.services.removing import put_back, remove_page, remove_question
from consult.listening.surveys.services.sweeping import ask_for_due, delete_keys, sweep

__all__ = [
    "PERSONAL_DATA",
    "Ballots",
    "InviteReport",
    "QuestionFields",
    "Settings",
    "add_question",
    "ask_for_due",
    "ask_for_letters",
    "close",
    "copy_question",
    "create_questionnaire",
    "delete_keys",
    "edit_question",
    "edit_questionnaire",
    "finish_batch",
    "hand_over",
    "invite",
    "mint_ballots",
    "mode_is_fixed",
    "move_question",
    "place_question",
    "publish",
    "put_back",
    "remove_page",
    "remove_question",
    "save_draft",
    "send_by_token",
    "send_invitation",
    "send_invitations",
    "send_open",
    "send_reminder",
    "send_reminders",
    "sweep",
]
