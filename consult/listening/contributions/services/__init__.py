"""Writes on contributions: taking them, importing files of answers, export and erasure of a person's own."""

from consult.listening.contributions.services.importing import (
    another_column,
    bring_file,
    import_file,
    read_answers,
    run_import,
    start_import,
    table_in_storage,
    table_reason,
    undo_import,
)
from consult.listening.contributions.services.personal import ERASED_TEXT, PERSONAL_DATA, OwnContributions
from consult.listening.contributions.services.taking import (
    MOST_FILES,
    Submitted,
    ask_for_due,
    confirm,
    drop_waiting,
    send_proof,
    set_door,
    submit,
    wait_for_proof,
)

__all__ = [
    "ERASED_TEXT",
    "MOST_FILES",
    "PERSONAL_DATA",
    "OwnContributions",
    "Submitted",
    "another_column",
    "ask_for_due",
    "bring_file",
    "confirm",
    "drop_waiting",
    "import_file",
    "read_answers",
    "run_import",
    "send_proof",
    "set_door",
    "start_import",
    "submit",
    "table_in_storage",
    "table_reason",
    "undo_import",
    "wait_for_proof",
]
