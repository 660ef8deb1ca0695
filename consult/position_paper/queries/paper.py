"""Reads of the paper: workshop, findings with their sources, published versions, cards for other rooms."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, cast, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session

from consult.evidence import queries as evidence
from consult.evidence.models import Run
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.framework.models import Axis, Strategy, Zone
from consult.listening.sources import queries as sources
from consult.listening.sources.models import Source
from consult.listening.sources.rules import may_quote
from consult.listening.sources.types import SourceCard
from consult.position_paper.models import (
    DraftConsultation,
    Finding,
    FindingChange,
    FindingSource,
    Paper,
    PaperVersion,
    PublishedFinding,
    Section,
)
from consult.position_paper.types import (
    CitedSource,
    FindingCard,
    FindingRow,
    PaperRow,
    SectionRow,
    Sentence,
    VersionRow,
)

SEARCH_LIMIT = 20
#: What a citation pins of a source that nobody coded.
NO_CODES: Any = literal_column("'[]'::jsonb")


def paper(session: Session, *, process_id: uuid.UUID) -> PaperRow | None:
    """The paper being written, or None before the first draft."""
    row = session.execute(
        select(
            Paper.id, Paper.title, Paper.language, Paper.last_run_id, Paper.drafted_at,
            exists().where(DraftConsultation.paper_id == Paper.id).correlate(Paper),
        ).where(Paper.process_id == process_id)
    ).one_or_none()  # fmt: skip  # the order of PaperRow's fields
    return PaperRow(*row) if row else None


def draft_is_ready(session: Session, *, process_id: uuid.UUID) -> bool:
    """Whether the paper was drafted from the latest aggregation of the process."""
    latest = select(Run.id).where(Run.process_id == process_id).order_by(Run.number.desc()).limit(1).scalar_subquery()
    found = select(Paper.id).where(Paper.process_id == process_id, Paper.last_run_id == latest)
    return session.execute(found).scalar_one_or_none() is not None


def sections(session: Session, *, paper_id: uuid.UUID) -> list[SectionRow]:
    """The sections of a paper, in order."""
    statement = (
        select(
            Section.id, Section.code, Section.kind, Section.position, Axis.number, Section.title, Section.words, Section.version,
            Section.changed_by,
        )
        .outerjoin(Axis, Axis.id == Section.axis_id)
        .where(Section.paper_id == paper_id)
        .order_by(Section.position, Section.id)
    )  # fmt: skip  # the order of SectionRow's fields
    return [SectionRow(*row) for row in session.execute(statement)]


def finding_rows() -> Any:
    """The statement that reads a finding with its strategy, for lists that add their own conditions and order."""
    return select(Finding, Strategy.code, Strategy.title).outerjoin(Strategy, Strategy.id == Finding.strategy_id)


def finding_row(finding: Finding, code: str | None, title: str | None) -> FindingRow:
    """A finding as it was read, without its sources."""
    return FindingRow(
        finding.id, finding.section_id, finding.number, finding.position, finding.title,
        tuple(Sentence.from_json(s) for s in finding.sentences), finding.origin, finding.state, finding.version, finding.strategy_id, code,
        title, finding.theme_id, finding.run_id, dict(finding.news), finding.changed_by, finding.changed_at,
    )  # fmt: skip  # the order of FindingRow's fields


def findings(session: Session, *, paper_id: uuid.UUID) -> list[FindingRow]:
    """All findings of a paper with their sources, in two statements, in the order of the paper."""
    statement = (
        finding_rows()
        .join(Section, Section.id == Finding.section_id)
        .where(Finding.paper_id == paper_id)
        .order_by(Section.position, Finding.position, Finding.number)
    )
    rows = [finding_row(*row) for row in session.execute(statement)]
    cited = cited_sources(session, finding_ids=None, paper_id=paper_id)
    return [row.with_sources(tuple(cited.get(row.id, ()))) for row in rows]


def finding(session: Session, *, process_id: uuid.UUID, finding_id: uuid.UUID) -> FindingRow | None:
    """One finding of the paper being written with its sources, or None."""
    row = session.execute(
        finding_rows().where(Finding.id == finding_id, Finding.process_id == process_id)
    ).one_or_none()
    if row is None:
        return None
    cited = cited_sources(session, finding_ids=[finding_id])
    return finding_row(*row).with_sources(tuple(cited.get(finding_id, ())))


def cited_sources(
    session: Session,
    *,
    finding_ids: Sequence[uuid.UUID] | None,
    paper_id: uuid.UUID | None = None,
    stale_only: bool = False,
) -> dict[uuid.UUID, list[CitedSource]]:
    """What findings cite, with each source's present revision and state; quoted ones first. In one statement.

    `stale_only`: only what changed, was coded otherwise or went since it was cited.
    """
    cite = FindingSource
    citing = select(cite.source_id)
    if paper_id is not None:
        citing = citing.join(Finding, Finding.id == cite.finding_id).where(Finding.paper_id == paper_id)
    if finding_ids is not None:
        citing = citing.where(cite.finding_id.in_(finding_ids))
    coded = evidence.coded(citing).subquery()
    recoded = cite.codes != func.coalesce(coded.c.codes, NO_CODES)
    statement = (
        select(
            cite.finding_id, cite.source_id, cite.support, cite.revision, Source.revision, Source.state, Source.channel, Zone.code,
            Source.speaker_kind, cast(func.coalesce(Source.voice_id, Source.id), String), cite.origin, cite.position, cite.quote_start,
            cite.quote_end, cite.quote_sha256, recoded,
        )
        .join(Source, Source.id == cite.source_id)
        .outerjoin(coded, coded.c.source_id == cite.source_id)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .order_by(cite.finding_id, cite.support.desc(), cite.position, cite.source_id)
    )  # fmt: skip  # the order of CitedSource's fields
    if paper_id is not None:
        statement = statement.join(Finding, Finding.id == cite.finding_id).where(Finding.paper_id == paper_id)
    if finding_ids is not None:
        statement = statement.where(cite.finding_id.in_(finding_ids))
    if stale_only:
        statement = statement.where(or_(Source.state != "live", Source.revision != cite.revision, recoded))
    found: dict[uuid.UUID, list[CitedSource]] = defaultdict(list)
    for row in session.execute(statement):
        quote = None if row[12] is None else Place(str(row[1]), row[12], row[13], row[14], row[3])
        found[row[0]].append(CitedSource._make((*row[:12], quote, row[15])))
    return found


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """An earlier state of a finding."""

    version: int
    title: str
    sentences: tuple[Sentence, ...]
    state: str
    action: str
    changed_by: uuid.UUID | None
    changed_at: datetime


def changes(session: Session, *, finding_id: uuid.UUID) -> list[ChangeRow]:
    """What a finding said before, newest first."""
    statement = (
        select(FindingChange).where(FindingChange.finding_id == finding_id).order_by(FindingChange.version.desc())
    )
    return [
        ChangeRow(
            c.version,
            c.title,
            tuple(Sentence.from_json(s) for s in c.sentences),
            c.state,
            c.action,
            c.changed_by,
            c.changed_at,
        )
        for c in session.execute(statement).scalars()
    ]


def quoted_words(
    session: Session, *, places: Iterable[Place], cards: Mapping[uuid.UUID, SourceCard] | None = None
) -> dict[Place, str | None]:
    """The words of quotes as their sources say them now, in one statement; None where they may not, or can't, be shown.

    Staff reads no more of them than anyone: a quote without live consent stands nowhere, not even in a draft. Who has read the sources
    already passes their `cards`, and nothing is read again.
    """
    listed = list(dict.fromkeys(places))
    if cards is None:
        cards = sources.cards(session, ids=sorted({uuid.UUID(p.source_id) for p in listed}), public_only=False)
    found: dict[Place, str | None] = {}
    for place in listed:
        card = cards.get(uuid.UUID(place.source_id))
        found[place] = words_at(place, card.text) if card is not None and may_quote(card) else None
    return found


def search_sources(session: Session, *, process_id: uuid.UUID, words: str) -> list[SourceCard]:
    """Live sources whose text holds all the words, in any inflection, the best first; for choosing what a finding cites."""
    vector, wanted = func.to_tsvector("italian", Source.text), func.websearch_to_tsquery("italian", words)
    statement = (
        sources.select_cards()
        .where(Source.process_id == process_id, Source.state == "live", vector.op("@@")(wanted))
        .order_by(func.ts_rank(vector, wanted).desc(), Source.id)
        .limit(SEARCH_LIMIT)
    )
    return [SourceCard(*row) for row in session.execute(statement)]


def versions(session: Session, *, process_id: uuid.UUID) -> list[VersionRow]:
    """Published versions of the paper, newest first."""
    number = (
        select(func.count())
        .where(PublishedFinding.version_id == PaperVersion.id)
        .correlate(PaperVersion)
        .scalar_subquery()
    )
    statement = (
        select(
            PaperVersion.id,
            PaperVersion.number,
            PaperVersion.note,
            PaperVersion.signed_name,
            PaperVersion.published_at,
            number,
            PaperVersion.redacts,
        )
        .where(PaperVersion.process_id == process_id)
        .order_by(PaperVersion.number.desc())
    )
    return [VersionRow(*row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class FrozenVersion:
    """A published version with its content and manifest."""

    id: uuid.UUID
    paper_id: uuid.UUID
    number: int
    content: dict[str, Any]
    manifest: dict[str, Any]
    note: str
    signed_name: str
    published_at: datetime
    redacts: int | None


def version(session: Session, *, process_id: uuid.UUID, number: int | None = None) -> FrozenVersion | None:
    """A published version, the latest where no number is given, or None."""
    v = PaperVersion
    statement = (
        select(v.id, v.paper_id, v.number, v.content, v.manifest, v.note, v.signed_name, v.published_at, v.redacts)
        .where(v.process_id == process_id)
        .order_by(v.number.desc())
        .limit(1)
    )
    if number is not None:
        statement = statement.where(v.number == number)
    row = session.execute(statement).one_or_none()
    return FrozenVersion(*row) if row else None


def newer_version(session: Session, *, paper_id: uuid.UUID, number: int) -> tuple[int, datetime] | None:
    """Number and moment of the latest version, where it is not the one named."""
    row = session.execute(
        select(PaperVersion.number, PaperVersion.published_at)
        .where(PaperVersion.paper_id == paper_id, PaperVersion.number > number)
        .order_by(PaperVersion.number.desc())
        .limit(1)
    ).one_or_none()
    return (row.number, row.published_at) if row else None


def version_with_finding(session: Session, *, process_id: uuid.UUID, finding_id: uuid.UUID) -> FrozenVersion | None:
    """The latest version a finding was published in, or None where it never was: permanent links stay."""
    number = session.execute(
        select(func.max(PaperVersion.number))
        .join(PublishedFinding, PublishedFinding.version_id == PaperVersion.id)
        .where(PublishedFinding.finding_id == finding_id, PaperVersion.process_id == process_id)
    ).scalar_one()
    return None if number is None else version(session, process_id=process_id, number=number)


# On the tables, not the classes: no row becomes an object here.
_P: Any = PublishedFinding.__table__
_V: Any = PaperVersion.__table__
_S: Any = Strategy.__table__


def _cards() -> Any:
    p, v = _P.c, _V.c
    return (
        select(p.finding_id, v.process_id, p.number, p.title, p.strategy_id, _S.c.code, v.number, v.published_at)
        .select_from(_P.join(_V, v.id == p.version_id).outerjoin(_S, _S.c.id == p.strategy_id))
    )


# Built once: every form of a proposal offers them.
_OF_PROCESS: Any = _V.c.process_id == bindparam("process_id")
_LATEST = select(func.max(_V.c.number)).where(_OF_PROCESS).scalar_subquery()
_PUBLISHED = (
    _cards().where(_OF_PROCESS, _V.c.number == _LATEST).order_by(_S.c.position.nulls_last(), _P.c.number)
)


def published_findings(
    session: Session, *, process_id: uuid.UUID, strategy_id: uuid.UUID | None = None
) -> list[FindingCard]:
    """Findings of the latest published version, of one strategy where named, by strategy and number."""
    of_one = _PUBLISHED if strategy_id is None else _PUBLISHED.where(_P.c.strategy_id == strategy_id)
    return [FindingCard(*row) for row in session.execute(of_one, {"process_id": process_id})]


def finding_cards(session: Session, *, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, FindingCard]:
    """Published findings as their latest version names them; those never published are missing."""
    statement = (
        _cards()
        .where(_P.c.finding_id.in_(list(ids)))
        .order_by(_P.c.finding_id, _V.c.number.desc())
    )
    found: dict[uuid.UUID, FindingCard] = {}
    for row in session.execute(statement):
        found.setdefault(row[0], FindingCard(*row))
    return found


def findings_citing(session: Session, *, source_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[FindingCard]]:
    """Published findings that cite each of some sources, for or against, by number."""
    rows = session.execute(
        select(FindingSource.source_id, FindingSource.finding_id).where(FindingSource.source_id.in_(list(source_ids)))
    ).all()
    cards = finding_cards(session, ids=list({row.finding_id for row in rows}))
    found: dict[uuid.UUID, list[FindingCard]] = {key: [] for key in source_ids}
    for source_id, finding_id in rows:
        if finding_id in cards:
            found[source_id].append(cards[finding_id])
    return {key: sorted(listed, key=lambda card: card.number) for key, listed in found.items()}


def findings_by_section(session: Session, *, paper_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """How many proposed and accepted findings stand in each section."""
    statement = (
        select(Finding.section_id, func.count())
        .where(Finding.paper_id == paper_id, Finding.state.in_(["proposed", "accepted"]))
        .group_by(Finding.section_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class StandingTitle:
    """A proposed or accepted finding by its number and title."""

    id: uuid.UUID
    number: int
    title: str
    strategy_code: str | None


def standing_titles(session: Session, *, paper_id: uuid.UUID) -> list[StandingTitle]:
    """Proposed and accepted findings by number, without their texts; one statement."""
    statement = (
        select(Finding.id, Finding.number, Finding.title, Strategy.code)
        .outerjoin(Strategy, Strategy.id == Finding.strategy_id)
        .where(Finding.paper_id == paper_id, Finding.state.in_(["proposed", "accepted"]))
        .order_by(Finding.number)
    )
    return [StandingTitle(*row) for row in session.execute(statement)]
