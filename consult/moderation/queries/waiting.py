"""Texts that wait for a moderator before anybody else reads them, where the process asks it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, cast, func, literal, literal_column, select, tuple_, union_all
from sqlalchemy.orm import Session

from consult.coplanning.opinions.models import OpinionStatement
from consult.coplanning.proposals.models import Amendment, Proposal
from consult.core.db import UtcDateTime
from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.core.vocabulary import ThingKind
from consult.discussion.models import Comment
from consult.listening.contributions.models import Contribution
from consult.listening.sources.models import Source
from consult.moderation.models import ModerationAct, TextScreening
from consult.moderation.queries.queue import PAGE_SIZE, QueueRow, first_words
from consult.moderation.types import Verb
from consult.position_paper import queries as paper
from consult.process.queries import slug_of

_WAITS: Any = literal_column("'waiting'")
_TABLES: dict[ThingKind, Any] = {
    ThingKind.proposal: Proposal,
    ThingKind.comment: Comment,
    ThingKind.source: Source,
    ThingKind.statement: OpinionStatement,
    ThingKind.amendment: Amendment,
}


def _texts(process_ids: Sequence[uuid.UUID]) -> Any:
    """What waits in some processes; a contribution has its day at most, and comes first where it has none."""
    return union_all(
        *(
            select(
                literal(str(kind)).label("kind"),
                model.id.label("id"),
                model.process_id.label("process_id"),
                func.left(model.title if model in (Proposal, Amendment) else model.text, 120).label("title"),
                (cast(Source.said_on, UtcDateTime()) if model is Source else model.created_at).label("since"),
            ).where(model.process_id.in_(process_ids), model.state == _WAITS)
            for kind, model in _TABLES.items()
        )
    ).subquery()


#: Where a text without a day stands in the order of waiting.
_EPOCH = cast(literal("1970-01-01T00:00:00+00:00"), UtcDateTime())


def waiting(
    session: Session, *, process_id: uuid.UUID, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[QueueRow]:
    """What waits in a process, the longest waiting first, with what the rules found in it."""
    texts = _texts([process_id])
    since = func.coalesce(texts.c.since, _EPOCH)
    found_by_rules = func.coalesce(TextScreening.flags, literal_column("'[]'::jsonb"))
    statement = select(texts.c.kind, texts.c.id, texts.c.title, texts.c.since, found_by_rules, since).outerjoin(
        TextScreening, and_(TextScreening.thing_kind == texts.c.kind, TextScreening.thing_id == texts.c.id)
    )
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(tuple_(since, texts.c.id) > tuple_(cursor_moment(after[0]), cursor_key(after[1])))
    found = session.execute(statement.order_by(since, texts.c.id).limit(size + 1)).all()
    page = cut_page(found, size, lambda r: (r[5].isoformat(), r[1]))
    return Page([QueueRow(r[0], r[1], first_words(r[2]), r[3], flags=tuple(r[4])) for r in page.rows], page.next_cursor)


def numbers(session: Session, *, process_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, datetime | None]]:
    """How much waits in some processes and since when, in one statement."""
    if not process_ids:
        return {}
    texts = _texts(process_ids)
    rows = session.execute(
        select(texts.c.process_id, func.count(), func.min(texts.c.since))
        .group_by(texts.c.process_id)
        .order_by(texts.c.process_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def is_waiting(session: Session, *, process_id: uuid.UUID, kind: ThingKind, thing_id: uuid.UUID) -> bool:
    """Whether this text waits for a moderator."""
    return bool(those_waiting(session, process_id=process_id, things=[(kind, thing_id)]))


def those_waiting(
    session: Session, *, process_id: uuid.UUID, things: Collection[tuple[ThingKind, uuid.UUID]]
) -> frozenset[tuple[ThingKind, uuid.UUID]]:
    """Which of these texts wait for a moderator, in one statement for each kind of them."""
    found: set[tuple[ThingKind, uuid.UUID]] = set()
    for kind in sorted({kind for kind, _key in things}):
        table, keys = _TABLES[kind], [key for each, key in things if each == kind]
        rows = session.execute(select(table.id).where(table.id.in_(keys), table.process_id == process_id, table.state == _WAITS))
        found.update((kind, key) for key in rows.scalars())
    return frozenset(found)


def is_latest(session: Session, *, act: ModerationAct, but_kept: bool = False) -> bool:
    """Whether nothing was decided on the text since this act; `but_kept`: apart from leaving it as this act made it."""
    later = session.execute(
        select(ModerationAct.id)
        .where(
            ModerationAct.thing_kind == act.thing_kind,
            ModerationAct.thing_id == act.thing_id,
            ModerationAct.undone_at.is_(None),
            ModerationAct.acted_at > act.acted_at,
            *((ModerationAct.verb != Verb.kept,) if but_kept else ()),
        )
        .limit(1)
    )
    return later.first() is None


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text that a moderator decided on, with what its author is told of it."""

    account_id: uuid.UUID
    kind: str
    title: str
    shown: bool
    reason_code: str
    process_id: uuid.UUID
    slug: str
    about_id: uuid.UUID
    verb: str
    #: For a comment on a draft of the paper: which draft.
    draft: int | None = None


def read_text(session: Session, *, act_id: uuid.UUID) -> ReadText | None:
    """What one act decided about a text; None where it left the text as it was, was undone or another moved the text after it, or the
    author is nobody known."""
    act = session.execute(
        select(ModerationAct).where(ModerationAct.id == act_id, ModerationAct.verb != Verb.kept, ModerationAct.undone_at.is_(None))
    ).scalar_one_or_none()
    if act is None or not is_latest(session, act=act, but_kept=True):
        return None
    author: Any = {
        ThingKind.proposal: select(Proposal.author_id, Proposal.title, Proposal.id).where(Proposal.id == act.thing_id),
        ThingKind.comment: select(Comment.author_id, Comment.text, Comment.target_id).where(Comment.id == act.thing_id),
        ThingKind.amendment: select(Amendment.author_id, Amendment.title, Amendment.proposal_id).where(
            Amendment.id == act.thing_id
        ),
        ThingKind.source: select(Contribution.account_id, Source.text, Source.id)
        .join(Source, Source.id == Contribution.source_id)
        .where(Contribution.source_id == act.thing_id),
        ThingKind.statement: select(
            OpinionStatement.author_id, OpinionStatement.text, OpinionStatement.conversation_id
        ).where(OpinionStatement.id == act.thing_id),
    }[ThingKind(act.thing_kind)]
    row = session.execute(author).one_or_none()
    if row is None or row[0] is None:
        return None
    slug = slug_of(session, process_id=act.process_id)
    drafted = paper.consulted_cards(session, ids=[row[2]]) if act.thing_kind == ThingKind.comment else {}
    return ReadText(
        row[0],
        act.thing_kind,
        first_words(row[1]),
        act.verb in (Verb.published, Verb.restored),
        act.reason_code,
        act.process_id,
        slug,
        row[2],
        act.verb,
        drafted[row[2]].draft if row[2] in drafted else None,
    )
