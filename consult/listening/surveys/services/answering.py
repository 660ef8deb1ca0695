"""Taking answers: once per ballot, invitation, account or form; edited until closing in pseudonymous mode.

An anonymous answer writes a staged row, the ballot's mark and an hourly counter, and nothing else: no outbox, no audit, no receipt
of the form. The ballot (or the code minted with the form) makes a replay one answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Difference, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import PhaseKind, ThingKind
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_sources, change_source
from consult.listening.surveys import queries, rules
from consult.listening.surveys.models import Answer, AnswerDraft, AnswerKey, Ballot, Invitation, Participation
from consult.listening.surveys.services import drafts, storing
from consult.listening.surveys.services.building import lock_key
from consult.listening.surveys.services.sheet import Sheet
from consult.listening.surveys.services.stopping import hold_room
from consult.listening.surveys.services.uploads import let_go
from consult.listening.surveys.types import Outcome, words_key
from consult.process.queries import current_notice, slug_of
from consult.process.services import remember_notice


def send_by_token(
    session: Session,
    *,
    token: str,
    raw: Mapping[str, Any],
    code: str,
    now: datetime,
    seen_version: int | None = None,
    seen: Sheet | None = None,
) -> Outcome:
    """Take the answer of a personal link; the first sending counts, in pseudonymous mode later ones edit it.

    `code`: the receipt code minted with the form; `seen`: the sheet the page was made from.
    Raises NotFound, PhaseClosed, Invalid, Conflict (edited in another tab).
    """
    mark = rules.token_hash(token)
    door = queries.door(session, token_hash=mark)
    if door is None:
        raise NotFound(drafts.NO_LINK)
    questionnaire = storing.hold_open(session, door.questionnaire_id, seen)
    code_hash = storing.code_hash_of(code)
    sheet = storing.sheet_for(session, questionnaire, seen)
    values = sheet.read(raw)
    if door.anonymous:
        outcome = spend_ballot(session, sheet, values, mark, code_hash)
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


def spend_ballot(
    session: Session, sheet: Sheet, values: dict[str, Any], mark: bytes, code_hash: bytes, *, on_paper: bool = False
) -> Outcome:
    """Stage an anonymous answer and mark its ballot as spent; a ballot is spent once."""
    spent = session.execute(
        update(Ballot).where(Ballot.token_hash == mark, Ballot.used.is_(False)).values(used=True).returning(Ballot.used)
    ).scalar_one_or_none()
    if spent is None:
        return Outcome("already", same=storing.known(session, code_hash))
    if not storing.stage(session, sheet, values, code_hash, on_paper=on_paper):
        # The form's code was used with another ballot: a fresh page mints a fresh code.
        raise Invalid("Questo modulo è già servito per un’altra risposta: ricaricando la pagina si può inviare.")
    return Outcome("stored")


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
    seen: Sheet | None = None,
    resume_code: str = "",
) -> Outcome:
    """Take an answer to a questionnaire for anyone or for registered people. Signed in and pseudonymous: one answer a person, edited
    until closing where the questionnaire allows it. `resume_code`: of the draft that is sent and goes.

    Otherwise the code minted with the form makes a replay one answer. Raises NotFound, PhaseClosed, Invalid, Conflict.
    """
    questionnaire = storing.hold_open(session, questionnaire_id, seen)
    if questionnaire.process_id != process_id or questionnaire.access == "invitation":
        raise NotFound("Questo questionario non c’è.")
    code_hash = storing.code_hash_of(code)
    sheet = storing.sheet_for(session, questionnaire, seen)
    values = sheet.read(raw)
    if questionnaire.access == "registered" and actor.account_id is None:
        raise Forbidden("Per rispondere a questo questionario bisogna accedere.")
    if questionnaire.anonymous:
        outcome = _anonymous(session, sheet, values, code_hash, actor)
    elif actor.account_id is None:
        stored = storing.store(session, sheet, values, code_hash, None, now)
        outcome = Outcome("stored") if stored is not None else Outcome("already")
    else:
        # Two tabs of one person wait for each other here.
        session.execute(select(func.pg_advisory_xact_lock(lock_key(questionnaire_id) ^ lock_key(actor.account_id))))
        notice = current_notice(session, process_id=process_id, kind=PhaseKind.listening)
        remember_notice(
            session, notice_id=notice.id if notice else None, actor=actor, kind=ThingKind.questionnaire, now=now
        )
        slug = slug_of(session, process_id=process_id)
        outcome = _pseudonymous(
            session, sheet, values, code_hash, seen_version, now, account_id=actor.account_id,
            link=("surveys.answer", {"slug": slug, "questionnaire_id": str(questionnaire_id)}),
        )  # fmt: skip  # one row of values reads better so
        drafts.forget_account(session, questionnaire_id=questionnaire_id, account_id=actor.account_id)
    if resume_code:
        drafts.forget_code(session, code=resume_code)
    session.flush()
    return outcome


def _anonymous(session: Session, sheet: Sheet, values: dict[str, Any], code_hash: bytes, actor: Actor) -> Outcome:
    """Stage an answer; of registered people each takes part once, and that is written where nothing of the answer stands."""
    if sheet.questionnaire.access == "registered":
        took_part = session.execute(
            insert(Participation)
            .values(questionnaire_id=sheet.questionnaire.id, account_id=actor.account_id)
            .on_conflict_do_nothing()
            .returning(Participation.account_id)
        ).scalar_one_or_none()
        if took_part is None:
            return Outcome("already", same=storing.known(session, code_hash))
        if not storing.stage(session, sheet, values, code_hash):
            raise Invalid("Questo modulo è già servito per un’altra risposta: ricaricando la pagina si può inviare.")
        return Outcome("stored")
    return Outcome("stored") if storing.stage(session, sheet, values, code_hash) else Outcome("already")


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
        answer_id = storing.store(session, sheet, values, code_hash, invitation, now)
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
    if not sheet.questionnaire.may_edit:
        return Outcome("already", same=False)
    words = queries.said(session, answer_id=key.answer_id)
    stored = session.execute(select(Answer.values).where(Answer.id == key.answer_id)).scalar_one()
    if {**stored, **words} == values:
        # The same edit sent twice: what is stored is what was sent.
        return Outcome("edited")
    if seen_version != key.version:
        raise Conflict(
            "La risposta è stata modificata in un’altra finestra o su un altro apparecchio.",
            link_endpoint=link[0],
            link_values=link[1],
            differences=tuple(
                Difference(q.text, words.get(place, ""), str(values.get(place, "")))
                for q in sheet.questions
                if q.open or q.invites_words
                for place in [str(q.id) if q.open else q.other_key]
                if words.get(place, "") != values.get(place, "")
            ),
            current_version=key.version,
        )
    _edit(session, sheet, values, key, invitation, now)
    return Outcome("edited")


def _edit(
    session: Session,
    sheet: Sheet,
    values: dict[str, Any],
    key: AnswerKey,
    invitation: Invitation | None,
    now: datetime,
) -> None:
    zone_id, town, kind = storing.about(sheet, values, invitation)
    before = session.execute(select(Answer.zone_id, Answer.speaker_kind, Answer.values).where(Answer.id == key.answer_id)).one()
    # Who stays in their group may correct what they said; who moves to another needs room there.
    hold_room(
        session,
        sheet,
        values,
        zone_id if zone_id != before.zone_id else None,
        kind if kind != before.speaker_kind else None,
    )
    let_go(
        session, questionnaire_id=sheet.questionnaire.id, questions=sheet.questions, before=before[2], after=values, now=now
    )  # fmt: skip  # one call of named values reads better so
    session.execute(
        update(Answer)
        .where(Answer.id == key.answer_id)
        .values(values=sheet.closed(values), zone_id=zone_id, speaker_kind=kind)
    )
    there = {
        words_key(row.unit_kind, row.unit_id): row
        for row in session.execute(
            select(Source.id, Source.unit_kind, Source.unit_id, Source.text)
            .where(Source.voice_id == key.answer_id, Source.state == "live")
            .order_by(Source.id)
        )
    }
    words = sheet.words(values)
    process_id = sheet.questionnaire.process_id
    respondent = Actor()
    for place, row in there.items():
        if place not in words:
            change_source(
                session,
                process_id=process_id,
                source_id=row.id,
                change="withdraw",
                reason_code="author_asked",
                actor=respondent,
                now=now,
            )
        elif words[place] != row.text:
            change_source(
                session, process_id=process_id, source_id=row.id, change="correct", text=words[place], reason_code="author_asked",
                actor=respondent, now=now,
            )  # fmt: skip  # one row of values reads better so
    fresh = [
        storing.source(place, text, key.answer_id, zone_id, town, kind, now)
        for place, text in words.items()
        if place not in there
    ]
    add_sources(session, process_id=process_id, rows=fresh)
    session.execute(
        update(Source)
        .where(Source.voice_id == key.answer_id, Source.state == "live")
        .values(zone_id=zone_id, municipality_id=town, speaker_kind=kind)
    )
    key.version += 1
    key.edited_at = now
    session.flush()
