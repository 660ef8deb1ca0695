"""Reads of amendments: one with the words around it, the list of a proposal, a person's own, and what other rooms ask."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Amendment, AmendmentVersion, Proposal, ProposalVersion
from consult.coplanning.proposals.queries.terms import phase_end
from consult.coplanning.proposals.rules import Words
from consult.coplanning.proposals.types import AMENDMENTS_SHOWN, READABLE, AmendmentState
from consult.core import settling
from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.people.models import Account

PAGE_SIZE = 20
_SHOWN = Amendment.state.in_([literal_column(f"'{state}'") for state in AMENDMENTS_SHOWN])
_OWN = (AmendmentState.waiting, AmendmentState.withdrawn)
#: The signature: None where the person erased their account, an empty text where they chose to show nothing.
_AUTHOR = case(
    (Amendment.author_id.is_(None), None), (Amendment.show_name, Account.display_name), else_=Amendment.pseudonym
)
_Before = aliased(ProposalVersion)
#: The words it was written against: an earlier version's, or the present ones.
_BASE_TITLE = case((Amendment.base_version == Proposal.text_version, Proposal.title), else_=_Before.title)
_BASE_TEXT = case((Amendment.base_version == Proposal.text_version, Proposal.text), else_=_Before.text)


@dataclass(frozen=True, slots=True)
class ShownAmendment:
    """An amendment as its page shows it, with the words it was written against and those of now."""

    id: uuid.UUID
    process_id: uuid.UUID
    proposal_id: uuid.UUID
    state: str
    state_at: datetime
    version: int
    base_version: int
    title: str
    text: str
    reason: str
    author_id: uuid.UUID | None
    author: str | None
    answer: str
    answered_at: datetime | None
    accepted_version: int | None
    created_at: datetime
    edited_at: datetime | None
    base: Words
    present: Words
    present_version: int
    proposal_version: int
    proposal_number: int
    proposal_state: str
    proposal_outcome: str | None
    proposal_author_id: uuid.UUID | None
    language: str
    answer_by: datetime | None
    lapsed_because: str | None
    closes_at: datetime | None

    @property
    def until(self) -> datetime | None:
        """Until when the proposal's author can answer: the amendment's term, or the end of the phase."""
        return min((day for day in (self.answer_by, self.closes_at) if day), default=None)

    @property
    def term(self) -> settling.Term | None:
        """The same as it is told: a day, or a moment."""
        return settling.term(self.answer_by, self.closes_at)

    @property
    def moved(self) -> bool:
        """Whether the proposal's words changed after it was written, other than by itself."""
        return self.state not in (AmendmentState.accepted,) and self.base_version != self.present_version

    @property
    def carried(self) -> Words | None:
        """What it makes of the words of now; None where both changed the same sentence."""
        return rules.carried_over(self.base, self.present, Words(self.title, self.text))

    @property
    def answerable(self) -> bool:
        """Whether the proposal's author may say yes or no, as far as proposal and amendment go."""
        return self.state == AmendmentState.open and rules.may_be_amended(
            self.proposal_state, self.proposal_outcome, self.proposal_author_id
        )


_ONE: tuple[Any, ...] = (
    Amendment.id, Amendment.process_id, Amendment.proposal_id, Amendment.state, Amendment.state_at, Amendment.version,
    Amendment.base_version, Amendment.title, Amendment.text, Amendment.reason, Amendment.author_id, _AUTHOR, Amendment.answer,
    Amendment.answered_at, Amendment.accepted_version, Amendment.created_at, Amendment.edited_at, _BASE_TITLE, _BASE_TEXT,
    Proposal.title, Proposal.text, Proposal.text_version, Proposal.version, Proposal.number, Proposal.state, Proposal.outcome,
    Proposal.author_id, Proposal.language, Amendment.answer_by, Amendment.lapsed_because, phase_end(Amendment.process_id, func.now()),
)  # fmt: skip  # one column per name reads better so


def _whole() -> Any:
    return (
        select(*_ONE)
        .join(Proposal, Proposal.id == Amendment.proposal_id)
        .outerjoin(
            _Before, and_(_Before.proposal_id == Amendment.proposal_id, _Before.number == Amendment.base_version)
        )
        .outerjoin(Account, Account.id == Amendment.author_id)
    )


def _shown(row: Any) -> ShownAmendment:
    values: list[Any] = list(row)
    base_title, base_text, title, text = values[17:21]
    values[17:21] = [Words(base_title or "", base_text or ""), Words(title, text)]
    return ShownAmendment(*values)


def amendment(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    amendment_id: uuid.UUID,
    viewer_id: uuid.UUID | None,
) -> ShownAmendment | None:
    """An amendment of a readable proposal; who proposed it also sees it while it waits, and once they took it back."""
    row = session.execute(
        _whole().where(
            Amendment.id == amendment_id,
            Amendment.proposal_id == proposal_id,
            Amendment.process_id == process_id,
            Proposal.state.in_(READABLE),
            or_(_SHOWN, and_(Amendment.author_id == viewer_id, Amendment.state.in_(_OWN))) if viewer_id else _SHOWN,
        )
    ).one_or_none()
    return _shown(row) if row else None


def any_amendment(session: Session, *, process_id: uuid.UUID, amendment_id: uuid.UUID) -> ShownAmendment | None:
    """An amendment whatever its state, for the moderators' desk."""
    row = session.execute(
        _whole().where(Amendment.id == amendment_id, Amendment.process_id == process_id)
    ).one_or_none()
    return _shown(row) if row else None


@dataclass(frozen=True, slots=True)
class AmendmentThen:
    """What an amendment said at one moment, with the words it was written against."""

    title: str
    text: str
    reason: str
    base: Words


def amendment_then(
    session: Session, *, process_id: uuid.UUID, amendment_id: uuid.UUID, at: datetime
) -> AmendmentThen | None:
    """What an amendment said at one moment, whatever its state. None where it says the same today, or is not there."""
    v = AmendmentVersion
    row = session.execute(
        select(
            v.title, v.text, v.reason,
            case((v.base_version == Proposal.text_version, Proposal.title), else_=_Before.title),
            case((v.base_version == Proposal.text_version, Proposal.text), else_=_Before.text),
        )
        .join(Amendment, Amendment.id == v.amendment_id)
        .join(Proposal, Proposal.id == Amendment.proposal_id)
        .outerjoin(_Before, and_(_Before.proposal_id == Amendment.proposal_id, _Before.number == v.base_version))
        .where(Amendment.id == amendment_id, Amendment.process_id == process_id, v.written_at <= at, Amendment.edited_at > at)
        .order_by(v.number.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip  # one column per name reads better so
    return AmendmentThen(row[0], row[1], row[2], Words(row[3] or "", row[4] or "")) if row else None


@dataclass(frozen=True, slots=True)
class AmendmentRow:
    """An amendment in a list."""

    id: uuid.UUID
    proposal_id: uuid.UUID
    process_id: uuid.UUID
    state: str
    state_at: datetime
    author: str | None
    reason: str
    answer: str
    created_at: datetime
    proposal_title: str
    readable: bool
    answer_by: datetime | None
    closes_at: datetime | None

    @property
    def term(self) -> settling.Term | None:
        """Until when the proposal's author can answer: the amendment's term, or the end of the phase."""
        return settling.term(self.answer_by, self.closes_at)


_ROW: tuple[Any, ...] = (
    Amendment.id, Amendment.proposal_id, Amendment.process_id, Amendment.state, Amendment.state_at, _AUTHOR, Amendment.reason,
    Amendment.answer, Amendment.created_at, Proposal.title, Proposal.state.in_(READABLE),
    Amendment.answer_by, phase_end(Amendment.process_id, func.now()),
)  # fmt: skip  # one column per name reads better so


def amendments(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    viewer_id: uuid.UUID | None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[AmendmentRow]:
    """The amendments of a readable proposal, newest first; one's own also while it waits or once taken back."""
    mine = and_(Amendment.author_id == viewer_id, Amendment.state.in_(_OWN))
    statement = (
        select(*_ROW)
        .join(Proposal, Proposal.id == Amendment.proposal_id)
        .outerjoin(Account, Account.id == Amendment.author_id)
        .where(
            Amendment.proposal_id == proposal_id,
            Amendment.process_id == process_id,
            Proposal.state.in_(READABLE),
            or_(_SHOWN, mine) if viewer_id else _SHOWN,
        )
    )
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(
            tuple_(Amendment.created_at, Amendment.id) < tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        )
    rows = session.execute(statement.order_by(Amendment.created_at.desc(), Amendment.id.desc()).limit(size + 1))
    return cut_page([AmendmentRow(*row) for row in rows], size, lambda r: (r.created_at.isoformat(), r.id))


def own_amendments(session: Session, *, account_id: uuid.UUID, limit: int = 50) -> list[AmendmentRow]:
    """What a person proposed to change, newest first, hidden ones included: it is theirs."""
    rows = session.execute(
        select(*_ROW)
        .join(Proposal, Proposal.id == Amendment.proposal_id)
        .outerjoin(Account, Account.id == Amendment.author_id)
        .where(Amendment.author_id == account_id, Amendment.state != AmendmentState.dropped)
        .order_by(Amendment.created_at.desc(), Amendment.id)
        .limit(limit)
    )
    return [AmendmentRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class AmendmentCard:
    """An amendment in a few words, for desks."""

    id: uuid.UUID
    process_id: uuid.UUID
    proposal_id: uuid.UUID
    version: int
    state: str
    title: str
    reason: str
    text: str


def amendment_cards(session: Session, *, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, AmendmentCard]:
    """Some amendments by key, hidden ones included."""
    if not ids:
        return {}
    rows = session.execute(
        select(
            Amendment.id, Amendment.process_id, Amendment.proposal_id, Amendment.version, Amendment.state, Amendment.title,
            Amendment.reason, Amendment.text,
        )
        .where(Amendment.id.in_(ids))
        .order_by(Amendment.created_at, Amendment.id)
    )  # fmt: skip  # one column per name reads better so
    return {row[0]: AmendmentCard(*row) for row in rows}


def process_of_amendment(session: Session, *, amendment_id: uuid.UUID) -> uuid.UUID | None:
    """The process of an amendment; None where there is no such one."""
    return session.execute(select(Amendment.process_id).where(Amendment.id == amendment_id)).scalar_one_or_none()


def open_amendment_of(session: Session, *, proposal_id: uuid.UUID, account_id: uuid.UUID | None) -> uuid.UUID | None:
    """This person's amendment to a proposal that still waits for an answer or for a moderator, or None."""
    if account_id is None:
        return None
    return session.execute(
        select(Amendment.id).where(
            Amendment.proposal_id == proposal_id,
            Amendment.author_id == account_id,
            Amendment.state.in_([AmendmentState.open, AmendmentState.waiting]),
        )
    ).scalar_one_or_none()


def source_words(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID) -> tuple[int, Words] | None:
    """The version and words of a readable proposal as they were typed, to be changed."""
    row = session.execute(
        select(Proposal.text_version, Proposal.title, Proposal.text).where(
            Proposal.id == proposal_id, Proposal.process_id == process_id, Proposal.state.in_(READABLE)
        )
    ).one_or_none()
    return (row.text_version, Words(row.title, row.text)) if row else None
