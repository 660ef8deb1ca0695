"""Priorities in the export and erasure of a person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.coplanning.priorities.models import PriorityBallot, PriorityInvitation, PriorityRound, PriorityTurnout
from consult.coplanning.priorities.queries import titles_of
from consult.process.models import Process


class OwnPriorities:
    """Invitations, open ballots and turnout of one person; implements `core.protocols.PersonalData`."""

    name = "priorities"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """Ballots of rounds not counted yet, with what they say; for counted ones only that the person took part."""
        rows: list[Mapping[str, Any]] = []
        ballots = session.execute(
            select(
                Process.slug, PriorityRound.id, PriorityRound.title, PriorityBallot.choices, PriorityBallot.speaker_kind
            )
            .join(PriorityRound, PriorityRound.id == PriorityBallot.round_id)
            .join(Process, Process.id == PriorityRound.process_id)
            .where(PriorityBallot.account_id == account_id)
            .order_by(PriorityRound.id)
        ).all()
        for slug, round_id, title, choices, kind in ballots:
            names = titles_of(session, round_id=round_id)
            said = (
                {names.get(key, key): points for key, points in choices.items()}
                if isinstance(choices, dict)
                else [names.get(key, key) for key in choices]
            )
            rows.append({"kind": "ballot", "process": slug, "round": title, "said": said, "speaks_as": kind})
        for kind, table in (("invitation", PriorityInvitation), ("took_part", PriorityTurnout)):
            found = session.execute(
                select(Process.slug, PriorityRound.title)
                .join(PriorityRound, PriorityRound.process_id == Process.id)
                .join(table, table.round_id == PriorityRound.id)
                .where(table.account_id == account_id)
                .order_by(PriorityRound.id)
            )
            rows += [{"kind": kind, "process": slug, "round": title} for slug, title in found]
        return rows

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Ballots stay as numbers, without their person; invitations and turnout go."""
        session.execute(update(PriorityBallot).where(PriorityBallot.account_id == account_id).values(account_id=None))
        for table in (PriorityInvitation, PriorityTurnout):
            session.execute(delete(table).where(table.account_id == account_id))
        session.execute(update(PriorityRound).where(PriorityRound.created_by == account_id).values(created_by=None))


PERSONAL_DATA = OwnPriorities()
