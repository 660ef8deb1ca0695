"""Putting a draft before the public: what people accepted is frozen and opened to comments between two dates."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.position_paper.models import ConsultedFinding, DraftConsultation
from consult.position_paper.services.publishing import freeze
from consult.position_paper.services.requesting import ask_for_files
from consult.position_paper.types import Audience
from consult.process.queries import slug_of

MAX_WORDS = 3_000
#: Shorter than this nobody has time to read.
SHORTEST = timedelta(hours=1)


def open_draft(
    session: Session,
    *,
    process_id: uuid.UUID,
    words: str,
    audience: Audience,
    opens_at: datetime | None,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> int:
    """Freeze the draft as it would be published now and open it to comments between two dates; returns its number.

    `opens_at` None or past is now. Raises Invalid where nothing may be shown yet, a check fails, the dates make no sense, or another
    draft is still open.
    """
    begins = max(opens_at or now, now)
    ends = _end(closes_at, begins)
    if len(words) > MAX_WORDS:
        raise Invalid("Il testo è troppo lungo.", {"words": "Il testo è troppo lungo."})
    # The lock on the paper makes two who open at once wait for each other.
    paper, content, manifest = freeze(session, process_id=process_id, actor=actor)
    mine = DraftConsultation.paper_id == paper.id
    still = session.execute(
        select(DraftConsultation.number).where(mine, DraftConsultation.closes_at > func.clock_timestamp()).limit(1)
    ).scalar_one_or_none()
    if still is not None:
        raise Invalid("Un’altra bozza è ancora in consultazione: prima va chiusa.")
    latest = session.execute(select(func.coalesce(func.max(DraftConsultation.number), 0)).where(mine)).scalar_one()
    row = DraftConsultation(
        id=uuid.uuid4(), process_id=process_id, paper_id=paper.id, number=latest + 1, content=content,
        manifest={**manifest, "draft": latest + 1, "frozen_at": now.isoformat()}, words=words, audience=str(audience), opens_at=begins,
        closes_at=ends, signed_by=actor.account_id, signed_name=actor.name[:120], made_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(row)
    session.flush()
    found = [finding for section in content["sections"] for finding in section["findings"]]
    session.add_all(
        [
            ConsultedFinding(consultation_id=row.id, finding_id=None, position=0, number=0, title=""),
            *(
                ConsultedFinding(
                    consultation_id=row.id, finding_id=uuid.UUID(f["id"]), position=place, number=f["number"], title=f["title"]
                )
                for place, f in enumerate(found, start=1)
            ),
        ]
    )  # fmt: skip  # one row of values reads better so
    record(
        session, actor=actor, action="draft.consulted", kind=ThingKind.paper, object_id=paper.id, process_id=process_id,
        draft=row.number, findings=len(found),
    )  # fmt: skip  # one row of values reads better so
    ask_for_files(session, paper_id=paper.id, version_number=0, draft_number=row.number, asked_by=actor.account_id, now=now)
    _ask_to_tell(session, row)
    session.flush()
    return row.number


def change_end(
    session: Session,
    *,
    process_id: uuid.UUID,
    number: int,
    version: int,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Move the last moment for comments; None closes at once. Raises Conflict where somebody else moved it first."""
    row = _row(session, process_id, number)
    if row.closes_at <= now:
        raise Invalid("Questa consultazione è già chiusa.")
    if closes_at is None and row.opens_at >= now:
        raise Invalid("Non è ancora aperta: si può solo spostare la data di chiusura.")
    ends = now if closes_at is None else _end(closes_at, max(row.opens_at, now))
    changed = session.execute(
        update(DraftConsultation)
        .where(DraftConsultation.id == row.id, DraftConsultation.version == version)
        .values(closes_at=ends, version=DraftConsultation.version + 1)
        .returning(DraftConsultation.version)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if changed is None:
        slug = slug_of(session, process_id=process_id)
        raise Conflict(
            "Qualcun altro ha appena cambiato la data.",
            link_endpoint="position_paper.consultation_desk",
            link_values={"slug": slug, "number": str(number)},
            differences=(
                Difference("Chiude", row.closes_at.isoformat(" ", "minutes"), ends.isoformat(" ", "minutes")),
            ),
            current_version=row.version,
        )
    session.refresh(row)
    record(
        session, actor=actor, action="draft.dated", kind=ThingKind.paper, object_id=row.paper_id, process_id=process_id, draft=number,
        closes_at=ends.isoformat(),
    )  # fmt: skip  # one row of values reads better so
    _ask_to_tell(session, row)
    session.flush()


def _row(session: Session, process_id: uuid.UUID, number: int) -> DraftConsultation:
    row = session.execute(
        select(DraftConsultation)
        .where(DraftConsultation.process_id == process_id, DraftConsultation.number == number)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa consultazione non c’è.")
    return row


def _end(closes_at: datetime | None, begins: datetime) -> datetime:
    if closes_at is None:
        raise Invalid("Serve una data di chiusura.", {"closes_at": "Scegli quando si chiude."})
    if closes_at < begins + SHORTEST:
        raise Invalid("Fra apertura e chiusura serve almeno un’ora.", {"closes_at": "Scegli un momento più lontano."})
    return closes_at


def _ask_to_tell(session: Session, row: DraftConsultation) -> None:
    """Ask to tell people when it opens, and when it has closed; a date that moves asks anew, and the old asking finds nothing to tell."""
    for what, moment in (("opened", row.opens_at), ("closed", row.closes_at)):
        jobs.enqueue(
            session, "position_paper.tell_consultation", key=f"{row.id}:{what}:{moment:%Y%m%d%H%M%S}", not_before=moment,
            consultation_id=row.id, what=what,
        )  # fmt: skip  # one row of values reads better so
