"""One text with what a decision needs, some texts with their words, and the proposals that could go along with another."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, literal_column, select
from sqlalchemy.orm import Session

from consult.coplanning.opinions import queries as opinions
from consult.coplanning.proposals import queries as proposals
from consult.coplanning.proposals.models import Proposal
from consult.core.vocabulary import ThingKind
from consult.core.wordings import changes
from consult.discussion import queries as discussion
from consult.discussion.models import Report
from consult.listening.sources import queries as sources
from consult.moderation.models import TextScreening
from consult.moderation.queries.queue import UNDECIDED, first_words
from consult.position_paper import queries as paper
from consult.position_paper.types import ConsultedCard


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
    about_draft: ConsultedCard | None = None
    #: What a comment says of its subject, and the comment that it answers, whatever its state: a reply can't be judged without it.
    stance: str = ""
    answered: str = ""
    #: What an amendment takes away and adds, in title and text.
    difference: tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]] | None = None
    reports: Sequence[tuple[str, str, str, datetime]] = field(default_factory=tuple)
    conversation_id: uuid.UUID | None = None
    conversation: str = ""
    #: Whether the words here are those of an earlier moment, and it reads otherwise today.
    changed_since: bool = False

    @property
    def hidden(self) -> bool:
        """Whether a moderator hides it now."""
        return self.state == "hidden"


@dataclass(frozen=True, slots=True)
class ListedText:
    """A text in a list where several are decided: its version and its words."""

    version: int
    text: str
    hidden: bool
    #: The comment that a comment answers.
    answered: str = ""


def texts(
    session: Session, *, process_id: uuid.UUID, things: Sequence[tuple[str, uuid.UUID]]
) -> dict[uuid.UUID, ListedText]:
    """The versions and words of some texts of a process; a statement for each kind, and one for what comments answer."""

    def of(kind: ThingKind) -> list[uuid.UUID]:
        return [key for k, key in things if k == kind]

    found: dict[uuid.UUID, ListedText] = {}
    if of(ThingKind.proposal):
        rows = proposals.for_decision(
            session, process_id=process_id, decided=None, ids=of(ThingKind.proposal), size=len(things)
        ).rows
        found |= {r.card.id: ListedText(r.card.version, r.text, r.card.state == "hidden") for r in rows}
    remarks = discussion.cards(session, ids=of(ThingKind.comment))
    parents = {c.parent_id for c in remarks.values() if c.parent_id}
    above = {key: c.text for key, c in discussion.cards(session, ids=sorted(parents)).items()} if parents else {}
    found |= {
        key: ListedText(c.version, c.text, c.state == "hidden", above.get(c.parent_id, "") if c.parent_id else "")
        for key, c in remarks.items()
        if c.process_id == process_id
    }
    short = opinions.cards(session, ids=of(ThingKind.statement)) if of(ThingKind.statement) else {}
    found |= {
        key: ListedText(c.version, c.text, c.state == "hidden")
        for key, c in short.items()
        if c.process_id == process_id
    }
    amended = proposals.amendment_cards(session, ids=of(ThingKind.amendment))
    found |= {
        key: ListedText(c.version, f"{c.title}\n\n{c.text}\n\n{c.reason}", c.state == "hidden")
        for key, c in amended.items()
        if c.process_id == process_id
    }
    said = sources.cards(session, ids=of(ThingKind.source), public_only=False)
    return found | {key: ListedText(c.revision, c.text, c.state == "hidden") for key, c in said.items()}


def item(
    session: Session, *, process_id: uuid.UUID, kind: str, thing_id: uuid.UUID, whole: bool = False
) -> Item | None:
    """One text with what a decision needs, whatever its state; None where this process has none such.

    `whole`: also a contribution that nobody reported and no rule noticed, since somebody decided on it before.
    """
    if kind == ThingKind.proposal:
        rows = proposals.for_decision(session, process_id=process_id, decided=None, ids=[thing_id], size=1).rows
        found = _proposal_item(rows[0]) if rows else None
    elif kind == ThingKind.comment:
        found = _comment_item(session, process_id, thing_id)
    elif kind == ThingKind.amendment:
        found = _amendment_item(session, process_id, thing_id)
    elif kind == ThingKind.source:
        found = _source_item(session, process_id, thing_id, whole)
    elif kind == ThingKind.statement:
        found = _statement_item(session, process_id, thing_id)
    else:
        return None
    return found


def as_decided(session: Session, *, process_id: uuid.UUID, found: Item, at: datetime) -> Item:
    """A text as it was when somebody decided on it, from its own room's history; it says so where it reads otherwise today.

    Comments and statements never change.
    """
    then: Item | None = None
    if found.kind == ThingKind.proposal:
        words = proposals.words_then(session, process_id=process_id, proposal_id=found.id, at=at)
        then = replace(found, title=words.title, text=words.text, html=words.html) if words else None
    elif found.kind == ThingKind.amendment:
        was = proposals.amendment_then(session, process_id=process_id, amendment_id=found.id, at=at)
        then = replace(found, title=was.title, text=was.reason, difference=_difference(was.base, was)) if was else None
    elif found.kind == ThingKind.source:
        said = sources.text_then(session, source_id=found.id, at=at)
        then = replace(found, title=first_words(said), text=said) if said else None
    changed = then is not None and (then.title, then.text, then.difference) != (
        found.title,
        found.text,
        found.difference,
    )
    return replace(then, changed_since=True) if then is not None and changed else found


def _difference(base: Any, words: Any) -> tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]]:
    return tuple(changes(base.title, words.title)), tuple(changes(base.text, words.text))


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
    drafted = paper.consulted_cards(
        session, ids=[card.target_id] if card.target_kind == ThingKind.draft_finding else []
    )
    answered = discussion.cards(session, ids=[card.parent_id]).get(card.parent_id) if card.parent_id else None
    return Item(
        kind="comment", id=card.id, version=card.version, state=card.state, title=first_words(card.text), text=card.text,
        html=card.html, author=card.author, author_kind="", created_at=card.created_at, about=about,
        about_draft=drafted.get(card.target_id), stance=card.stance, answered=answered.text if answered else "",
    )  # fmt: skip  # one row of values reads better so


def _statement_item(session: Session, process_id: uuid.UUID, thing_id: uuid.UUID) -> Item | None:
    card = opinions.cards(session, ids=[thing_id]).get(thing_id)
    if card is None or card.process_id != process_id:
        return None
    # The author stays unnamed here too: statements are read as sentences, not as somebody's.
    return Item(
        kind="statement", id=card.id, version=card.version, state=card.state, title=first_words(card.text), text=card.text, html="",
        author="", author_kind="", created_at=card.created_at, conversation_id=card.conversation_id, conversation=card.conversation,
    )  # fmt: skip  # one row of values reads better so


def _amendment_item(session: Session, process_id: uuid.UUID, thing_id: uuid.UUID) -> Item | None:
    found = proposals.any_amendment(session, process_id=process_id, amendment_id=thing_id)
    if found is None:
        return None
    return Item(
        kind="amendment", id=found.id, version=found.version, state=found.state, title=found.title, text=found.reason, html="",
        author=found.author, author_kind="", created_at=found.created_at, language=found.language,
        about=proposals.cards(session, ids=[found.proposal_id]).get(found.proposal_id),
        difference=_difference(found.base, found),
    )  # fmt: skip  # one row of values reads better so


def _source_item(session: Session, process_id: uuid.UUID, thing_id: uuid.UUID, whole: bool) -> Item | None:
    card = sources.card(session, source_id=thing_id, process_id=process_id, unread=True)
    since = session.execute(
        select(func.min(Report.created_at)).where(Report.target_kind == ThingKind.source, Report.target_id == thing_id)
    ).scalar_one_or_none()
    flagged = exists().where(
        TextScreening.thing_kind == str(ThingKind.source), TextScreening.thing_id == thing_id, TextScreening.flags != literal_column("'[]'::jsonb")
    )  # fmt: skip  # one condition per name reads better so
    # A contribution that waits for nobody, nobody reported and no rule noticed is the facilitators' to read, not the moderators'.
    if card is None or (
        not whole and card.state != "waiting" and since is None and not session.execute(select(flagged)).scalar_one()
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
            Proposal.process_id == process_id, Proposal.strategy_id == lead.strategy_id, Proposal.id != lead.id, *UNDECIDED
        )
        .order_by(Proposal.id.in_(list(order)).desc() if order else Proposal.number, Proposal.supports_count.desc(), Proposal.number)
        .limit(limit)
    )  # fmt: skip  # one column per name reads better so
    found = [Candidate(*row, similar=row[0] in order) for row in rows]
    return sorted(found, key=lambda c: (order.get(c.id, len(order)), -c.supports, c.number))
