"""What the machine would say of each theme: a statement by sentence, each with its sources. Reads only; `drafting` stores it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from consult.evidence import queries as evidence
from consult.evidence.models import Run
from consult.evidence.rules import shown
from consult.evidence.types import MemberRow, Place, QuoteRow, ThemeRow
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote
from consult.listening.sources.types import SourceCard
from consult.position_paper import rules
from consult.position_paper.types import Number, Sentence

#: Sentences of the analytics' summaries that go into a statement, in this order. Counts are written here and quotes stand beside. Quotes
#: set against each other ("divergence") are left out: nothing that works offline reads safely whether two voices disagree.
AFTER_QUOTES = 1000  # positions of sources cited without words begin here
ROLES = ("spread", "over", "under", "caution", "copies")


class Cited(NamedTuple):
    """A source as a finding cites it: the columns of `FindingSource` but for the finding."""

    source_id: uuid.UUID
    support: str
    revision: int
    position: int
    quote_start: int | None
    quote_end: int | None
    quote_sha256: str | None
    origin: str
    codes: list[str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding as the machine proposes it, not yet stored."""

    theme: ThemeRow
    sentences: tuple[Sentence, ...]
    cited: tuple[Cited, ...]


def compose(session: Session, *, run: Run, language: str) -> list[Draft]:
    """What the machine would say of each theme that was not refused, in the order of the paper. Reads only."""
    outcome = evidence.outcome(session, run_id=run.id)
    everyone = evidence.members(session, process_id=run.process_id)
    themes = [
        t
        for t in evidence.themes_of(session, process_id=run.process_id, under=everyone)
        if t.state in {"proposed", "accepted"} and t.sources
    ]
    members: dict[uuid.UUID, list[MemberRow]] = defaultdict(list)
    for member in everyone:
        members[member.theme_id].append(member)
    quotes = evidence.quotes(session, theme_ids=[t.id for t in themes])
    summaries = {s["key"]: s["sentences"] for s in (outcome.summaries if outcome else ()) if s["level"] == "theme"}
    critical = [
        m.source_id
        for listed in members.values()
        for m in listed
        if m.kind == "criticism" or m.note_kind == "criticism"
    ]
    wanted = {q.source_id for listed in quotes.values() for q in listed} | set(critical)
    wanted |= {uuid.UUID(p["source_id"]) for listed in summaries.values() for s in listed for p in s["quotes"]}
    cards = sources.cards(session, ids=sorted(wanted), public_only=False)
    texts = {str(key): card.text for key, card in cards.items()}
    codes = evidence.codes_by_source(session, process_id=run.process_id)
    return [
        _compose_one(
            theme, members[theme.id], quotes[theme.id], summaries.get(theme.key, ()), cards, texts, codes, language
        )
        for theme in themes
    ]


def _compose_one(
    theme: ThemeRow,
    members: Sequence[MemberRow],
    quotes: Sequence[QuoteRow],
    summary: Sequence[Mapping[str, Any]],
    cards: Mapping[uuid.UUID, SourceCard],
    texts: Mapping[str, str],
    codes: Mapping[uuid.UUID, list[str]],
    language: str,
) -> Draft:
    """One finding: the count, one voice, what the analytics says of spread and divergence; each sentence with its sources."""
    counted = {str(m.source_id): m for m in members}
    contrary = rules.contrary_ids({key: (m.note_kind, m.kind) for key, m in counted.items()}, texts)
    supporting = tuple(key for key in counted if key not in contrary)
    places = [
        Place(str(q.source_id), q.start, q.end, q.sha256, q.revision)
        for q in quotes
        if (card := cards.get(q.source_id)) is not None and may_quote(card)
    ]
    heard: dict[str, set[uuid.UUID]] = defaultdict(set)
    for key in supporting:
        heard[counted[key].channel].add(counted[key].voice)
    voices = {c.value: len(heard[c.value]) for c in theme.by_channel}
    by_channel = [
        Number(c.value, voices[c.value], c.of, shown(voices[c.value])) for c in theme.by_channel if voices[c.value]
    ]
    sentences = [Sentence(rules.count_text(by_channel, language), "machine", "count", supporting)]
    lead = next((p for p in places if p.source_id not in contrary), None)
    if lead is not None:
        sentences.append(Sentence(rules.wording(language)["voice"], "machine", "quote", (lead.source_id,), (lead,)))
    for role in ROLES:
        for found in summary:
            if found["role"] == role:
                bound = tuple(Place.from_json(p) for p in found["quotes"])
                if all(may_quote(cards[uuid.UUID(p.source_id)]) for p in bound if uuid.UUID(p.source_id) in cards):
                    words = found["text"]
                    sentences.append(
                        Sentence(
                            words[:1].upper() + words[1:],
                            "machine",
                            role,
                            tuple(found["source_ids"]) or tuple(counted),
                            bound,
                        )
                    )
    quoted = {p.source_id: p for p in reversed(places)}
    rank = {key: number for number, key in enumerate(quoted)}
    cited = []
    for key, member in counted.items():
        place = quoted.get(key)
        cited.append(
            Cited(
                member.source_id, "contrary" if key in contrary else "supporting", member.revision,
                rank.get(key, _position(member)), place.start if place else None, place.end if place else None,
                place.sha256 if place else None, "machine", codes.get(member.source_id, []),
            )
        )  # fmt: skip  # one row of values reads better so
    return Draft(theme, tuple(sentences), tuple(cited))


def _position(member: MemberRow) -> int:
    """Where a source stands that is cited without words: the more and the clearer it speaks of the theme, the further up.

    It follows from the source alone, so that one more does not move all the others.
    """
    return AFTER_QUOTES + round(100 * (1 - member.share)) * 10_001 + round(10_000 * (1 - member.margin))
