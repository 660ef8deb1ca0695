"""What the sources cited by published papers say of themselves now, in one mark for each paper: a change of any of them changes it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import String, Uuid, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session

from consult.listening.sources.models import Source
from consult.position_paper.models import PaperVersion


def marks_of_cited(session: Session) -> list[tuple[uuid.UUID, uuid.UUID, str]]:
    """By process: the latest published version, and a mark of text, state and consent of all that it cites. One statement."""
    newest: Any = (
        select(PaperVersion.id, PaperVersion.process_id, PaperVersion.manifest)
        .ext(distinct_on(PaperVersion.paper_id))
        .order_by(PaperVersion.paper_id, PaperVersion.number.desc())
        .subquery()
    )
    cited = func.jsonb_array_elements(newest.c.manifest["cited_sources"]).table_valued("value").lateral("cited")
    key = cited.c.value.op("->>")(0)
    state = func.concat_ws(
        ":",
        key,
        Source.revision,
        Source.state,
        Source.visibility,
        Source.quotable,
        Source.attribution,
        func.md5(Source.text),
    )
    mark = func.md5(cast(func.string_agg(state, aggregate_order_by(literal(" "), key)), String))
    statement = (
        select(newest.c.process_id, newest.c.id, mark)
        .join(cited, func.jsonb_typeof(newest.c.manifest["cited_sources"]) == "array")
        .outerjoin(Source, Source.id == cast(key, Uuid))
        .group_by(newest.c.process_id, newest.c.id)
        .order_by(newest.c.process_id, newest.c.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]
