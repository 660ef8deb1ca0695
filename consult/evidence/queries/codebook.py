"""Reads of the codebook: the tree with its numbers, lineage, new codes over time."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime

from sqlalchemy import and_, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from consult.audit.models import AuditEvent
from consult.core.vocabulary import ThingKind
from consult.evidence.models import Code, CodeLineage, Coding
from consult.evidence.rules import tree_order
from consult.evidence.types import CodeRow, NewCodes
from consult.framework.models import Strategy
from consult.listening.interviews.models import Interview
from consult.listening.sources.models import Source

#: What a merged code holds counts under the one it became part of.
CODE_ROOT = func.coalesce(Code.merged_into_id, Code.id)
#: Characters from which an example that stands in a source was taken from it.
TELLING = 16


def codes(session: Session, *, process_id: uuid.UUID, live_only: bool = False) -> list[CodeRow]:
    """The codebook in the order of its tree, in two statements: how many codings and sources each code has among live sources."""
    counted = (
        select(CODE_ROOT, func.count(Coding.id), func.count(func.distinct(Coding.source_id)))
        .select_from(Coding)
        .join(Code, Code.id == Coding.code_id)
        .join(Source, Source.id == Coding.source_id)
        .where(Coding.process_id == process_id, Coding.live, Source.state == "live")
        .group_by(CODE_ROOT)
    )
    numbers = {row[0]: (row[1], row[2]) for row in session.execute(counted)}
    rows = session.execute(
        select(Code, Strategy.code)
        .outerjoin(Strategy, Strategy.id == Code.strategy_id)
        .where(Code.process_id == process_id, Code.state == "live" if live_only else Code.id.is_not(None))
        .order_by(Code.position, Code.id)
    ).all()
    by_id = {code.id: (code, strategy) for code, strategy in rows}
    ordered = tree_order((c.id, c.parent_id, c.position, c.name) for c, _strategy in rows)
    found = []
    for key, depth, path in ordered:
        code, strategy = by_id[key]
        codings, sources = numbers.get(key, (0, 0))
        found.append(
            CodeRow(
                key, code.guid, code.parent_id, depth, path, code.name, code.definition, code.example, code.colour, code.codable,
                code.strategy_id, strategy, code.state, code.merged_into_id, code.version, codings, sources,
            )
        )  # fmt: skip  # the order of CodeRow's fields
    return found


def borrowed(session: Session, *, process_id: uuid.UUID) -> set[uuid.UUID]:
    """Codes whose example, as somebody typed it, repeats words of a source that was withdrawn since: it is shown and given out nowhere."""
    example = func.btrim(Code.example, " «»\"'“”‘’.…")
    taken = exists().where(
        Source.process_id == Code.process_id, Source.state == "withdrawn", func.strpos(Source.text, example) > literal(0)
    )
    rows = session.execute(
        select(Code.id).where(Code.process_id == process_id, func.length(example) >= TELLING, taken).order_by(Code.id)
    )
    return set(rows.scalars())


def lineage(session: Session, *, code_id: uuid.UUID) -> list[tuple[str, uuid.UUID, str, str, datetime]]:
    """What a code came from and became: ("from" or "to", the other code, its name, merge or split, when), oldest first."""
    other = aliased(Code)
    found = []
    for side, mine, theirs in (
        ("from", CodeLineage.to_id, CodeLineage.from_id),
        ("to", CodeLineage.from_id, CodeLineage.to_id),
    ):
        rows = session.execute(
            select(other.id, other.name, CodeLineage.how, CodeLineage.at)
            .join(CodeLineage, theirs == other.id)
            .where(mine == code_id)
            .order_by(CodeLineage.at, other.name, other.id)
        )
        found += [(side, row.id, row.name, row.how, row.at) for row in rows]
    return found


def merge_kept_list(session: Session, *, code_id: uuid.UUID) -> bool:
    """Whether the last merge of a code wrote down which codes it moved: merges of the first weeks did not."""
    said = session.execute(
        select(AuditEvent.meta.has_key("moved"))
        .where(
            AuditEvent.object_kind == str(ThingKind.code),
            AuditEvent.object_id == str(code_id),
            AuditEvent.action == "code.merged",
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return bool(said)


def perhaps_below(session: Session, *, code_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Codes under the one that a code was merged into, made before the merge: some of them may have stood under it."""
    merged = aliased(Code)
    row = aliased(CodeLineage)
    statement = (
        select(Code.id, Code.name)
        .join(merged, merged.merged_into_id == Code.parent_id)
        .join(row, and_(row.from_id == merged.id, row.how == "merge"))
        .where(merged.id == code_id, Code.state == "live", Code.made_at <= row.at)
        .distinct()
        .order_by(Code.name, Code.id)
    )
    return [(r[0], r[1]) for r in session.execute(statement)]


def saturation(session: Session, *, process_id: uuid.UUID) -> list[NewCodes]:
    """How many codes each interview used for the first time, in the order in which interviews were held; in one statement."""
    rows = session.execute(
        select(Interview.id, Interview.role, Interview.held_on, CODE_ROOT.label("code"))
        .select_from(Coding)
        .join(Code, Code.id == Coding.code_id)
        .join(Source, Source.id == Coding.source_id)
        .join(Interview, Interview.id == Source.unit_id)
        .where(Coding.process_id == process_id, Coding.live, Source.state == "live")
        .distinct()
        .order_by(Interview.held_on.nulls_last(), Interview.id)
    )
    by_unit: dict[uuid.UUID, tuple[str, object]] = {}
    used: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for row in rows:
        by_unit.setdefault(row.id, (row.role, row.held_on))
        used[row.id].add(row.code)
    seen: set[uuid.UUID] = set()
    found = []
    for key, (title, held_on) in by_unit.items():
        fresh = used[key] - seen
        seen |= fresh
        found.append(NewCodes(key, title, held_on, len(fresh), len(seen)))  # type: ignore[arg-type]  # The column holds a day or nothing.
    return found
