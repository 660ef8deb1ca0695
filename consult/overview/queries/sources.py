"""Reads of the register of sources: search, filters, keyset pages, the whole as a stream."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, literal_column, not_, or_, select, union
from sqlalchemy.orm import Session

from consult.core.paging import Page, cut_page, decode_cursor
from consult.core.vocabulary import Channel, ThingKind
from consult.evidence import queries as evidence
from consult.evidence.models import Assignment, AssignmentDecision, Code, Coding, StrategyLink, Theme, ThemeDecision
from consult.framework.models import Strategy, Zone
from consult.listening.documents import queries as documents
from consult.listening.meetings import queries as meetings
from consult.listening.meetings.models import MeetingNote
from consult.listening.sources.models import Source
from consult.listening.sources.queries import card as source_card
from consult.listening.sources.queries import select_cards
from consult.listening.sources.types import SourceCard
from consult.listening.surveys import queries as surveys
from consult.listening.surveys.types import OTHER_UNIT, UNIT
from consult.people.models import Account
from consult.process.models import Process

PAGE_SIZE = 30
# Written as in the index, so that the planner finds it.
_DOCUMENT = func.to_tsvector(literal_column("'italian'"), Source.text)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the register is narrowed to; empty texts narrow nothing."""

    words: str = ""
    channel: str = ""
    zone: str = ""
    speaker: str = ""
    note: str = ""
    language: str = ""
    state: str = "live"
    consent: str = ""
    coded: str = ""
    theme: uuid.UUID | None = None
    strategy: uuid.UUID | None = None
    unit: uuid.UUID | None = None
    file: uuid.UUID | None = None

    @property
    def active(self) -> bool:
        """Whether anything but the usual state is chosen."""
        chosen = (
            self.words, self.channel, self.zone, self.speaker, self.note, self.language, self.consent, self.coded, self.theme, self.strategy,
            self.unit, self.file,
        )  # fmt: skip  # one row of values reads better so
        return any(chosen) or self.state != "live"


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How many sources of a channel the filters leave, of how many valid ones it has. Channels are never added up."""

    channel: str
    found: int
    whole: int


@dataclass(frozen=True, slots=True)
class Register:
    """A page of the register; `exact` when no word form matched and the characters as typed were looked for instead."""

    page: Page[SourceCard]
    exact: bool
    counts: tuple[ChannelCount, ...]


def _coded(process_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether a person coded a piece of the source, put it under a theme, or accepted a theme that it is under.

    Gathered once for the whole process and then looked up: asked of each source by itself it would be slow.
    """
    coded = select(Coding.source_id).where(Coding.process_id == process_id, Coding.live.is_(True))
    by_hand = (
        select(AssignmentDecision.source_id)
        .join(Theme, Theme.id == AssignmentDecision.theme_id)
        .where(Theme.process_id == process_id, AssignmentDecision.verdict == "in")
    )
    accepted = (
        select(Assignment.source_id)
        .join(ThemeDecision, ThemeDecision.theme_id == Assignment.theme_id)
        .join(Theme, Theme.id == Assignment.theme_id)
        .where(Theme.process_id == process_id, ThemeDecision.state == "accepted")
    )
    return Source.id.in_(union(coded, by_hand, accepted))


def _speaks_of(strategy_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether a note was heard to speak of the strategy, or the machine suggests it first."""
    heard = select(MeetingNote.source_id).where(MeetingNote.strategy_id == strategy_id)
    suggested = select(StrategyLink.source_id).where(StrategyLink.strategy_id == strategy_id, StrategyLink.rank == 1)
    return Source.id.in_(heard.union(suggested))


_CONSENT: dict[str, ColumnElement[bool]] = {
    "public": Source.visibility == "public",
    "name": Source.quotable == "name",
    "role": Source.quotable == "role",
    "anonymous": Source.quotable == "anonymous",
    "none": (Source.quotable == "none") & (Source.visibility != "public"),
}


def _conditions(process_id: uuid.UUID, filters: Filters, *, exact: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Source.process_id == process_id]
    if filters.channel:
        found.append(Source.channel == filters.channel)
    if filters.zone == "-":
        found.append(Source.zone_id.is_(None))
    elif filters.zone:
        territory = select(Process.territory_id).where(Process.id == process_id).scalar_subquery()
        zone = select(Zone.id).where(Zone.code == filters.zone, Zone.territory_id == territory).scalar_subquery()
        found.append(Source.zone_id == zone)
    if filters.speaker:
        found.append(Source.speaker_kind == filters.speaker)
    if filters.note:
        found.append(Source.note_kind == filters.note)
    if filters.language:
        found.append(Source.language == filters.language)
    # What a moderator has not read yet stands in nobody's register.
    found.append(Source.state == filters.state if filters.state != "all" else Source.state != "waiting")
    if filters.consent in _CONSENT:
        found.append(_CONSENT[filters.consent])
    if filters.coded:
        found.append(_coded(process_id) if filters.coded == "yes" else not_(_coded(process_id)))
    if filters.theme:
        under = select(Assignment.source_id).where(Assignment.theme_id == filters.theme)
        found.append(Source.id.in_(under))
    if filters.strategy:
        found.append(_speaks_of(filters.strategy))
    if filters.unit:
        found.append(Source.unit_id == filters.unit)
    if filters.file:
        found.append(Source.import_id == filters.file)
    if filters.words and filters.state in {"all", "withdrawn"}:
        found.append(Source.state != "withdrawn")  # What was taken back is not searched: a hit would tell what it says.
    if filters.words and exact:
        found.append(Source.text.icontains(filters.words, autoescape=True))
    elif filters.words:
        said = _DOCUMENT.op("@@")(func.websearch_to_tsquery(literal_column("'italian'"), filters.words))
        narrow = (
            filters.zone,
            filters.channel,
            filters.speaker,
            filters.note,
            filters.language,
            filters.unit,
            filters.file,
        )
        if any(narrow):
            # The words are looked up in their index first: guessing that the other filter leaves few, the planner would read the
            # text of each of nine thousand sources of a zone to see whether the words stand in it.
            heard = (
                select(Source.id).where(Source.process_id == process_id, said).cte("heard").prefix_with("MATERIALIZED")
            )
            found.append(Source.id.in_(select(heard.c.id)))
        else:
            found.append(said)
    return found


def _by_channel(session: Session, conditions: list[ColumnElement[bool]]) -> dict[str, int]:
    statement = (
        select(Source.channel, func.count()).where(*conditions).group_by(Source.channel).order_by(Source.channel)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def register(
    session: Session, *, process_id: uuid.UUID, filters: Filters, cursor: str | None = None, size: int = PAGE_SIZE
) -> Register:
    """A page of sources in the order of their random keys: always the same order, and one that tells nothing of when or who.

    Words are looked for in all their Italian forms; where none is found, as the characters typed.
    """
    whole = _by_channel(session, _conditions(process_id, Filters(), exact=False))
    after = decode_cursor(cursor, 1)
    start = _key(after[0]) if after and after[0] else uuid.UUID(int=0)
    exact = False
    if not filters.active:
        counts = whole
        page = select_cards().where(Source.process_id == process_id, Source.state == "live", Source.id > start)
    else:
        broad = filters.coded == "no" and not (filters.words or filters.theme or filters.strategy)
        counts, ids = _matching(session, _conditions(process_id, filters, exact=False), start, size + 1, broad=broad)
        exact = bool(filters.words) and not counts
        if exact:
            counts, ids = _matching(session, _conditions(process_id, filters, exact=True), start, size + 1)
        page = select_cards().where(Source.id.in_(ids))
    cards = [SourceCard(*row) for row in session.execute(page.order_by(Source.id).limit(size + 1))]
    return Register(
        cut_page(cards, size, lambda card: (card.id,), total=sum(counts.values())),
        exact,
        tuple(ChannelCount(c, counts[c], whole.get(c, 0)) for c in Channel if c in counts),
    )


def _matching(
    session: Session, conditions: list[ColumnElement[bool]], start: uuid.UUID, size: int, *, broad: bool = False
) -> tuple[dict[str, int], list[uuid.UUID]]:
    """How many match by channel, and the keys of the first after `start`: both out of one reading, since the table `hits` is named twice.

    Where nearly all match (`broad`) keeping the hits would cost more than reading twice: the first page is found in the first few keys.
    """
    hits = select(Source.id, Source.channel).where(*conditions).cte("hits")
    if broad:
        hits = hits.prefix_with("NOT MATERIALIZED")
    counted = select(hits.c.channel, func.count().label("n")).group_by(hits.c.channel).subquery()
    first = select(hits.c.id).where(hits.c.id > start).order_by(hits.c.id).limit(size).subquery()
    row = session.execute(
        select(
            select(func.jsonb_object_agg(counted.c.channel, counted.c.n)).scalar_subquery(),
            select(func.array_agg(first.c.id)).scalar_subquery(),
        )
    ).one()
    return row[0] or {}, row[1] or []


def _key(text: str) -> uuid.UUID:
    """The key in a cursor; one that is no key starts the register from the beginning."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Coded:
    """A source with what it was coded as: for files that go out."""

    card: SourceCard
    themes: str
    strategy: str


def all_rows(session: Session, *, process_id: uuid.UUID, filters: Filters, batch: int = 500) -> Iterator[Coded]:
    """Every source that the filters leave, piece by piece, in the register's order, with its themes and strategy."""
    conditions = _conditions(process_id, filters, exact=False)
    if filters.words and not _by_channel(session, conditions):
        conditions = _conditions(process_id, filters, exact=True)
    last = uuid.UUID(int=0)
    while True:
        statement = select_cards().where(*conditions, Source.id > last).order_by(Source.id).limit(batch)
        cards = [SourceCard(*row) for row in session.execute(statement)]
        if not cards:
            return
        ids = [card.id for card in cards]
        themes = evidence.themes_for_source(session, source_ids=ids)
        links = evidence.strategy_links(session, source_ids=ids)
        heard = heard_strategies(session, source_ids=ids)
        for card in cards:
            suggested = links[card.id][0].code if links[card.id] else ""
            yield Coded(
                card, "; ".join(theme.label for theme in themes[card.id]), heard.get(card.id, ("", suggested))[1]
            )
        last = ids[-1]


def heard_strategies(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """The strategy that a facilitator heard a note speak of: (title, code) by source."""
    rows = session.execute(
        select(MeetingNote.source_id, Strategy.title, Strategy.code)
        .join(Strategy, Strategy.id == MeetingNote.strategy_id)
        .where(MeetingNote.source_id.in_(list(source_ids)))
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def coders(session: Session, *, source_id: uuid.UUID) -> dict[uuid.UUID, list[str]]:
    """Who put the source under which theme, or accepted the theme: names by theme, for staff."""
    by_hand = select(AssignmentDecision.theme_id, AssignmentDecision.decided_by).where(
        AssignmentDecision.source_id == source_id, AssignmentDecision.verdict == "in"
    )
    accepted = (
        select(ThemeDecision.theme_id, ThemeDecision.decided_by)
        .join(Assignment, Assignment.theme_id == ThemeDecision.theme_id)
        .where(Assignment.source_id == source_id, ThemeDecision.state == "accepted")
    )
    both = by_hand.union(accepted).subquery()
    rows = session.execute(
        select(both.c.theme_id, Account.display_name)
        .join(Account, Account.id == both.c.decided_by)
        .order_by(both.c.theme_id, Account.display_name)
    )
    found: dict[uuid.UUID, list[str]] = {}
    for theme_id, name in rows:
        found.setdefault(theme_id, []).append(name)
    return found


@dataclass(frozen=True, slots=True)
class CodedAs:
    """A code that people gave to pieces of a source, and who."""

    name: str
    people: str
    pieces: int


def codes_of(session: Session, *, process_id: uuid.UUID, source_id: uuid.UUID) -> list[CodedAs]:
    """What the source was coded as, by whom, for staff; by name of the code."""
    rows = session.execute(
        select(
            Code.name, func.string_agg(func.distinct(Account.display_name), ", "), func.count(func.distinct(Coding.id))
        )
        .join(Coding, Coding.code_id == Code.id)
        .outerjoin(Account, Account.id == Coding.coder_id)
        .where(Coding.process_id == process_id, Coding.source_id == source_id, Coding.live.is_(True))
        .group_by(Code.id)
        .order_by(Code.name, Code.id)
    )
    return [CodedAs(row[0], row[1] or "", row[2]) for row in rows]


def theme_choices(session: Session, *, process_id: uuid.UUID, limit: int = 300) -> list[tuple[uuid.UUID, str]]:
    """Themes to filter by, by label: those that were accepted, then those the machine proposes; refused and merged ones are left out."""
    state = func.coalesce(ThemeDecision.state, "proposed")
    label = func.coalesce(ThemeDecision.label, Theme.label)
    rows = session.execute(
        select(Theme.id, label)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(
            Theme.process_id == process_id,
            or_(state == "accepted", (state == "proposed") & Theme.present.is_(True)),
        )
        .order_by(state, label, Theme.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def public_source(session: Session, *, process_id: uuid.UUID, source_id: uuid.UUID) -> SourceCard | None:
    """One source of a process as it stands, or None; what may be shown of it is for the page to ask of the rules."""
    return source_card(session, source_id=source_id, process_id=process_id)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a source is part of: a title, a remark, and the public page of it where there is one."""

    title: str
    remark: str = ""
    endpoint: str = ""
    values: dict[str, str] = field(default_factory=dict)


def origin(session: Session, *, card: SourceCard) -> Origin | None:
    """Where a source came from, as far as anyone may know; None where it stands for itself or its whole is not public."""
    if card.unit_id is None:
        return None
    unit = str(card.unit_id)
    if card.unit_kind == ThingKind.meeting:
        meeting = meetings.meeting(session, process_id=card.process_id, meeting_id=card.unit_id)
        if meeting is None or meeting.state == "draft":
            return None
        return Origin(meeting.title, meeting.place, "meetings.public_page", {"meeting_id": unit})
    if card.unit_kind == ThingKind.document:
        document = documents.document(session, process_id=card.process_id, document_id=card.unit_id)
        page = documents.page_of(session, source_id=card.id)
        return Origin(document.title, page, "documents.public_page", {"document_id": unit}) if document else None
    if card.unit_kind in {UNIT, OTHER_UNIT}:
        question, questionnaire = surveys.question_titles(session, question_ids=[card.unit_id]).get(
            card.unit_id, ("", "")
        )
        return Origin(questionnaire, question) if questionnaire else None
    # An interview says of itself only what consent lets a quote say: that stands with the words.
    return None
