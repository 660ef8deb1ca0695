"""Writes of the discussion. Every change of what is visible tells the target's room through `on_count`, in the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.markdown import render_user_text
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import Stance, ThingKind
from consult.discussion import rules
from consult.discussion.models import Comment, CommentReaction, Report
from consult.discussion.types import CommentState, CountChange, ReactionKind, ReportReason, ReportState
from consult.notices.services import veil

MAX_COMMENT = 3_000
MAX_NOTE = 1_000


def comment(
    session: Session,
    *,
    process_id: uuid.UUID,
    target_kind: ThingKind,
    target_id: uuid.UUID,
    text: str,
    stance: Stance,
    actor: Actor,
    now: datetime,
    pseudonym: str | None = None,
    by_author: bool = False,
    waiting: bool = False,
    on_count: CountChange | None = None,
) -> uuid.UUID:
    """Write a comment; `waiting` keeps it from everybody but its author until a moderator has read it.

    `pseudonym` None signs with the account's name, an empty text with no name. Raises Invalid for an empty or long text.
    """
    return _write(
        session, process_id=process_id, target_kind=target_kind, target_id=target_id, parent_id=None, text=text, stance=stance,
        actor=actor, now=now, pseudonym=pseudonym, by_author=by_author, waiting=waiting, on_count=on_count,
    )  # fmt: skip  # one call of named values reads better so


def reply(
    session: Session,
    *,
    comment_id: uuid.UUID,
    target_kind: ThingKind,
    target_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    stance: Stance = Stance.neutral,
    pseudonym: str | None = None,
    by_author: bool = False,
    waiting: bool = False,
    on_count: CountChange | None = None,
) -> uuid.UUID:
    """Answer a visible comment of this target. A reply to a reply is refused (Invalid): the discussion is one level deep.

    Raises NotFound where the comment is hidden or stands under another target.
    """
    parent = session.execute(
        update(Comment)
        .where(
            Comment.id == comment_id,
            Comment.target_kind == str(target_kind),
            Comment.target_id == target_id,
            Comment.state == CommentState.visible,
        )
        .values(replies_count=Comment.replies_count + int(not waiting))
        .returning(Comment.process_id, Comment.depth)
    ).one_or_none()
    if parent is None:
        raise NotFound("Il commento a cui rispondi non c’è più.")
    if parent.depth:
        raise Invalid("Si risponde a un commento, non a una risposta.")
    return _write(
        session, process_id=parent.process_id, target_kind=target_kind, target_id=target_id, parent_id=comment_id, text=text, stance=stance,
        actor=actor, now=now, pseudonym=pseudonym, by_author=by_author, waiting=waiting, on_count=on_count,
    )  # fmt: skip  # one call of named values reads better so


def _write(
    session: Session,
    *,
    process_id: uuid.UUID,
    target_kind: ThingKind,
    target_id: uuid.UUID,
    parent_id: uuid.UUID | None,
    text: str,
    stance: Stance,
    actor: Actor,
    now: datetime,
    pseudonym: str | None,
    by_author: bool,
    waiting: bool,
    on_count: CountChange | None,
) -> uuid.UUID:
    if not text.strip():
        raise Invalid("Il commento è vuoto.", {"text": "Scrivi qualcosa prima di inviare."})
    if len(text) > MAX_COMMENT:
        raise Invalid(
            "Il commento è troppo lungo.",
            {"text": Sentence("Il testo può avere al massimo %(max)d caratteri.", max=MAX_COMMENT)},
        )
    key = uuid.uuid4()
    session.add(
        Comment(
            id=key,
            process_id=process_id,
            target_kind=str(target_kind),
            target_id=target_id,
            parent_id=parent_id,
            depth=1 if parent_id else 0,
            author_id=actor.account_id,
            pseudonym=pseudonym,
            by_author=by_author,
            stance=str(stance),
            text=text,
            html=str(render_user_text(text)),
            state=str(CommentState.waiting if waiting else CommentState.visible),
            created_at=now,
        )
    )
    record(
        session,
        actor=actor,
        action="comment.written",
        kind=ThingKind.comment,
        object_id=key,
        process_id=process_id,
        target=target_id,
    )
    session.flush()
    if on_count is not None and not waiting:
        on_count(session, str(target_kind), target_id, 1)
    return key


def hide(
    session: Session,
    *,
    comment_id: uuid.UUID,
    process_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    on_count: CountChange | None = None,
    **meta: Any,
) -> None:
    """Hide a comment (a moderator's act; `meta` takes the reason's code). With `version`, a stale decision raises Conflict."""
    _move(session, comment_id, process_id, CommentState.hidden, "comment.hidden", actor, version, on_count, meta)


def hold(
    session: Session,
    *,
    comment_id: uuid.UUID,
    process_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    on_count: CountChange | None = None,
    **meta: Any,
) -> None:
    """Let a comment wait for a moderator again, since what one decided on it was undone."""
    _move(session, comment_id, process_id, CommentState.waiting, "comment.held", actor, version, on_count, meta)


def restore(
    session: Session,
    *,
    comment_id: uuid.UUID,
    process_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    on_count: CountChange | None = None,
    **meta: Any,
) -> None:
    """Show a hidden comment again."""
    _move(session, comment_id, process_id, CommentState.visible, "comment.restored", actor, version, on_count, meta)


def withdraw(
    session: Session,
    *,
    comment_id: uuid.UUID,
    process_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    on_count: CountChange | None = None,
) -> None:
    """Take one's own comment back; its replies stay. Raises Forbidden for somebody else's."""
    author = session.execute(
        select(Comment.author_id).where(Comment.id == comment_id, Comment.process_id == process_id)
    ).scalar_one_or_none()
    if not rules.is_own(author, actor.account_id):
        raise Forbidden("Si può ritirare solo un proprio commento.")
    _move(session, comment_id, process_id, CommentState.withdrawn, "comment.withdrawn", actor, None, on_count, {})


def _move(
    session: Session,
    comment_id: uuid.UUID,
    process_id: uuid.UUID,
    to: CommentState,
    action: str,
    actor: Actor,
    version: int | None,
    on_count: CountChange | None,
    meta: Mapping[str, Any],
) -> None:
    row = session.execute(
        select(Comment).where(Comment.id == comment_id, Comment.process_id == process_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questo commento non c’è.")
    if version is not None and row.version != version:
        raise Conflict("Qualcun altro ha appena deciso su questo commento.", current_version=row.version)
    if row.state == to:
        return
    if not rules.may_move(row.state, to):
        raise Conflict(
            "Il commento nel frattempo è cambiato: ricarica la pagina per vedere come è ora.",
            current_version=row.version,
        )
    was_visible, is_visible = row.state == CommentState.visible, to == CommentState.visible
    row.state = to
    row.version += 1
    veil(session, kind=ThingKind.comment, thing_id=comment_id, on=not is_visible)
    record(
        session, actor=actor, action=action, kind=ThingKind.comment, object_id=comment_id, process_id=process_id, **meta
    )
    session.flush()
    step = int(is_visible) - int(was_visible)
    if step and row.parent_id:
        session.execute(
            update(Comment).where(Comment.id == row.parent_id).values(replies_count=Comment.replies_count + step)
        )
    if step and on_count is not None:
        on_count(session, row.target_kind, row.target_id, step)


def react(
    session: Session,
    *,
    comment_id: uuid.UUID,
    target_kind: ThingKind,
    target_id: uuid.UUID,
    kind: ReactionKind,
    on: bool,
    actor: Actor,
    now: datetime,
) -> bool:
    """Mark a visible comment of this target, or take the mark back; False where nothing changes. Nobody marks their own.

    The count is moved by the database in the same transaction, never read and set. Raises NotFound, Forbidden.
    """
    if actor.account_id is None:
        raise Forbidden("Per farlo bisogna accedere.")
    # The row lock of the comment orders two clicks of one person, and a click against hiding.
    row = session.execute(
        select(Comment.author_id)
        .where(
            Comment.id == comment_id,
            Comment.target_kind == str(target_kind),
            Comment.target_id == target_id,
            Comment.state == CommentState.visible,
        )
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NotFound("Questo commento non c’è.")
    if rules.is_own(row.author_id, actor.account_id):
        raise Forbidden("Non si segna un proprio commento.")
    if on:
        changed = session.execute(
            insert(CommentReaction)
            .values(id=uuid.uuid4(), comment_id=comment_id, account_id=actor.account_id, kind=str(kind))
            .on_conflict_do_nothing(index_elements=["comment_id", "account_id", "kind"])
            .returning(CommentReaction.id)
        ).scalar_one_or_none()
    else:
        changed = session.execute(
            delete(CommentReaction)
            .where(
                CommentReaction.comment_id == comment_id,
                CommentReaction.account_id == actor.account_id,
                CommentReaction.kind == str(kind),
            )
            .returning(CommentReaction.id)
        ).scalar_one_or_none()
    if changed is None:
        return False
    column = Comment.agree_count if kind is ReactionKind.agree else Comment.useful_count
    session.execute(update(Comment).where(Comment.id == comment_id).values({column: column + (1 if on else -1)}))
    session.flush()
    return True


def report(
    session: Session,
    *,
    process_id: uuid.UUID,
    target_kind: ThingKind,
    target_id: uuid.UUID,
    reason: ReportReason,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> bool:
    """Report a text to the moderators. A person's second report of the same text changes nothing and returns False."""
    added = session.execute(
        insert(Report)
        .values(
            process_id=process_id, target_kind=str(target_kind), target_id=target_id, reporter_id=actor.account_id,
            reason=str(reason), note=note[:MAX_NOTE], created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["target_kind", "target_id", "reporter_id"])
        .returning(Report.id)
    ).scalar_one_or_none()  # fmt: skip  # one row of values reads better so
    if added is None:
        return False
    record(
        session,
        actor=actor,
        action="text.reported",
        kind=target_kind,
        object_id=target_id,
        process_id=process_id,
        reason=str(reason),
    )
    session.flush()
    return True


def close_reports(
    session: Session,
    *,
    process_id: uuid.UUID,
    target_kind: ThingKind,
    target_id: uuid.UUID,
    upheld: bool,
    actor: Actor,
    now: datetime,
) -> int:
    """Close all open reports of a text, after a moderator looked at it; returns how many."""
    rows = session.execute(
        update(Report)
        .where(
            Report.process_id == process_id,
            Report.target_kind == str(target_kind),
            Report.target_id == target_id,
            Report.state == ReportState.open,
        )
        .values(
            state=ReportState.upheld if upheld else ReportState.dismissed, closed_at=now, closed_by=actor.account_id
        )
        .returning(Report.id)
    ).all()
    if rows:
        record(
            session, actor=actor, action="reports.closed", kind=target_kind, object_id=target_id, process_id=process_id,
            upheld=upheld, number=len(rows),
        )  # fmt: skip  # one row of values reads better so
        session.flush()
    return len(rows)


def reopen_reports(
    session: Session, *, target_kind: ThingKind, target_id: uuid.UUID, closed_at: datetime, actor: Actor
) -> int:
    """Open again the reports of a text that one act closed at this moment, since the act was undone; returns how many."""
    rows = session.execute(
        update(Report)
        .where(Report.target_kind == str(target_kind), Report.target_id == target_id, Report.closed_at == closed_at)
        .values(state=ReportState.open, closed_at=None, closed_by=None)
        .returning(Report.id, Report.process_id)
    ).all()
    if rows:
        record(
            session, actor=actor, action="reports.reopened", kind=target_kind, object_id=target_id,
            process_id=rows[0].process_id, number=len(rows),
        )  # fmt: skip  # one row of values reads better so
        session.flush()
    return len(rows)
