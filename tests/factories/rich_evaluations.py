"""For the rich world: an office, evaluations asked and delivered, notes among staff, a disposition in preparation."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.core.permissions import Actor
from consult.core.vocabulary import Outcome, Role
from consult.framework.models import Provision
from consult.moderation.models import Evaluation
from consult.moderation.services import evaluating, notes, offices, preparing
from consult.moderation.types import Asked, Judgement, OverlapKind, Prepared
from tests.factories.decisions import BODY, REASON
from tests.factories.world import World


def add_evaluations(
    session: Session, world: World, proposal_id: uuid.UUID, say: Callable[[str], str], now: datetime
) -> dict[str, uuid.UUID]:
    """Ask an evaluator and an office about an undecided proposal; the office delivers. Returns keys by name."""
    moderator = Actor(account_id=world.accounts[Role.moderator], name="moderator")
    evaluator = Actor(account_id=world.accounts[Role.evaluator], name="evaluator")
    office = offices.keep_office(
        session, process_id=world.process_id, office_id=None, name=f"Ufficio mobilità {say('evaluation_office')}"[:200],
        account_ids=[world.accounts[Role.evaluator]], actor=moderator, now=now,
    )  # fmt: skip  # one call reads better so
    evaluating.ask(
        session, process_id=world.process_id, proposal_ids=[proposal_id],
        of=[Asked(office_id=office), Asked(account_id=world.accounts[Role.evaluator])], due_at=now + timedelta(days=9),
        question=f"Guardate i costi. {say('evaluation_question')}", actor=moderator, now=now,
    )  # fmt: skip  # one call reads better so
    keys = {
        row.office_id: row.id
        for row in session.execute(
            select(Evaluation.office_id, Evaluation.id).where(Evaluation.proposal_id == proposal_id)
        )
    }
    provision = session.execute(select(Provision.id).limit(1)).scalar_one()
    evaluating.save(
        session, process_id=world.process_id, evaluation_id=keys[office], version=1,
        judgement=Judgement(
            competence="shared", competent_bodies="Agenzia della mobilità", feasibility=3, cost_from=100_000, cost_to=250_000,
            opinion=f"Si può fare con la Regione. {say('evaluation_opinion')}", outcome="postponed", reason_code="needs_agreement",
        ),
        overlaps={(OverlapKind.provision, provision): "stems-1"}, deliver=True, actor=evaluator, now=now,
    )  # fmt: skip  # one call reads better so
    note = notes.write_note(
        session, process_id=world.process_id, proposal_id=proposal_id, text=f"Sentire la Regione. {say('internal_note')}",
        actor=moderator, now=now,
    )  # fmt: skip  # one call reads better so
    notes.write_note(
        session, process_id=world.process_id, proposal_id=proposal_id, text=f"Lo faccio io. {say('internal_reply')}",
        actor=evaluator, now=now, parent_id=note,
    )  # fmt: skip  # one call reads better so
    session.expire_all()
    version = session.execute(select(Proposal.version).where(Proposal.id == proposal_id)).scalar_one()
    preparing.prepare(
        session, process_id=world.process_id, proposal_id=proposal_id, seen=version, version=0,
        prepared=Prepared(Outcome.postponed, "needs_agreement", f"{REASON} {say('draft_reason')}", BODY), actor=moderator, now=now,
    )  # fmt: skip  # one call reads better so
    return {"office": office, "evaluation": keys[None], "given_evaluation": keys[office], "internal_note": note}
