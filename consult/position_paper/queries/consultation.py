"""Reads of drafts in consultation: the drafts, what comments are about, comments with their answers, and how many there are of each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.core.vocabulary import ThingKind
from consult.discussion.models import Comment
from consult.discussion.types import CommentState
from consult.people.models import Account
from consult.position_paper.models import CommentAnswer, ConsultedFinding, DraftConsultation
from consult.position_paper.types import (
    AnswerRow,
    ConsultationRow,
    ConsultedCard,
    ConsultedComment,
    ConsultedRow,
    DraftVerdict,
    Tally,
)
from consult.process.models import Process

COMMENTS_PER_PAGE = 20
#: Filters of the table of comments: those without an answer, those with one, or one verdict.
UNANSWERED, ANSWERED = "unanswered", "answered"

_C, _T, _A = DraftConsultation, ConsultedFinding, CommentAnswer
#: A comment of its own that anyone may read.
_READABLE = and_(
    Comment.target_kind == str(ThingKind.draft_finding),
    Comment.state == str(CommentState.visible),
    Comment.parent_id.is_(None),
)
_BEGUN = func.clock_timestamp() >= _C.opens_at
_AUTHOR = func.coalesce(Comment.pseudonym, Account.display_name)
_ANSWER = (_A.comment_id, _A.verdict, _A.sentence, _A.version, _A.answered_name, _A.answered_at)


@dataclass(frozen=True, slots=True)
class FrozenDraft:
    """A draft in consultation with its content and manifest."""

    row: ConsultationRow
    content: dict[str, Any]
    manifest: dict[str, Any]


def _rows() -> Any:
    comments = (
        select(func.count(Comment.id), func.count(_A.comment_id))
        .select_from(_T)
        .join(Comment, and_(Comment.target_id == _T.id, _READABLE))
        .outerjoin(_A, _A.comment_id == Comment.id)
        .where(_T.consultation_id == _C.id)
        .lateral()
    )
    columns = tuple(comments.c)
    return select(
        _C.id, _C.paper_id, _C.number, _C.words, _C.audience, _C.opens_at, _C.closes_at, _C.version, _C.signed_name, _C.made_at,
        columns[0], columns[1],
    ).join(comments, columns[0].is_not(None))  # fmt: skip  # the order of ConsultationRow's fields


def consultations(session: Session, *, process_id: uuid.UUID, begun_only: bool = True) -> list[ConsultationRow]:
    """The drafts of a process that are or were in consultation, latest first; those to come only for who writes the paper."""
    statement = _rows().where(_C.process_id == process_id).order_by(_C.number.desc())
    if begun_only:
        statement = statement.where(_BEGUN)
    return [ConsultationRow(*row) for row in session.execute(statement)]


def consultation(
    session: Session, *, process_id: uuid.UUID, number: int, begun_only: bool = True
) -> ConsultationRow | None:
    """One draft in consultation, without its content, or None."""
    statement = _rows().where(_C.process_id == process_id, _C.number == number)
    if begun_only:
        statement = statement.where(_BEGUN)
    row = session.execute(statement).one_or_none()
    return ConsultationRow(*row) if row else None


def frozen_draft(
    session: Session, *, process_id: uuid.UUID, number: int, begun_only: bool = True
) -> FrozenDraft | None:
    """One draft in consultation with its content, or None; two statements."""
    found = consultation(session, process_id=process_id, number=number, begun_only=begun_only)
    if found is None:
        return None
    content, manifest = session.execute(select(_C.content, _C.manifest).where(_C.id == found.id)).one()
    return FrozenDraft(found, content, manifest)


def _tallies(target: Any) -> list[Any]:
    """Columns of a `Tally`, for a statement that joins comments and answers, grouped by `target`."""
    counts: list[Any] = [func.count(Comment.id)]
    counts += [func.count(_A.comment_id).filter(_A.verdict == str(verdict)) for verdict in DraftVerdict]
    return [target, *counts]


def consulted(session: Session, *, consultation_id: uuid.UUID) -> list[ConsultedRow]:
    """What may be commented in a draft, in its order, the whole first, each with its tally; one statement."""
    statement = (
        select(_T.finding_id, _T.number, _T.title, *_tallies(_T.id))
        .outerjoin(Comment, and_(Comment.target_id == _T.id, _READABLE))
        .outerjoin(_A, _A.comment_id == Comment.id)
        .where(_T.consultation_id == consultation_id)
        .group_by(_T.id)
        .order_by(_T.position, _T.id)
    )
    return [ConsultedRow(row[3], row[0], row[1], row[2], Tally(*row[4:])) for row in session.execute(statement)]


def tallies(session: Session, *, process_id: uuid.UUID, finding_id: uuid.UUID | None = None) -> dict[uuid.UUID, Tally]:
    """Comments on each finding over all drafts of a process, or on one, and what became of them; those without comments are missing."""
    statement = (
        select(*_tallies(_T.finding_id))
        .select_from(_T)
        .join(_C, _C.id == _T.consultation_id)
        .join(Comment, and_(Comment.target_id == _T.id, _READABLE))
        .outerjoin(_A, _A.comment_id == Comment.id)
        .where(_C.process_id == process_id, _T.finding_id.is_not(None))
        .group_by(_T.finding_id)
    )
    if finding_id is not None:
        statement = statement.where(_T.finding_id == finding_id)
    return {row[0]: Tally(*row[1:]) for row in session.execute(statement)}


def answers(session: Session, *, comment_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, AnswerRow]:
    """The public answers to some comments, by comment."""
    if not comment_ids:
        return {}
    statement = select(*_ANSWER).where(_A.comment_id.in_(list(comment_ids))).order_by(_A.comment_id)
    return {row[0]: AnswerRow(*row) for row in session.execute(statement)}


def _comments() -> Any:
    return (
        select(
            Comment.id, _C.number, _T.id, _T.finding_id, _T.number, _T.title,
            func.coalesce(_AUTHOR, ""), Comment.author_id, Comment.stance, Comment.text, Comment.html, Comment.created_at,
            Comment.replies_count, Comment.parent_id, *_ANSWER,
        )
        .select_from(Comment)
        .join(_T, _T.id == Comment.target_id)
        .join(_C, _C.id == _T.consultation_id)
        .outerjoin(Account, Account.id == Comment.author_id)
        .outerjoin(_A, _A.comment_id == Comment.id)
    )  # fmt: skip  # the order that `_comment` takes them in


def _comment(row: Any) -> ConsultedComment:
    return ConsultedComment(
        id=row[0], draft=row[1], target_id=row[2], finding_id=row[3], number=row[4], title=row[5],
        # Nobody is known any more where the account is gone; an empty text is a choice.
        author=row[6] if row[7] is not None else None,
        stance=row[8], text=row[9], html=row[10], created_at=row[11], replies=row[12], parent_id=row[13],
        answer=AnswerRow(*row[14:]) if row[14] is not None else None,
    )  # fmt: skip  # one row of values reads better so


def comment_table(
    session: Session,
    *,
    consultation_id: uuid.UUID,
    target_id: uuid.UUID | None = None,
    answer: str = "",
    cursor: str | None = None,
    size: int = COMMENTS_PER_PAGE,
) -> Page[ConsultedComment]:
    """Comments on a draft that anyone may read, oldest first, of one finding or with one kind of answer where asked; one statement."""
    statement = _comments().where(_T.consultation_id == consultation_id, _READABLE)
    if target_id is not None:
        statement = statement.where(_T.id == target_id)
    if answer == UNANSWERED:
        statement = statement.where(_A.comment_id.is_(None))
    elif answer == ANSWERED:
        statement = statement.where(_A.comment_id.is_not(None))
    elif answer:
        statement = statement.where(_A.verdict == answer)
    after = decode_cursor(cursor, 2)
    if after:
        place = tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        statement = statement.where(tuple_(Comment.created_at, Comment.id) > place)
    ordered = statement.order_by(Comment.created_at, Comment.id).limit(size + 1)
    rows = [_comment(row) for row in session.execute(ordered)]
    return cut_page(rows, size, lambda c: (c.created_at.isoformat(), c.id))


def comments_beside(session: Session, *, finding_id: uuid.UUID, limit: int = 50) -> list[ConsultedComment]:
    """Comments on a finding in whatever draft, those without an answer first, for who writes it; one statement."""
    statement = (
        _comments()
        .where(_T.finding_id == finding_id, _READABLE)
        .order_by(_A.comment_id.is_not(None), Comment.created_at, Comment.id)
        .limit(limit)
    )
    return [_comment(row) for row in session.execute(statement)]


def comments_for_export(session: Session, *, consultation_id: uuid.UUID) -> Iterator[ConsultedComment]:
    """All comments and replies on a draft that anyone may read, by finding and moment: replies come after what they answer."""
    visible = and_(Comment.target_kind == str(ThingKind.draft_finding), Comment.state == str(CommentState.visible))
    statement = (
        _comments()
        .where(_T.consultation_id == consultation_id, visible)
        .order_by(_T.position, _T.id, Comment.created_at, Comment.id)
    )
    shown: set[uuid.UUID] = set()
    for row in session.execute(statement):
        found = _comment(row)
        if found.parent_id is None:
            shown.add(found.id)
        elif found.parent_id not in shown:
            # What it answers is hidden or withdrawn: the reply stands without it.
            found = replace(found, parent_id=None)
        yield found


def consulted_cards(session: Session, *, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, ConsultedCard]:
    """Where some comments stand, by the key of what they are about."""
    if not ids:
        return {}
    statement = (
        select(_T.id, _C.process_id, Process.slug, _C.number, _T.number, _T.title)
        .join(_C, _C.id == _T.consultation_id)
        .join(Process, Process.id == _C.process_id)
        .where(_T.id.in_(list(ids)))
        .order_by(_T.id)
    )
    return {row[0]: ConsultedCard(*row) for row in session.execute(statement)}
