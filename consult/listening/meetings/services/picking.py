"""First session: which strategies matter most here. A table decides together, or each participant by phone; nobody is known by name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.framework.models import Strategy, Zone
from consult.listening.meetings.models import Meeting, MeetingBallot, MeetingPick, MeetingTable
from consult.listening.meetings.rules import ranked
from consult.listening.meetings.services.locking import locked
from consult.process.models import Process


def set_picking(
    session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, wanted: bool, actor: Actor, now: datetime
) -> None:
    """Begin or end the taking of ballots. Raises Invalid for a meeting that is not public."""
    meeting = locked(session, process_id, meeting_id)
    if wanted and meeting.state != "published":
        raise Invalid("Prima di aprire le scelte va pubblicato l’incontro.")
    if meeting.picking == wanted:
        return
    meeting.picking = wanted
    record(
        session,
        actor=actor,
        action="meeting.picking_opened" if wanted else "meeting.picking_closed",
        kind=ThingKind.meeting,
        object_id=meeting_id,
        process_id=process_id,
    )
    session.flush()


def _checked(
    session: Session, meeting: Meeting, strategies: Sequence[uuid.UUID | None], zone_id: uuid.UUID | None
) -> list[uuid.UUID]:
    """The strategies of a ballot, if it is one that this meeting takes. Raises Invalid."""
    chosen = ranked(strategies)
    if not chosen:
        raise Invalid("Serve almeno una strategia.", {"pick_1": "Scegli almeno una strategia."})
    if len(chosen) > meeting.picks:
        raise Invalid(Sentence("Si possono scegliere al massimo %(n)s strategie.", n=meeting.picks))
    known = session.execute(
        select(Strategy.id)
        .join(Process, Process.frame_id == Strategy.frame_id)
        .where(Process.id == meeting.process_id, Strategy.id.in_(chosen))
    ).all()
    if len(known) != len(chosen):
        raise Invalid("Una delle strategie scelte non c’è.", {"pick_1": "Scegli una strategia dell’elenco."})
    if zone_id is not None:
        zone = (
            select(Zone.id)
            .join(Process, Process.territory_id == Zone.territory_id)
            .where(Zone.id == zone_id, Process.id == meeting.process_id)
        )
        if session.execute(zone).scalar_one_or_none() is None:
            raise Invalid("Questa zona non c’è.", {"zone": "Scegli una zona dell’elenco."})
    return chosen


def _table(session: Session, meeting_id: uuid.UUID, table_id: uuid.UUID | None) -> MeetingTable | None:
    if table_id is None:
        return None
    found = session.execute(
        select(MeetingTable).where(MeetingTable.id == table_id, MeetingTable.meeting_id == meeting_id)
    ).scalar_one_or_none()
    if found is None:
        raise Invalid("Questo tavolo non c’è.", {"table": "Scegli uno dei tavoli dell’elenco."})
    return found


def _write(session: Session, ballot_id: uuid.UUID, chosen: Sequence[uuid.UUID]) -> None:
    session.execute(delete(MeetingPick).where(MeetingPick.ballot_id == ballot_id))
    session.execute(
        insert(MeetingPick),
        [{"ballot_id": ballot_id, "rank": rank, "strategy_id": key} for rank, key in enumerate(chosen, 1)],
    )


def cast_ballot(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    voter: bytes,
    strategies: Sequence[uuid.UUID | None],
    table_id: uuid.UUID | None,
    zone_id: uuid.UUID | None,
    now: datetime,
) -> None:
    """Take a participant's ballot, or let it replace the one this browser gave before. Writes no record: it would date the ballot.

    A table that speaks for a zone gives its zone. Raises Invalid while ballots are not taken.
    """
    meeting = _open(session, process_id, meeting_id)
    chosen = _checked(session, meeting, strategies, zone_id)
    table = _table(session, meeting_id, table_id)
    values = {"table_id": table.id if table else None, "zone_id": (table.zone_id if table else None) or zone_id}
    ballot_id = session.execute(
        insert(MeetingBallot)
        .values(id=uuid.uuid4(), meeting_id=meeting_id, by_table=False, voter_hash=voter, **values)
        .on_conflict_do_update(index_elements=["meeting_id", "voter_hash"], set_=values)
        .returning(MeetingBallot.id)
    ).scalar_one()
    _write(session, ballot_id, chosen)
    session.flush()


def _open(session: Session, process_id: uuid.UUID, meeting_id: uuid.UUID) -> Meeting:
    """The meeting, shared with other ballots but not with the closing: what was acknowledged is counted. Raises Invalid when closed."""
    meeting = session.execute(
        select(Meeting)
        .where(Meeting.id == meeting_id, Meeting.process_id == process_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if meeting is None or not meeting.picking:
        raise Invalid("Le scelte non sono aperte adesso: le apre chi conduce l’incontro.")
    return meeting


def set_table_ballot(
    session: Session,
    *,
    process_id: uuid.UUID,
    meeting_id: uuid.UUID,
    table_id: uuid.UUID,
    strategies: Sequence[uuid.UUID | None],
    zone_id: uuid.UUID | None,
    people: int | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down what a table decided together, or correct it. Raises Invalid."""
    meeting = locked(session, process_id, meeting_id)
    chosen = _checked(session, meeting, strategies, zone_id)
    table = _table(session, meeting_id, table_id)
    zone = (table.zone_id if table else None) or zone_id
    known = session.execute(
        select(MeetingBallot).where(MeetingBallot.table_id == table_id, MeetingBallot.by_table.is_(True))
    ).scalar_one_or_none()
    if known is None:
        known = MeetingBallot(meeting_id=meeting_id, by_table=True, table_id=table_id)
        session.add(known)
    known.zone_id, known.people = zone, people
    session.flush()
    _write(session, known.id, chosen)
    record(
        session,
        actor=actor,
        action="meeting.table_picked",
        kind=ThingKind.meeting,
        object_id=meeting_id,
        process_id=process_id,
        table=table_id,
    )
    session.flush()
