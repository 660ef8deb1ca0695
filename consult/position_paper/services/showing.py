"""A paper's content with the words that may be read now: what pages and files show.

Consent is looked up here, each time, for drafts and frozen versions alike; a quote without it is not there.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from consult.evidence.rules import speaker_words, words_at
from consult.evidence.types import Place
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import attribution, may_quote, may_show
from consult.listening.sources.types import SourceCard
from consult.position_paper import rules
from consult.position_paper.services.prose import channel_name, speaker_name
from consult.position_paper.types import Sentence, ShownSentence, TakenOut

QUOTES_SHOWN = 4
CONTRARY_SHOWN = 2


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A quote that may be read, with what may be said of who said it."""

    source_id: uuid.UUID
    words: str
    channel: str
    who: str
    zone_name: str | None
    language: str
    contrary: bool
    opens: bool


@dataclass(frozen=True, slots=True)
class ShownCount:
    """«37 dei 214 contributi liberi»; `shown` None under five."""

    value: str
    words: str
    shown: int | None
    of: int


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as it may be read."""

    id: uuid.UUID
    number: int
    title: str
    strategy_code: str | None
    strategy_title: str | None
    origin: str
    state: str
    sentences: tuple[ShownSentence, ...]
    channels: tuple[ShownCount, ...]
    against: tuple[ShownCount, ...]
    zones: tuple[ShownCount, ...]
    speakers: tuple[ShownCount, ...]
    quotes: tuple[ShownQuote, ...]
    supporting: int
    contrary: int
    zone_codes: frozenset[str]
    #: Every source it names, with whether that speaks against it.
    cited: tuple[tuple[str, bool], ...] = ()
    #: What was taken out of it since people published it.
    redactions: tuple[TakenOut, ...] = ()

    @property
    def statement(self) -> str:
        """The sentences as running text."""
        return " ".join(s.text for s in self.sentences)


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section as it may be read."""

    code: str
    kind: str
    axis: int | None
    title: str
    words: str
    paragraphs: tuple[str, ...]
    findings: tuple[ShownFinding, ...]
    #: Tables in words: caption, columns, rows.
    tables: tuple[Mapping[str, Any], ...] = ()
    #: Its summary, and those of its strategies by code.
    summary: tuple[ShownSentence, ...] = ()
    strategies: Mapping[str, tuple[ShownSentence, ...]] = field(default_factory=dict)

    def by_strategy(self, zone: str = "") -> list[tuple[str | None, str | None, list[ShownFinding]]]:
        """Findings under their strategies, in the order of the paper; of a zone, those that rest on voices of it, among others."""
        groups: dict[str | None, tuple[str | None, list[ShownFinding]]] = {}
        for finding in self.findings:
            if not zone or zone in finding.zone_codes:
                groups.setdefault(finding.strategy_code, (finding.strategy_title, []))[1].append(finding)
        return [(code, title, found) for code, (title, found) in groups.items()]

    def count(self, zone: str = "") -> int:
        """How many findings it has; of a zone, how many rest on voices of it, among others."""
        return sum(not zone or zone in finding.zone_codes for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Consulted:
    """Which draft in consultation a paper is, and the key of what comments on each of its findings name."""

    number: int
    targets: Mapping[uuid.UUID, uuid.UUID]


@dataclass(frozen=True, slots=True)
class ShownPaper:
    """A paper as it may be read; `quotes` are the sources whose words stand in it, with the revisions they were read at."""

    title: str
    language: str
    process: Mapping[str, str]
    facts: Mapping[str, Any]
    sections: tuple[ShownSection, ...]
    quotes: tuple[tuple[str, int], ...] = field(default=())
    #: What a version leaves out of the one it repeats.
    redaction: TakenOut | None = None
    #: Number and moment of the latest version, where this one is not the latest.
    newer: tuple[int, datetime] | None = None
    #: Where it is a draft in consultation.
    consulted: Consulted | None = None

    @property
    def findings(self) -> tuple[ShownFinding, ...]:
        """All findings, in the order of the paper."""
        return tuple(f for section in self.sections for f in section.findings)

    def by_zone(self) -> dict[str, int]:
        """How many findings rest on voices of each zone, among others."""
        return Counter(code for finding in self.findings for code in finding.zone_codes)


def show_paper(session: Session, *, content: Mapping[str, Any]) -> ShownPaper:
    """A content, draft or frozen, with the words that may be read now. One statement."""
    told = [sentence for section in content["sections"] for sentence in _summary_of(section)]
    cards = _cards(session, [f for section in content["sections"] for f in section["findings"]], told)
    zones = {z["code"]: z["name"] for z in content["facts"]["zones"]}
    language = content["language"]
    read: set[tuple[str, int]] = set()
    sections = tuple(
        ShownSection(
            s["code"], s["kind"], s["axis"], s["title"], s["words"], tuple(s["paragraphs"]),
            tuple(_show(f, cards, zones, language, read) for f in s["findings"]), tuple(s.get("tables", ())),
            _sentences(s.get("summary", ()), cards, read),
            {code: _sentences(said, cards, read) for code, said in s.get("strategies", {}).items()},
        )
        for s in content["sections"]
    )  # fmt: skip  # one row of values reads better so
    return ShownPaper(
        content["title"], language, content["process"], content["facts"], sections, tuple(sorted(read)),
        TakenOut.from_json(content["redaction"]) if content.get("redaction") else None,
    )  # fmt: skip  # one row of values reads better so


def show_finding(session: Session, *, content: Mapping[str, Any], finding_id: uuid.UUID) -> ShownFinding | None:
    """One finding of a content with the words that may be read now, or None. One statement."""
    found = raw_finding(content, finding_id)
    if found is None:
        return None
    zones = {z["code"]: z["name"] for z in content["facts"]["zones"]}
    return _show(found, _cards(session, [found]), zones, content["language"], set())


def words_of_its_authors(session: Session, *, content: Mapping[str, Any], finding_id: uuid.UUID) -> str:
    """Title and sentences of a finding in which nobody is quoted: words that may be kept elsewhere, whatever becomes of consents."""
    found = raw_finding(content, finding_id)
    if found is None:
        return ""
    kept = {**found, "sentences": [s for s in found["sentences"] if not s["quotes"]]}
    zones = {z["code"]: z["name"] for z in content["facts"]["zones"]}
    shown = _show(kept, _cards(session, [kept]), zones, content["language"], set())
    return "\n\n".join(part for part in (shown.title, shown.statement) if part)


def raw_finding(content: Mapping[str, Any], finding_id: uuid.UUID) -> dict[str, Any] | None:
    """A finding of a content as it is stored, or None."""
    return next((f for section in content["sections"] for f in section["findings"] if f["id"] == str(finding_id)), None)


def _summary_of(section: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All sentences of a section's summaries; versions frozen before there were any have none."""
    return [*section.get("summary", ()), *(s for said in section.get("strategies", {}).values() for s in said)]


def _sentences(
    told: Sequence[Mapping[str, Any]], cards: Mapping[uuid.UUID, SourceCard], read: set[tuple[str, int]]
) -> tuple[ShownSentence, ...]:
    """Sentences of a summary that may be read now: one whose quote may not is left out."""
    found = []
    for raw in told:
        sentence = Sentence.from_json(raw)
        shown = rules.show(sentence, {place: _words(place, cards, read) for place in sentence.quotes})
        if not shown.lost:
            found.append(shown)
    return tuple(found)


def _words(place: Place, cards: Mapping[uuid.UUID, SourceCard], read: set[tuple[str, int]]) -> str | None:
    """The words at a place where they may be quoted; the source is then added to `read`."""
    card = cards.get(uuid.UUID(place.source_id))
    found = words_at(place, card.text) if card is not None and may_quote(card) else None
    if card is not None and found is not None:
        read.add((place.source_id, card.revision))
    return found


def _cards(
    session: Session, findings: list[dict[str, Any]], told: Sequence[Mapping[str, Any]] = ()
) -> dict[uuid.UUID, SourceCard]:
    """Cards of the sources whose words may be needed."""
    quoted = {s["id"] for f in findings for s in f["sources"] if s["quote"]}
    quoted |= {q["source_id"] for f in findings for s in f["sentences"] for q in s["quotes"]}
    quoted |= {q["source_id"] for s in told for q in s["quotes"]}
    return sources.cards(session, ids=sorted(map(uuid.UUID, quoted)), public_only=False)


def _show(
    finding: Mapping[str, Any],
    cards: Mapping[uuid.UUID, SourceCard],
    zones: Mapping[str, str],
    language: str,
    read: set[tuple[str, int]],
) -> ShownFinding:
    """One finding; the sources whose words were read are added to `read`."""

    def words(place: Place) -> str | None:
        return _words(place, cards, read)

    sentences: list[ShownSentence] = []
    inside: set[Place] = set()
    for raw in finding["sentences"]:
        sentence = Sentence.from_json(raw)
        now_there = {place: words(place) for place in sentence.quotes}
        shown = rules.show(sentence, now_there)
        # A machine's sentence is nothing without its quote; a person's stays, with a gap where the words were.
        if not (shown.lost and sentence.origin == "machine"):
            sentences.append(shown)
            inside |= {place for place, text in now_there.items() if text is not None}
    quotes: list[ShownQuote] = []
    for cited in finding["sources"]:
        place = Place(**cited["quote"]) if cited["quote"] else None
        text = words(place) if place is not None and place not in inside else None
        card = cards.get(uuid.UUID(cited["id"]))
        contrary = cited["support"] == "contrary"
        room = CONTRARY_SHOWN if contrary else QUOTES_SHOWN
        if text is not None and card is not None and sum(q.contrary == contrary for q in quotes) < room:
            who = attribution(card) or speaker_words(language, one=True).get(card.speaker_kind or "", "")
            quotes.append(
                ShownQuote(card.id, text, card.channel, who, card.zone_name, card.language, contrary, may_show(card))
            )
    supporting = [s for s in finding["sources"] if s["support"] == "supporting"]

    def counts(name: str) -> tuple[ShownCount, ...]:
        naming = {"channel": channel_name, "speaker": speaker_name}.get(name)
        return tuple(
            ShownCount(
                n["value"],
                naming(n["value"], language) if naming else zones.get(n["value"], n["value"]),
                n["shown"],
                n["of"],
            )
            for n in finding["counts"][name]
        )

    return ShownFinding(
        id=uuid.UUID(finding["id"]), number=finding["number"], title=finding["title"], strategy_code=finding["strategy_code"],
        strategy_title=finding["strategy_title"], origin=finding["origin"], state=finding["state"], sentences=tuple(sentences),
        channels=counts("channel"), zones=counts("zone"), speakers=counts("speaker"), quotes=tuple(quotes), supporting=len(supporting),
        against=tuple(ShownCount(n["value"], channel_name(n["value"], language), n["shown"], n["of"]) for n in finding["against"]),
        contrary=len(finding["sources"]) - len(supporting), zone_codes=frozenset(s["zone"] for s in supporting if s["zone"]),
        cited=tuple((s["id"], s["support"] == "contrary") for s in finding["sources"]),
        redactions=tuple(map(TakenOut.from_json, finding.get("redactions", ()))),
    )  # fmt: skip  # one row of values reads better so
