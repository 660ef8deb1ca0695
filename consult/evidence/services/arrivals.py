"""Sources read as they arrive, so that an aggregation finds them ready and has only to merge.

The clock asks for it, never the submission: who leaves an anonymous answer leaves no job behind.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.analytics.types import Parameters
from consult.core import jobs
from consult.evidence.models import SourceVector
from consult.evidence.rules import SHARD_SOURCES, cut_into_shards
from consult.evidence.services import mapping
from consult.evidence.services.runs import prepare_missing
from consult.listening.sources.models import Source
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.embedding import Embedder

TOPIC = "evidence.read_arrivals"
#: A job for a process is asked for at most once in so many seconds; while there is more to read, each job asks for the next.
PERIOD_S = 300


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Ask for a reading in every process with live sources that no model has read at their present revision."""
    read = select(SourceVector.source_id).where(
        SourceVector.source_id == Source.id, SourceVector.revision == Source.revision
    )
    found = session.execute(
        select(Source.process_id).where(Source.state == "live", ~read.exists()).distinct().order_by(Source.process_id)
    ).scalars()
    period = int(now.timestamp()) // PERIOD_S
    for process_id in found:
        jobs.enqueue(session, TOPIC, key=f"{process_id}:{period}:0", process_id=process_id, period=period, part=0)


def read_arrivals(session: Session, *, process_id: uuid.UUID, period: int, part: int, embedder: Embedder) -> int:
    """Read up to a part's worth of sources that this model has not read, and ask for the next part where there are more.

    Returns how many were read. Keys are random, so their order tells nothing about when somebody spoke.
    """
    read = select(SourceVector.source_id).where(
        SourceVector.source_id == Source.id,
        SourceVector.model == embedder.name,
        SourceVector.revision == Source.revision,
    )
    rows = session.execute(
        select(Source.id, func.char_length(Source.text))
        .where(Source.process_id == process_id, Source.state == "live", ~read.exists())
        .order_by(Source.id)
        .limit(SHARD_SOURCES + 1)
    ).all()
    if not rows:
        return 0
    first = cut_into_shards([(str(key), characters) for key, characters in rows])[0]
    language = session.execute(select(Process.language).where(Process.id == process_id)).scalar_one()
    found = mapping.live_among(session, ids=[uuid.UUID(key) for key in first])
    count = prepare_missing(session, rows=found, embedder=embedder, parameters=Parameters(language=language))
    if len(first) < len(rows):
        jobs.enqueue(
            session, TOPIC, key=f"{process_id}:{period}:{part + 1}", process_id=process_id, period=period, part=part + 1
        )
    return count
