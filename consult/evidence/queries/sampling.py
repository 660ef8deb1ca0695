"""Reads of blind samples: how far each coder is, one's own readings, the comparison."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.evidence.models import CodingSample, SampleReading, SampleVerdict
from consult.evidence.types import SampleRow


@dataclass(frozen=True, slots=True)
class Difference:
    """A code that one coder gave to a passage and the other did not; `first`: the first one gave it."""

    source_id: uuid.UUID
    code_id: uuid.UUID
    first: bool
    applies: bool | None


def samples(session: Session, *, process_id: uuid.UUID, sample_id: uuid.UUID | None = None) -> list[SampleRow]:
    """The samples of a process, the newest first, in two statements."""
    statement = select(CodingSample).where(CodingSample.process_id == process_id)
    if sample_id is not None:
        statement = statement.where(CodingSample.id == sample_id)
    rows = session.execute(statement.order_by(CodingSample.made_at.desc(), CodingSample.id)).scalars().all()
    done = Counter(
        (row[0], row[1])
        for row in session.execute(
            select(SampleReading.sample_id, SampleReading.coder_id).where(
                SampleReading.sample_id.in_([row.id for row in rows])
            )
        )
    )
    return [
        SampleRow(
            row.id, row.name, row.state, _keys(row.source_ids), _keys(row.coder_ids), _keys(row.code_ids),
            tuple(done[row.id, key] for key in _keys(row.coder_ids)), row.made_at, row.closed_at,
        )
        for row in rows
    ]  # fmt: skip  # one row of values reads better so


def _keys(listed: list[str]) -> tuple[uuid.UUID, ...]:
    return tuple(uuid.UUID(key) for key in listed)


def own_readings(session: Session, *, sample_id: uuid.UUID, coder_id: uuid.UUID) -> dict[uuid.UUID, list[uuid.UUID]]:
    """What one coder gave to each passage read so far."""
    rows = session.execute(
        select(SampleReading.source_id, SampleReading.code_ids).where(
            SampleReading.sample_id == sample_id, SampleReading.coder_id == coder_id
        )
    )
    return {row.source_id: list(_keys(row.code_ids)) for row in rows}


def compared(
    session: Session, *, sample: SampleRow
) -> tuple[list[tuple[frozenset[str], frozenset[str]]], list[Difference]]:
    """For each passage that both read, what each gave; and where they differ, with what was decided. Only once closed."""
    if sample.state != "closed":
        return [], []
    first, second = (own_readings(session, sample_id=sample.id, coder_id=key) for key in sample.coder_ids)
    verdicts = {
        (row.source_id, row.code_id): row.applies
        for row in session.execute(select(SampleVerdict).where(SampleVerdict.sample_id == sample.id)).scalars()
    }
    units = []
    differences = []
    for source_id in sample.source_ids:
        if source_id not in first or source_id not in second:
            continue
        mine, theirs = first[source_id], second[source_id]
        units.append((frozenset(map(str, mine)), frozenset(map(str, theirs))))
        differences += [
            Difference(source_id, code_id, code_id in mine, verdicts.get((source_id, code_id)))
            for code_id in sample.code_ids
            if (code_id in mine) != (code_id in theirs)
        ]
    return units, differences
