"""Which codes people gave to sources, as values that a citation pins and later compares."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import Session

from consult.evidence.models import Code, Coding

#: Codes of a source by key, each once, in one order: equal for equal codes, whoever gave them and wherever in the text they stand.
_CODES = func.jsonb_agg(aggregate_order_by(Coding.code_id.distinct(), Coding.code_id), type_=JSONB)


def coded(source_ids: Any) -> Any:
    """The statement of sources that have codes now, with them as `codes`; `source_ids` is a statement or a list of keys."""
    return (
        select(Coding.source_id, _CODES.label("codes"))
        .where(Coding.live, Coding.source_id.in_(source_ids))
        .group_by(Coding.source_id)
    )


def codes_of(session: Session, *, source_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """The codes of each of some sources that has any, in one statement."""
    rows = session.execute(coded(list(source_ids)).order_by(Coding.source_id))
    return {row[0]: list(row[1]) for row in rows}


def code_names(session: Session, *, code_ids: Collection[uuid.UUID]) -> dict[str, str]:
    """Names of some codes by key, those that were merged or split too."""
    rows = session.execute(select(Code.id, Code.name).where(Code.id.in_(list(code_ids))).order_by(Code.id))
    return {str(row.id): row.name for row in rows}
