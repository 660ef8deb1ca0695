"""A person's own registrations, for export and erasure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from consult.listening.meetings.models import MeetingRegistration, MeetingTable
from consult.listening.meetings.queries import own_registrations


class OwnRegistrations:
    """A person's registrations, for export and erasure (`core.protocols.PersonalData`)."""

    name = "iscrizioni agli incontri"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """The meetings the person registered for."""
        return [
            {"incontro": row.title, "quando": row.starts_at.isoformat(), "dove": row.place, "stato": row.state}
            for row in own_registrations(session, account_id=account_id)
        ]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Remove who registered: name, organisation, address and account; the place stays counted. Tables they led lose their name."""
        session.execute(
            update(MeetingRegistration)
            .where(MeetingRegistration.account_id == account_id)
            .values(account_id=None, name="", organisation="", email=None)
        )
        session.execute(
            update(MeetingTable).where(MeetingTable.facilitator_id == account_id).values(facilitator_id=None)
        )
        session.flush()


PERSONAL_DATA = OwnRegistrations()
