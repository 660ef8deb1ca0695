"""Changes of state and outcome, for the rooms above. Each takes the version its form carried: whoever comes second is told so."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Proposal, ProposalLineage
from consult.coplanning.proposals.types import Lineage, ProposalState
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import Outcome, ThingKind
from consult.process.models import Process


def change_state(
    session: Session,
    *,
    proposal_id: uuid.UUID,
    version: int,
    state: ProposalState,
    actor: Actor,
    now: datetime,
    **meta: Any,
) -> int:
    """Put a proposal in another state; returns its new version. `meta` (a reason's code) goes into the record.

    Raises NotFound, Conflict where `version` is no longer current, Invalid for a move that is not allowed.
    """
    row = _locked(session, proposal_id, version)
    if row.state == state:
        return row.version
    if not rules.may_move(row.state, state):
        raise Invalid("Da questo stato la proposta non può passare a quello scelto.")
    row.state, row.state_at = str(state), now
    row.version += 1
    record(
        session, actor=actor, action=f"proposal.{state}", kind=ThingKind.proposal, object_id=proposal_id, process_id=row.process_id,
        version=row.version, **meta,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return row.version


def record_outcome(
    session: Session,
    *,
    proposal_id: uuid.UUID,
    outcome: Outcome,
    reason: str,
    body: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> int:
    """Write the published disposition on the proposal, for its page and lists; returns the new version.

    The disposition itself, with its links, is moderation's, which also tells author, supporters and followers, once nobody can undo
    it any more. With `version`, a stale one raises Conflict.
    """
    row = _locked(session, proposal_id, version)
    row.outcome, row.outcome_reason, row.outcome_body, row.outcome_at = str(outcome), reason, body, now
    row.version += 1
    record(
        session, actor=actor, action="proposal.outcome", kind=ThingKind.proposal, object_id=proposal_id, process_id=row.process_id,
        outcome=str(outcome), version=row.version,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return row.version


def clear_outcome(session: Session, *, proposal_id: uuid.UUID, actor: Actor, now: datetime) -> int:
    """Take the outcome off the proposal, since the disposition was taken back; returns the new version."""
    row = _locked(session, proposal_id, None)
    row.outcome, row.outcome_reason, row.outcome_body, row.outcome_at = None, "", "", None
    row.version += 1
    record(
        session, actor=actor, action="proposal.outcome_cleared", kind=ThingKind.proposal, object_id=proposal_id,
        process_id=row.process_id, version=row.version,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return row.version


def merge(
    session: Session,
    *,
    from_ids: Sequence[uuid.UUID],
    into_id: uuid.UUID,
    process_id: uuid.UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Mark proposals as carried on by another of the same process. Supports stay where people gave them; pages show them as inherited."""
    wanted = sorted({*from_ids, into_id})
    found = session.execute(
        select(Proposal)
        .where(Proposal.id.in_(wanted), Proposal.process_id == process_id)
        .order_by(Proposal.id)
        .with_for_update(key_share=True)
    )
    rows = {row.id: row for row in found.scalars()}
    if into_id in from_ids or len(rows) != len(wanted) or rows[into_id].state != ProposalState.published:
        raise Invalid("Scegli proposte diverse di questo processo, e una che le porti avanti.")
    for key in sorted(set(from_ids)):
        row = rows[key]
        if not rules.may_move(row.state, ProposalState.merged):
            raise Invalid(Sentence("La proposta %(n)s non si può unire ad altre.", n=row.number))
        row.state, row.state_at = ProposalState.merged, now
        row.version += 1
        session.add(
            ProposalLineage(
                from_id=key,
                to_id=into_id,
                kind=str(Lineage.merged_into),
                reason=reason,
                created_at=now,
                created_by=actor.account_id,
            )
        )
        record(
            session,
            actor=actor,
            action="proposal.merged",
            kind=ThingKind.proposal,
            object_id=key,
            process_id=process_id,
            into=into_id,
        )
    session.flush()


def unmerge(session: Session, *, proposal_id: uuid.UUID, version: int, actor: Actor, now: datetime) -> int:
    """Take a merge back: the proposal stands by itself again, the trace of the merge stays; returns the new version."""
    changed = change_state(
        session, proposal_id=proposal_id, version=version, state=ProposalState.published, actor=actor, now=now
    )
    session.execute(
        update(ProposalLineage)
        .where(
            ProposalLineage.from_id == proposal_id,
            ProposalLineage.kind == str(Lineage.merged_into),
            ProposalLineage.undone_at.is_(None),
        )
        .values(undone_at=now)
    )
    return changed


def _locked(session: Session, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    row = session.execute(
        select(Proposal)
        .where(Proposal.id == proposal_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa proposta non c'è.")
    if version is not None and row.version != version:
        slug = session.execute(select(Process.slug).where(Process.id == row.process_id)).scalar_one()
        raise Conflict(
            "Qualcun altro ha appena cambiato questa proposta: guarda come è ora prima di decidere.",
            link_endpoint="proposals.show",
            link_values={"slug": slug, "proposal_id": str(proposal_id)},
            current_version=row.version,
        )
    return row
