"""Ballots: one per person, changeable until the deadline, by the database's clock."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.coplanning.priorities import rules
from consult.coplanning.priorities.models import PriorityBallot, PriorityInvitation, PriorityOption, PriorityRound
from consult.coplanning.priorities.services.preparing import ROUND, known_zone
from consult.coplanning.priorities.types import RoundAudience, RoundMethod
from consult.coplanning.rounds.services import hold_open, note, participant_account
from consult.core.errors import Forbidden, Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import PhaseKind, SpeakerKind, ThingKind
from consult.process.services import hold_phase_open, remember_notice


def cast(
    session: Session,
    *,
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    choices: Mapping[uuid.UUID, int] | Sequence[uuid.UUID],
    zone_id: uuid.UUID | None,
    speaker_kind: SpeakerKind,
    actor: Actor,
    now: datetime,
    notice_id: uuid.UUID | None = None,
) -> None:
    """Say what comes first: points by option, or options in order. A second ballot of the same person replaces the first.

    Raises PhaseClosed after the deadline, Forbidden for who is not invited or has not proved their address, Invalid with a sentence.
    """
    hold_phase_open(session, process_id=process_id, kinds=(PhaseKind.co_planning,))
    row = hold_open(session, ROUND, process_id=process_id, round_id=round_id)
    account_id = _participant(session, row, actor)
    options = [str(key) for key in session.execute(
        select(PriorityOption.id).where(PriorityOption.round_id == round_id).order_by(PriorityOption.position)
    ).scalars()]  # fmt: skip  # one statement reads better so
    said = _said(row, options, choices)
    if zone_id is not None and not known_zone(session, process_id, zone_id):
        raise Invalid("La zona non è nell’elenco.", {"zone_id": "Scegli una zona dell’elenco."})
    new = insert(PriorityBallot).values(
        id=uuid.uuid4(),
        round_id=round_id,
        account_id=account_id,
        zone_id=zone_id,
        speaker_kind=str(speaker_kind),
        choices=said,
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["round_id", "account_id"],
            set_={
                "zone_id": new.excluded.zone_id,
                "speaker_kind": new.excluded.speaker_kind,
                "choices": new.excluded.choices,
            },
        )
    )
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.priority_round, now=now)
    note(session, ROUND, row, what="ballot_cast", actor=actor, changes=False)


def withdraw_ballot(
    session: Session, *, process_id: uuid.UUID, round_id: uuid.UUID, actor: Actor, now: datetime
) -> bool:
    """Take one's ballot back before the deadline; False when there was none."""
    row = hold_open(session, ROUND, process_id=process_id, round_id=round_id)
    gone = session.execute(
        delete(PriorityBallot)
        .where(PriorityBallot.round_id == round_id, PriorityBallot.account_id == actor.account_id)
        .returning(PriorityBallot.id)
    ).scalar_one_or_none()
    if gone is not None:
        note(session, ROUND, row, what="ballot_withdrawn", actor=actor, changes=False)
    return gone is not None


def _participant(session: Session, row: PriorityRound, actor: Actor) -> uuid.UUID:
    account_id = participant_account(session, actor)
    if row.audience == RoundAudience.invited:
        invited = session.get(PriorityInvitation, (row.id, account_id))
        if invited is None:
            raise Forbidden("A questo giro partecipa chi è stato invitato.")
    return account_id


def _said(row: PriorityRound, options: Sequence[str], choices: Mapping[uuid.UUID, int] | Sequence[uuid.UUID]) -> Any:
    words = {
        "foreign": Sentence("Una delle voci non è di questo giro: ricarica la pagina."),
        "negative": Sentence("I punti non possono essere meno di zero."),
        "twice": Sentence("La stessa voce è scelta due volte: ogni posto vuole una voce diversa."),
    }
    if row.method == RoundMethod.points:
        points = {str(k): v for k, v in choices.items() if v} if isinstance(choices, Mapping) else {}
        fault = rules.points_fault(points, options, row.budget)
        words["none"] = Sentence("Dai almeno un punto a qualcosa.")
        words["too_many"] = Sentence(
            "Hai dato %(given)s punti, ne hai %(budget)s: togline qualcuno.",
            given=sum(points.values()),
            budget=row.budget,
        )
        if fault:
            raise Invalid("La risposta non va ancora bene.", {"choices": words[fault]})
        return points
    order = [str(key) for key in choices] if not isinstance(choices, Mapping) else []
    fault = rules.ranking_fault(order, options, row.most_ranked)
    words["none"] = Sentence("Scegli almeno la voce che per te viene prima.")
    words["too_many"] = Sentence("Si mettono in ordine al massimo %(n)s voci.", n=row.most_ranked)
    if fault:
        raise Invalid("La risposta non va ancora bene.", {"choices": words[fault]})
    return order
