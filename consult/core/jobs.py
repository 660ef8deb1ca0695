"""The outbox: a job is a row written in the same transaction as its cause; a relay publishes it, a worker marks it done.

The broker may be down, paused or emptied: the rows stay, and the relay sends again what is not done.
Payloads hold ids only, never content.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from consult.core.db import Base, UtcDateTime
from consult.core.sentences import Sentence

MAX_ATTEMPTS = 3
#: The first half of the advisory locks of jobs ("outb"): no other lock of two numbers is taken.
_REACH = 0x6F757462
#: Where the relay listens for jobs that follow at once.
CHANNEL = "outbox"
_ASKED = "asked_for_jobs"
#: What people are told of a fault while the worker took in what they brought, or took it out again.
NOTHING_CAME_IN = Sentence("Non è riuscito per un guasto: non è entrato nulla, e si può riprovare.")
NOTHING_WENT_OUT = Sentence("Non si è potuto togliere, per un guasto: è rimasto tutto com’era, e si può riprovare.")


class TryLater(Exception):
    """The job can't act yet through no fault of its own (mail server away): it waits, and the attempt does not count."""

    def __init__(self, reason: str, *, wait_s: int = 60) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


#: What a payload may carry besides ids, and only until its job is done: where a person was when they asked for a letter.
PASSING = ["way_back"]


class OutboxJob(Base):
    """One effect that must happen once."""

    __tablename__ = "outbox_job"
    __table_args__ = (
        UniqueConstraint("topic", "key"),
        Index("ix_outbox_job_pending", "id", postgresql_where=text("done_at IS NULL AND parked_at IS NULL")),
        {"comment": "Jobs written with their cause; published by the relay, done by the worker."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, comment="Order of writing.")
    topic: Mapped[str] = mapped_column(String(80), comment="Name of the task that does it.")
    key: Mapped[str] = mapped_column(String(200), comment="Makes the effect unique within its topic.")
    payload: Mapped[dict[str, Any]] = mapped_column(comment="Ids only, never content.")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), server_default=func.clock_timestamp(), comment="When it was asked for."
    )
    not_before: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="Earliest time of sending, where it must wait."
    )
    sent_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When the relay last gave it to the broker."
    )
    attempts: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="How often a worker began it."
    )
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), comment="When its effect was committed.")
    parked_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime(), comment="When it was set aside after repeated failure."
    )
    last_error: Mapped[str | None] = mapped_column(
        Text, comment="Class and first line of the last failure, without content."
    )


@dataclass(frozen=True, slots=True)
class PendingJob:
    """What the relay publishes."""

    id: int
    topic: str
    payload: dict[str, Any]


def enqueue(
    session: Session, topic: str, *, key: str | uuid.UUID | None = None, not_before: datetime | None = None, **ids: Any
) -> None:
    """Ask for a job in this transaction. A second call with the same topic and key asks for nothing more."""
    session.info[_ASKED] = True
    payload = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in ids.items()}
    session.execute(
        insert(OutboxJob)
        .values(topic=topic, key=str(key or uuid.uuid4()), payload=payload, not_before=not_before)
        .on_conflict_do_nothing(index_elements=["topic", "key"])
    )


def enqueue_all(session: Session, topic: str, payloads: Mapping[str, Mapping[str, Any]]) -> None:
    """Ask for many jobs of a topic in one statement: `payloads` maps each key to its ids."""
    if not payloads:
        return
    session.info[_ASKED] = True
    rows = [
        {"topic": topic, "key": key, "payload": {n: str(v) if isinstance(v, uuid.UUID) else v for n, v in ids.items()}}
        for key, ids in payloads.items()
    ]
    session.execute(insert(OutboxJob).values(rows).on_conflict_do_nothing(index_elements=["topic", "key"]))


def tell_relay(session: Session) -> None:
    """Wake the relay when this transaction is committed, where it asked for jobs: they are sent at once instead of at the next look.

    For what somebody waits for, by whom a statement more costs nothing: workers, and the pages that start long work; never a submission.
    """
    if session.info.pop(_ASKED, False):
        session.execute(select(func.pg_notify(CHANNEL, "")))


def enqueue_together(session: Session, topic: str, *, scope: uuid.UUID, wait_s: int, **ids: Any) -> None:
    """Ask for a job about `scope` once for all that this transaction changes, some seconds from now so that it takes in what follows.

    Every transaction asks anew: none is swallowed by a job that has already read what it came before.
    """
    payload = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in ids.items()}
    session.execute(
        insert(OutboxJob)
        .values(
            topic=topic,
            key=func.concat(str(scope), ":", cast(func.pg_current_xact_id(), String)),
            payload=payload,
            not_before=func.clock_timestamp() + timedelta(seconds=wait_s),
        )
        .on_conflict_do_nothing(index_elements=["topic", "key"])
    )


def pending(session: Session, *, resend_after_s: int = 30, limit: int = 200) -> Sequence[PendingJob]:
    """Jobs to publish now: never sent, or sent long ago and not done. Locks them for this transaction and marks them sent."""
    clock = func.clock_timestamp()
    rows = session.execute(
        select(OutboxJob.id, OutboxJob.topic, OutboxJob.payload)
        .where(
            OutboxJob.done_at.is_(None),
            OutboxJob.parked_at.is_(None),
            or_(OutboxJob.not_before.is_(None), OutboxJob.not_before <= clock),
            or_(
                OutboxJob.sent_at.is_(None),
                OutboxJob.sent_at < clock - text(f"interval '{int(resend_after_s)} seconds'"),
            ),
        )
        .order_by(OutboxJob.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        session.execute(update(OutboxJob).where(OutboxJob.id.in_([r.id for r in rows])).values(sent_at=clock))
    return [PendingJob(r.id, r.topic, r.payload) for r in rows]


def not_sent(session: Session, ids: Sequence[int]) -> None:
    """The broker did not take these jobs: they are pending again at once."""
    session.execute(update(OutboxJob).where(OutboxJob.id.in_(ids), OutboxJob.done_at.is_(None)).values(sent_at=None))


def reach_for(session: Session, job_id: int) -> bool:
    """Whether this transaction alone may begin the job: until it ends no copy of the message counts an attempt or takes the job.

    The count is committed before the work, so between `begin` and `hold` the row itself is free for a moment. Two jobs whose numbers share
    their last 31 bits exclude each other; the relay sends the second again.
    """
    return bool(session.execute(select(func.pg_try_advisory_xact_lock(_REACH, job_id & 0x7FFFFFFF))).scalar_one())


def begin(session: Session, job_id: int) -> bool:
    """Count an attempt, in a transaction of its own, before the work: a job that kills its worker is parked after three tries.

    False when it is done, parked, or in another worker's hands: a copy of a message neither waits for the first nor counts.
    """
    free = (
        select(OutboxJob.id)
        .where(OutboxJob.id == job_id, OutboxJob.done_at.is_(None), OutboxJob.parked_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    row = session.execute(
        update(OutboxJob)
        .where(OutboxJob.id.in_(free))
        .values(attempts=OutboxJob.attempts + 1)
        .returning(OutboxJob.attempts)
    ).scalar_one_or_none()
    if row is None:
        return False
    if row > MAX_ATTEMPTS:
        session.execute(update(OutboxJob).where(OutboxJob.id == job_id).values(parked_at=func.clock_timestamp()))
        return False
    return True


def given_up(session: Session, job_id: int) -> bool:
    """Whether the job was parked after too many tries."""
    parked = select(OutboxJob.id).where(OutboxJob.id == job_id, OutboxJob.parked_at.is_not(None))
    return session.execute(parked).scalar_one_or_none() is not None


def hold(session: Session, job_id: int) -> bool:
    """Take the job for this transaction; False when it is done or another worker holds it. The lock ends with the transaction, also by a crash."""
    row = session.execute(
        select(OutboxJob.id)
        .where(OutboxJob.id == job_id, OutboxJob.done_at.is_(None))
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    return row is not None


def finish(session: Session, job_id: int) -> None:
    """Mark the job done, in the transaction of its effect, and forget what it carried besides ids."""
    ids = OutboxJob.payload.op("-")(literal(PASSING, ARRAY(String())))
    session.execute(
        update(OutboxJob)
        .where(OutboxJob.id == job_id)
        .values(done_at=func.clock_timestamp(), last_error=None, payload=ids)
    )


def give_back(session: Session, job_id: int, *, not_before: datetime | None = None) -> None:
    """Return a job that found nothing wrong but cannot act yet: the attempt does not count."""
    session.execute(
        update(OutboxJob)
        .where(OutboxJob.id == job_id)
        .values(attempts=func.greatest(OutboxJob.attempts - 1, 0), sent_at=None, not_before=not_before)
    )


def record_failure(session: Session, job_id: int, error: BaseException) -> None:
    """Keep the class of the failure (its text may hold content) and let the relay send the job again soon."""
    session.execute(
        update(OutboxJob)
        .where(OutboxJob.id == job_id)
        .values(last_error=type(error).__name__, sent_at=func.clock_timestamp())
    )


def waiting(session: Session) -> tuple[int, int]:
    """How many jobs are not done, and how many are parked: for the health page."""
    row = session.execute(
        select(
            func.count().filter(OutboxJob.parked_at.is_(None)),
            func.count().filter(OutboxJob.parked_at.is_not(None)),
        ).where(OutboxJob.done_at.is_(None))
    ).one()
    return int(row[0]), int(row[1])
