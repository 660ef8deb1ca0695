"""When an interview is coded: every passage of it has a code, or was read by somebody who found nothing to code in it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.evidence.models import Coding, SourceRead
from consult.listening.interviews import services as interviews
from consult.listening.sources.models import Source


def note_progress(session: Session, *, process_id: uuid.UUID, source_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """After a passage was coded, read, or neither any more: say whether its interview is coded as a whole."""
    unit_id = session.execute(
        select(Source.unit_id).where(Source.id == source_id, Source.unit_kind == str(ThingKind.interview))
    ).scalar_one_or_none()
    if unit_id is None:
        return
    coded = exists().where(Coding.source_id == Source.id, Coding.live)
    read = exists().where(SourceRead.source_id == Source.id, SourceRead.revision == Source.revision)
    left = select(Source.id).where(Source.unit_id == unit_id, Source.state == "live", ~coded, ~read).limit(1)
    whole = session.execute(left).first() is None
    interviews.note_coded(
        session, process_id=process_id, interview_id=unit_id, whole=whole, actor=actor, now=now
    )
