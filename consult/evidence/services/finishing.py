"""When an interview is coded: every passage of it has a code, or was read by somebody who found nothing to code in it.

Who finishes an interview is decided one at a time: of two people who do their last passages at once, the second sees what the first
did. What changes below (a passage corrected, added or withdrawn) is looked for by the clock.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_, select, true
from sqlalchemy.orm import Session

from consult.audit.models import AuditEvent
from consult.core import jobs
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import ThingKind
from consult.evidence.models import Coding, CodingAction, SourceRead
from consult.listening.interviews import services as interviews
from consult.listening.interviews.models import Interview
from consult.listening.sources.models import Source, SourceRevision

TOPIC = "evidence.settle_interviews"


def note_progress(
    session: Session, *, process_id: uuid.UUID, source_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """After a passage was coded, read, or neither any more: say whether its interview is coded as a whole."""
    unit_id = session.execute(
        select(Source.unit_id).where(Source.id == source_id, Source.unit_kind == str(ThingKind.interview))
    ).scalar_one_or_none()
    if unit_id is not None:
        _settle(session, process_id, unit_id, actor, now)


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Where the status of an interview is not what its passages say, ask that it becomes so; again every hour while it does not."""
    due = _differing(session)
    if due:
        which = hashlib.sha256("".join(key.hex for _process_id, key in due).encode()).hexdigest()[:20]
        jobs.enqueue(session, TOPIC, key=f"{now:%Y-%m-%dT%H}:{which}")


def settle(session: Session, *, now: datetime) -> int:
    """Bring every interview's status in line with its passages; returns how many were looked at. Safe to run again."""
    due = _differing(session)
    for process_id, interview_id in due:
        _settle(session, process_id, interview_id, SYSTEM, now)
    return len(due)


def _settle(session: Session, process_id: uuid.UUID, interview_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    # Held until the transaction ends, and apart from the row: who saves the interview meanwhile holds that one first and the passages
    # after, which coders hold before. The statements below begin after the wait, and so read what the other has written.
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(interview_id.bytes[:8], "big", signed=True))))
    whole = session.execute(select(Source.id).where(Source.unit_id == interview_id, _open()).limit(1)).first() is None
    interviews.note_coded(session, process_id=process_id, interview_id=interview_id, whole=whole, actor=actor, now=now)


def _open() -> ColumnElement[bool]:
    """Whether a passage is neither coded nor read as it stands."""
    coded = exists().where(Coding.source_id == Source.id, Coding.live)
    read = exists().where(SourceRead.source_id == Source.id, SourceRead.revision == Source.revision)
    return and_(Source.state == "live", ~coded, ~read)


def _differing(session: Session) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Interviews, with their process, that are whole and not called coded, or the other way round.

    What somebody set by hand after the last change of any passage is what they meant, and is left out.
    """
    there = exists().where(Source.unit_id == Interview.id, Source.state == "live")
    left = exists().where(Source.unit_id == Interview.id, _open())
    status = (
        select(AuditEvent)
        .where(AuditEvent.object_id == cast(Interview.id, String), interviews.set_status())
        .order_by(AuditEvent.id.desc())
        .limit(1)
        .correlate(Interview)
        .lateral("status")
    )
    acted = select(func.max(CodingAction.at)).join(Coding).join(Source).where(Source.unit_id == Interview.id)
    read = select(func.max(SourceRead.read_at)).join(Source).where(Source.unit_id == Interview.id)
    changed = select(func.max(SourceRevision.changed_at)).join(Source).where(Source.unit_id == Interview.id)
    latest = func.greatest(acted.scalar_subquery(), read.scalar_subquery(), changed.scalar_subquery())
    meant = func.coalesce(and_(status.c.action == "interview.edited", status.c.at > latest), False)
    statement = (
        select(Interview.process_id, Interview.id)
        .outerjoin(status, true())
        .where(
            or_(
                and_(Interview.status.in_(["transcribed", "checked"]), there, ~left, ~meant),
                and_(Interview.status == "coded", left, status.c.action == "interview.coded"),
            )
        )
        .order_by(Interview.process_id, Interview.id)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]
