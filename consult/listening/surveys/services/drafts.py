"""What is typed and not sent yet: under the hash of a link or of a resume code, or (pseudonymous mode only) under an account.

An anonymous draft is never keyed by an account. Drafts are kept as far as they are valid: what is half typed can wait.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.sentences import N_
from consult.listening.sources.rules import receipt_hash
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import AccountDraft, AnswerDraft
from consult.listening.surveys.services import storing
from consult.listening.surveys.services.sheet import Sheet

NO_LINK = "Questo link non apre nessun questionario: può essere incompleto o non valere più."
STALE = N_("Questa bozza è stata salvata anche da un’altra finestra.")
BAD_CODE = "Il codice per riprendere non è scritto bene."


class StaleDraft(Conflict):
    """Another window saved the draft since this page was made: `theirs` stands there, `mine` was to be saved; nothing was."""

    def __init__(self, version: int, theirs: dict[str, Any], mine: dict[str, Any]) -> None:
        super().__init__(STALE, current_version=version)
        self.version, self.theirs, self.mine = version, theirs, mine


def save_draft(
    session: Session,
    *,
    token: str,
    raw: Mapping[str, Any],
    now: datetime,
    seen: Sheet | None = None,
    seen_version: int | None = None,
) -> int:
    """Keep what an invited person has typed so far, under the hash of the link; returns the draft's version.

    `seen_version`: of the draft that the page was made from. Raises NotFound, PhaseClosed, Invalid, StaleDraft.
    """
    mark = rules.token_hash(token)
    door = queries.door(session, token_hash=mark)
    if door is None:
        raise NotFound(NO_LINK)
    if door.used:
        raise Invalid("La risposta è già stata inviata.")
    return _keep(session, AnswerDraft, _under(door.questionnaire_id, mark), raw, seen, seen_version)


def save_by_code(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    code: str,
    raw: Mapping[str, Any],
    now: datetime,
    seen: Sheet | None = None,
    seen_version: int | None = None,
) -> int:
    """Keep what somebody has typed so far under the hash of a resume code; the rest as `save_draft`."""
    mark = receipt_hash(code)
    if mark is None:
        raise Invalid(BAD_CODE)
    found = queries.questionnaire(session, questionnaire_id=questionnaire_id, process_id=process_id)
    if found is None or found.access == "invitation":
        raise NotFound("Questo questionario non c’è.")
    return _keep(session, AnswerDraft, _under(questionnaire_id, mark), raw, seen, seen_version)


def save_of_account(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    account_id: uuid.UUID,
    raw: Mapping[str, Any],
    now: datetime,
    seen: Sheet | None = None,
    seen_version: int | None = None,
) -> int:
    """Keep what a signed-in person has typed so far; in pseudonymous mode only. The rest as `save_draft`."""
    found = queries.questionnaire(session, questionnaire_id=questionnaire_id, process_id=process_id)
    if found is None or found.access == "invitation":
        raise NotFound("Questo questionario non c’è.")
    if found.anonymous:
        raise Invalid("In modalità anonima una bozza non si lega a un account: serve il codice per riprendere.")
    keys = {"questionnaire_id": questionnaire_id, "account_id": account_id}
    return _keep(session, AccountDraft, keys, raw, seen, seen_version)


def _under(questionnaire_id: uuid.UUID, mark: bytes) -> dict[str, Any]:
    return {"token_hash": mark, "questionnaire_id": questionnaire_id}


def _keep(
    session: Session,
    table: type[AnswerDraft] | type[AccountDraft],
    keys: dict[str, Any],
    raw: Mapping[str, Any],
    seen: Sheet | None,
    seen_version: int | None,
) -> int:
    """Write the draft where it is still the one that was seen, or says the same; else refuse with what both say."""
    questionnaire = storing.hold_open(session, keys["questionnaire_id"], seen)
    sheet = storing.sheet_for(session, questionnaire, seen)
    values, _problems = rules.clean_values(sheet.questions, raw, sheet.codes)
    rows: Any = table.__table__
    mine = [rows.c[name] == value for name, value in keys.items()]
    made = session.execute(
        insert(rows).values(**keys, values=values, version=1).on_conflict_do_nothing().returning(rows.c.version)
    ).scalar_one_or_none()
    if made is not None:
        return int(made)
    there: Any = session.execute(select(rows.c["values"], rows.c.version).where(*mine).with_for_update()).one_or_none()
    if there is None:
        # A link's hash that is a draft of another questionnaire: two links never share one.
        raise NotFound(NO_LINK)
    if there[0] == values:
        return int(there.version)
    if there.version != seen_version:
        raise StaleDraft(int(there.version), dict(there[0]), values)
    session.execute(update(rows).where(*mine).values(values=values, version=rows.c.version + 1))
    session.flush()
    return int(there.version) + 1


def forget_account(session: Session, *, questionnaire_id: uuid.UUID, account_id: uuid.UUID) -> None:
    """A draft that was sent goes."""
    session.execute(
        delete(AccountDraft).where(
            AccountDraft.questionnaire_id == questionnaire_id, AccountDraft.account_id == account_id
        )
    )


def forget_code(session: Session, *, code: str) -> None:
    """A draft that was sent goes."""
    mark = receipt_hash(code)
    if mark is not None:
        session.execute(delete(AnswerDraft).where(AnswerDraft.token_hash == mark))
