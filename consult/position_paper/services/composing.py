"""What the machine would say of each theme: a statement by sentence, each with its sources. Reads only; `drafting` stores it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from consult.core.db import joined_at_once
from consult.evidence import queries as evidence
from consult.evidence.models import Run
from consult.evidence.rules import shown
from consult.evidence.services import census
from consult.evidence.types import MemberRow, Place, QuoteRow, ThemeRow
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote
from consult.listening.sources.types import SourceCard
from consult.position_paper import rules
from consult.position_paper.types import Number, Sentence

#: Sentences of the analytics' summaries that go into a statement, in this order. Counts are written here and quotes stand beside. Quotes
#: set against each other ("divergence") are left out: nothing that works offline reads safely whether two voices disagree.
ROLES = ("spread", "over", "under", "caution", "copies")


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding as the machine proposes it, not yet stored."""

    theme: ThemeRow
    sentences: tuple[Sentence, ...]
    places: tuple[Place, ...]
    contrary: frozenset[uuid.UUID]


def compose(session: Session, *, run: Run, language: str) -> list[Draft]:
    """What the machine would say of each theme that was not refused, in the order of the paper. Reads only."""
    told = evidence.theme_summaries(session, run_id=run.id)
    taken = census.take(session, process_id=run.process_id, shown=True)
    themes = [
        t
        for t in evidence.themes_of(session, process_id=run.process_id, counted=taken.under_themes())
        if t.state in {"proposed", "accepted"} and t.sources
    ]
    quotes = evidence.quotes(session, theme_ids=[t.id for t in themes])
    critics: dict[uuid.UUID, list[MemberRow]] = defaultdict(list)
    with joined_at_once(session):
        for member in evidence.members(session, process_id=run.process_id, criticism=True):
            critics[member.theme_id].append(member)
    wanted = {q.source_id for listed in quotes.values() for q in listed}
    wanted |= {m.source_id for listed in critics.values() for m in listed}
    wanted |= {uuid.UUID(p["source_id"]) for listed in told.values() for s in listed for p in s["quotes"]}
    cards = sources.cards(session, ids=sorted(wanted), public_only=False)
    texts = {str(key): card.text for key, card in cards.items()}
    contrary: dict[uuid.UUID, frozenset[uuid.UUID]] = {}
    for theme in themes:
        kinds = {str(m.source_id): (m.note_kind, m.kind) for m in critics[theme.id]}
        against = rules.contrary_ids(kinds, texts, of=theme.sources)
        contrary[theme.id] = frozenset(uuid.UUID(key) for key in against)
    heard = taken.without([(key, own) for key, ids in contrary.items() for own in sorted(ids, key=str)])
    return [
        _compose_one(
            theme, heard.get(theme.id), quotes[theme.id], told.get(theme.key, ()), cards, contrary[theme.id], language
        )
        for theme in themes
    ]


def _compose_one(
    theme: ThemeRow,
    heard: Mapping[str, int] | None,
    quotes: Sequence[QuoteRow],
    summary: Sequence[Mapping[str, Any]],
    cards: Mapping[uuid.UUID, SourceCard],
    contrary: frozenset[uuid.UUID],
    language: str,
) -> Draft:
    """One finding: the count, one voice, what the analytics says of spread and divergence; each sentence with its sources.

    `heard` are the voices by channel without those of contrary sources, where there are any. A sentence that names no source rests on all
    that support the finding (`Sentence.source_ids`).
    """
    places = [
        Place(str(q.source_id), q.start, q.end, q.sha256, q.revision)
        for q in quotes
        if (card := cards.get(q.source_id)) is not None and may_quote(card)
    ]
    voices = {c.value: c.voices for c in theme.by_channel} if heard is None else heard
    by_channel = [
        Number(c.value, voices[c.value], c.of, shown(voices[c.value])) for c in theme.by_channel if voices.get(c.value)
    ]
    sentences = [Sentence(rules.count_text(by_channel, language), "machine", "count")]
    lead = next((p for p in places if uuid.UUID(p.source_id) not in contrary), None)
    if lead is not None:
        sentences.append(Sentence(rules.wording(language)["voice"], "machine", "quote", (lead.source_id,), (lead,)))
    for role in ROLES:
        for found in summary:
            if found["role"] == role:
                bound = tuple(Place.from_json(p) for p in found["quotes"])
                if all(may_quote(cards[uuid.UUID(p.source_id)]) for p in bound if uuid.UUID(p.source_id) in cards):
                    words = found["text"]
                    # Of a group that says less, the few sources it has would tell how few they are: it rests on all the others say.
                    rests = () if role == "under" else tuple(found["source_ids"])
                    sentences.append(Sentence(words[:1].upper() + words[1:], "machine", role, rests, bound))
    return Draft(theme, tuple(sentences), tuple(places), contrary)
