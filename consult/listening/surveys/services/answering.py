"""Taking answers: once per ballot, invitation, account or form; edited until closing in pseudonymous mode.

An anonymous answer writes a staged row, the ballot's mark and an hourly counter, and nothing else: no outbox, no audit, no receipt
of the form. The ballot (or the code minted with the form) makes a replay one answer.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Difference, Invalid, NotFound, PhaseClosed
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, PhaseKind, ThingKind
from consult.listening.sources.models import Source
from consult.listening.sources.rules import receipt_hash
from consult.listening.sources.services import add_sources, change_source
from consult.listening.sources.types import NewSource
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import (
    Answer,
    AnswerCount,
    AnswerDraft,
    AnswerKey,
    Ballot,
    Invitation,
    Questionnaire,
    StagedAnswer,
)
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.services.sheet import Sheet
from consult.listening.surveys.types import Outcome, QuestionnaireRow
from consult.process.models import Process
from consult.process.queries import current_notice
from consult.process.services import hold_phase_open, remember_notice

SLOTS = 8
CLOSED = "Il questionario si è appena chiuso, quindi non abbiamo potuto ricevere la risposta. Il testo è qui sotto: si può copiare."
NO_LINK = "Questo link non apre nessun questionario: può essere incompleto o non valere più."


def _hold_open(session: Session, questionnaire_id: uuid.UUID) -> QuestionnaireRow:
    """Keep questionnaire and phase open for this transaction. Raises NotFound, PhaseClosed."""
    found = queries.questionnaire(session, questionnaire_id=questionnaire_id)
    if found is None or found.state == "draft":
        raise NotFound("Questo questionario non c'è.")
    hold_phase_open(session, process_id=found.process_id, kinds=[PhaseKind.listening], grace_s=rules.GRACE_S)
    session.execute(select(func.pg_advisory_xact_lock_shared(lock_key(questionnaire_id))))
    takes = session.execute(
        select(Questionnaire.id).where(Questionnaire.id == questionnaire_id, queries.open_now(rules.GRACE_S))
    ).scalar_one_or_none()
    if takes is None:
        raise PhaseClosed(CLOSED)
    return found


def _count(session: Session, questionnaire_id: uuid.UUID) -> None:
    statement = insert(AnswerCount).values(
        questionnaire_id=questionnaire_id,
        hour=func.date_trunc("hour", func.clock_timestamp()),
        slot=secrets.randbelow(SLOTS),
        answers=1,
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["questionnaire_id", "hour", "slot"], set_={"answers": AnswerCount.answers + 1}
        )
    )


def _code_hash(code: str) -> bytes:
    found = receipt_hash(code)
    if found is None:
        raise Invalid("Il modulo non è completo: ricaricando la pagina si può inviare di nuovo.")
    return found


def send_by_token(
    session: Session,
    *,
    token: str,
    raw: Mapping[str, Any],
    code: str,
    now: datetime,
    seen_version: int | None = None,
) -> Outcome:
    """Take the answer of a personal link; the first sending counts, in pseudonymous mode later ones edit it.

    `code`: the receipt code minted with the form. Raises NotFound, PhaseClosed, Invalid, Conflict (edited in another tab).
    """
    mark = rules.token_hash(token)
    door = queries.door(session, token_hash=mark)
    if door is None:
        raise NotFound(NO_LINK)
    questionnaire = _hold_open(session, door.questionnaire_id)
    code_hash = _code_hash(code)
    sheet = Sheet(session, questionnaire)
    values = sheet.read(raw)
    if door.anonymous:
        outcome = _spend_ballot(session, sheet, values, mark, code_hash)
    else:
        invitation = session.execute(
            select(Invitation)
            .where(Invitation.id == door.invitation_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one()
        outcome = _pseudonymous(
            session,
            sheet,
            values,
            code_hash,
            seen_version,
            now,
            invitation=invitation,
            link=("surveys.by_token", {"token": token}),
        )
    session.execute(delete(AnswerDraft).where(AnswerDraft.token_hash == mark))
    session.flush()
    return outcome


def _spend_ballot(session: Session, sheet: Sheet, values: dict[str, Any], mark: bytes, code_hash: bytes) -> Outcome:
    spent = session.execute(
        update(Ballot).where(Ballot.token_hash == mark, Ballot.used.is_(False)).values(used=True).returning(Ballot.used)
    ).scalar_one_or_none()
    if spent is None:
        return Outcome("already", same=_known(session, code_hash))
    if not _stage(session, sheet, values, code_hash):
        # The form's code was used with another ballot: a fresh page mints a fresh code.
        raise Invalid("Questo modulo è già servito per un'altra risposta: ricaricando la pagina si può inviare.")
    return Outcome("stored")


def _known(session: Session, code_hash: bytes) -> bool:
    """Whether an answer with this code is there, staged or final: the caller holds the questionnaire's lock."""
    for table in (StagedAnswer, Answer):
        if session.execute(select(table.id).where(table.receipt_hash == code_hash)).scalar_one_or_none() is not None:
            return True
    return False


def _stage(session: Session, sheet: Sheet, values: dict[str, Any], code_hash: bytes) -> bool:
    """Stage an anonymous answer; False when one with this code is there."""
    if session.execute(select(Answer.id).where(Answer.receipt_hash == code_hash)).scalar_one_or_none() is not None:
        return False
    zone_id, _town = sheet.place(values)
    added = session.execute(
        insert(StagedAnswer)
        .values(
            id=uuid.uuid4(),
            questionnaire_id=sheet.questionnaire.id,
            values=values,
            zone_id=zone_id,
            speaker_kind=rules.given_speaker(sheet.questions, values),
            receipt_hash=code_hash,
        )
        .on_conflict_do_nothing(index_elements=["receipt_hash"])
        .returning(StagedAnswer.id)
    ).scalar_one_or_none()
    if added is None:
        return False
    _count(session, sheet.questionnaire.id)
    return True


def send_open(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    raw: Mapping[str, Any],
    code: str,
    actor: Actor,
    now: datetime,
    seen_version: int | None = None,
) -> Outcome:
    """Take an answer to an open questionnaire. Signed in and pseudonymous: one answer a person, edited until closing.

    Otherwise the code minted with the form makes a replay one answer. Raises NotFound, PhaseClosed, Invalid, Conflict.
    """
    questionnaire = _hold_open(session, questionnaire_id)
    if questionnaire.process_id != process_id or questionnaire.access != "open":
        raise NotFound("Questo questionario non c'è.")
    code_hash = _code_hash(code)
    sheet = Sheet(session, questionnaire)
    values = sheet.read(raw)
    if questionnaire.anonymous:
        return Outcome("stored") if _stage(session, sheet, values, code_hash) else Outcome("already")
    if actor.account_id is None:
        stored = _store(session, sheet, values, code_hash, None, now)
        return Outcome("stored") if stored is not None else Outcome("already")
    # Two tabs of one person wait for each other here.
    session.execute(select(func.pg_advisory_xact_lock(lock_key(questionnaire_id) ^ lock_key(actor.account_id))))
    notice = current_notice(session, process_id=process_id, kind=PhaseKind.listening)
    remember_notice(
        session, notice_id=notice.id if notice else None, actor=actor, kind=ThingKind.questionnaire, now=now
    )
    slug = session.execute(select(Process.slug).where(Process.id == process_id)).scalar_one()
    return _pseudonymous(
        session, sheet, values, code_hash, seen_version, now, account_id=actor.account_id,
        link=("surveys.answer", {"slug": slug, "questionnaire_id": str(questionnaire_id)}),
    )  # fmt: skip  # one row of values reads better so


def _pseudonymous(
    session: Session,
    sheet: Sheet,
    values: dict[str, Any],
    code_hash: bytes,
    seen_version: int | None,
    now: datetime,
    *,
    link: tuple[str, dict[str, str]],
    invitation: Invitation | None = None,
    account_id: uuid.UUID | None = None,
) -> Outcome:
    """Store or edit the one answer of a person; the caller holds the person's lock."""
    whose = AnswerKey.invitation_id == invitation.id if invitation is not None else AnswerKey.account_id == account_id
    key = session.execute(
        select(AnswerKey)
        .where(AnswerKey.questionnaire_id == sheet.questionnaire.id, whose)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if key is None:
        answer_id = _store(session, sheet, values, code_hash, invitation, now)
        if answer_id is None:
            return Outcome("already")
        session.add(
            AnswerKey(
                answer_id=answer_id, questionnaire_id=sheet.questionnaire.id, invitation_id=invitation.id if invitation is not None else None,
                account_id=account_id, submitted_at=now,
            )
        )  # fmt: skip  # one row of values reads better so
        session.flush()
        return Outcome("stored")
    if (
        session.execute(select(Answer.receipt_hash).where(Answer.id == key.answer_id)).scalar_one() == code_hash
        and seen_version is None
    ):
        return Outcome("already")
    words = queries.said(session, answer_id=key.answer_id)
    stored = session.execute(select(Answer.values).where(Answer.id == key.answer_id)).scalar_one()
    if {**stored, **words} == values:
        # The same edit sent twice: what is stored is what was sent.
        return Outcome("edited")
    if seen_version != key.version:
        raise Conflict(
            "La risposta è stata modificata in un'altra finestra o su un altro apparecchio.",
            link_endpoint=link[0],
            link_values=link[1],
            differences=tuple(
                Difference(q.text, words.get(str(q.id), ""), str(values.get(str(q.id), "")))
                for q in sheet.questions
                if q.open and words.get(str(q.id), "") != values.get(str(q.id), "")
            ),
            current_version=key.version,
        )
    _edit(session, sheet, values, key, invitation, now)
    return Outcome("edited")


def _about(
    sheet: Sheet, values: dict[str, Any], invitation: Invitation | None
) -> tuple[uuid.UUID | None, uuid.UUID | None, str | None]:
    """Zone, municipality and kind of speaker: as answered, else as the invitation says (pseudonymous mode)."""
    zone_id, town = sheet.place(values)
    kind = rules.given_speaker(sheet.questions, values)
    if invitation is not None:
        return zone_id or invitation.zone_id, town, kind or invitation.speaker_kind
    return zone_id, town, kind


def _store(
    session: Session,
    sheet: Sheet,
    values: dict[str, Any],
    code_hash: bytes,
    invitation: Invitation | None,
    now: datetime,
) -> uuid.UUID | None:
    """Write a pseudonymous answer and its sources; None when one with this code is there."""
    zone_id, town, kind = _about(sheet, values, invitation)
    answer_id = session.execute(
        insert(Answer)
        .values(
            id=uuid.uuid4(), questionnaire_id=sheet.questionnaire.id, values=sheet.closed(values), zone_id=zone_id, speaker_kind=kind,
            receipt_hash=code_hash,
        )
        .on_conflict_do_nothing(index_elements=["receipt_hash"])
        .returning(Answer.id)
    ).scalar_one_or_none()  # fmt: skip  # one row of values reads better so
    if answer_id is None:
        return None
    rows = [_source(q, text, answer_id, zone_id, town, kind, now) for q, text in sheet.words(values).items()]
    add_sources(session, process_id=sheet.questionnaire.process_id, rows=rows)
    _count(session, sheet.questionnaire.id)
    return answer_id


def _source(
    question_id: uuid.UUID,
    text: str,
    answer_id: uuid.UUID,
    zone_id: uuid.UUID | None,
    town: uuid.UUID | None,
    kind: str | None,
    now: datetime,
) -> NewSource:
    return NewSource(
        channel=Channel.answer, text=text, unit_kind="question", unit_id=question_id, voice_id=answer_id, zone_id=zone_id,
        municipality_id=town, speaker_kind=kind, said_on=now.date(),
    )  # fmt: skip  # one row of values reads better so


def _edit(
    session: Session,
    sheet: Sheet,
    values: dict[str, Any],
    key: AnswerKey,
    invitation: Invitation | None,
    now: datetime,
) -> None:
    zone_id, town, kind = _about(sheet, values, invitation)
    session.execute(
        update(Answer)
        .where(Answer.id == key.answer_id)
        .values(values=sheet.closed(values), zone_id=zone_id, speaker_kind=kind)
    )
    there = {
        row.unit_id: row
        for row in session.execute(
            select(Source.id, Source.unit_id, Source.text)
            .where(Source.voice_id == key.answer_id, Source.state == "live")
            .order_by(Source.id)
        )
    }
    words = sheet.words(values)
    process_id = sheet.questionnaire.process_id
    respondent = Actor()
    for question_id, row in there.items():
        if question_id not in words:
            change_source(
                session,
                process_id=process_id,
                source_id=row.id,
                change="withdraw",
                reason_code="author_asked",
                actor=respondent,
                now=now,
            )
        elif words[question_id] != row.text:
            change_source(
                session, process_id=process_id, source_id=row.id, change="correct", text=words[question_id], reason_code="author_asked",
                actor=respondent, now=now,
            )  # fmt: skip  # one row of values reads better so
    fresh = [_source(q, text, key.answer_id, zone_id, town, kind, now) for q, text in words.items() if q not in there]
    add_sources(session, process_id=process_id, rows=fresh)
    session.execute(
        update(Source)
        .where(Source.voice_id == key.answer_id, Source.state == "live")
        .values(zone_id=zone_id, municipality_id=town, speaker_kind=kind)
    )
    key.version += 1
    key.edited_at = now
    session.flush()


def save_draft(session: Session, *, token: str, raw: Mapping[str, Any], now: datetime) -> None:
    """Keep what an invited person has typed so far, as it is, under the hash of the link. Raises NotFound, PhaseClosed, Invalid."""
    mark = rules.token_hash(token)
    door = queries.door(session, token_hash=mark)
    if door is None:
        raise NotFound(NO_LINK)
    if door.used:
        raise Invalid("La risposta è già stata inviata.")
    questionnaire = _hold_open(session, door.questionnaire_id)
    sheet = Sheet(session, questionnaire)
    # What is not valid yet is simply not kept: a half-typed scale can wait.
    values, _problems = rules.clean_values(sheet.questions, raw, sheet.codes)
    statement = insert(AnswerDraft).values(token_hash=mark, questionnaire_id=questionnaire.id, values=values)
    session.execute(statement.on_conflict_do_update(index_elements=["token_hash"], set_={"values": values}))
    session.flush()
