"""Changes of state and outcome, for the rooms above. Each takes the version its form carried: whoever comes second is told so."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Proposal, ProposalLineage
from consult.coplanning.proposals.types import UNSEEN, Lineage, ProposalState
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, ThingKind
from consult.notices.services import veil
from consult.process.queries import slug_of


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
    if row.state == ProposalState.hidden:
        # Shown again as what it was: one that others carry on does not stand by itself because it was hidden for a while.
        state = _carried_on(session, proposal_id) or state
    row.state, row.state_at = str(state), now
    row.version += 1
    veil(session, kind=ThingKind.proposal, thing_id=proposal_id, on=state in UNSEEN)
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


def _carried_on(session: Session, proposal_id: uuid.UUID) -> ProposalState | None:
    kind = session.execute(
        select(ProposalLineage.kind)
        .where(ProposalLineage.from_id == proposal_id, ProposalLineage.undone_at.is_(None))
        .limit(1)
    ).scalar_one_or_none()
    return (
        {Lineage.merged_into: ProposalState.merged, Lineage.split_off: ProposalState.divided}[Lineage(kind)]
        if kind
        else None
    )


def _locked(session: Session, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    row = session.execute(
        select(Proposal)
        .where(Proposal.id == proposal_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa proposta non c’è.")
    if version is not None and row.version != version:
        slug = slug_of(session, process_id=row.process_id)
        raise Conflict(
            "Qualcun altro ha appena cambiato questa proposta: guarda come è ora prima di decidere.",
            link_endpoint="proposals.show",
            link_values={"slug": slug, "proposal_id": str(proposal_id)},
            current_version=row.version,
        )
    return row
