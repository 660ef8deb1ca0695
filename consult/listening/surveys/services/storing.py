"""Writing an answer down: staged where it is anonymous, else with its sources; each once, by the hash of its code."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, LargeBinary, SmallInteger, String, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound, PhaseClosed
from consult.core.ready import Ready
from consult.core.vocabulary import Channel, PhaseKind
from consult.listening.sources.rules import receipt_hash, soon_detected
from consult.listening.sources.services import WRITING, written
from consult.listening.sources.types import NewSource
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import Answer, Invitation, Questionnaire, StagedAnswer
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.services.sheet import Sheet
from consult.listening.surveys.services.stopping import hold_room
from consult.listening.surveys.types import QuestionnaireRow, unit_of
from consult.process.services import JUST_CLOSED, hold_phases

SLOTS = 8
CLOSED = "Il questionario si è appena chiuso, quindi non abbiamo potuto ricevere la risposta. Il testo è qui sotto: si può copiare."


def hold_open(
    session: Session, questionnaire_id: uuid.UUID, seen: Sheet | None = None, *, of_process: uuid.UUID | None = None
) -> QuestionnaireRow:
    """Keep questionnaire and phase open for this transaction; one that `seen` holds already is. Raises NotFound, PhaseClosed.

    `of_process`: the process it must be of, where that is known.
    """
    process_id = of_process
    if seen is not None and seen.questionnaire.id == questionnaire_id:
        if seen.held:
            return seen.questionnaire
        process_id = seen.questionnaire.process_id
    elif process_id is None:
        process_id = session.execute(
            select(Questionnaire.process_id).where(Questionnaire.id == questionnaire_id)
        ).scalar_one_or_none()
    if process_id is None:
        raise NotFound("Questo questionario non c’è.")
    held = hold_phases(session, process_id=process_id, kinds=[PhaseKind.listening], also=lock_key(questionnaire_id))
    # Read after the lock: who closes waits for those who send, and who sends sees that it was closed.
    row, phase_open = queries.questionnaire_held(
        session, questionnaire_id=questionnaire_id, phases=held, grace_s=rules.GRACE_S
    )
    if row is None or row.state == "draft" or row.process_id != process_id:
        raise NotFound("Questo questionario non c’è.")
    if not phase_open:
        raise PhaseClosed(JUST_CLOSED)
    if not row.open_now:
        raise PhaseClosed(CLOSED)
    return row


def sheet_for(session: Session, questionnaire: QuestionnaireRow, seen: Sheet | None) -> Sheet:
    """The sheet that the page was made from, where the questionnaire is still that one; else a fresh one."""
    same = seen is not None and (seen.questionnaire.id, seen.questionnaire.version) == (
        questionnaire.id,
        questionnaire.version,
    )
    return seen if seen is not None and same else Sheet.load(session, questionnaire)


def _written_and_counted(table: str, *, unless: str = "", said: str = "") -> Ready:
    """The one statement that writes an answer and counts it in this hour, all that is kept of time in anonymous mode; nothing where
    one with its code is there. `unless`: another table that may hold the code; `said`: what writes its words, from `rows`."""
    names = ("id", "questionnaire_id", "values", "zone_id", "speaker_kind", "receipt_hash", "on_paper")
    columns = ", ".join(f'"{name}"' for name in names)
    given = ", ".join(f":{name}" for name in names)
    missing = f" WHERE NOT EXISTS (SELECT FROM {unless} WHERE receipt_hash = :receipt_hash)" if unless else ""
    words = f", said AS ({said} WHERE EXISTS (SELECT FROM made))" if said else ""
    statement = text(
        f"""
        WITH made AS (
            INSERT INTO {table} ({columns}) SELECT {given}{missing} ON CONFLICT (receipt_hash) DO NOTHING RETURNING id
        ),
        counted AS (
            INSERT INTO answer_count (questionnaire_id, hour, slot, answers)
            SELECT :questionnaire_id, date_trunc('hour', clock_timestamp()), :slot, 1 FROM made
            ON CONFLICT (questionnaire_id, hour, slot) DO UPDATE SET answers = answer_count.answers + 1
        ){words}
        SELECT id FROM made
        """  # noqa: S608  # Names of our own tables.
    ).bindparams(
        bindparam("id", type_=Uuid()), bindparam("questionnaire_id", type_=Uuid()), bindparam("values", type_=JSONB()),
        bindparam("zone_id", type_=Uuid()), bindparam("speaker_kind", type_=String()), bindparam("receipt_hash", type_=LargeBinary()),
        bindparam("on_paper", type_=Boolean()), bindparam("slot", type_=SmallInteger()),
    )  # fmt: skip  # pairs read better side by side
    return Ready(statement.columns(id=Uuid()), *names, "slot", *(["rows"] if said else []))


# Built once: every answer is written with these.
_STORE = _written_and_counted("answer", said=WRITING)
_STAGE = _written_and_counted("staged_answer", unless="answer")


def code_hash_of(code: str) -> bytes:
    """What the database keeps of the code minted with the form. Raises Invalid."""
    found = receipt_hash(code)
    if found is None:
        raise Invalid("Il modulo non è completo: ricaricando la pagina si può inviare di nuovo.")
    return found


def known(session: Session, code_hash: bytes) -> bool:
    """Whether an answer with this code is there, staged or final: the caller holds the questionnaire's lock."""
    for table in (StagedAnswer, Answer):
        if session.execute(select(table.id).where(table.receipt_hash == code_hash)).scalar_one_or_none() is not None:
            return True
    return False


def stage(session: Session, sheet: Sheet, values: dict[str, Any], code_hash: bytes, *, on_paper: bool = False) -> bool:
    """Stage an anonymous answer; False when one with this code is there."""
    zone_id, _town = sheet.place(values)
    hold_room(session, sheet, values, zone_id, rules.given_speaker(sheet.questions, values))
    row = {
        "id": uuid.uuid4(),
        "questionnaire_id": sheet.questionnaire.id,
        "values": values,
        "zone_id": zone_id,
        "speaker_kind": rules.given_speaker(sheet.questions, values),
        "receipt_hash": code_hash,
        "on_paper": on_paper,
        "slot": secrets.randbelow(SLOTS),
    }
    return bool(_STAGE.rows(session, **row))


def about(
    sheet: Sheet, values: dict[str, Any], invitation: Invitation | None
) -> tuple[uuid.UUID | None, uuid.UUID | None, str | None]:
    """Zone, municipality and kind of speaker: as answered, else as the invitation says (pseudonymous mode)."""
    zone_id, town = sheet.place(values)
    kind = rules.given_speaker(sheet.questions, values)
    if invitation is not None:
        return zone_id or invitation.zone_id, town, kind or invitation.speaker_kind
    return zone_id, town, kind


def store(
    session: Session,
    sheet: Sheet,
    values: dict[str, Any],
    code_hash: bytes,
    invitation: Invitation | None,
    now: datetime,
    *,
    on_paper: bool = False,
) -> uuid.UUID | None:
    """Write a pseudonymous answer and its sources; None when one with this code is there."""
    zone_id, town, kind = about(sheet, values, invitation)
    hold_room(session, sheet, values, zone_id, kind)
    answer_id = uuid.uuid4()
    said = [source(key, words, answer_id, zone_id, town, kind, now) for key, words in sheet.words(values).items()]
    row = {
        "id": answer_id, "questionnaire_id": sheet.questionnaire.id, "values": sheet.closed(values), "zone_id": zone_id,
        "speaker_kind": kind, "receipt_hash": code_hash, "on_paper": on_paper, "slot": secrets.randbelow(SLOTS),
        "rows": written(sheet.questionnaire.process_id, said),
    }  # fmt: skip  # one row of values reads better so
    return answer_id if _STORE.rows(session, **row) else None


def source(
    key: str,
    text: str,
    answer_id: uuid.UUID,
    zone_id: uuid.UUID | None,
    town: uuid.UUID | None,
    kind: str | None,
    now: datetime,
) -> NewSource:
    """The source that the words under one key become."""
    unit_kind, unit_id = unit_of(key)
    return NewSource(
        channel=Channel.answer, text=text, language=soon_detected(text), unit_kind=unit_kind, unit_id=unit_id,
        voice_id=answer_id, zone_id=zone_id, municipality_id=town, speaker_kind=kind, said_on=now.date(),
    )  # fmt: skip  # one row of values reads better so
