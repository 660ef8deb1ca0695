"""Copies among sources, kept right by a refresh: what is new or changed is put where it belongs, what is gone leaves its group."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.analytics.types import PreparedSource
from consult.core.bulk import binary_rows
from consult.evidence.models import Run, RunResult, SourceReading, SourceVector
from consult.listening.sources.models import Source
from consult.listening.sources.types import AggregationRow

#: Bytes of a signature, and of one of its bands (`analytics.duplicates`).
_SIGNATURE, _BAND = 512, 16
#: Likely copies of a text that are compared with it letter by letter, the likeliest first.
_TRIED = 6


def link_copies(
    session: Session,
    *,
    run: Run,
    rows: Sequence[AggregationRow],
    prepared: Mapping[uuid.UUID, PreparedSource],
    model: str,
    last: RunResult,
    gone: Sequence[uuid.UUID],
) -> list[dict[str, Any]]:
    """Groups of nearly equal texts: the last run's without what changed or is gone, and what is new put where it belongs."""
    from consult.analytics.refresh import is_copy  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    away = {str(row.id) for row in rows} | {str(key) for key in gone}
    groups = {g["key"]: {**g, "source_ids": [k for k in g["source_ids"] if k not in away]} for g in last.duplicates}
    group_of = {key: group["key"] for group in groups.values() for key in group["source_ids"]}
    telling = [row for row in rows if "empty" not in prepared[row.id].marks]
    near = _near(session, run.process_id, model, [(row.id, prepared[row.id].signature) for row in telling])
    texts = _texts(session, model, {key for found in near.values() for key in found})
    for row in telling:
        item = prepared[row.id]
        for other_id in near.get(row.id, ()):
            digest, text = texts[other_id]
            exact = digest == item.digest
            if exact or is_copy(row.text, text):
                other = str(other_id)
                key = group_of.get(str(row.id)) or group_of.get(other) or min(item.digest, digest)
                group = groups.setdefault(key, {"key": key, "source_ids": [], "exact": True})
                group["source_ids"] = sorted({*group["source_ids"], str(row.id), other})
                group["exact"] = bool(group["exact"]) and exact
                group_of[str(row.id)] = group_of[other] = key
                break
    found = [group for _, group in sorted(groups.items()) if len(group["source_ids"]) > 1]
    _mark_copies(session, last.duplicates, found, {str(row.id) for row in rows})
    return found


def _near(
    session: Session, process_id: uuid.UUID, model: str, fresh: Sequence[tuple[uuid.UUID, bytes]]
) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Per fresh source those that may be copies of it, the likeliest first."""
    import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    from consult.analytics.refresh import likely_copies  # noqa: PLC0415  # See above.

    if not fresh:
        return {}
    own = np.frombuffer(b"".join(signature for _, signature in fresh), dtype="<u4").reshape(len(fresh), -1)
    keys, signatures = [], []
    for key, signature in binary_rows(session, _sharing_a_band(process_id, model, [row for _, row in fresh])):
        keys.append(key)
        signatures.append(signature)
    others = np.frombuffer(b"".join(signatures), dtype="<u4").reshape(len(keys), -1)
    found: dict[uuid.UUID, list[tuple[float, uuid.UUID]]] = defaultdict(list)
    for mine, other, shared in likely_copies(own, others):
        if keys[other] != fresh[mine][0]:
            found[fresh[mine][0]].append((-shared, keys[other]))
    return {key: [other for _, other in sorted(near)[:_TRIED]] for key, near in found.items()}


def _sharing_a_band(process_id: uuid.UUID, model: str, signatures: Sequence[bytes]) -> Any:
    """Keys and signatures of the read sources that have a band in common with one of some signatures: few of a hundred thousand.

    The database looks through them where they lie; handing all over would be fifty megabytes.
    """
    read, kept = SourceReading, SourceVector
    alike = []
    for start in range(0, _SIGNATURE, _BAND):
        wanted = sorted({signature[start : start + _BAND] for signature in signatures})
        here = func.substring(kept.signature, start + 1, _BAND, type_=sa.LargeBinary)
        alike.append(here == sa.any_(sa.literal(wanted, sa.ARRAY(sa.LargeBinary))))
    return (
        select(kept.source_id, kept.signature)
        .join(read, read.source_id == kept.source_id)
        .where(read.process_id == process_id, kept.model == model, sa.or_(*alike))
        .order_by(kept.source_id)
    )


def _texts(session: Session, model: str, ids: set[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Content hash and text of some sources."""
    if not ids:
        return {}
    rows = session.execute(
        select(Source.id, SourceVector.digest, Source.text)
        .join(SourceVector, SourceVector.source_id == Source.id)
        .where(Source.id.in_(sorted(ids, key=str)), SourceVector.model == model)
        .order_by(Source.id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _mark_copies(
    session: Session, before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], fresh: set[str]
) -> None:
    """Write the group of every source whose group changed; what was read anew (`fresh`) has none yet."""
    wanted: dict[str, str] = {key: group["key"] for group in now for key in group["source_ids"]}
    present: dict[str, str] = {key: group["key"] for group in before for key in group["source_ids"] if key not in fresh}
    changed = sorted(key for key in wanted.keys() | present.keys() if wanted.get(key) != present.get(key))
    if changed:
        table: Any = SourceReading.__table__
        session.execute(
            update(table).where(table.c.source_id == sa.bindparam("key")).values(duplicate_key=sa.bindparam("group")),
            [{"key": uuid.UUID(key), "group": wanted.get(key)} for key in changed],
        )
