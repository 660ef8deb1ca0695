"""What the check of a paper rests on: totals, what its findings rest on as the database counts it, and how quotes stand now."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ARRAY, String, Uuid, and_, any_, cast, func, literal, literal_column, select, tuple_
from sqlalchemy.orm import Session

from consult.evidence import queries as evidence
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.framework.models import Municipality, Zone
from consult.listening.sources import queries as sources
from consult.listening.sources.models import Source
from consult.listening.sources.rules import may_quote
from consult.listening.sources.types import SourceCard
from consult.position_paper.models import Finding, FindingSource, Section
from consult.position_paper.queries.paper import cited_sources, finding_row, finding_rows
from consult.position_paper.rules import signs
from consult.position_paper.types import FindingRow, Grounds, QuoteState, Whole
from consult.process.models import Process


def whole(session: Session, *, process_id: uuid.UUID) -> Whole:
    """Totals of a process and the number of its territory's zones; two statements."""
    zones = select(func.count()).select_from(Zone).join(Process, Process.territory_id == Zone.territory_id)
    return Whole(
        evidence.totals(session, process_id=process_id),
        session.execute(zones.where(Process.id == process_id)).scalar_one(),
    )


def places_of(rows: Iterable[FindingRow], grounds: Mapping[uuid.UUID, Grounds] | None = None) -> list[Place]:
    """The quotes in findings' sentences and beside them; `grounds` where the findings' sources were not read."""
    listed = list(rows)
    found = {place: None for row in listed for s in row.sentences for place in s.quotes}
    found |= {s.quote: None for row in listed for s in row.sources if s.quote is not None and s.live}
    found |= {place: None for row in listed for place in (grounds[row.id].quoted if grounds else ())}
    return list(found)


def standing_rows(session: Session, *, paper_id: uuid.UUID, states: Collection[str]) -> list[FindingRow]:
    """Findings in some states without their sources, in the order of the paper; one statement."""
    statement = (
        finding_rows()
        .join(Section, Section.id == Finding.section_id)
        .where(Finding.paper_id == paper_id, Finding.state.in_(list(states)))
        .order_by(Section.position, Finding.position, Finding.number)
    )
    return [finding_row(*row) for row in session.execute(statement)]


def grounds(session: Session, *, paper_id: uuid.UUID, states: Collection[str]) -> dict[uuid.UUID, Grounds]:
    """What each finding in some states rests on, counted by the database; four statements however many sources are cited."""
    cite, voice = FindingSource, func.coalesce(Source.voice_id, Source.id)
    mine = (Finding.paper_id == paper_id, Finding.state.in_(list(states)))
    live = Source.state == literal_column("'live'")
    supports = and_(live, cite.support == literal_column("'supporting'"))
    spoken = Source.channel != literal_column("'document'")
    heard = (
        select(
            cite.finding_id, Source.channel, Zone.code, Source.speaker_kind,
            func.grouping(Source.channel, Zone.code, Source.speaker_kind), func.count(voice.distinct()),
            func.count(voice.distinct()).filter(spoken),
        )
        .join(Finding, Finding.id == cite.finding_id)
        .join(Source, Source.id == cite.source_id)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .where(*mine, supports)
        .group_by(
            cite.finding_id,
            func.grouping_sets(tuple_(Source.channel), tuple_(Zone.code), tuple_(Source.speaker_kind)),
        )
    )  # fmt: skip  # one column per name reads better so
    voices: dict[uuid.UUID, dict[str, dict[str, int]]] = defaultdict(lambda: {"channel": {}, "zone": {}, "speaker": {}})
    for row in session.execute(heard):
        # The bits of what is not grouped by: 011 leaves the channel, 101 the zone, 110 the kind of speaker.
        dimension, value, number = {
            0b011: ("channel", row[1], row[5]), 0b101: ("zone", row[2], row[6]), 0b110: ("speaker", row[3], row[6]),
        }[row[4]]  # fmt: skip  # one row per line reads better so
        if value and number:
            voices[row[0]][dimension][value] = number
    keys = (
        select(
            cite.finding_id,
            func.count().filter(supports),
            func.string_agg(cast(cite.source_id, String), " "),
            func.coalesce(func.string_agg(cast(cite.source_id, String), " ").filter(live), ""),
        )
        .join(Finding, Finding.id == cite.finding_id)
        .join(Source, Source.id == cite.source_id)
        .where(*mine)
        .group_by(cite.finding_id)
    )
    quotes = (
        select(cite.finding_id, cite.source_id, cite.quote_start, cite.quote_end, cite.quote_sha256, cite.revision)
        .join(Finding, Finding.id == cite.finding_id)
        .join(Source, Source.id == cite.source_id)
        .where(*mine, live, cite.quote_start.is_not(None))
        .order_by(cite.finding_id, cite.support.desc(), cite.position, cite.source_id)
    )
    quoted: dict[uuid.UUID, list[Place]] = defaultdict(list)
    for row in session.execute(quotes):
        if row[2] is not None and row[3] is not None and row[4] is not None:
            quoted[row[0]].append(Place(str(row[1]), row[2], row[3], row[4], row[5]))
    stale = cited_sources(session, finding_ids=None, paper_id=paper_id, stale_only=True)
    return {
        row[0]: Grounds(
            voices[row[0]], row[1], tuple(stale.get(row[0], ())), tuple(quoted.get(row[0], ())), frozenset(row[3].split()),
            frozenset(row[2].split()),
        )
        for row in session.execute(keys)
    }  # fmt: skip  # one row of values reads better so


#: What a finding rests on that cites nothing.
BARE = Grounds({"channel": {}, "zone": {}, "speaker": {}}, 0, (), (), frozenset(), frozenset())


def quote_states(
    session: Session, *, places: Iterable[Place], cards: Mapping[uuid.UUID, SourceCard] | None = None
) -> dict[Place, QuoteState]:
    """How quotes stand now: whether their words are still there, may be shown, and may give someone away. Two statements.

    Who has read the sources already passes their `cards`, and only the size of their municipalities is read.
    """
    listed = list(places)
    keys = sorted({uuid.UUID(place.source_id) for place in listed})
    if cards is None:
        cards = sources.cards(session, ids=keys, public_only=False)
    sizes = select(Source.id, Municipality.residents).join(Municipality, Municipality.id == Source.municipality_id)
    wanted = Source.id == any_(literal(keys, ARRAY(Uuid)))
    residents = {row.id: row.residents for row in session.execute(sizes.where(wanted))} if keys else {}
    found: dict[Place, QuoteState] = {}
    for place in listed:
        card = cards.get(uuid.UUID(place.source_id))
        words = words_at(place, card.text) if card is not None else None
        if card is None or words is None:
            found[place] = QuoteState(gone=True)
            continue
        given = signs(
            words, attribution=card.attribution, municipality=card.municipality, residents=residents.get(card.id)
        )
        found[place] = QuoteState(silent=not may_quote(card), signs=given)
    return found
