"""The paper as one value: sections, findings and numbers read from the database, ready to freeze, show or typeset.

What is frozen holds places of quotes, never words, and only numbers that may be published.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.vocabulary import VOICE_CHANNELS, Channel
from consult.evidence import queries as evidence
from consult.evidence.rules import shown
from consult.framework import queries as framework
from consult.listening.sources import queries as sources
from consult.position_paper import queries, rules
from consult.position_paper.queries import ConfrontationRow
from consult.position_paper.services import overviews
from consult.position_paper.services.prose import confrontation, cross_cutting, limits, method, none_fit, zone
from consult.position_paper.types import FindingRow, SectionRow, Whole
from consult.process.models import Process

SCHEMA = 1


def build(session: Session, *, process_id: uuid.UUID, publishable_only: bool) -> dict[str, Any] | None:
    """The whole paper as it stands now, or None before the first draft. With `publishable_only` as it would be published.

    Without it, drafts stand in it too, marked; refused, withdrawn and superseded findings never do.
    """
    paper = queries.paper(session, process_id=process_id)
    if paper is None:
        return None
    process = session.execute(select(Process).where(Process.id == process_id)).scalar_one()
    of = evidence.totals(session, process_id=process_id)
    rows = queries.findings(session, paper_id=paper.id)
    states = theme_states(session, rows)
    chosen: dict[uuid.UUID, list[FindingRow]] = defaultdict(list)
    for row in rows:
        if publishable_only:
            theme_state = states.get(row.theme_id) if row.theme_id else None
            fit = rules.publishable(
                state=row.state, origin=row.origin, theme_state=theme_state, supporting=len(row.supporting)
            )
        else:
            fit = row.state in {"proposed", "accepted"}
        if fit:
            chosen[row.section_id].append(row)
    facts = _facts(session, process, of)
    whole = Whole(of, len(facts["zones"]))
    facts["run"] = _run_facts(session, paper.last_run_id)
    facts["draft"] = not publishable_only
    listed = [
        section
        for section in queries.sections(session, paper_id=paper.id)
        if section.kind != "zone" or facts["zones"] or section.words or chosen.get(section.id)
    ]
    written = {key: [_finding(row, whole, paper.language) for row in found] for key, found in chosen.items()}
    against = queries.confrontations(session, process_id=process_id)
    standing = [row for section in listed for row in chosen.get(section.id, ())]
    leanings = evidence.zone_leanings(session, theme_ids=[row.theme_id for row in standing if row.theme_id])
    return {
        "schema": SCHEMA,
        "title": paper.title,
        "language": paper.language,
        "process": {"title": process.title, "name": process.name, "slug": process.slug},
        "facts": facts,
        "sections": [
            _section(section, written, listed, facts, paper.language, against)
            | _summaries(section, chosen.get(section.id, []), standing, of, leanings, paper.language)
            for section in listed
        ],
    }


def theme_states(session: Session, rows: list[FindingRow]) -> dict[uuid.UUID, str]:
    """The state of each finding's theme; a theme merged into another has the other's."""
    wanted = [row.theme_id for row in rows if row.theme_id is not None]
    return evidence.states(session, theme_ids=wanted)


def _facts(session: Session, process: Process, of: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Territory and participation: voices per channel, and per zone and kind within each channel, small cells left out.

    Where no source has a zone nothing is said of zones: a table of noughts would tell of silence where there was no question.
    """
    zones = framework.zones(session, territory_id=process.territory_id)
    everything = sources.denominators(session, process_id=process.id)
    channels = [str(c) for c in (*VOICE_CHANNELS, Channel.document) if of["channel"].get(str(c))]
    spoken = [c for c in channels if c != Channel.document]

    def cells(dimension: str, value: str | None) -> list[int | None]:
        return [
            shown(sum(d.voices for d in everything if d.channel == channel and getattr(d, dimension) == value))
            for channel in spoken
        ]

    return {
        "channels": [{"value": channel, "voices": of["channel"][channel]} for channel in channels],
        "spoken": spoken,
        "zones": [
            {
                "code": z.code, "name": z.name, "residents": z.residents, "row": z.tile_row, "column": z.tile_column,
                "voices": cells("zone_code", z.code), "any": bool(of["zone"].get(z.code)),
            }
            for z in (zones if of["zone"] else ())
        ],
        "zones_unknown": bool(zones) and not of["zone"],
        "speakers": [{"value": kind, "voices": cells("speaker_kind", kind)} for kind in of["speaker"]],
        "without_zone": cells("zone_code", None),
        "without_speaker": cells("speaker_kind", None),
        "readings": evidence.readings(session, process_id=process.id),
        "partial_territory": framework.territory_is_partial(session, territory_id=process.territory_id),
    }  # fmt: skip  # one row of values reads better so


def _run_facts(session: Session, run_id: uuid.UUID | None) -> dict[str, Any] | None:
    """What the paper says of the aggregation it was drafted from."""
    outcome = evidence.outcome(session, run_id=run_id) if run_id else None
    if outcome is None:
        return None
    return {
        "id": str(outcome.run_id),
        "number": outcome.number,
        "model": outcome.manifest.get("embedding", outcome.manifest.get("model", "")),
        "fallback": bool(outcome.manifest.get("embedding_is_fallback")),
        "analytics": outcome.manifest.get("analytics", ""),
        "sources": evidence.run_size(session, run_id=outcome.run_id),
        # Runs before the fourth version of the analytics had themes of one voice.
        "small": str(outcome.manifest.get("analytics", "")) >= "4",
        "inputs_sha256": outcome.inputs_sha256,
    }


def _summaries(
    section: SectionRow,
    own: Sequence[FindingRow],
    everything: Sequence[FindingRow],
    of: Mapping[str, Mapping[str, int]],
    leanings: overviews.Leanings,
    language: str,
) -> dict[str, Any]:
    """The short texts of an axis and its strategies, or of a zone, as they are frozen."""
    told, strategies = [], {}
    if section.kind == "axis":
        told = overviews.of_findings(own, of, language)
        strategies = overviews.by_strategy(own, of, language)
    elif section.kind == "zone":
        told = overviews.of_zone(everything, section.code.removeprefix("zona-"), leanings, language)
    return {
        "summary": [sentence.as_json() for sentence in told],
        "strategies": {code: [sentence.as_json() for sentence in found] for code, found in strategies.items()},
    }


def _section(
    section: SectionRow,
    written: Mapping[uuid.UUID, list[dict[str, Any]]],
    listed: Sequence[SectionRow],
    facts: dict[str, Any],
    language: str,
    against: Sequence[ConfrontationRow],
) -> dict[str, Any]:
    """One section: its own findings, and the paragraphs that its kind writes from the facts and from all findings of the paper."""
    everything = [finding for one in listed for finding in written.get(one.id, ())]
    prose = {"method": method, "limits": limits, "none_fit": none_fit}.get(section.kind)
    paragraphs = prose(facts, language) if prose else []
    if section.kind == "zone":
        paragraphs = zone(facts, everything, section.code.removeprefix("zona-"), language)
    if section.kind == "cross_cutting":
        paragraphs = cross_cutting(everything, language)
    tables: list[dict[str, Any]] = []
    if section.kind == "confrontation":
        paragraphs, tables = confrontation(everything, against, language)
    return {
        "code": section.code,
        "kind": section.kind,
        "axis": section.axis_number,
        "title": section.title,
        "words": section.words,
        "paragraphs": paragraphs,
        "tables": tables,
        "findings": written.get(section.id, []),
    }


def _finding(row: FindingRow, whole: Whole, language: str) -> dict[str, Any]:
    counts, known = rules.known_measures(row, whole)
    against = rules.numbers(row.contrary, whole.of)
    sentences = rules.recount(row.sentences, counts, language, known)
    return {
        "id": str(row.id),
        "number": row.number,
        "title": row.title,
        "strategy_id": str(row.strategy_id) if row.strategy_id else None,
        "strategy_code": row.strategy_code,
        "strategy_title": row.strategy_title,
        "theme_id": str(row.theme_id) if row.theme_id else None,
        "origin": row.origin,
        "state": row.state,
        "sentences": [s.as_json() for s in sentences],
        "counts": {
            name: [{"value": n.value, "shown": n.shown, "of": n.of} for n in listed] for name, listed in counts.items()
        },
        "against": [{"value": n.value, "shown": n.shown, "of": n.of} for n in against["channel"]],
        "sources": [
            {
                "id": str(s.source_id), "support": s.support, "revision": s.revision, "channel": s.channel, "zone": s.zone_code,
                "quote": asdict(s.quote) if s.quote else None,
            }
            for s in (*row.supporting, *row.contrary)
        ],
    }  # fmt: skip  # one row of values reads better so
