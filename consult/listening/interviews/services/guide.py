"""The interview guide."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.listening.interviews.models import GuideQuestion


def set_guide(
    session: Session, *, process_id: uuid.UUID, questions: Sequence[str], actor: Actor, now: datetime
) -> None:
    """Replace the interview guide of a process."""
    session.execute(delete(GuideQuestion).where(GuideQuestion.process_id == process_id))
    if questions:
        session.execute(
            insert(GuideQuestion),
            [
                {"id": uuid.uuid4(), "process_id": process_id, "position": i, "text": text}
                for i, text in enumerate(questions, 1)
            ],
        )
    record(
        session,
        actor=actor,
        action="interview.guide_set",
        kind=ThingKind.process,
        object_id=process_id,
        process_id=process_id,
        questions=len(questions),
    )
    session.flush()
