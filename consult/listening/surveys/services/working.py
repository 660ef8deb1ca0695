"""Where people are at work on a questionnaire, what they typed there and did not save; and what is left over and goes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, delete, literal, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.files.services import forget as forget_files
from consult.listening.surveys import queries
from consult.listening.surveys.models import (
    AccountDraft,
    Answer,
    AnswerDraft,
    AnswerImport,
    DeskMark,
    Question,
    SurveyUpload,
)

PLACE = re.compile(r"builder|settings|p-[0-9]{1,3}|d-[0-9a-f-]{36}|n-[a-z_]{1,20}")
LONGEST = 60_000
#: How long unsaved words, uploads that no answer names, and files of answers that were never taken in are kept.
WORDS_KEPT, UPLOADS_KEPT, IMPORTS_KEPT = timedelta(days=30), timedelta(days=7), timedelta(days=30)

#: How many strays go in one go, and how many notes of uploads in one statement.
MOST_UPLOADS = 1000


def be_here(
    session: Session,
    *,
    process_id: uuid.UUID,
    questionnaire_id: uuid.UUID,
    place: str,
    values: Mapping[str, Any] | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Say where one is at work; `values`: what is typed there and not saved (None: what was kept stays). Raises NotFound, Invalid."""
    if not PLACE.fullmatch(place) or actor.account_id is None:
        raise Invalid("Questa parte del questionario non c’è.")
    if values is not None and sum(len(str(value)) for value in values.values()) > LONGEST:
        raise Invalid("Il testo è troppo lungo per tenerne una bozza: conviene salvarlo.")
    if queries.questionnaire(session, questionnaire_id=questionnaire_id, process_id=process_id) is None:
        raise NotFound("Questo questionario non c’è.")
    fresh: dict[str, Any] = {"seen_at": now}
    if values is not None:
        fresh |= {"values": dict(values), "saved_at": now}
    keys = {"questionnaire_id": questionnaire_id, "account_id": actor.account_id, "place": place}
    session.execute(
        insert(DeskMark)
        .values(**keys, **fresh)
        .on_conflict_do_update(index_elements=["questionnaire_id", "account_id", "place"], set_=fresh)
    )


def forget_words(session: Session, *, questionnaire_id: uuid.UUID, place: str, actor: Actor) -> None:
    """What was typed was saved, or is given up."""
    session.execute(
        update(DeskMark)
        .where(
            DeskMark.questionnaire_id == questionnaire_id,
            DeskMark.account_id == actor.account_id,
            DeskMark.place == place,
        )
        .values(values=None, saved_at=None)
    )


def note_upload(session: Session, *, file_id: uuid.UUID, questionnaire_id: uuid.UUID, now: datetime) -> None:
    """Remember that a file came with a sheet, until its answer is there; or that its answer names it no more."""
    values = {"file_id": file_id, "questionnaire_id": questionnaire_id, "uploaded_at": now}
    session.execute(insert(SurveyUpload).values(**values).on_conflict_do_nothing())


def tidy(session: Session, *, now: datetime) -> int:
    """Remove what is left over: old unsaved words, uploads that no answer and no draft names, imports that were never finished.

    Returns how many files went.
    """
    session.execute(
        delete(DeskMark).where(
            DeskMark.seen_at < now - timedelta(days=1),
            or_(DeskMark.values.is_(None), DeskMark.saved_at < now - WORDS_KEPT),
        )
    )
    gone = _strays(session, now)
    old = session.execute(
        delete(AnswerImport)
        .where(AnswerImport.state == "mapping", AnswerImport.begun_at < now - IMPORTS_KEPT)
        .returning(AnswerImport.file_id)
    ).scalars()
    gone += [key for key in old if key is not None]
    forget_files(session, file_ids=gone)
    return len(gone)


def _strays(session: Session, now: datetime) -> list[uuid.UUID]:
    """Uploads of some days ago; those that an answer names are no strays, and are looked at no more.

    Those that only a draft names are left alone without being counted, so that any number of them keeps no stray from being found.
    """
    old = session.execute(
        select(SurveyUpload.file_id, SurveyUpload.questionnaire_id)
        .where(SurveyUpload.uploaded_at < now - UPLOADS_KEPT)
        .order_by(SurveyUpload.uploaded_at, SurveyUpload.file_id)
    ).all()
    if not old:
        return []
    settled, drafted = _named(session, {row.questionnaire_id for row in old})
    named = settled | drafted
    done = [row.file_id for row in old if str(row.file_id) in settled]
    strays = [row.file_id for row in old if str(row.file_id) not in named][:MOST_UPLOADS]
    going = [*done, *strays]
    for first in range(0, len(going), MOST_UPLOADS):
        part = going[first : first + MOST_UPLOADS]
        session.execute(delete(SurveyUpload).where(SurveyUpload.file_id.in_(part)))
    return strays


def _named(session: Session, questionnaires: Collection[uuid.UUID]) -> tuple[set[str], set[str]]:
    """The files that answers of these questionnaires name, and those that drafts do.

    Each answer is read once, whatever the number of uploads: asked upload by upload, a large questionnaire would take minutes. All in one
    statement, so that a draft that is sent meanwhile is seen as the one or as the other.
    """
    named = union_all(
        *(
            select(literal(table is Answer).label("settled"), table.values[cast(Question.id, Text)]["file"].astext)
            .join(Question, Question.questionnaire_id == table.questionnaire_id)
            .where(Question.kind == "file", Question.questionnaire_id.in_(questionnaires))
            for table in (Answer, AnswerDraft, AccountDraft)
        )
    )
    found: tuple[set[str], set[str]] = (set(), set())
    for settled, key in session.execute(named):
        if key is not None:
            found[0 if settled else 1].add(key)
    return found
