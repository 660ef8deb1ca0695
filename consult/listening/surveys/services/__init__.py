"""Writes on questionnaires, from the builder to the last file: building and inviting, what respondents send and what comes on paper or from
elsewhere, the shuffled sweep and the deletion of keys, public results, files, and what a person may export or erase."""

from consult.listening.surveys.services.answering import send_by_token, send_open
from consult.listening.surveys.services.building import (
    Settings,
    close,
    create_questionnaire,
    edit_questionnaire,
    mode_is_fixed,
    publish,
)
from consult.listening.surveys.services.drafts import StaleDraft, save_by_code, save_draft, save_of_account
from consult.listening.surveys.services.entering import enter_paper
from consult.listening.surveys.services.exporting import (
    ask_for_file,
    begin_file,
    delete_files,
    fail_file,
    note_progress,
    write_file,
)
from consult.listening.surveys.services.importing import (
    begin_import,
    fail_work,
    note_rows,
    run_work,
    undo_import,
    work_through,
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
    uninvite,
)
from consult.listening.surveys.services.ordering import copy_question, move_question, place_question
from consult.listening.surveys.services.pages import (
    add_page,
    edit_page,
    move_page,
    set_condition,
    set_languages,
    translate,
)
from consult.listening.surveys.services.personal import PERSONAL_DATA
from consult.listening.surveys.services.questions import QuestionFields, add_question, edit_question, frame_options
from consult.listening.surveys.services.removing import put_back, remove_page, remove_question
from consult.listening.surveys.services.sheet import Sheet
from consult.listening.surveys.services.shelving import copy_questionnaire, shelve
from consult.listening.surveys.services.stopping import FULL, no_room
from consult.listening.surveys.services.storing import hold_open
from consult.listening.surveys.services.sweeping import ask_for_due, delete_keys, sweep
from consult.listening.surveys.services.telling import Goal, publish_results, set_targets, withdraw_results
from consult.listening.surveys.services.transfer import (
    export_questionnaire,
    import_questionnaire,
    plan_of,
    read_template,
    template_names,
)
from consult.listening.surveys.services.workbooks import first_rows
from consult.listening.surveys.services.working import be_here, forget_words, note_upload, tidy

__all__ = [
    "FULL",
    "PERSONAL_DATA",
    "Ballots",
    "Goal",
    "InviteReport",
    "QuestionFields",
    "Settings",
    "Sheet",
    "StaleDraft",
    "add_page",
    "add_question",
    "ask_for_due",
    "ask_for_file",
    "ask_for_letters",
    "be_here",
    "begin_file",
    "begin_import",
    "close",
    "copy_question",
    "copy_questionnaire",
    "create_questionnaire",
    "delete_files",
    "delete_keys",
    "edit_page",
    "edit_question",
    "edit_questionnaire",
    "enter_paper",
    "export_questionnaire",
    "fail_file",
    "fail_work",
    "finish_batch",
    "first_rows",
    "forget_words",
    "frame_options",
    "hand_over",
    "hold_open",
    "import_questionnaire",
    "invite",
    "mint_ballots",
    "mode_is_fixed",
    "move_page",
    "move_question",
    "no_room",
    "note_progress",
    "note_rows",
    "note_upload",
    "place_question",
    "plan_of",
    "publish",
    "publish_results",
    "put_back",
    "read_template",
    "remove_page",
    "remove_question",
    "run_work",
    "save_by_code",
    "save_draft",
    "save_of_account",
    "send_by_token",
    "send_invitation",
    "send_invitations",
    "send_open",
    "send_reminder",
    "send_reminders",
    "set_condition",
    "set_languages",
    "set_targets",
    "shelve",
    "sweep",
    "template_names",
    "tidy",
    "translate",
    "undo_import",
    "uninvite",
    "withdraw_results",
    "work_through",
    "write_file",
]
