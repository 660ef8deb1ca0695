"""Reads of merges and splits: one with all it concerns, the desk's list, people whose support is inherited."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, literal_column, select, text, tuple_
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Proposal, Regrouping, RegroupingPart
from consult.coplanning.proposals.queries.objections import OBJECTION_WAITS
from consult.coplanning.proposals.queries.terms import phase_end
from consult.coplanning.proposals.types import READABLE, RegroupingState
from consult.core import settling
from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class ConcernedProposal:
    """A proposal of a merge or split, and what its author said to it."""

    id: uuid.UUID
    number: int
    title: str
    excerpt: str
    state: str
    role: str
    author_id: uuid.UUID | None
    supports_count: int
    agreed_at: datetime | None
    objection: str
    objected_at: datetime | None
    answer: str
    answered_at: datetime | None
    upheld: bool | None

    @property
    def readable(self) -> bool:
        """Whether anyone may read it."""
        return self.state in READABLE


@dataclass(frozen=True, slots=True)
class ShownRegrouping:
    """A merge or split as its page shows it."""

    id: uuid.UUID
    process_id: uuid.UUID
    kind: str
    state: str
    by_authors: bool
    reason: str
    asked_at: datetime
    asked_by: uuid.UUID | None
    made_at: datetime | None
    objections_until: datetime | None
    ended_at: datetime | None
    end_reason: str
    lapsed_because: str | None
    closes_at: datetime | None
    parts: Sequence[ConcernedProposal]

    def of_role(self, role: str) -> list[ConcernedProposal]:
        """The readable proposals of a role, in order of number."""
        return [p for p in self.parts if p.role == role and p.readable]

    def waits_for(self, account_id: uuid.UUID | None) -> bool:
        """Whether it is asked, and this person is the author who has not answered."""
        waiting = [p for p in self.parts if p.agreed_at is None and rules.is_author(p.author_id, account_id)]
        return self.state == RegroupingState.asked and bool(waiting)

    def concerns(self, account_id: uuid.UUID | None) -> bool:
        """Whether this person wrote one of the proposals."""
        return any(rules.is_author(p.author_id, account_id) for p in self.parts)

    @property
    def answer_by(self) -> datetime:
        """Until when a question between authors waits for its answer; the phase may end before."""
        return settling.answer_by(self.asked_at)

    @property
    def until(self) -> datetime:
        """Until when it can be answered: its own term, or the end of the phase."""
        return min(self.answer_by, self.closes_at) if self.closes_at else self.answer_by

    @property
    def term(self) -> settling.Term | None:
        """The same as it is told, a day or a moment; of what took effect until when its authors may object, of what lapsed the day that
        passed."""
        if self.state in (RegroupingState.asked, RegroupingState.lapsed):
            return settling.term(self.answer_by, self.closes_at if self.state == RegroupingState.asked else None)
        return settling.Term(self.objections_until, exact=True) if self.objections_until else None

    @property
    def gone(self) -> list[ConcernedProposal]:
        """The proposals whose author erased their account."""
        return [p for p in self.parts if p.author_id is None and p.readable]

    @property
    def open_objections(self) -> list[ConcernedProposal]:
        """Objections that wait for an answer."""
        return [p for p in self.parts if p.objected_at and not p.answered_at]


_ACT = (
    Regrouping.id, Regrouping.process_id, Regrouping.kind, Regrouping.state, Regrouping.by_authors, Regrouping.reason,
    Regrouping.asked_at, Regrouping.asked_by, Regrouping.made_at, Regrouping.objections_until, Regrouping.ended_at,
    Regrouping.end_reason, Regrouping.lapsed_because, phase_end(Regrouping.process_id, func.now()),
)  # fmt: skip  # one column per name reads better so
_PART = (
    Proposal.id, Proposal.number, Proposal.title, Proposal.excerpt, Proposal.state, RegroupingPart.role, Proposal.author_id,
    Proposal.supports_count, RegroupingPart.agreed_at, RegroupingPart.objection, RegroupingPart.objected_at, RegroupingPart.answer,
    RegroupingPart.answered_at, RegroupingPart.upheld,
)  # fmt: skip  # one column per name reads better so


def _with_parts(session: Session, rows: Sequence[Any]) -> list[ShownRegrouping]:
    found: dict[uuid.UUID, list[ConcernedProposal]] = {row[0]: [] for row in rows}
    if found:
        parts = session.execute(
            select(RegroupingPart.regrouping_id, *_PART)
            .join(Proposal, Proposal.id == RegroupingPart.proposal_id)
            .where(RegroupingPart.regrouping_id.in_(list(found)))
            .order_by(Proposal.number)
        )
        for key, *values in parts:
            found[key].append(ConcernedProposal(*values))
    values = [[*row, tuple(found[row[0]])] for row in rows]
    return [ShownRegrouping(*row) for row in values]


def regrouping(session: Session, *, process_id: uuid.UUID, regrouping_id: uuid.UUID) -> ShownRegrouping | None:
    """A merge or split of a process with the proposals concerned, hidden ones included: pages ask `readable`."""
    rows = session.execute(
        select(*_ACT).where(Regrouping.id == regrouping_id, Regrouping.process_id == process_id)
    ).all()
    return _with_parts(session, rows)[0] if rows else None


def regroupings(
    session: Session,
    *,
    process_id: uuid.UUID,
    contested: bool = False,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[ShownRegrouping]:
    """Merges and splits that took effect, the latest first; `contested`: only those with an objection that waits for an answer."""
    statement = select(*_ACT).where(Regrouping.process_id == process_id, Regrouping.made_at.is_not(None))
    if contested:
        statement = statement.where(exists().where(RegroupingPart.regrouping_id == Regrouping.id, *OBJECTION_WAITS))
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(
            tuple_(Regrouping.asked_at, Regrouping.id) < tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        )
    rows = session.execute(statement.order_by(Regrouping.asked_at.desc(), Regrouping.id.desc()).limit(size + 1)).all()
    page = cut_page(rows, size, lambda row: (row.asked_at.isoformat(), row.id))
    return Page(_with_parts(session, page.rows), page.next_cursor)


@dataclass(frozen=True, slots=True)
class Question:
    """A merge or split as the author of one of its proposals meets it on that proposal's page."""

    id: uuid.UUID
    kind: str
    state: str
    role: str
    asked_at: datetime
    objections_until: datetime | None
    closes_at: datetime | None
    objected: bool

    @property
    def term(self) -> settling.Term | None:
        """Until when the author may answer: a day, or the end of the phase; or object: a moment."""
        if self.objections_until:
            return settling.Term(self.objections_until, exact=True)
        return settling.term(settling.answer_by(self.asked_at), self.closes_at)


def questions_about(session: Session, *, proposal_id: uuid.UUID) -> list[Question]:
    """Acts about a proposal that wait for an author's word, or may still be objected to, the latest first."""
    alive = (Regrouping.state == RegroupingState.asked) | (
        (Regrouping.state == RegroupingState.standing) & (Regrouping.objections_until > func.now())
    )
    said, other = aliased(RegroupingPart), aliased(Proposal)
    # Who wrote the whole and its parts objects once, wherever they said it.
    objected = exists().where(
        said.regrouping_id == Regrouping.id, said.objected_at.is_not(None), other.id == said.proposal_id,
        other.author_id == Proposal.author_id,
    )  # fmt: skip  # one condition per phrase reads better so
    statement = (
        select(
            Regrouping.id, Regrouping.kind, Regrouping.state, RegroupingPart.role, Regrouping.asked_at, Regrouping.objections_until,
            phase_end(Regrouping.process_id, func.now()), objected,
        )
        .join(RegroupingPart, RegroupingPart.regrouping_id == Regrouping.id)
        .join(Proposal, Proposal.id == RegroupingPart.proposal_id)
        .where(RegroupingPart.proposal_id == proposal_id, alive)
        .order_by(Regrouping.asked_at.desc(), Regrouping.id)
    )  # fmt: skip  # one column per name reads better so
    return [Question(*row) for row in session.execute(statement)]


def process_of_regrouping(session: Session, *, regrouping_id: uuid.UUID) -> uuid.UUID | None:
    """The process of a merge or split; None where there is no such act."""
    return session.execute(select(Regrouping.process_id).where(Regrouping.id == regrouping_id)).scalar_one_or_none()


def versions_of(
    session: Session, *, process_id: uuid.UUID, ids: Sequence[uuid.UUID] = (), numbers: Sequence[int] = ()
) -> list[Any]:
    """Key, number, title, excerpt, version and supports of proposals that may be regrouped, by key or by number, in order of number."""
    wanted = Proposal.id.in_(list(ids)) | Proposal.number.in_(list(numbers))
    statement = (
        select(
            Proposal.id, Proposal.number, Proposal.title, Proposal.excerpt, Proposal.version, Proposal.supports_count, Proposal.text,
            Proposal.strategy_id,
        )
        .where(
            Proposal.process_id == process_id, wanted,
            Proposal.state == literal_column("'published'"), Proposal.outcome.is_(None),
        )
        .order_by(Proposal.number)
    )  # fmt: skip  # one column per name reads better so
    return list(session.execute(statement))


# All earlier proposals, however many merges and splits ago; a person who supports this one too counts here already.
_INHERITED = text(
    """
    WITH RECURSIVE earlier AS (
        SELECT from_id FROM proposal_lineage WHERE to_id = :proposal_id AND undone_at IS NULL
        UNION
        SELECT older.from_id FROM proposal_lineage older JOIN earlier ON older.to_id = earlier.from_id WHERE older.undone_at IS NULL
    )
    SELECT count(DISTINCT given.account_id) + count(*) FILTER (WHERE given.account_id IS NULL)
    FROM earlier
    JOIN proposal ON proposal.id = earlier.from_id AND proposal.state NOT IN ('hidden', 'waiting', 'dropped') AND proposal.id <> :proposal_id
    JOIN proposal_support given ON given.proposal_id = earlier.from_id
    WHERE given.account_id IS NULL
       OR NOT EXISTS (SELECT 1 FROM proposal_support mine WHERE mine.proposal_id = :proposal_id AND mine.account_id = given.account_id)
    """
)


def inherited_supports(session: Session, *, proposal_id: uuid.UUID) -> int:
    """People who support a proposal that this one carries on, and not this one: each once, never added to its own supports."""
    return int(session.execute(_INHERITED, {"proposal_id": proposal_id}).scalar_one())


def regrouping_reach(session: Session, *, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Supporters and followers of some proposals, by proposal, for the telling."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {key: set() for key in ids}
    rows = session.execute(
        text(
            "SELECT proposal_id, account_id FROM proposal_support WHERE proposal_id = ANY(:ids) AND account_id IS NOT NULL "
            "UNION SELECT proposal_id, account_id FROM proposal_follow WHERE proposal_id = ANY(:ids)"
        ),
        {"ids": list(ids)},
    )
    for proposal_id, account_id in rows:
        found[proposal_id].add(account_id)
    return found
