"""Sources and voices counted in the database: of a process, of themes, of strategies, axes and zones.

What is told of a hundred thousand sources is a few thousand numbers; no row of a source leaves the database for them.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Subquery, case, func, null, select, tuple_
from sqlalchemy.orm import Session

from consult.analytics.types import Tally
from consult.core.vocabulary import Channel
from consult.evidence.models import Assignment, Theme, ThemeDecision
from consult.evidence.types import Count
from consult.framework.models import Zone
from consult.listening.sources.models import Source

#: The theme a theme counts for: itself, or the one it was merged into.
ROOT = func.coalesce(ThemeDecision.merged_into_id, Theme.id)
#: Whose words a source is, as denominators count it: everything one person or group left is one voice.
VOICE = func.coalesce(Source.voice_id, Source.id)
#: The same as the analytics does (`numbers.voice_of`): an interview is one voice, a passage of a document none.
HEARD = case(
    (Source.channel == str(Channel.document), null()),
    else_=func.coalesce(
        Source.voice_id, case((Source.channel == str(Channel.interview), Source.unit_id), else_=null()), Source.id
    ),
)
_BY = {3: "channel", 1: "zone", 2: "speaker"}


def under_themes(
    session: Session,
    *,
    process_id: uuid.UUID,
    theme_ids: Sequence[uuid.UUID] | None = None,
) -> dict[uuid.UUID, Tally]:
    """Live sources and voices of each theme, those of themes merged into it included. One statement."""
    return _tallies(session, _under(process_id, theme_ids))


def _under(process_id: uuid.UUID, theme_ids: Sequence[uuid.UUID] | None) -> Subquery:
    """Each live source once under each theme it counts for."""
    statement = (
        select(
            ROOT.label("root"), Source.id, Source.channel, Zone.code.label("zone"), Source.speaker_kind.label("speaker"),
            VOICE.label("voice"),
        )
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(Source, Source.id == Assignment.source_id)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .where(Theme.process_id == process_id, Source.state == "live")
        .distinct()
    )  # fmt: skip  # one column per name reads better in two lines
    if theme_ids is not None:
        statement = statement.where(ROOT.in_(theme_ids))
    return statement.subquery()


def _tallies(session: Session, rows: Subquery) -> dict[Any, Tally]:
    """Counts of rows by root: by channel, by zone and channel, by kind of speaker and channel."""
    c = rows.c
    statement = select(
        c.root, c.channel, c.zone, c.speaker, func.grouping(c.zone, c.speaker), func.count(), func.count(c.voice.distinct())
    ).group_by(
        func.grouping_sets(
            tuple_(c.root, c.channel), tuple_(c.root, c.zone, c.channel), tuple_(c.root, c.speaker, c.channel)
        )
    )  # fmt: skip  # one column per name reads better in two lines
    counted: dict[Any, tuple[dict[tuple[str, str], int], dict[tuple[str, str, str], int]]] = defaultdict(
        lambda: (defaultdict(int), {})
    )
    for root, channel, zone, speaker, by, sources, voices in session.execute(statement):
        dimension = _BY[by]
        value = {"channel": channel, "zone": zone, "speaker": speaker}[dimension]
        if value:
            counted[root][0][dimension, value] += sources
            if voices:
                counted[root][1][dimension, value, channel] = voices
    return {root: Tally(dict(sources), voices) for root, (sources, voices) in counted.items()}


def counts(tally: Tally, dimension: str, of: Mapping[str, int]) -> tuple[Count, ...]:
    """Voices per value of a dimension, in the order of `of`; values without voices are left out. Documents speak in their channel only."""
    spoken: dict[str, int] = defaultdict(int)
    for (where, value, channel), voices in tally.voices.items():
        if where == dimension and (dimension == "channel" or channel != Channel.document):
            spoken[value] += voices
    return tuple(Count(value, spoken[value], total) for value, total in of.items() if spoken.get(value))
