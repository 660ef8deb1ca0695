"""What the paper leaves out: themes in no finding, telling sources cited nowhere; and the part of each zone and kind of speaker."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from consult.core.vocabulary import Channel, SpeakerKind
from consult.evidence.models import SourceReading, Theme, ThemeDecision
from consult.framework import queries as framework
from consult.framework.models import Zone
from consult.listening.sources.models import Source
from consult.position_paper.models import Finding, FindingSource
from consult.position_paper.rules.balance import Part

#: How many of a list of things left out are shown; the number of all is always told.
SHOWN = 30
STANDING = ("proposed", "accepted")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something the paper leaves out: a theme, a finding or a source, with a few words of it."""

    id: uuid.UUID
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class LeftOutList:
    """Some of what is left out, and how many there are in all."""

    rows: tuple[LeftOut, ...]
    total: int


def bare_findings(session: Session, *, process_id: uuid.UUID) -> LeftOutList:
    """Findings that no live source supports, unless every sentence is their authors' own."""
    cites = (
        select(FindingSource.source_id)
        .join(Source, Source.id == FindingSource.source_id)
        .where(FindingSource.finding_id == Finding.id, FindingSource.support == "supporting", Source.state == "live")
        .exists()
    )
    statement = (
        select(Finding.id, Finding.title, Finding.number, Finding.sentences)
        .where(Finding.process_id == process_id, Finding.state.in_(STANDING), ~cites)
        .order_by(Finding.number)
    )
    rows = [
        LeftOut(row.id, row.title, str(row.number))
        for row in session.execute(statement)
        if any(s.get("role") != "own" for s in row.sentences)
    ]
    return LeftOutList(tuple(rows[:SHOWN]), len(rows))


def themes_in_no_finding(session: Session, *, process_id: uuid.UUID) -> LeftOutList:
    """Accepted themes that no standing finding rests on."""
    carried = select(Finding.id).where(Finding.theme_id == Theme.id, Finding.state.in_(STANDING)).exists()
    statement = (
        select(Theme.id, func.coalesce(ThemeDecision.label, Theme.label), func.count().over())
        .join(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.process_id == process_id, ThemeDecision.state == "accepted", ~carried)
        .order_by(Theme.label, Theme.id)
        .limit(SHOWN)
    )
    return _listed([(row[0], row[1], "", row[2]) for row in session.execute(statement)])


def telling_sources_uncited(session: Session, *, process_id: uuid.UUID) -> LeftOutList:
    """Live sources that hold evidence (places, figures, reasons) and that no standing finding cites, the longest first."""
    cited = (
        select(FindingSource.source_id)
        .join(Finding, Finding.id == FindingSource.finding_id)
        .where(FindingSource.source_id == Source.id, Finding.state.in_(STANDING))
        .exists()
    )
    # As everywhere in the workshop, words without consent to be quoted are counted and not shown.
    quotable = or_(Source.visibility == "public", Source.quotable != "none")
    words = case((quotable, func.left(Source.text, 240)), else_="")
    statement = (
        select(Source.id, words, Source.channel, func.count().over())
        .join(SourceReading, SourceReading.source_id == Source.id)
        .where(
            SourceReading.process_id == process_id,
            Source.state == "live",
            SourceReading.marks.contains(["evidence"]),
            ~cited,
        )
        .order_by(func.length(Source.text).desc(), Source.id)
        .limit(SHOWN)
    )
    return _listed([(row[0], row[1], row[2], row[3]) for row in session.execute(statement)])


def _listed(rows: list[tuple[uuid.UUID, str, str, int]]) -> LeftOutList:
    return LeftOutList(tuple(LeftOut(row[0], row[1], row[2]) for row in rows), rows[0][3] if rows else 0)


def _keys(zone: str | None, kind: str | None) -> list[tuple[str, str]]:
    return [(name, value) for name, value in (("zone", zone), ("speaker", kind)) if value]


def parts(session: Session, *, process_id: uuid.UUID, territory_id: uuid.UUID) -> tuple[list[Part], list[Part]]:
    """Zones and kinds of speaker with what each gave and how often the paper cites it; three statements. Documents are no voices."""
    voice = func.coalesce(Source.voice_id, Source.id)
    spoken = (Source.process_id == process_id, Source.state == "live", Source.channel != str(Channel.document))
    heard: Counter[tuple[str, str]] = Counter()
    voices: Counter[tuple[str, str]] = Counter()
    gathered = select(Zone.code, Source.speaker_kind, func.count(), func.count(func.distinct(voice))).outerjoin(
        Zone, Zone.id == Source.zone_id
    )
    for zone, kind, number, people in session.execute(gathered.where(*spoken).group_by(Zone.code, Source.speaker_kind)):
        for key in _keys(zone, kind):
            heard[key] += number
            voices[key] += people
    citations: Counter[tuple[str, str]] = Counter()
    cited: dict[tuple[str, str], set[Any]] = {}
    citing = (
        select(Zone.code, Source.speaker_kind, Source.id, func.count())
        .select_from(FindingSource)
        .join(Finding, Finding.id == FindingSource.finding_id)
        .join(Source, Source.id == FindingSource.source_id)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .where(*spoken, Finding.process_id == process_id, Finding.state.in_(STANDING))
        .group_by(Zone.code, Source.speaker_kind, Source.id)
    )
    for zone, kind, source_id, number in session.execute(citing):
        for key in _keys(zone, kind):
            citations[key] += number
            cited.setdefault(key, set()).add(source_id)

    def part(dimension: str, code: str, name: str, residents: int | None) -> Part:
        key = (dimension, code)
        return Part(code, name, residents, voices[key], heard[key], len(cited.get(key, ())), citations[key])

    zones = framework.zones(session, territory_id=territory_id)
    return (
        [part("zone", z.code, z.name, z.residents) for z in zones],
        [part("speaker", str(k), str(k), None) for k in SpeakerKind if heard[("speaker", str(k))]],
    )
