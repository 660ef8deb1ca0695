"""Taking a meeting for the length of a transaction: everything that counts places or numbers notes does so under this lock."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import NotFound
from consult.listening.meetings.models import Meeting


def locked(session: Session, process_id: uuid.UUID, meeting_id: uuid.UUID) -> Meeting:
    """The meeting of a process, as it stands now and locked. Raises NotFound."""
    found = session.execute(
        select(Meeting)
        .where(Meeting.id == meeting_id, Meeting.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questo incontro non c’è.")
    return found
