"""One proposal as its page shows it, in one statement, and its earlier words."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, case, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals.models import (
    Amendment,
    Proposal,
    ProposalCoauthor,
    ProposalFile,
    ProposalFollow,
    ProposalLineage,
    ProposalSupport,
    ProposalZone,
)
from consult.coplanning.proposals.queries.attached import AttachedFile
from consult.coplanning.proposals.queries.cards import AUTHOR
from consult.coplanning.proposals.types import AMENDMENTS_SHOWN, READABLE, ProposalState
from consult.core.ready import Ready
from consult.files.models import StoredFile
from consult.framework.models import Axis, Municipality, Strategy, Zone
from consult.people.models import Account


@dataclass(frozen=True, slots=True)
class Relative:
    """A proposal this one was merged into or made from, or the other way round."""

    id: uuid.UUID
    number: int
    title: str
    kind: str
    earlier: bool
    supports_count: int
    regrouping_id: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """All that the page of a proposal says of it."""

    id: uuid.UUID
    number: int
    version: int
    text_version: int
    state: str
    state_at: datetime
    title: str
    html: str
    excerpt: str
    language: str
    strategy_id: uuid.UUID
    strategy_code: str
    strategy_title: str
    axis_number: int
    axis_title: str
    finding_id: uuid.UUID | None
    municipality: str | None
    zones: Sequence[Sequence[str]]
    author_id: uuid.UUID | None
    author: str | None
    author_kind: str
    organisation: str
    supports_count: int
    comments_count: int
    first_supported_at: datetime | None
    outcome: str | None
    outcome_reason: str
    outcome_at: datetime | None
    outcome_body: str
    created_at: datetime
    edited_at: datetime | None
    origin: str
    received_on: date | None
    meeting_id: uuid.UUID | None
    latitude: float | None
    longitude: float | None
    supported: bool
    followed: bool
    supported_before: bool
    files: Sequence[AttachedFile]
    #: Signatures of the co-authors, None for one who erased their account, and how many amendments wait, were accepted, were declined, lapsed.
    coauthors: Sequence[str | None]
    amended: Sequence[int]
    relatives: Sequence[Relative]


_ZONES = (
    select(
        func.coalesce(
            func.json_agg(aggregate_order_by(func.json_build_array(Zone.code, Zone.name), Zone.position)),
            func.json_build_array(),
        )
    )
    .select_from(ProposalZone)
    .join(Zone, Zone.id == ProposalZone.zone_id)
    .where(ProposalZone.proposal_id == Proposal.id)
    .correlate(Proposal)
    .scalar_subquery()
)


_FILES = (
    select(
        func.coalesce(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_array(StoredFile.id, StoredFile.name, StoredFile.kind, StoredFile.size),
                    ProposalFile.position,
                )
            ),
            func.json_build_array(),
        )
    )
    .select_from(ProposalFile)
    .join(StoredFile, StoredFile.id == ProposalFile.file_id)
    .where(ProposalFile.proposal_id == Proposal.id)
    .correlate(Proposal)
    .scalar_subquery()
)


_CoAccount = aliased(Account)


#: How a co-author signs, as an author does.
CO_SIGNATURE = case(
    (ProposalCoauthor.account_id.is_(None), None),
    (ProposalCoauthor.show_name, _CoAccount.display_name),
    else_=ProposalCoauthor.pseudonym,
)


#: Signatures of the co-authors of a proposal, as JSON, in the order in which they came.
COAUTHORS = (
    select(
        func.coalesce(
            func.json_agg(aggregate_order_by(CO_SIGNATURE, ProposalCoauthor.since, ProposalCoauthor.id)),
            func.json_build_array(),
        )
    )
    .select_from(ProposalCoauthor)
    .outerjoin(_CoAccount, _CoAccount.id == ProposalCoauthor.account_id)
    .where(ProposalCoauthor.proposal_id == Proposal.id)
    .correlate(Proposal)
    .scalar_subquery()
)


_AMENDED = (
    select(
        func.json_build_array(
            *(func.count().filter(Amendment.state == literal_column(f"'{state}'")) for state in AMENDMENTS_SHOWN)
        )
    )
    .where(Amendment.proposal_id == Proposal.id)
    .correlate(Proposal)
    .scalar_subquery()
)


_Other = aliased(Proposal)


_RELATIVES = (
    select(
        func.coalesce(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_array(
                        _Other.id,
                        _Other.number,
                        _Other.title,
                        ProposalLineage.kind,
                        ProposalLineage.to_id == Proposal.id,
                        _Other.supports_count,
                        ProposalLineage.regrouping_id,
                        _Other.outcome,
                    ),
                    _Other.number,
                )
            ),
            func.json_build_array(),
        )
    )
    .select_from(ProposalLineage)
    .join(_Other, or_(_Other.id == ProposalLineage.from_id, _Other.id == ProposalLineage.to_id))
    .where(
        or_(ProposalLineage.from_id == Proposal.id, ProposalLineage.to_id == Proposal.id),
        _Other.id != Proposal.id,
        _Other.state.in_(READABLE),
        ProposalLineage.undone_at.is_(None),
    )
    .correlate(Proposal)
    .scalar_subquery()
)


_OWN_WAITING = (
    Proposal.state == ProposalState.waiting,
    Proposal.author_id == bindparam("viewer_id", type_=Uuid()),
)


def _show_statement(somebody: bool) -> Ready:
    mine: tuple[ColumnElement[bool], ...] = tuple(
        literal_column("false").label(name) for name in ("supported", "followed", "supported_before")
    )
    if somebody:
        viewer = bindparam("viewer_id", type_=Uuid())
        mine = (
            exists().where(ProposalSupport.proposal_id == Proposal.id, ProposalSupport.account_id == viewer),
            exists().where(ProposalFollow.proposal_id == Proposal.id, ProposalFollow.account_id == viewer),
            exists().where(
                ProposalLineage.to_id == Proposal.id,
                ProposalLineage.undone_at.is_(None),
                ProposalSupport.proposal_id == ProposalLineage.from_id,
                ProposalSupport.account_id == viewer,
            ),
        )
    statement: Any = (
        select(
            Proposal.id,
            Proposal.number,
            Proposal.version,
            Proposal.text_version,
            Proposal.state,
            Proposal.state_at,
            Proposal.title,
            Proposal.html,
            Proposal.excerpt,
            Proposal.language,
            Proposal.strategy_id,
            Strategy.code,
            Strategy.title,
            Axis.number,
            Axis.title,
            Proposal.finding_id,
            Municipality.name,
            _ZONES,
            Proposal.author_id,
            AUTHOR,
            Proposal.author_kind,
            Proposal.organisation,
            Proposal.supports_count,
            Proposal.comments_count,
            Proposal.first_supported_at,
            Proposal.outcome,
            Proposal.outcome_reason,
            Proposal.outcome_at,
            Proposal.outcome_body,
            Proposal.created_at,
            Proposal.edited_at,
            Proposal.origin,
            Proposal.received_on,
            Proposal.meeting_id,
            Proposal.latitude,
            Proposal.longitude,
            *mine,
            _FILES,
            COAUTHORS,
            _AMENDED,
            _RELATIVES,
        )
        .join(Strategy, Strategy.id == Proposal.strategy_id)
        .join(Axis, Axis.id == Strategy.axis_id)
        .outerjoin(Municipality, Municipality.id == Proposal.municipality_id)
        .outerjoin(Account, Account.id == Proposal.author_id)
        .where(
            Proposal.id == bindparam("proposal_id"),
            Proposal.process_id == bindparam("process_id"),
            # Its author sees it also while it waits for a moderator; nobody else does.
            or_(Proposal.state.in_(READABLE), and_(*_OWN_WAITING)) if somebody else Proposal.state.in_(READABLE),
        )
    )
    return Ready(statement, "proposal_id", "process_id", *(("viewer_id",) if somebody else ()))


_SHOW_TO_ANYONE, _SHOW_TO_SOMEBODY = _show_statement(False), _show_statement(True)


def show(
    session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, viewer_id: uuid.UUID | None
) -> ShownProposal | None:
    """A readable proposal of a process with what the viewer has done to it, in one statement; None where there is none to see."""
    keys = {"proposal_id": proposal_id, "process_id": process_id}
    mine = {"viewer_id": viewer_id} if viewer_id else {}
    found = (_SHOW_TO_SOMEBODY if mine else _SHOW_TO_ANYONE).rows(session, **keys, **mine)
    if not found:
        return None
    values: list[Any] = list(found[0])
    values[-4] = [AttachedFile(uuid.UUID(f[0]), *f[1:]) for f in values[-4]]
    values[-1] = [Relative(uuid.UUID(r[0]), *r[1:]) for r in values[-1]]
    return ShownProposal(*values)


@dataclass(frozen=True, slots=True)
class EditableProposal:
    """What the author's form is filled with."""

    id: uuid.UUID
    version: int
    state: str
    title: str
    text: str
    strategy_id: uuid.UUID
    finding_id: uuid.UUID | None
    municipality_id: uuid.UUID | None
    zone_ids: Sequence[uuid.UUID]
    author_id: uuid.UUID | None
    author_kind: str
    organisation: str
    show_name: bool
    pseudonym: str
    first_supported_at: datetime | None
    outcome: str | None
    latitude: float | None
    longitude: float | None


def for_editing(
    session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, author_id: uuid.UUID
) -> EditableProposal | None:
    """One's own readable proposal with its source text; None for anybody else's."""
    zones = (
        select(func.array_agg(ProposalZone.zone_id))
        .where(ProposalZone.proposal_id == Proposal.id)
        .correlate(Proposal)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            Proposal.id,
            Proposal.version,
            Proposal.state,
            Proposal.title,
            Proposal.text,
            Proposal.strategy_id,
            Proposal.finding_id,
            Proposal.municipality_id,
            func.coalesce(zones, literal_column("'{}'")),
            Proposal.author_id,
            Proposal.author_kind,
            Proposal.organisation,
            Proposal.show_name,
            Proposal.pseudonym,
            Proposal.first_supported_at,
            Proposal.outcome,
            Proposal.latitude,
            Proposal.longitude,
        ).where(
            Proposal.id == proposal_id,
            Proposal.process_id == process_id,
            Proposal.author_id == author_id,
            Proposal.state.in_([*READABLE, ProposalState.waiting]),
        )
    ).one_or_none()
    return EditableProposal(*row) if row else None
