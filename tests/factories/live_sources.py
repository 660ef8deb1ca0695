"""The live sources of a process, as the aggregation reads them."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.evidence.services.mapping import live_among
from consult.listening.sources.models import Source
from consult.listening.sources.types import AggregationRow


def live_sources(session: Session, *, process_id: uuid.UUID) -> list[AggregationRow]:
    """All of them, by id."""
    ids = session.execute(select(Source.id).where(Source.process_id == process_id)).scalars().all()
    return live_among(session, ids=ids)
