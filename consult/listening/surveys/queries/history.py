"""What was: earlier texts, and parts taken out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, func, literal, null, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from consult.core.paging import Page, cut_page, decode_cursor
from consult.listening.surveys.models import DeskMark, Question, QuestionRevision, RemovedPart, TextRevision
from consult.listening.surveys.queries.building import facts
from consult.people.models import Account


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """What a question said before a correction, and who corrected it."""

    text: str
    help: str
    content: dict[str, Any]
    changed_at: datetime
    changed_by: str | None


def revisions(session: Session, *, question_id: uuid.UUID) -> list[RevisionRow]:
    """Earlier texts of a question, newest first."""
    rows = session.execute(
        select(
            QuestionRevision.text,
            QuestionRevision.help,
            QuestionRevision.content,
            QuestionRevision.changed_at,
            Account.display_name,
        )
        .outerjoin(Account, Account.id == QuestionRevision.changed_by)
        .where(QuestionRevision.question_id == question_id)
        .order_by(QuestionRevision.changed_at.desc(), QuestionRevision.id)
        .limit(50)
    )
    return [RevisionRow(*facts(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a question, a page or the questionnaire said before a correction."""

    id: uuid.UUID
    changed_at: datetime
    changed_by: str | None
    #: Code of the question; empty for a page or the questionnaire itself.
    code: str
    page: int | None
    content: dict[str, Any]
    #: What it said after the correction, as far as that is known: the next correction's words, or those of today.
    after: dict[str, Any]

    @property
    def changed(self) -> dict[str, Any]:
        """What the correction changed, as it was; all there was where it is not known what came after."""
        return {
            name: was for name, was in self.content.items() if (was if name not in self.after else (was or None) != (self.after[name] or None))
        }  # fmt: skip  # one condition a line


def corrections(
    session: Session, *, questionnaire_id: uuid.UUID, cursor: str | None = None, size: int = 30
) -> Page[Correction]:
    """All corrections of texts, of questions, pages and the questionnaire itself, the last first."""
    then = func.jsonb_build_object("text", QuestionRevision.text, "help", QuestionRevision.help).op("||")(
        QuestionRevision.content
    )
    today = func.jsonb_build_object(
        "text", Question.text, "help", Question.help, "purpose", Question.purpose, "options", Question.options, "rows", Question.rows,
        "texts", Question.texts,
    )  # fmt: skip  # a name and its value side by side
    next_of_question = func.lead(then).over(
        partition_by=QuestionRevision.question_id, order_by=(QuestionRevision.changed_at, QuestionRevision.id)
    )
    of_questions = (
        select(
            QuestionRevision.id, QuestionRevision.changed_at, QuestionRevision.changed_by, Question.code, null().cast(Integer).label("page"),
            then.label("content"), func.coalesce(next_of_question, today).label("after"),
        )
        .join(Question, Question.id == QuestionRevision.question_id)
        .where(Question.questionnaire_id == questionnaire_id)
    )  # fmt: skip  # the order of Correction's fields
    next_of_rest = func.lead(TextRevision.content).over(
        partition_by=TextRevision.page, order_by=(TextRevision.changed_at, TextRevision.id)
    )
    of_rest = select(
        TextRevision.id, TextRevision.changed_at, TextRevision.changed_by, literal("").label("code"), TextRevision.page, TextRevision.content,
        func.coalesce(next_of_rest, func.jsonb_build_object()).label("after"),
    ).where(TextRevision.questionnaire_id == questionnaire_id)  # fmt: skip  # the order of Correction's fields
    both = union_all(of_questions, of_rest).subquery()
    statement = (
        select(
            both.c.id, both.c.changed_at, Account.display_name, both.c.code, both.c.page, both.c.content, both.c.after
        )
        .outerjoin(Account, Account.id == both.c.changed_by)
        .order_by(both.c.changed_at.desc(), both.c.id.desc())
        .limit(size + 1)
    )
    after = decode_cursor(cursor, 2)
    if after:
        try:
            place = (datetime.fromisoformat(after[0] or ""), uuid.UUID(after[1] or ""))
        except ValueError:
            place = None
        if place is not None:
            statement = statement.where(tuple_(both.c.changed_at, both.c.id) < tuple_(*map(literal, place)))
    rows = [Correction(*facts(row)) for row in session.execute(statement)]
    return cut_page(rows, size, lambda row: (row.changed_at.isoformat(), str(row.id)))


#: Minutes within which somebody counts as being at work.
HERE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody who is at work on the questionnaire now."""

    name: str
    place: str


def here(session: Session, *, questionnaire_id: uuid.UUID, but: uuid.UUID | None) -> list[Here]:
    """Who else is at work on it now, and where; each person once, at the place they were last."""
    rows = session.execute(
        select(Account.display_name, DeskMark.place)
        .ext(distinct_on(DeskMark.account_id))
        .join(Account, Account.id == DeskMark.account_id)
        .where(
            DeskMark.questionnaire_id == questionnaire_id, DeskMark.account_id != but, DeskMark.seen_at > func.clock_timestamp() - HERE
        )
        .order_by(DeskMark.account_id, DeskMark.seen_at.desc())
    )  # fmt: skip  # one condition a line reads no better
    return [Here(*facts(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What somebody typed on a page of the builder and did not save."""

    values: dict[str, Any]
    saved_at: datetime


def unsaved(session: Session, *, questionnaire_id: uuid.UUID, account_id: uuid.UUID, place: str) -> Unsaved | None:
    """One's own unsaved words at a place, or None."""
    row = session.execute(
        select(DeskMark.values, DeskMark.saved_at).where(
            DeskMark.questionnaire_id == questionnaire_id,
            DeskMark.account_id == account_id,
            DeskMark.place == place,
            DeskMark.values.is_not(None),
        )
    ).one_or_none()
    return Unsaved(*facts(row)) if row else None


@dataclass(frozen=True, slots=True)
class RemovedRow:
    """A part that can be put back: the text of its first question, and how many there are."""

    id: uuid.UUID
    text: str
    page: bool
    questions: int
    removed_at: datetime


def removed_parts(session: Session, *, questionnaire_id: uuid.UUID) -> list[RemovedRow]:
    """Parts taken out, the last first."""
    rows = session.execute(
        select(RemovedPart)
        .where(RemovedPart.questionnaire_id == questionnaire_id)
        .order_by(RemovedPart.removed_at.desc(), RemovedPart.id)
        .limit(20)
    ).scalars()
    return [
        RemovedRow(
            row.id,
            (row.content["page"] or {}).get("title") or next((q["text"] for q in row.content["questions"]), ""),
            row.content["page"] is not None,
            len(row.content["questions"]),
            row.removed_at,
        )
        for row in rows
    ]
