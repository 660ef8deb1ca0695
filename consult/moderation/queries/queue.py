"""The desk's lists. Every page costs a fixed number of statements; `items` has one text with all that a decision needs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, exists, func, literal, literal_column, select, tuple_, union_all
from sqlalchemy.orm import Session

from consult.coplanning.opinions import queries as opinions
from consult.coplanning.opinions.models import OpinionStatement
from consult.coplanning.opinions.types import StatementState
from consult.coplanning.proposals import queries as proposals
from consult.coplanning.proposals.models import Amendment, Proposal, ProposalZone
from consult.coplanning.proposals.queries.cards import ZONE_CODES
from consult.coplanning.proposals.types import AmendmentState, ProposalState
from consult.core.paging import Page, cursor_key, cursor_moment, cursor_number, cut_page, decode_cursor
from consult.core.vocabulary import ThingKind
from consult.discussion import queries as discussion
from consult.discussion.models import Comment, Report
from consult.discussion.types import CommentState, ReportState
from consult.framework.models import Strategy
from consult.listening.sources import queries as sources
from consult.moderation.models import Disposition
from consult.moderation.types import DispositionState

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the list: what it is, since when it waits, and what helps to choose."""

    kind: str
    id: uuid.UUID
    title: str
    since: datetime | None
    number: int | None = None
    strategy_code: str = ""
    zone_codes: Sequence[str] = ()
    supports: int | None = None
    reports: int = 0
    reasons: Sequence[str] = ()
    flags: Sequence[str] = ()
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits in each list."""

    undecided: int
    reported: int
    decided: int
    hidden: int


#: A proposal that waits for its outcome.
UNDECIDED = (Proposal.state == literal_column("'published'"), Proposal.outcome.is_(None))
_OPEN_REPORTS = (
    select(func.count())
    .select_from(Report)
    .where(Report.target_kind == ThingKind.proposal, Report.target_id == Proposal.id, Report.state == ReportState.open)
    .correlate(Proposal)
    .scalar_subquery()
)


def _in_zone(zone_id: uuid.UUID) -> Any:
    return exists().where(ProposalZone.proposal_id == Proposal.id, ProposalZone.zone_id == zone_id)


def undecided(
    session: Session,
    *,
    process_id: uuid.UUID,
    strategy_id: uuid.UUID | None = None,
    zone_id: uuid.UUID | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[QueueRow]:
    """Published proposals without a disposition, oldest first."""
    statement = (
        select(
            Proposal.id, Proposal.title, Proposal.created_at, Proposal.number, Strategy.code,
            ZONE_CODES, Proposal.supports_count, _OPEN_REPORTS,
        )
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .where(Proposal.process_id == process_id, *UNDECIDED)
    )  # fmt: skip  # one column per name reads better so
    if strategy_id:
        statement = statement.where(Proposal.strategy_id == strategy_id)
    if zone_id:
        statement = statement.where(_in_zone(zone_id))
    after = decode_cursor(cursor, 1)
    if after:
        statement = statement.where(Proposal.number > cursor_number(after[0]))
    rows = [QueueRow("proposal", *row) for row in session.execute(statement.order_by(Proposal.number).limit(size + 1))]
    return cut_page(rows, size, lambda r: (r.number,))


def reported(
    session: Session, *, process_id: uuid.UUID, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[QueueRow]:
    """Texts with open reports, the longest waiting first, with a first line to recognise each."""
    page = discussion.reported(session, process_id=process_id, cursor=cursor, size=size)
    words = titles(session, [(row.target_kind, row.target_id) for row in page.rows])
    rows = [
        QueueRow(
            row.target_kind,
            row.target_id,
            words.get(row.target_id, ""),
            row.first_at,
            reports=row.number,
            reasons=tuple(row.reasons),
        )
        for row in page.rows
    ]
    return Page(rows, page.next_cursor)


def titles(session: Session, things: Sequence[tuple[str, uuid.UUID]]) -> dict[uuid.UUID, str]:
    """A first line of each of some texts, to recognise it by; a statement for each kind."""

    def of(kind: ThingKind) -> list[uuid.UUID]:
        return [key for k, key in things if k == kind]

    found = {key: card.title for key, card in proposals.cards(session, ids=of(ThingKind.proposal)).items()}
    found |= {key: first_words(card.text) for key, card in discussion.cards(session, ids=of(ThingKind.comment)).items()}
    found |= {key: card.title for key, card in proposals.amendment_cards(session, ids=of(ThingKind.amendment)).items()}
    found |= {key: card.text for key, card in opinions.cards(session, ids=of(ThingKind.statement)).items()}
    said = sources.cards(session, ids=of(ThingKind.source), public_only=False)
    return found | {key: first_words(card.text) for key, card in said.items()}


def first_words(text: str, length: int = 90) -> str:
    """The beginning of a text on one line, to recognise it by."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + "…"


def decided(
    session: Session,
    *,
    process_id: uuid.UUID,
    strategy_id: uuid.UUID | None = None,
    zone_id: uuid.UUID | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[QueueRow]:
    """Proposals with a standing disposition, the latest first."""
    statement = (
        select(Proposal.id, Proposal.title, Disposition.decided_at, Proposal.number, Strategy.code, Disposition.outcome)
        .join(Proposal, Proposal.id == Disposition.proposal_id)
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .where(Disposition.process_id == process_id, Disposition.state == DispositionState.published)
    )
    if strategy_id:
        statement = statement.where(Proposal.strategy_id == strategy_id)
    if zone_id:
        statement = statement.where(_in_zone(zone_id))
    after = decode_cursor(cursor, 2)
    if after:
        place = tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        statement = statement.where(tuple_(Disposition.decided_at, Proposal.id) < place)
    ordered = statement.order_by(Disposition.decided_at.desc(), Proposal.id.desc()).limit(size + 1)
    rows = [QueueRow("proposal", *row[:5], outcome=row[5]) for row in session.execute(ordered)]
    return cut_page(rows, size, lambda r: (r.since.isoformat() if r.since else "", r.id))


def hidden(
    session: Session, *, process_id: uuid.UUID, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[QueueRow]:
    """Proposals, amendments, comments and statements that are hidden now, the latest written first."""
    both = union_all(
        select(
            literal("proposal").label("kind"), Proposal.id.label("id"), Proposal.title.label("title"), Proposal.state_at.label("since")
        ).where(Proposal.process_id == process_id, Proposal.state == ProposalState.hidden),
        select(
            literal("comment"), Comment.id, cast(func.left(Comment.text, 120), String), Comment.created_at
        ).where(Comment.process_id == process_id, Comment.state == CommentState.hidden),
        select(
            literal("statement"), OpinionStatement.id, cast(OpinionStatement.text, String), OpinionStatement.created_at
        ).where(OpinionStatement.process_id == process_id, OpinionStatement.state == StatementState.hidden),
        select(literal("amendment"), Amendment.id, Amendment.title, Amendment.state_at).where(
            Amendment.process_id == process_id, Amendment.state == AmendmentState.hidden
        ),
    ).subquery()  # fmt: skip  # one column per name reads better so
    statement = select(both)
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(
            tuple_(both.c.since, both.c.id) < tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        )
    ordered = statement.order_by(both.c.since.desc(), both.c.id.desc()).limit(size + 1)
    rows = [QueueRow(row.kind, row.id, first_words(row.title), row.since) for row in session.execute(ordered)]
    return cut_page(rows, size, lambda r: (r.since.isoformat() if r.since else "", r.id))


def counts(session: Session, *, process_id: uuid.UUID) -> Counts:
    """How much waits in each list, in one statement."""
    about = (Report.process_id == process_id, Report.state == ReportState.open)
    hidden_comments = (Comment.process_id == process_id, Comment.state == CommentState.hidden)
    hidden_amendments = (Amendment.process_id == process_id, Amendment.state == AmendmentState.hidden)
    row = session.execute(
        select(
            select(func.count()).where(Proposal.process_id == process_id, *UNDECIDED).scalar_subquery(),
            select(func.count(func.distinct(tuple_(Report.target_kind, Report.target_id))))
            .where(*about)
            .scalar_subquery(),
            select(func.count())
            .where(Disposition.process_id == process_id, Disposition.state == DispositionState.published)
            .scalar_subquery(),
            select(func.count())
            .where(Proposal.process_id == process_id, Proposal.state == ProposalState.hidden)
            .scalar_subquery()
            + select(func.count()).where(*hidden_comments).scalar_subquery()
            + select(func.count())
            .where(OpinionStatement.process_id == process_id, OpinionStatement.state == StatementState.hidden)
            .scalar_subquery()
            + select(func.count()).where(*hidden_amendments).scalar_subquery(),
        )
    ).one()
    return Counts(*row)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a moderator in one process, and since when."""

    process_id: uuid.UUID
    undecided: int
    oldest: datetime | None
    reported: int
    oldest_report: datetime | None


def waiting(session: Session, *, process_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Waiting]:
    """What waits in some processes, in one statement: for the first page of the desk."""
    if not process_ids:
        return {}
    rows = session.execute(
        union_all(
            select(Proposal.process_id, literal("undecided"), func.count(), func.min(Proposal.created_at))
            .where(Proposal.process_id.in_(process_ids), *UNDECIDED)
            .group_by(Proposal.process_id),
            select(
                Report.process_id,
                literal("reported"),
                func.count(func.distinct(tuple_(Report.target_kind, Report.target_id))),
                func.min(Report.created_at),
            )
            .where(Report.process_id.in_(process_ids), Report.state == ReportState.open)
            .group_by(Report.process_id),
        )
    ).all()
    found: dict[uuid.UUID, dict[str, tuple[int, datetime]]] = {key: {} for key in process_ids}
    for process_id, what, number, first in rows:
        found[process_id][what] = (number, first)
    none: tuple[int, datetime | None] = (0, None)
    return {
        key: Waiting(key, *parts.get("undecided", none), *parts.get("reported", none)) for key, parts in found.items()
    }
