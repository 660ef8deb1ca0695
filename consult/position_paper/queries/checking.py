"""What the check of a paper rests on: totals, and how quotes stand now."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import ARRAY, Uuid, any_, func, literal, select
from sqlalchemy.orm import Session

from consult.evidence import queries as evidence
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.framework.models import Municipality, Zone
from consult.listening.sources import queries as sources
from consult.listening.sources.models import Source
from consult.listening.sources.rules import may_quote
from consult.listening.sources.types import SourceCard
from consult.position_paper.rules import signs
from consult.position_paper.types import FindingRow, QuoteState, Whole
from consult.process.models import Process


def whole(session: Session, *, process_id: uuid.UUID) -> Whole:
    """Totals of a process and the number of its territory's zones; two statements."""
    zones = select(func.count()).select_from(Zone).join(Process, Process.territory_id == Zone.territory_id)
    return Whole(
        evidence.totals(session, process_id=process_id),
        session.execute(zones.where(Process.id == process_id)).scalar_one(),
    )


def places_of(rows: Iterable[FindingRow]) -> list[Place]:
    """The quotes in findings' sentences and beside them."""
    found = {place: None for row in rows for s in row.sentences for place in s.quotes}
    found |= {s.quote: None for row in rows for s in row.sources if s.quote is not None and s.live}
    return list(found)


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
