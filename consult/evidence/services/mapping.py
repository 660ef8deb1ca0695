"""Between tables and analytics: sources, stored vectors, strategies and known themes, there and back."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, LargeBinary, String, Uuid, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.analytics.types import FrameTarget, KnownTheme, Parameters, PreparedSource, SourceText, Span
from consult.core.bulk import binary_rows
from consult.evidence.models import Assignment, AssignmentDecision, SourceVector, Theme, ThemeDecision
from consult.evidence.queries.examples import confirmed_texts
from consult.evidence.rules import speaker_words
from consult.framework import queries as framework
from consult.framework.models import Zone
from consult.listening.sources import queries as sources
from consult.listening.sources.models import Source
from consult.listening.sources.types import AggregationRow, SourceCard

if TYPE_CHECKING:
    from consult.analytics.duplicates import Signed


def live_among(session: Session, *, ids: Sequence[uuid.UUID]) -> list[AggregationRow]:
    """Those of some sources that are still live, by id, at their present revision."""
    statement = sources.select_cards().where(Source.id.in_(ids), Source.state == "live").order_by(Source.id)
    cards = (SourceCard(*row) for row in session.execute(statement))
    return [
        AggregationRow(
            c.id, c.text, c.channel, c.zone_code, c.speaker_kind, c.unit_id, c.language, c.revision, c.voice_id
        )
        for c in cards
    ]


def source_text(row: AggregationRow) -> SourceText:
    """A source as the analytics reads it."""
    return SourceText(
        id=str(row.id),
        text=row.text,
        channel=row.channel,
        zone=row.zone_code,
        speaker=row.speaker_kind,
        unit=str(row.unit_id) if row.unit_id else None,
        language=row.language or None,
        respondent=str(row.voice) if row.voice else None,
    )


def frame_targets(
    session: Session, *, frame_id: uuid.UUID, process_id: uuid.UUID
) -> tuple[list[FrameTarget], dict[str, uuid.UUID]]:
    """The strategies of a frame as targets, with what people confirmed under them in this process, and their keys by code."""
    rows = framework.strategies(session, frame_id=frame_id)
    examples = confirmed_texts(session, process_id=process_id)
    targets = [replace(row.target, examples=examples.get(row.id, ())) for row in rows]
    return targets, {row.code: row.id for row in rows}


def keep_prepared(session: Session, *, prepared: Iterable[tuple[PreparedSource, int]]) -> None:
    """Store prepared sources with the revision they were read at; an older revision's row is replaced."""
    rows = []
    for item, revision in prepared:
        data = {
            "sentences": [[span.start, span.end] for span in item.sentences],
            "marks": list(item.marks),
            "kind": item.kind,
            "personal": [[span.start, span.end] for span in item.personal],
        }
        rows.append(
            {
                "source_id": uuid.UUID(item.source.id), "model": item.model, "revision": revision, "digest": item.digest,
                "language": item.language, "prepared": data, "signature": item.signature, "vectors": item.vectors,
                "dimensions": item.dimensions,
            }
        )  # fmt: skip  # one row of values reads better so
    if not rows:
        return
    table: Any = SourceVector.__table__
    statement = insert(table)
    fresh = {name: statement.excluded[name] for name in rows[0] if name not in {"source_id", "model"}}
    # All parts write in the same order, so that two that meet wait for each other instead of locking each other out.
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source_id", "model"],
            set_=fresh,
            where=table.c.revision <= statement.excluded.revision,
        ),
        sorted(rows, key=lambda row: str(row["source_id"])),
    )


def _among(ids: Sequence[uuid.UUID]) -> Any:
    """One array instead of a placeholder for each key: no statement takes more than 65,535 of those."""
    return SourceVector.source_id == any_(literal(list(ids), ARRAY(Uuid)))


def stored_revisions(session: Session, *, ids: Sequence[uuid.UUID], model: str) -> dict[uuid.UUID, int]:
    """Which revision of each source is stored for this model."""
    rows = session.execute(
        select(SourceVector.source_id, SourceVector.revision).where(_among(ids), SourceVector.model == model)
    )
    return {row[0]: row[1] for row in rows}


def stored_prepared(
    session: Session, *, rows: Sequence[AggregationRow], model: str, batch: int = 2000
) -> dict[uuid.UUID, PreparedSource]:
    """What is stored for these sources at exactly their present revision; the others are missing from the answer."""
    found: dict[uuid.UUID, PreparedSource] = {}
    by_id = {row.id: row for row in rows}
    ids = list(by_id)
    kept = SourceVector
    columns = (
        kept.source_id, kept.revision, kept.digest, kept.language, kept.prepared, kept.signature, kept.vectors, kept.dimensions,
    )  # fmt: skip  # one column per name reads better in two lines
    for start in range(0, len(ids), batch):
        statement = select(*columns).where(_among(ids[start : start + batch]), kept.model == model)
        for key, revision, digest, language, data, signature, vectors, dimensions in session.execute(statement):
            row = by_id[key]
            if revision != row.revision:
                continue
            found[key] = PreparedSource(
                source=source_text(row),
                digest=digest,
                language=language,
                sentences=_spans(data["sentences"]),
                marks=tuple(data["marks"]),
                kind=data["kind"],
                signature=signature,
                vectors=vectors,
                dimensions=dimensions,
                model=model,
                personal=_spans(data["personal"]),
            )
    return found


def read_signed(session: Session, *, ids: Sequence[uuid.UUID], model: str, batch: int = 5000) -> list[Signed]:
    """What is needed of live sources to look for copies among them."""
    from consult.analytics.cores import ahead  # noqa: PLC0415  # The web shares this room and must not load the analytics.
    from consult.analytics.duplicates import Signed  # noqa: PLC0415  # See above.

    kept = SourceVector
    statement = (
        select(
            cast(Source.id, String), kept.digest, Source.text, kept.signature, kept.prepared["marks"].has_key("empty")
        )
        .join(kept, (kept.source_id == Source.id) & (kept.revision == Source.revision))
        .where(Source.state == "live", kept.model == model)
    )
    found: list[Signed] = []
    blocks = (ids[start : start + batch] for start in range(0, len(ids), batch))
    for rows in ahead(lambda some: list(binary_rows(session, statement.where(_among(some)))), blocks):
        found += map(Signed._make, rows)
    return found


def read_back(
    session: Session, *, ids: Sequence[uuid.UUID], model: str, whole: bool, batch: int = 2000
) -> dict[str, tuple[PreparedSource, int]]:
    """Live sources with what is stored for their present revision, and that revision; those changed or withdrawn meanwhile are missing.

    Without `whole` only the vector of the whole text comes with each, which is a small part of them. Signatures stay where they are
    (`read_signed`).
    """
    from consult.analytics.cores import ahead  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    kept = SourceVector
    vectors = kept.vectors if whole else func.substring(kept.vectors, 1, kept.dimensions * 2, type_=LargeBinary)
    columns = (
        vectors, cast(Source.id, String), Source.text, Source.channel, Zone.code, Source.speaker_kind, cast(Source.unit_id, String),
        Source.language, cast(Source.voice_id, String), Source.revision, kept.digest, kept.language, kept.prepared, kept.dimensions,
    )  # fmt: skip  # one column per name reads better in two lines
    statement = (
        select(*columns)
        .join(kept, (kept.source_id == Source.id) & (kept.revision == Source.revision))
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .where(Source.state == "live", kept.model == model)
    )
    found: dict[str, tuple[PreparedSource, int]] = {}
    shared: Any = {}
    blocks = (ids[start : start + batch] for start in range(0, len(ids), batch))
    for rows in ahead(lambda some: list(binary_rows(session, statement.where(_among(some)))), blocks):
        # One piece of memory holds the vectors of all of them, so that a child that looks at one has nothing to copy.
        joined = memoryview(b"".join([row[0] for row in rows]))
        end = 0
        for own, key, said, channel, zone, speaker, unit, declared, voice, revision, digest, language, data, size in rows:
            start, end = end, end + len(own)
            # A hundred thousand rows share a handful of these words: each is kept once.
            words = (channel, zone, speaker, declared or None, language, tuple(data["marks"]), data["kind"])
            channel, zone, speaker, declared, language, marks, kind = [shared.setdefault(word, word) for word in words]
            found[key] = (
                PreparedSource(
                    SourceText(key, said, channel, zone, speaker, unit, declared, voice), digest, language, _spans(data["sentences"]),
                    marks, kind, b"", joined[start:end], size, model, _spans(data["personal"]),
                ),
                revision,
            )  # fmt: skip  # one row of values reads better so
    return found


def _spans(pairs: Iterable[Sequence[int]]) -> tuple[Span, ...]:
    return tuple([Span(start, end) for start, end in pairs])


def known_themes(
    session: Session, *, process_id: uuid.UUID, codes: Mapping[uuid.UUID, str], live: set[str]
) -> list[KnownTheme]:
    """Themes of earlier runs with people's decisions applied: accepted ones keep label, strategy and members.

    Members of a theme merged into another count as the other's; refused themes hand on their key only, so that they are known again.
    """
    rows = session.execute(
        select(Theme, ThemeDecision)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.process_id == process_id)
        .order_by(Theme.key)
    ).all()
    root = {theme.id: decision.merged_into_id for theme, decision in rows if decision and decision.merged_into_id}
    members: dict[uuid.UUID, set[str]] = defaultdict(set)
    assigned = select(Assignment.theme_id, Assignment.source_id).join(Theme, Theme.id == Assignment.theme_id)
    for theme_id, source_id in session.execute(assigned.where(Theme.process_id == process_id)):
        members[root.get(theme_id, theme_id)].add(str(source_id))
    excluded: dict[uuid.UUID, set[str]] = defaultdict(set)
    decided = (
        select(AssignmentDecision.theme_id, AssignmentDecision.source_id, AssignmentDecision.verdict)
        .join(Theme, Theme.id == AssignmentDecision.theme_id)
        .where(Theme.process_id == process_id)
    )
    for theme_id, source_id, verdict in session.execute(decided):
        target = root.get(theme_id, theme_id)
        (members if verdict == "in" else excluded)[target].add(str(source_id))
    known = []
    for theme, decision in rows:
        if theme.id in root:
            continue
        moved = decision is not None and decision.moved
        strategy_id = decision.strategy_id if decision is not None and moved else theme.strategy_id
        known.append(
            KnownTheme(
                key=theme.key,
                label=(decision.label if decision else None) or theme.label,
                strategy_code=codes.get(strategy_id) if strategy_id else None,
                member_ids=tuple(sorted((members[theme.id] - excluded[theme.id]) & live)),
                accepted=(decision is not None and decision.state == "accepted") or theme.origin == "human",
                excluded_ids=tuple(sorted(excluded[theme.id] & live)),
            )
        )
    return known


def parameters_json(parameters: Parameters) -> dict[str, Any]:
    """Parameters as they are stored and shown in manifests."""
    return asdict(parameters)


def parameters_from(values: Mapping[str, Any]) -> Parameters:
    """Stored parameters, as the analytics takes them; names it no longer knows are left out."""
    known = {field.name for field in fields(Parameters)}
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in known
    }
    return Parameters(**plain)


def place_names(session: Session, *, territory_id: uuid.UUID, language: str) -> dict[str, str]:
    """Words for zones and kinds of speaker in the machine's sentences: "zone:5" -> the zone's name."""
    zones = framework.zones(session, territory_id=territory_id)
    names = {f"zone:{zone.code}": zone.name for zone in zones}
    return names | {f"speaker:{code}": words for code, words in speaker_words(language).items()}
