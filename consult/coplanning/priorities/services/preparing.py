"""Preparing and leading a round: managers and facilitators."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.priorities import rules
from consult.coplanning.priorities.models import PriorityInvitation, PriorityOption, PriorityRound
from consult.coplanning.priorities.types import RoundAudience, RoundFields, RoundTarget
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import ProposalState
from consult.coplanning.rounds import services as rounds
from consult.coplanning.rounds.rules import words_faults
from consult.coplanning.rounds.services import RoundKind, address, held, locked, note
from consult.coplanning.rounds.types import RoundState
from consult.core import jobs
from consult.core.errors import Conflict, Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.framework.models import Strategy, Zone
from consult.people.services import ensure_invited
from consult.process.models import Process

MOST_INVITED = 500


def _ask_for_last_count(session: Session, round_id: uuid.UUID) -> None:
    jobs.enqueue(session, "priorities.count", key=round_id, round_id=round_id)


ROUND = RoundKind(
    model=PriorityRound,
    thing=ThingKind.priority_round,
    recorded_as="priority_round",
    desk_endpoint="priorities.desk_round",
    parameter="round_id",
    missing=Sentence("Questo giro non c’è."),
    changed=Sentence("Qualcun altro ha appena cambiato questo giro: guarda come è ora."),
    over=Sentence("Il giro è già finito."),
    shut=Sentence("Questo giro è chiuso: non si può più rispondere. I risultati saranno pubblici appena contati."),
    ask_for_last_count=_ask_for_last_count,
)


def prepare_round(
    session: Session,
    *,
    process_id: uuid.UUID,
    fields: RoundFields,
    strategy_ids: Sequence[uuid.UUID] = (),
    proposal_numbers: Sequence[int] = (),
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Prepare a round on strategies or on proposals, not yet open; returns its key. Raises Invalid with a sentence for each field."""
    things = _things(session, process_id, fields, strategy_ids, proposal_numbers)
    row = PriorityRound(
        id=uuid.uuid4(), process_id=process_id, state=str(RoundState.draft), title=fields.title, question=fields.question,
        method=str(fields.method), target=_target(strategy_ids), audience=str(fields.audience), zone_id=fields.zone_id,
        budget=fields.budget, most_ranked=fields.most_ranked, created_at=now, created_by=actor.account_id,
    )  # fmt: skip  # one row of values reads better so
    session.add(row)
    session.flush()
    _put_options(session, row.id, things)
    note(session, ROUND, row, what="prepared", actor=actor, changes=False)
    return row.id


def change_round(
    session: Session,
    *,
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    version: int,
    fields: RoundFields,
    strategy_ids: Sequence[uuid.UUID] = (),
    proposal_numbers: Sequence[int] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """Change a round that is not open yet. Raises Conflict where somebody changed or opened it first."""
    row = locked(session, ROUND, process_id=process_id, round_id=round_id, version=version, state=RoundState.draft)
    things = _things(session, process_id, fields, strategy_ids, proposal_numbers)
    row.title, row.question, row.method, row.target = (
        fields.title,
        fields.question,
        str(fields.method),
        _target(strategy_ids),
    )
    row.audience, row.zone_id = str(fields.audience), fields.zone_id
    row.budget, row.most_ranked = fields.budget, fields.most_ranked
    session.execute(delete(PriorityOption).where(PriorityOption.round_id == round_id))
    _put_options(session, round_id, things)
    note(session, ROUND, row, what="changed", actor=actor)


def open_round(
    session: Session,
    *,
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    version: int,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Open a round until a deadline; from now on what is asked does not change any more. The people invited are told."""
    row = locked(session, ROUND, process_id=process_id, round_id=round_id, version=version, state=RoundState.draft)
    rounds.open_up(session, kind=ROUND, row=row, closes_at=closes_at, actor=actor, now=now)
    if row.audience == RoundAudience.invited:
        jobs.enqueue(session, "priorities.tell", key=f"{row.id}:invited", round_id=row.id, what="invited")


extend_round = partial(rounds.extend, kind=ROUND)
close_round = partial(rounds.close, kind=ROUND)
cancel_round = partial(rounds.cancel, kind=ROUND)


def invite(
    session: Session,
    *,
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    addresses: Sequence[str],
    actor: Actor,
    now: datetime,
) -> int:
    """Invite people by their addresses, opening an account for who has none; returns how many are new. Raises Invalid."""
    row = held(session, ROUND, process_id=process_id, round_id=round_id)
    if row.state not in (RoundState.draft, RoundState.open):
        raise Conflict("Il giro è finito: non si invita più nessuno.", **address(session, ROUND, row))
    wanted = list(dict.fromkeys(written.strip().lower() for written in addresses if written.strip()))
    if not wanted or len(wanted) > MOST_INVITED:
        raise Invalid(
            "Servono degli indirizzi.", {"addresses": Sentence("Scrivi da 1 a %(n)s indirizzi.", n=MOST_INVITED)}
        )
    added = 0
    for written in wanted:
        try:
            account_id = ensure_invited(session, email=written, display_name="", actor=actor, now=now)
        except Invalid as refusal:
            sentence = Sentence("«%(address)s» non è un indirizzo.", address=written)
            raise Invalid("Uno degli indirizzi non va bene.", {"addresses": sentence}) from refusal
        added += (
            session.execute(
                insert(PriorityInvitation)
                .values(round_id=round_id, account_id=account_id, invited_at=now)
                .on_conflict_do_nothing()
                .returning(PriorityInvitation.account_id)
            ).scalar_one_or_none()
            is not None
        )
    record(
        session, actor=actor, action="priority_round.invited", kind=ThingKind.priority_round, object_id=round_id,
        process_id=process_id, number=added,
    )  # fmt: skip  # one row of values reads better so
    if row.state == RoundState.open:
        jobs.enqueue(
            session, "priorities.tell", key=f"{row.id}:invited:{now.isoformat()}", round_id=row.id, what="invited"
        )
    session.flush()
    return added


def _target(strategy_ids: Sequence[uuid.UUID]) -> str:
    return str(RoundTarget.strategies if strategy_ids else RoundTarget.proposals)


def _things(
    session: Session,
    process_id: uuid.UUID,
    fields: RoundFields,
    strategy_ids: Sequence[uuid.UUID],
    proposal_numbers: Sequence[int],
) -> list[dict[str, uuid.UUID]]:
    wrong = words_faults(fields.title, fields.question)
    if not 3 <= fields.budget <= 100:
        wrong["budget"] = Sentence("Da 3 a 100 punti.")
    if not 2 <= fields.most_ranked <= 10:
        wrong["most_ranked"] = Sentence("Da 2 a 10 posti.")
    if fields.zone_id is not None and not known_zone(session, process_id, fields.zone_id):
        wrong["zone_id"] = Sentence("Scegli le zone dall’elenco.")
    things, where = _chosen(session, process_id, strategy_ids, proposal_numbers)
    if not rules.FEWEST_OPTIONS <= len(things) <= rules.MOST_OPTIONS:
        wrong[where] = Sentence(
            "Servono da %(min)d a %(max)d voci da pesare.", min=rules.FEWEST_OPTIONS, max=rules.MOST_OPTIONS
        )
    if wrong:
        raise Invalid("Al giro manca qualcosa.", wrong)
    return things


def _chosen(
    session: Session, process_id: uuid.UUID, strategy_ids: Sequence[uuid.UUID], numbers: Sequence[int]
) -> tuple[list[dict[str, uuid.UUID]], str]:
    if strategy_ids:
        found = session.execute(
            select(Strategy.id)
            .join(Process, Process.frame_id == Strategy.frame_id)
            .where(Process.id == process_id, Strategy.id.in_(list(strategy_ids)))
            .order_by(Strategy.position, Strategy.code)
        ).scalars()
        return [{"strategy_id": key} for key in found], "strategy_ids"
    rows = session.execute(
        select(Proposal.id)
        .where(
            Proposal.process_id == process_id,
            Proposal.number.in_(list(numbers)),
            Proposal.state == ProposalState.published,
        )
        .order_by(Proposal.number)
    ).scalars()
    return [{"proposal_id": key} for key in rows], "proposal_numbers"


def known_zone(session: Session, process_id: uuid.UUID, zone_id: uuid.UUID) -> bool:
    """Whether a zone belongs to the territory of a process."""
    statement = (
        select(Zone.id)
        .join(Process, Process.territory_id == Zone.territory_id)
        .where(Process.id == process_id, Zone.id == zone_id)
    )
    return session.execute(statement).scalar_one_or_none() is not None


def _put_options(session: Session, round_id: uuid.UUID, things: Sequence[dict[str, uuid.UUID]]) -> None:
    session.add_all(PriorityOption(round_id=round_id, position=i, **thing) for i, thing in enumerate(things))
