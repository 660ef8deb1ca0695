"""Writes about people, by subject: `accounts` opened and changed; `links` in letters; `sessions` signing in, out, and passwords;
`organisations` who speaks for which body; `own_data` export, erasure, and what is thrown away in time.

Who asks from outside learns nothing about who has an account: sign-up, reset and sign-in do the same work and give the same answer
for known and unknown addresses; what differs goes by mail to the address itself.
"""

from consult.people.services.accounts import (
    change_profile,
    ensure_invited,
    open_account,
)
from consult.people.services.links import request_reset, send_letter, sign_up
from consult.people.services.organisations import answer_membership, ask_membership, leave_organisation
from consult.people.services.own_data import PERSONAL_DATA, ask_for_clean_up, clean_up, erase, export
from consult.people.services.sessions import (
    change_password,
    end_sessions,
    note_failed_sign_in,
    set_password,
    sign_in,
    sign_in_demonstration,
    sign_out,
    verify,
)

__all__ = [
    "PERSONAL_DATA",
    "answer_membership",
    "ask_for_clean_up",
    "ask_membership",
    "change_password",
    "change_profile",
    "clean_up",
    "end_sessions",
    "ensure_invited",
    "erase",
    "export",
    "leave_organisation",
    "note_failed_sign_in",
    "open_account",
    "request_reset",
    "send_letter",
    "set_password",
    "sign_in",
    "sign_in_demonstration",
    "sign_out",
    "sign_up",
    "verify",
]
