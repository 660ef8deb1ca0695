"""What the rules found in texts, who takes care of which, and the rules themselves."""

from __future__ import annotations

import functools
import operator
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, cast, exists, func, literal, literal_column, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from consult.coplanning.opinions.models import OpinionStatement
from consult.coplanning.proposals.models import Amendment, Proposal
from consult.coplanning.proposals.types import AMENDMENTS_SHOWN
from consult.core.db import UtcDateTime
from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.core.vocabulary import Channel, ThingKind
from consult.discussion.models import Comment, Report
from consult.discussion.types import ReportState
from consult.listening.sources.models import Source
from consult.moderation.models import DispositionDraft, ModerationAssignment, ModerationPolicy, TextScreening
from consult.moderation.queries.queue import PAGE_SIZE, QueueRow, first_words
from consult.moderation.types import Policy
from consult.people.models import Account

#: Conditions of a screening that waits for a moderator.
OPEN = (TextScreening.flags != literal_column("'[]'::jsonb"), TextScreening.closed_act_id.is_(None))


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of the rules as anyone may read it."""

    version: int
    words: str
    most_links: int
    burst_count: int
    burst_minutes: int
    second_percent: int
    insults: int
    published_at: datetime


def policy(session: Session, *, process_id: uuid.UUID) -> Policy:
    """The rules in force; those of the platform where the process has none of its own."""
    row = session.execute(
        select(
            ModerationPolicy.version, ModerationPolicy.words, ModerationPolicy.insults, ModerationPolicy.most_links,
            ModerationPolicy.burst_count, ModerationPolicy.burst_minutes, ModerationPolicy.second_percent,
        )
        .where(ModerationPolicy.process_id == process_id)
        .order_by(ModerationPolicy.version.desc())
        .limit(1)
    ).first()  # fmt: skip  # one column per name reads better so
    return Policy(row[0], row[1], tuple(row[2]), *row[3:]) if row else Policy()


def policy_versions(session: Session, *, process_id: uuid.UUID) -> list[PolicyVersion]:
    """All versions of the rules, latest first, without the words that are looked for."""
    rows = session.execute(
        select(
            ModerationPolicy.version, ModerationPolicy.words, ModerationPolicy.most_links, ModerationPolicy.burst_count,
            ModerationPolicy.burst_minutes, ModerationPolicy.second_percent,
            func.jsonb_array_length(ModerationPolicy.insults), ModerationPolicy.published_at,
        )
        .where(ModerationPolicy.process_id == process_id)
        .order_by(ModerationPolicy.version.desc())
    )  # fmt: skip  # one column per name reads better so
    return [PolicyVersion(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Unscreened:
    """A text that the rules have not looked through."""

    kind: str
    id: uuid.UUID
    revision: int
    text: str
    lately: int


def _not_looked_through(kind: ThingKind, model: Any, revision: Any, version: Any) -> Any:
    return ~exists().where(
        TextScreening.thing_kind == str(kind),
        TextScreening.thing_id == model.id,
        TextScreening.revision == revision,
        TextScreening.policy_version == version,
    )


def _in_force(model: Any) -> Any:
    return (
        select(func.coalesce(func.max(ModerationPolicy.version), 0))
        .where(ModerationPolicy.process_id == model.process_id)
        .correlate(model)
        .scalar_subquery()
    )


#: Kind of text, its table, its revision, its words, and which of its rows are read by anyone.
_TEXTS: tuple[tuple[ThingKind, Any, Any, Any, Any], ...] = (
    (
        ThingKind.proposal, Proposal, Proposal.text_version, Proposal.title + "\n" + Proposal.text,
        Proposal.state == literal_column("'published'"),
    ),
    (ThingKind.comment, Comment, literal(1), Comment.text, Comment.state == literal_column("'visible'")),
    (
        ThingKind.amendment, Amendment, Amendment.text_version, Amendment.title + "\n" + Amendment.text + "\n" + Amendment.reason,
        Amendment.state.in_([literal_column(f"'{state}'") for state in AMENDMENTS_SHOWN]),
    ),
    (
        ThingKind.source, Source, Source.revision, Source.text,
        and_(Source.channel == str(Channel.contribution), Source.state == literal_column("'live'")),
    ),
    # Those of participants only: what who leads a conversation writes comes from nobody that a rule should watch.
    (
        ThingKind.statement, OpinionStatement, literal(1), OpinionStatement.text,
        and_(OpinionStatement.state == literal_column("'shown'"), OpinionStatement.origin == literal_column("'participant'")),
    ),
)  # fmt: skip  # one row per kind reads better so


def _looked_at(model: Any, shown: Any) -> Any:
    """What the rules look through: what anyone reads, and what waits for a moderator to read it first."""
    return or_(shown, model.state == literal_column("'waiting'"))


def processes_with_unscreened(session: Session) -> list[uuid.UUID]:
    """Processes with texts that their present rules have not looked through; in one statement."""
    parts = [
        select(model.process_id).where(
            _looked_at(model, shown), _not_looked_through(kind, model, revision, _in_force(model))
        )
        for kind, model, revision, _words, shown in _TEXTS
    ]
    found = union_all(*parts).subquery()
    return list(session.execute(select(found.c.process_id).distinct().order_by(found.c.process_id)).scalars())


def unscreened(session: Session, *, process_id: uuid.UUID, policy: Policy, limit: int) -> list[Unscreened]:
    """Texts of a process that these rules have not looked through, in the order of their keys; at most one statement a kind."""
    found: list[Unscreened] = []
    for kind, model, revision, words, shown in _TEXTS:
        if len(found) >= limit:
            break
        lately: Any = literal(0)
        if model is not Source and policy.burst_count:
            other = aliased(model)
            lately = (
                select(func.count())
                .where(
                    other.author_id == model.author_id,
                    other.process_id == model.process_id,
                    other.created_at <= model.created_at,
                    other.created_at > model.created_at - func.make_interval(0, 0, 0, 0, 0, policy.burst_minutes),
                )
                .correlate(model)
                .scalar_subquery()
            )
        statement = (
            select(literal(str(kind)), model.id, revision, words, lately)
            .where(
                model.process_id == process_id, _looked_at(model, shown), _not_looked_through(kind, model, revision, literal(policy.version))
            )
            .order_by(model.id)
            .limit(limit - len(found))
        )  # fmt: skip  # one condition per line reads better so
        found += [Unscreened(*row) for row in session.execute(statement)]
    return found


def _waiting_texts(process_id: uuid.UUID, *, unread: bool = False) -> Any:
    """Texts that anyone may read, with a first line and since when: a contribution's day at most, and none for anonymous ones.

    With `unread` also those that a moderator has to read first.
    """
    waits: Any = literal_column("'waiting'")
    parts = [
        select(
            literal(str(kind)).label("kind"),
            model.id.label("id"),
            func.left(model.title if model in (Proposal, Amendment) else model.text, 120).label("title"),
            (cast(Source.said_on, UtcDateTime()) if model is Source else model.created_at).label("since"),
            (Proposal.outcome.is_(None) if model is Proposal else literal_column("false")).label("undecided"),
            (model.state == waits).label("unread"),
        ).where(model.process_id == process_id, or_(read, model.state == waits) if unread else read)
        for kind, model, read in (
            (kind, model, shown if model is not Source else Source.state == literal_column("'live'"))
            for kind, model, _revision, _words, shown in _TEXTS
        )
    ]
    return union_all(*parts).subquery()


#: Where a text without a day stands in the order of waiting.
_EPOCH = cast(literal("1970-01-01T00:00:00+00:00"), UtcDateTime())


def flagged(
    session: Session, *, process_id: uuid.UUID, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[QueueRow]:
    """Texts in which the rules found something that nobody has dealt with, the longest waiting first."""
    texts = _waiting_texts(process_id)
    since = func.coalesce(texts.c.since, _EPOCH)
    statement = select(texts.c.kind, texts.c.id, texts.c.title, texts.c.since, TextScreening.flags, since).join(
        TextScreening, and_(TextScreening.thing_kind == texts.c.kind, TextScreening.thing_id == texts.c.id)
    )
    statement = statement.where(TextScreening.process_id == process_id, *OPEN)
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(tuple_(since, texts.c.id) > tuple_(cursor_moment(after[0]), cursor_key(after[1])))
    found = session.execute(statement.order_by(since, texts.c.id).limit(size + 1)).all()
    page = cut_page(found, size, lambda r: (r[5].isoformat(), r[1]))
    return Page([QueueRow(r[0], r[1], first_words(r[2]), r[3], flags=tuple(r[4])) for r in page.rows], page.next_cursor)


def _reported(texts: Any) -> Any:
    return exists().where(
        Report.target_kind == texts.c.kind, Report.target_id == texts.c.id, Report.state == ReportState.open
    )


def _flagged(texts: Any) -> Any:
    return exists().where(TextScreening.thing_kind == texts.c.kind, TextScreening.thing_id == texts.c.id, *OPEN)


def pending_for(
    session: Session, *, process_id: uuid.UUID, account_id: uuid.UUID, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[QueueRow]:
    """Texts given to one moderator that still wait: undecided, not read yet, reported or flagged; the longest given first."""
    texts = _waiting_texts(process_id, unread=True)
    statement = (
        select(texts.c.kind, texts.c.id, texts.c.title, ModerationAssignment.assigned_at)
        .join(
            ModerationAssignment,
            and_(ModerationAssignment.thing_kind == texts.c.kind, ModerationAssignment.thing_id == texts.c.id),
        )
        .where(
            ModerationAssignment.account_id == account_id,
            ModerationAssignment.process_id == process_id,
            or_(texts.c.undecided, texts.c.unread, _reported(texts), _flagged(texts)),
        )
    )
    after = decode_cursor(cursor, 2)
    place = tuple_(ModerationAssignment.assigned_at, texts.c.id)
    if after:
        statement = statement.where(place > tuple_(cursor_moment(after[0]), cursor_key(after[1])))
    ordered = statement.order_by(ModerationAssignment.assigned_at, texts.c.id).limit(size + 1)
    rows = [QueueRow(r[0], r[1], first_words(r[2]), r[3]) for r in session.execute(ordered)]
    return cut_page(rows, size, lambda r: (r.since.isoformat() if r.since else "", r.id))


def counts(session: Session, *, process_id: uuid.UUID, account_id: uuid.UUID | None) -> tuple[int, int, int, int]:
    """(flagged by the rules, given to this person, dispositions in preparation, to be read first), in one statement."""
    texts, mine = _waiting_texts(process_id), _waiting_texts(process_id, unread=True)
    flagged_number = (
        select(func.count())
        .select_from(texts)
        .join(TextScreening, and_(TextScreening.thing_kind == texts.c.kind, TextScreening.thing_id == texts.c.id))
        .where(TextScreening.process_id == process_id, *OPEN)
        .scalar_subquery()
    )
    waiting = (
        select(func.count())
        .select_from(mine)
        .join(
            ModerationAssignment,
            and_(ModerationAssignment.thing_kind == mine.c.kind, ModerationAssignment.thing_id == mine.c.id),
        )
        .where(ModerationAssignment.account_id == account_id, or_(mine.c.undecided, mine.c.unread, _reported(mine), _flagged(mine)))
        .scalar_subquery()
    )
    drafts = (
        select(func.count())
        .where(DispositionDraft.process_id == process_id, DispositionDraft.act_id.is_(None))
        .scalar_subquery()
    )
    unread = [
        select(func.count())
        .where(model.process_id == process_id, model.state == literal_column("'waiting'"))
        .scalar_subquery()
        for _kind, model, _revision, _words, _shown in _TEXTS
    ]
    row = session.execute(select(flagged_number, waiting, drafts, functools.reduce(operator.add, unread))).one()
    return int(row[0]), int(row[1]), int(row[2]), int(row[3])


@dataclass(frozen=True, slots=True)
class Care:
    """What the rules found in one text and who takes care of it."""

    flags: Sequence[str] = ()
    open: bool = False
    account_id: uuid.UUID | None = None
    name: str = ""


def care_of(session: Session, *, kind: str, thing_id: uuid.UUID) -> Care:
    """What the rules found in a text and who takes care of it, in one statement."""
    one: Any = select(literal(1).label("one")).subquery()
    row = session.execute(
        select(
            TextScreening.flags, TextScreening.closed_act_id, ModerationAssignment.account_id, Account.display_name
        )
        .select_from(one)
        .outerjoin(TextScreening, and_(TextScreening.thing_kind == kind, TextScreening.thing_id == thing_id))
        .outerjoin(
            ModerationAssignment,
            and_(ModerationAssignment.thing_kind == kind, ModerationAssignment.thing_id == thing_id),
        )
        .outerjoin(Account, Account.id == ModerationAssignment.account_id)
    ).one()  # fmt: skip  # one column per name reads better so
    return Care(tuple(row[0] or ()), bool(row[0]) and row[1] is None, row[2], row[3] or "")
