"""An amendment and its proposal under lock, its moves and its record: what every write of amendments stands on.

Everyone locks the proposal first, then the amendment.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Amendment, Proposal, ProposalVersion
from consult.coplanning.proposals.rules import Words
from consult.coplanning.proposals.types import AmendmentState
from consult.core import settling
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.process.queries import slug_of

A = AmendmentState
TOPIC = "coplanning.tell_amendment"


def words_at(session: Session, proposal: Proposal, version: int) -> Words:
    """The words of a proposal at one version. Raises Invalid for a version that it never had."""
    if version == proposal.text_version:
        return Words(proposal.title, proposal.text)
    row = session.execute(
        select(ProposalVersion.title, ProposalVersion.text).where(
            ProposalVersion.proposal_id == proposal.id, ProposalVersion.number == version
        )
    ).one_or_none()
    if row is None:
        raise Invalid(
            "Questa versione della proposta non c’è: ricarica la pagina. Quello che hai scritto è ancora qui."
        )
    return Words(row.title, row.text)


def length(least: int, most: int) -> Sentence:
    """How long a text has to be, in words."""
    return Sentence("Servono da %(min)d a %(max)d caratteri.", min=least, max=most)


def both(session: Session, process_id: uuid.UUID, amendment_id: uuid.UUID) -> tuple[Proposal, Amendment]:
    """The amendment and its proposal, locked in the order that everyone keeps; also where the proposal is not to be read."""
    found = session.execute(
        select(Amendment.proposal_id).where(Amendment.id == amendment_id, Amendment.process_id == process_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questa modifica non c’è.")
    proposal = session.execute(
        select(Proposal)
        .where(Proposal.id == found)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one()
    row = session.execute(
        select(Amendment)
        .where(Amendment.id == amendment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    return proposal, row


def move(session: Session, row: Amendment, to: AmendmentState, version: int | None, now: datetime) -> None:
    """Move an amendment to another state. Raises Conflict where it changed since it was seen, or can't go there."""
    if (version is not None and row.version != version) or not rules.may_move_amendment(row.state, to):
        raise moved(session, row)
    row.state, row.state_at, row.version = str(to), now, row.version + 1
    if to in (A.withdrawn, A.open, A.lapsed):
        row.shown_state = str(to)
    if to == A.open:
        # It comes before the author now, or again: nobody could answer it while it was not to be seen.
        row.answer_by = settling.answer_by(now)


def moved(session: Session, row: Amendment) -> Conflict:
    """The refusal of an act on an amendment that is not any more what it was."""
    return Conflict(
        "La modifica nel frattempo è cambiata: guarda come è ora.",
        current_version=row.version,
        **address(session, row.process_id, row.proposal_id, row.id),
    )


def closed(session: Session, proposal: Proposal) -> Conflict:
    """The refusal where a proposal takes no amendments."""
    slug = slug_of(session, process_id=proposal.process_id)
    return Conflict(
        "A questa proposta non si possono proporre modifiche adesso: guarda come è ora.",
        link_endpoint="proposals.show",
        link_values={"slug": slug, "proposal_id": str(proposal.id)},
        current_version=proposal.version,
    )


def address(session: Session, process_id: uuid.UUID, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> dict[str, Any]:
    """Where the amendment is read, for a conflict's link."""
    slug = slug_of(session, process_id=process_id)
    values = {"slug": slug, "proposal_id": str(proposal_id), "amendment_id": str(amendment_id)}
    return {"link_endpoint": "proposals.amendment", "link_values": values}


def note(session: Session, key: uuid.UUID, process_id: uuid.UUID, what: str, actor: Actor, **meta: Any) -> None:
    """Put into the record what was done with an amendment."""
    record(
        session, actor=actor, action=f"amendment.{what}", kind=ThingKind.amendment, object_id=key, process_id=process_id, **meta
    )  # fmt: skip  # one row of values reads better so
    session.flush()
