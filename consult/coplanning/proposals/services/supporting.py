"""Supports and followers. Each support and its count are written in one transaction; the count is moved by the database, never read and set."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals.models import Proposal, ProposalFollow, ProposalSupport
from consult.coplanning.proposals.services.submission import CO_PLANNING
from consult.coplanning.proposals.types import ProposalState
from consult.core.db import UtcDateTime
from consult.core.errors import Conflict, Forbidden, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.process.queries import slug_of
from consult.process.services import hold_phase_open


def support(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    text_version: int | None = None,
) -> bool:
    """Support a published proposal; False when the person supports it already.

    `text_version` is the version of the words the person read: if the author changed them meanwhile, Conflict asks to read again.
    """
    account_id = _somebody(actor)
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    added = session.execute(
        insert(ProposalSupport)
        .from_select(
            ["id", "proposal_id", "account_id", "created_at"],
            select(func.gen_random_uuid(), Proposal.id, literal(account_id), literal(now, UtcDateTime())).where(
                Proposal.id == proposal_id, Proposal.process_id == process_id, Proposal.state == ProposalState.published
            ),
        )
        .on_conflict_do_nothing(index_elements=["proposal_id", "account_id"])
        .returning(ProposalSupport.id)
    ).scalar_one_or_none()
    if added is None:
        if _published(session, process_id, proposal_id):
            return False
        raise NotFound("Questa proposta non c’è.")
    statement = update(Proposal).where(Proposal.id == proposal_id, Proposal.state == ProposalState.published)
    if text_version is not None:
        statement = statement.where(Proposal.text_version == text_version)
    counted = session.execute(
        statement.values(
            supports_count=Proposal.supports_count + 1,
            first_supported_at=func.coalesce(Proposal.first_supported_at, now),
        ).returning(Proposal.id)
    ).scalar_one_or_none()
    if counted is None:
        raise Conflict(
            "La proposta è appena cambiata: rileggila prima di sostenerla.",
            link_endpoint="proposals.show",
            link_values={"slug": slug_of(session, process_id=process_id), "proposal_id": str(proposal_id)},
        )
    record(
        session,
        actor=actor,
        action="proposal.supported",
        kind=ThingKind.proposal,
        object_id=proposal_id,
        process_id=process_id,
    )
    session.flush()
    return True


def withdraw_support(
    session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, actor: Actor, now: datetime
) -> bool:
    """Take one's support back; False when there was none."""
    account_id = _somebody(actor)
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    gone = session.execute(
        delete(ProposalSupport)
        .where(
            ProposalSupport.proposal_id == proposal_id,
            ProposalSupport.account_id == account_id,
            ProposalSupport.proposal_id.in_(
                select(Proposal.id).where(Proposal.id == proposal_id, Proposal.process_id == process_id)
            ),
        )
        .returning(ProposalSupport.id)
    ).scalar_one_or_none()
    if gone is None:
        return False
    session.execute(
        update(Proposal).where(Proposal.id == proposal_id).values(supports_count=Proposal.supports_count - 1)
    )
    record(
        session,
        actor=actor,
        action="proposal.support_withdrawn",
        kind=ThingKind.proposal,
        object_id=proposal_id,
        process_id=process_id,
    )
    session.flush()
    return True


def follow(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Be told what becomes of a proposal; following twice changes nothing."""
    account_id = _somebody(actor)
    if not _published(session, process_id, proposal_id):
        raise NotFound("Questa proposta non c’è.")
    session.execute(
        insert(ProposalFollow)
        .values(proposal_id=proposal_id, account_id=account_id, created_at=now)
        .on_conflict_do_nothing()
    )


def unfollow(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """No longer be told."""
    account_id = _somebody(actor)
    session.execute(
        delete(ProposalFollow).where(ProposalFollow.proposal_id == proposal_id, ProposalFollow.account_id == account_id)
    )


def _somebody(actor: Actor) -> uuid.UUID:
    if actor.account_id is None:
        raise Forbidden("Per farlo bisogna accedere.")
    return actor.account_id


def _published(session: Session, process_id: uuid.UUID, proposal_id: uuid.UUID) -> bool:
    statement = select(Proposal.id).where(
        Proposal.id == proposal_id, Proposal.process_id == process_id, Proposal.state == ProposalState.published
    )
    return session.execute(statement).scalar_one_or_none() is not None
