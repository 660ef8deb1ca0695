"""Proposals that came on paper or at a meeting, typed in by an operator, with a receipt code for who wrote them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.services.checks import check_point, check_words, look_up
from consult.coplanning.proposals.services.submission import CO_PLANNING, publish
from consult.coplanning.proposals.types import ProposalOrigin
from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.vocabulary import SpeakerKind, ThingKind
from consult.listening.meetings.queries import meeting
from consult.listening.sources.rules import new_receipt_code, receipt_hash
from consult.process.services import hold_phase_open


@dataclass(frozen=True, slots=True)
class EnteredProposal:
    """What typing a proposal in gives back; the code is shown once and only its hash is kept."""

    proposal_id: uuid.UUID
    code: str


def enter_on_paper(
    session: Session,
    *,
    process_id: uuid.UUID,
    title: str,
    text: str,
    strategy_id: uuid.UUID,
    origin: ProposalOrigin,
    actor: Actor,
    now: datetime,
    signature: str = "",
    finding_id: uuid.UUID | None = None,
    zone_ids: Sequence[uuid.UUID] = (),
    municipality_id: uuid.UUID | None = None,
    author_kind: SpeakerKind = SpeakerKind.resident,
    organisation: str = "",
    meeting_id: uuid.UUID | None = None,
    received_on: date | None = None,
    point: tuple[float, float] | None = None,
    code: str | None = None,
) -> EnteredProposal:
    """Take what came on paper, published or waiting as any other; `actor` is the operator, never the author.

    `code`: minted with the form, so that a replay finds it.

    Raises PhaseClosed, Invalid with fields.
    """
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    code_hash = receipt_hash(code or "")
    if code is None or code_hash is None:
        code = new_receipt_code()
        code_hash = receipt_hash(code)
    there = session.execute(select(Proposal.id).where(Proposal.receipt_hash == code_hash)).scalar_one_or_none()
    if there is not None:
        return EnteredProposal(there, code)
    check_words(title, text)
    check_point(session, process_id, point)
    place = look_up(session, process_id, actor, strategy_id, zone_ids, municipality_id, finding_id)
    if received_on is not None and received_on > now.date():
        raise Invalid(
            "Il giorno non va bene.", {"received_on": "Il giorno in cui è arrivata non può essere nel futuro."}
        )
    if origin is ProposalOrigin.meeting:
        if meeting_id is None or meeting(session, process_id=process_id, meeting_id=meeting_id) is None:
            raise Invalid("Manca l’incontro.", {"meeting_id": "Scegli l’incontro in cui è stata raccolta."})
    else:
        meeting_id = None
    key = uuid.uuid4()
    record(
        session, actor=actor, action="proposal.entered_on_paper", kind=ThingKind.proposal, object_id=key, process_id=process_id,
        origin=str(origin),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    publish(
        session,
        key=key,
        state=place.state,
        process_id=process_id,
        title=title,
        text=text,
        strategy_id=strategy_id,
        zones=place.zones,
        now=now,
        language=place.language,
        finding_id=finding_id,
        municipality_id=municipality_id,
        author_id=None,
        author_kind=str(author_kind),
        organisation=organisation,
        show_name=False,
        pseudonym=signature,
    )
    latitude, longitude = point or (None, None)
    session.execute(
        update(Proposal)
        .where(Proposal.id == key)
        .values(
            origin=str(origin), meeting_id=meeting_id, received_on=received_on or now.date(), entered_by=actor.account_id,
            receipt_hash=code_hash, latitude=latitude, longitude=longitude,
        )
    )  # fmt: skip  # one row of values reads better so
    return EnteredProposal(key, code)
