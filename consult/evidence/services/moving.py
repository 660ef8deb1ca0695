"""Which sources a run took from under one theme and put under another."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from consult.evidence.models import Assignment, Theme, ThemeDecision

#: How many ways between themes are kept: the rest are single sources.
KEPT = 30


def main_themes(session: Session, *, process_id: uuid.UUID) -> dict[uuid.UUID, tuple[str, str]]:
    """The theme each source speaks of most, by key and label, as it stands now."""
    statement: Any = (
        select(Assignment.source_id, Theme.key, func.coalesce(ThemeDecision.label, Theme.label))
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.process_id == process_id)
        .ext(distinct_on(Assignment.source_id))
        .order_by(Assignment.source_id, Assignment.share.desc(), Assignment.margin.desc(), Theme.id)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(statement)}


def moved_between(
    before: Mapping[uuid.UUID, tuple[str, str]], after: Mapping[uuid.UUID, tuple[str, str]]
) -> list[dict[str, Any]]:
    """From which theme to which, and how many sources, the most first; sources that were under none before did not move."""
    ways = Counter((before[key], there) for key, there in after.items() if key in before and before[key][0] != there[0])
    listed = sorted(ways.items(), key=lambda item: (-item[1], item[0]))[:KEPT]
    return [{"from": one[1], "to": two[1], "sources": number} for (one, two), number in listed]
