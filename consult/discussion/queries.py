"""Reads of the discussion. The words of a hidden or withdrawn comment never leave the database through these lists."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, and_, bindparam, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from consult.core.db import UtcDateTime
from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.core.ready import Ready
from consult.core.vocabulary import Stance, ThingKind
from consult.discussion.models import Comment, CommentReaction, Report
from consult.discussion.types import CommentState, ReportState
from consult.people.models import Account

PAGE_SIZE = 20
#: Replies shown under each comment of a list; the comment's own page has all of them.
REPLIES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment as pages show it. `html` is empty where it is not visible; `author` None where the person erased their account."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    author_id: uuid.UUID | None
    author: str | None
    by_author: bool
    stance: str
    html: str
    state: str
    replies_count: int
    created_at: datetime
    agree_count: int = 0
    useful_count: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """A comment with the first of its replies."""

    comment: CommentRow
    replies: Sequence[CommentRow]


@dataclass(frozen=True, slots=True)
class Arguments:
    """The latest arguments of each side with how many there are in all."""

    in_favour: Sequence[CommentRow]
    against: Sequence[CommentRow]
    neutral: Sequence[CommentRow]
    in_favour_count: int
    against_count: int
    neutral_count: int


_VISIBLE = Comment.state == CommentState.visible
#: None where nobody is known any more, an empty text where the person chose to show no name.
_AUTHOR = case((Comment.author_id.is_(None), None), else_=func.coalesce(Comment.pseudonym, Account.display_name))
_COLUMNS = (
    Comment.id,
    Comment.parent_id,
    Comment.author_id,
    _AUTHOR.label("author"),
    Comment.by_author,
    Comment.stance,
    case((_VISIBLE, Comment.html), else_="").label("html"),
    Comment.state,
    Comment.replies_count,
    Comment.created_at,
    Comment.agree_count,
    Comment.useful_count,
)


_OWN_REACTIONS = (
    select(CommentReaction.comment_id, CommentReaction.kind)
    .join(Comment, Comment.id == CommentReaction.comment_id)
    .where(
        CommentReaction.account_id == bindparam("account_id"),
        Comment.target_kind == bindparam("target_kind"),
        Comment.target_id == bindparam("target_id"),
    )
)


def own_reactions(
    session: Session, *, target_kind: ThingKind, target_id: uuid.UUID, account_id: uuid.UUID
) -> set[tuple[uuid.UUID, str]]:
    """What a person marked among the comments of a thing: pairs of comment and kind."""
    values = {"account_id": account_id, "target_kind": str(target_kind), "target_id": target_id}
    return {(row[0], row[1]) for row in session.execute(_OWN_REACTIONS, values)}


def _rows() -> Select[Any]:
    return select(*_COLUMNS).outerjoin(Account, Account.id == Comment.author_id)


def _shown() -> ColumnElement[bool]:
    # A comment that is gone leaves its place only where somebody answered it.
    return or_(_VISIBLE, Comment.replies_count > 0)


_ABOUT = and_(
    Comment.target_kind == bindparam("target_kind"),
    Comment.target_id == bindparam("target_id"),
    Comment.parent_id.is_(None),
)


#: What any shape of the page may ask for.
_ASKED: dict[str, Any] = dict.fromkeys(("target_kind", "target_id", "size", "stance", "last_at", "last_id"))


@lru_cache(maxsize=8)
def _page_statement(of_stance: bool, continued: bool) -> Ready:
    """Built once for each shape: building a statement costs more than running it."""
    statement = _rows().where(_ABOUT, _shown())
    if of_stance:
        statement = statement.where(Comment.stance == bindparam("stance"))
    if continued:
        last = tuple_(bindparam("last_at", type_=UtcDateTime()), bindparam("last_id", type_=Uuid()))
        statement = statement.where(tuple_(Comment.created_at, Comment.id) < last)
    ordered = statement.order_by(Comment.created_at.desc(), Comment.id.desc()).limit(bindparam("size"))
    return Ready(ordered, *_ASKED)


def comments(
    session: Session,
    *,
    target_kind: ThingKind,
    target_id: uuid.UUID,
    cursor: str | None = None,
    stance: Stance | None = None,
    size: int = PAGE_SIZE,
) -> Page[Conversation]:
    """Comments of a thing, newest first, each with its first replies; two statements however many there are."""
    values = _ASKED | {"target_kind": str(target_kind), "target_id": target_id, "size": size + 1}
    if stance is not None:
        values["stance"] = str(stance)
    after = decode_cursor(cursor, 2)
    if after:
        values |= {"last_at": cursor_moment(after[0]), "last_id": cursor_key(after[1])}
    rows = _page_statement(stance is not None, bool(after)).rows(session, **values)
    found = [CommentRow(*row) for row in rows]
    page = cut_page(found, size, lambda c: (c.created_at.isoformat(), c.id))
    replies = _first_replies(session, [c.id for c in page.rows if c.replies_count])
    return Page([Conversation(c, replies.get(c.id, ())) for c in page.rows], page.next_cursor)


def _replies_statement() -> Ready:
    place = (
        func.row_number().over(partition_by=Comment.parent_id, order_by=(Comment.created_at, Comment.id)).label("place")
    )
    parents = Comment.parent_id == func.any(bindparam("parents", type_=ARRAY(Uuid())))
    ranked = _rows().add_columns(place).where(parents, _VISIBLE).subquery()
    statement = select(ranked).where(ranked.c.place <= REPLIES_SHOWN).order_by(ranked.c.parent_id, ranked.c.place)
    return Ready(statement, "parents")


_FIRST_REPLIES = _replies_statement()


def _first_replies(session: Session, parents: list[uuid.UUID]) -> dict[uuid.UUID, list[CommentRow]]:
    found: dict[uuid.UUID, list[CommentRow]] = {}
    if parents:
        for row in _FIRST_REPLIES.rows(session, parents=parents):
            found.setdefault(row[1], []).append(CommentRow(*row[:-1]))
    return found


def conversation(
    session: Session,
    *,
    comment_id: uuid.UUID,
    target_kind: ThingKind,
    target_id: uuid.UUID,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> tuple[CommentRow, Page[CommentRow]] | None:
    """One comment with its replies, oldest first, by pages; None where the thing has no such comment to show."""
    head = session.execute(
        _rows().where(Comment.id == comment_id, _ABOUT, _shown()),
        {"target_kind": str(target_kind), "target_id": target_id},
    ).one_or_none()
    if head is None:
        return None
    statement = _rows().where(Comment.parent_id == comment_id, _VISIBLE)
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(
            tuple_(Comment.created_at, Comment.id) > tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        )
    found = [
        CommentRow(*row) for row in session.execute(statement.order_by(Comment.created_at, Comment.id).limit(size + 1))
    ]
    return CommentRow(*head), cut_page(found, size, lambda c: (c.created_at.isoformat(), c.id))


def _arguments_statement() -> Ready:
    newest = (Comment.created_at.desc(), Comment.id.desc())
    ranked = (
        _rows()
        .add_columns(
            func.row_number().over(partition_by=Comment.stance, order_by=newest).label("place"),
            func.count().over(partition_by=Comment.stance).label("number"),
        )
        .where(_ABOUT, _VISIBLE)
        .subquery()
    )
    statement = select(ranked).where(ranked.c.place <= bindparam("per_side")).order_by(ranked.c.stance, ranked.c.place)
    return Ready(statement, "target_kind", "target_id", "per_side")


_ARGUMENTS = _arguments_statement()


def arguments(session: Session, *, target_kind: ThingKind, target_id: uuid.UUID, per_side: int = 3) -> Arguments:
    """The latest comments of each stance and how many each has, in one statement."""
    sides: dict[str, list[CommentRow]] = {str(s): [] for s in Stance}
    numbers: dict[str, int] = {str(s): 0 for s in Stance}
    for row in _ARGUMENTS.rows(session, target_kind=str(target_kind), target_id=target_id, per_side=per_side):
        shown = CommentRow(*row[:-2])
        sides[shown.stance].append(shown)
        numbers[shown.stance] = row[-1]
    return Arguments(
        sides[Stance.in_favour], sides[Stance.against], sides[Stance.neutral],
        numbers[Stance.in_favour], numbers[Stance.against], numbers[Stance.neutral],
    )  # fmt: skip  # three and three read better so


@dataclass(frozen=True, slots=True)
class CommentCard:
    """A comment as moderators and its own author see it, words included whatever its state."""

    id: uuid.UUID
    process_id: uuid.UUID
    target_kind: str
    target_id: uuid.UUID
    parent_id: uuid.UUID | None
    author_id: uuid.UUID | None
    author: str | None
    stance: str
    text: str
    html: str
    state: str
    version: int
    created_at: datetime


def _card(row: Sequence[Any]) -> CommentCard:
    return CommentCard(*row)


_CARD = (
    Comment.id, Comment.process_id, Comment.target_kind, Comment.target_id, Comment.parent_id, Comment.author_id, _AUTHOR, Comment.stance,
    Comment.text, Comment.html, Comment.state, Comment.version, Comment.created_at,
)  # fmt: skip  # one column per name reads better in two lines


def cards(session: Session, *, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, CommentCard]:
    """Some comments by key, hidden ones included: for the moderation desk."""
    if not ids:
        return {}
    statement = (
        select(*_CARD)
        .outerjoin(Account, Account.id == Comment.author_id)
        .where(Comment.id.in_(ids))
        .order_by(Comment.id)
    )
    return {row[0]: _card(row) for row in session.execute(statement)}


def written_by(
    session: Session, *, account_id: uuid.UUID, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[CommentCard]:
    """What a person wrote, newest first, for their own page."""
    statement = (
        select(*_CARD).outerjoin(Account, Account.id == Comment.author_id).where(Comment.author_id == account_id)
    )
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(
            tuple_(Comment.created_at, Comment.id) < tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        )
    found = [
        _card(row)
        for row in session.execute(statement.order_by(Comment.created_at.desc(), Comment.id.desc()).limit(size + 1))
    ]
    return cut_page(found, size, lambda c: (c.created_at.isoformat(), c.id))


def own_waiting(
    session: Session, *, target_kind: ThingKind, target_id: uuid.UUID, account_id: uuid.UUID, limit: int = 20
) -> list[CommentCard]:
    """What a person wrote under a thing and a moderator has not read yet, newest first: for its author alone."""
    statement = (
        select(*_CARD)
        .outerjoin(Account, Account.id == Comment.author_id)
        .where(
            Comment.author_id == account_id,
            Comment.target_kind == str(target_kind),
            Comment.target_id == target_id,
            Comment.state == CommentState.waiting,
        )
        .order_by(Comment.created_at.desc(), Comment.id)
        .limit(limit)
    )
    return [_card(row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """A text that was reported and waits for a moderator: by how many, why, since when."""

    target_kind: str
    target_id: uuid.UUID
    number: int
    reasons: Sequence[str]
    notes: Sequence[str]
    first_at: datetime


def reported(
    session: Session, *, process_id: uuid.UUID, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[ReportedRow]:
    """Texts with open reports, the longest waiting first."""
    first = func.min(Report.created_at)
    statement = (
        select(
            Report.target_kind,
            Report.target_id,
            func.count(),
            func.array_agg(Report.reason.distinct()),
            func.array_remove(func.array_agg(Report.note), ""),
            first.label("first_at"),
        )
        .where(Report.process_id == process_id, Report.state == ReportState.open)
        .group_by(Report.target_kind, Report.target_id)
    )
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.having(
            tuple_(first, Report.target_id) > tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        )
    found = [ReportedRow(*row) for row in session.execute(statement.order_by(first, Report.target_id).limit(size + 1))]
    return cut_page(found, size, lambda r: (r.first_at.isoformat(), r.target_id))


def reports_of(
    session: Session, *, target_kind: ThingKind, target_id: uuid.UUID
) -> list[tuple[str, str, str, datetime]]:
    """Reason, note, state and moment of each report of one text, oldest first; never who reported it."""
    statement = (
        select(Report.reason, Report.note, Report.state, Report.created_at)
        .where(Report.target_kind == str(target_kind), Report.target_id == target_id)
        .order_by(Report.created_at, Report.id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(statement)]


def is_visible_under(session: Session, *, comment_id: uuid.UUID, target_kind: ThingKind, target_id: uuid.UUID) -> bool:
    """Whether a comment or reply can be seen under this thing."""
    statement = select(Comment.id).where(
        Comment.id == comment_id, Comment.target_kind == str(target_kind), Comment.target_id == target_id, _VISIBLE
    )
    return session.execute(statement).scalar_one_or_none() is not None


def one(session: Session, *, comment_id: uuid.UUID, target_kind: ThingKind, target_id: uuid.UUID) -> CommentRow | None:
    """One visible comment or reply of a thing, or None."""
    row = session.execute(
        _rows().where(
            Comment.id == comment_id, Comment.target_kind == str(target_kind), Comment.target_id == target_id, _VISIBLE
        )
    ).one_or_none()
    return CommentRow(*row) if row else None
