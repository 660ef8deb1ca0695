"""The desk's lists and one item of them. Every page costs a fixed number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, exists, func, literal, literal_column, select, tuple_, union_all
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries as proposals
from consult.coplanning.proposals.models import Proposal, ProposalZone
from consult.coplanning.proposals.queries.cards import ZONE_CODES
from consult.coplanning.proposals.types import ProposalState
from consult.core.paging import Page, cursor_key, cursor_moment, cursor_number, cut_page, decode_cursor
from consult.core.vocabulary import ThingKind
from consult.discussion import queries as discussion
from consult.discussion.models import Comment, Report
from consult.discussion.types import CommentState, ReportState
from consult.framework.models import Strategy
from consult.listening.sources import queries as sources
from consult.moderation.models import Disposition, TextScreening
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


@dataclass(frozen=True, slots=True)
class Item:
    """A text on the desk with all that a decision needs. `text` is the source, `html` its safe rendering."""

    kind: str
    id: uuid.UUID
    version: int
    state: str
    title: str
    text: str
    html: str
    author: str | None
    author_kind: str
    created_at: datetime | None
    organisation: str = ""
    number: int | None = None
    language: str = "it"
    strategy_id: uuid.UUID | None = None
    strategy_code: str = ""
    strategy_title: str = ""
    zone_codes: Sequence[str] = ()
    supports: int | None = None
    comments: int | None = None
    finding_id: uuid.UUID | None = None
    outcome: str | None = None
    about: proposals.ProposalCard | None = None
    reports: Sequence[tuple[str, str, str, datetime]] = field(default_factory=tuple)

    @property
    def hidden(self) -> bool:
        """Whether a moderator hides it now."""
        return self.state == "hidden"


_UNDECIDED = (Proposal.state == literal_column("'published'"), Proposal.outcome.is_(None))
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
        .where(Proposal.process_id == process_id, *_UNDECIDED)
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
    titles = _titles(session, [(row.target_kind, row.target_id) for row in page.rows])
    rows = [
        QueueRow(
            row.target_kind,
            row.target_id,
            titles.get(row.target_id, ""),
            row.first_at,
            reports=row.number,
            reasons=tuple(row.reasons),
        )
        for row in page.rows
    ]
    return Page(rows, page.next_cursor)


def _titles(session: Session, things: Sequence[tuple[str, uuid.UUID]]) -> dict[uuid.UUID, str]:
    def of(kind: ThingKind) -> list[uuid.UUID]:
        return [key for k, key in things if k == kind]

    titles = {key: card.title for key, card in proposals.cards(session, ids=of(ThingKind.proposal)).items()}
    titles |= {
        key: first_words(card.text) for key, card in discussion.cards(session, ids=of(ThingKind.comment)).items()
    }
    found = sources.cards(session, ids=of(ThingKind.source), public_only=False)
    return titles | {key: first_words(card.text) for key, card in found.items()}


@dataclass(frozen=True, slots=True)
class ListedText:
    """A text in a list where several are decided: its version and its words."""

    version: int
    text: str
    hidden: bool


def texts(
    session: Session, *, process_id: uuid.UUID, things: Sequence[tuple[str, uuid.UUID]]
) -> dict[uuid.UUID, ListedText]:
    """The versions and words of some texts of a process; at most three statements."""

    def of(kind: ThingKind) -> list[uuid.UUID]:
        return [key for k, key in things if k == kind]

    found: dict[uuid.UUID, ListedText] = {}
    if of(ThingKind.proposal):
        rows = proposals.for_decision(
            session, process_id=process_id, decided=None, ids=of(ThingKind.proposal), size=len(things)
        ).rows
        found |= {r.card.id: ListedText(r.card.version, r.text, r.card.state == "hidden") for r in rows}
    remarks = discussion.cards(session, ids=of(ThingKind.comment))
    found |= {
        key: ListedText(c.version, c.text, c.state == "hidden")
        for key, c in remarks.items()
        if c.process_id == process_id
    }
    said = sources.cards(session, ids=of(ThingKind.source), public_only=False)
    return found | {key: ListedText(c.revision, c.text, c.state == "hidden") for key, c in said.items()}


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
    """Proposals and comments that are hidden now, the latest written first."""
    both = union_all(
        select(
            literal("proposal").label("kind"), Proposal.id.label("id"), Proposal.title.label("title"), Proposal.state_at.label("since")
        ).where(Proposal.process_id == process_id, Proposal.state == ProposalState.hidden),
        select(
            literal("comment"), Comment.id, cast(func.left(Comment.text, 120), String), Comment.created_at
        ).where(Comment.process_id == process_id, Comment.state == CommentState.hidden),
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
    row = session.execute(
        select(
            select(func.count()).where(Proposal.process_id == process_id, *_UNDECIDED).scalar_subquery(),
            select(func.count(func.distinct(tuple_(Report.target_kind, Report.target_id))))
            .where(*about)
            .scalar_subquery(),
            select(func.count())
            .where(Disposition.process_id == process_id, Disposition.state == DispositionState.published)
            .scalar_subquery(),
            select(func.count())
            .where(Proposal.process_id == process_id, Proposal.state == ProposalState.hidden)
            .scalar_subquery()
            + select(func.count()).where(*hidden_comments).scalar_subquery(),
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
            .where(Proposal.process_id.in_(process_ids), *_UNDECIDED)
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


def item(session: Session, *, process_id: uuid.UUID, kind: str, thing_id: uuid.UUID) -> Item | None:
    """One text with what a decision needs, whatever its state; None where this process has none such."""
    if kind == ThingKind.proposal:
        rows = proposals.for_decision(session, process_id=process_id, decided=None, ids=[thing_id], size=1).rows
        found = _proposal_item(rows[0]) if rows else None
    elif kind == ThingKind.comment:
        found = _comment_item(session, process_id, thing_id)
    elif kind == ThingKind.source:
        found = _source_item(session, process_id, thing_id)
    else:
        return None
    return found


def _proposal_item(row: proposals.DecisionRow) -> Item:
    card = row.card
    return Item(
        kind="proposal", id=card.id, version=card.version, state=card.state, title=card.title, text=row.text, html=row.html,
        author=card.author, author_kind=card.author_kind, organisation=card.organisation, created_at=card.created_at, number=card.number,
        strategy_id=card.strategy_id, strategy_code=card.strategy_code, strategy_title=card.strategy_title, zone_codes=row.zone_codes,
        supports=card.supports_count, comments=card.comments_count, finding_id=card.finding_id, outcome=card.outcome,
    )  # fmt: skip  # one row of values reads better so


def _comment_item(session: Session, process_id: uuid.UUID, thing_id: uuid.UUID) -> Item | None:
    card = discussion.cards(session, ids=[thing_id]).get(thing_id)
    if card is None or card.process_id != process_id:
        return None
    about = None
    if card.target_kind == ThingKind.proposal:
        about = proposals.cards(session, ids=[card.target_id]).get(card.target_id)
    return Item(
        kind="comment", id=card.id, version=card.version, state=card.state, title=first_words(card.text), text=card.text,
        html=card.html, author=card.author, author_kind="", created_at=card.created_at, about=about,
    )  # fmt: skip  # one row of values reads better so


def _source_item(session: Session, process_id: uuid.UUID, thing_id: uuid.UUID) -> Item | None:
    card = sources.card(session, source_id=thing_id, process_id=process_id, unread=True)
    since = session.execute(
        select(func.min(Report.created_at)).where(Report.target_kind == ThingKind.source, Report.target_id == thing_id)
    ).scalar_one_or_none()
    flagged = exists().where(
        TextScreening.thing_kind == str(ThingKind.source), TextScreening.thing_id == thing_id, TextScreening.flags != literal_column("'[]'::jsonb")
    )  # fmt: skip  # one condition per name reads better so
    # A contribution that waits for nobody, nobody reported and no rule noticed is the facilitators' to read, not the moderators'.
    if card is None or (
        card.state != "waiting" and since is None and not session.execute(select(flagged)).scalar_one()
    ):
        return None
    return Item(
        kind="source", id=card.id, version=card.revision, state=card.state, title=first_words(card.text), text=card.text, html="",
        author=None, author_kind=card.speaker_kind or "", created_at=since, zone_codes=[card.zone_code] if card.zone_code else [],
    )  # fmt: skip  # one row of values reads better so


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal that could go along with another into one action."""

    id: uuid.UUID
    number: int
    version: int
    title: str
    text: str
    html: str
    supports: int
    similar: bool


def candidates(session: Session, *, process_id: uuid.UUID, lead: Item, limit: int = 40) -> list[Candidate]:
    """Undecided proposals of the same strategy, those most like the lead first, then the most supported; two statements."""
    near = proposals.similar(
        session,
        process_id=process_id,
        title=lead.title,
        words=lead.text,
        language=lead.language,
        apart_from=lead.id,
        size=12,
    )
    order = {row.id: place for place, row in enumerate(near)}
    rows = session.execute(
        select(
            Proposal.id, Proposal.number, Proposal.version, Proposal.title, Proposal.text, Proposal.html, Proposal.supports_count
        )
        .where(
            Proposal.process_id == process_id, Proposal.strategy_id == lead.strategy_id, Proposal.id != lead.id, *_UNDECIDED
        )
        .order_by(Proposal.id.in_(list(order)).desc() if order else Proposal.number, Proposal.supports_count.desc(), Proposal.number)
        .limit(limit)
    )  # fmt: skip  # one column per name reads better so
    found = [Candidate(*row, similar=row[0] in order) for row in rows]
    return sorted(found, key=lambda c: (order.get(c.id, len(order)), -c.supports, c.number))
