"""What is typed and not sent yet: under the hash of a link or of a resume code, or (pseudonymous mode only) under an account.

An anonymous draft is never keyed by an account. Drafts are kept as far as they are valid: what is half typed can wait.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.listening.sources.rules import receipt_hash
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import AccountDraft, AnswerDraft
from consult.listening.surveys.services import storing
from consult.listening.surveys.services.sheet import Sheet

NO_LINK = "Questo link non apre nessun questionario: può essere incompleto o non valere più."
BAD_CODE = "Il codice per riprendere non è scritto bene."


def save_draft(
    session: Session, *, token: str, raw: Mapping[str, Any], now: datetime, seen: Sheet | None = None
) -> None:
    """Keep what an invited person has typed so far, under the hash of the link. Raises NotFound, PhaseClosed, Invalid."""
    mark = rules.token_hash(token)
    door = queries.door(session, token_hash=mark)
    if door is None:
        raise NotFound(NO_LINK)
    if door.used:
        raise Invalid("La risposta è già stata inviata.")
    _keep(session, door.questionnaire_id, mark, raw, seen)


def save_by_code(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    code: str,
    raw: Mapping[str, Any],
    now: datetime,
    seen: Sheet | None = None,
) -> None:
    """Keep what somebody has typed so far under the hash of a resume code. Raises NotFound, PhaseClosed, Invalid."""
    mark = receipt_hash(code)
    if mark is None:
        raise Invalid(BAD_CODE)
    found = queries.questionnaire(session, questionnaire_id=questionnaire_id, process_id=process_id)
    if found is None or found.access == "invitation":
        raise NotFound("Questo questionario non c'è.")
    _keep(session, questionnaire_id, mark, raw, seen)


def _keep(
    session: Session, questionnaire_id: uuid.UUID, mark: bytes, raw: Mapping[str, Any], seen: Sheet | None
) -> None:
    values = _valid(session, questionnaire_id, raw, seen)
    statement = insert(AnswerDraft).values(token_hash=mark, questionnaire_id=questionnaire_id, values=values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["token_hash"],
            set_={"values": values},
            where=AnswerDraft.questionnaire_id == questionnaire_id,
        )
    )
    session.flush()


def _valid(session: Session, questionnaire_id: uuid.UUID, raw: Mapping[str, Any], seen: Sheet | None) -> dict[str, Any]:
    questionnaire = storing.hold_open(session, questionnaire_id, seen)
    sheet = storing.sheet_for(session, questionnaire, seen)
    values, _problems = rules.clean_values(sheet.questions, raw, sheet.codes)
    return values


def save_of_account(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    account_id: uuid.UUID,
    raw: Mapping[str, Any],
    now: datetime,
    seen: Sheet | None = None,
) -> None:
    """Keep what a signed-in person has typed so far; in pseudonymous mode only. Raises NotFound, PhaseClosed, Invalid."""
    found = queries.questionnaire(session, questionnaire_id=questionnaire_id, process_id=process_id)
    if found is None or found.access == "invitation":
        raise NotFound("Questo questionario non c'è.")
    if found.anonymous:
        raise Invalid("In modalità anonima una bozza non si lega a un account: serve il codice per riprendere.")
    values = _valid(session, questionnaire_id, raw, seen)
    statement = insert(AccountDraft).values(questionnaire_id=questionnaire_id, account_id=account_id, values=values)
    session.execute(
        statement.on_conflict_do_update(index_elements=["questionnaire_id", "account_id"], set_={"values": values})
    )
    session.flush()


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
