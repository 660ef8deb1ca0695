"""Sentences, quotes and the paper's content as values: what is stored as JSON, what pages and files show."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from consult.core.vocabulary import Role
from consult.evidence.types import Place

#: Who writes the paper: told of what becomes of it, and signing as its authors where drafts are discussed.
WRITERS = (Role.facilitator, Role.manager)
#: The role of a sentence that its authors mark as their own consideration: it rests on no source and says so.
OWN = "own"
#: Roles of the machine's sentences that rest on every source that supports their finding, where they name none: that a group says less
#: than others rests on what the others say, where it says nothing at all.
ON_ALL = frozenset({"count", "spread", "caution", "under"})


@dataclass(frozen=True, slots=True)
class Binding:
    """What a number in a sentence counts (`measure`: "channel:answer", "zones" ...) and how it is written (voices, of, percent)."""

    measure: str
    form: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A number the data give: voices of `code` out of all of it. `people` where fewer than five may not be published."""

    code: str
    voices: int
    of: int
    people: bool = True


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a finding: `text` holds ⟦0⟧, ⟦1⟧ ... where quotes stand, ⟪0⟫, ⟪1⟫ ... where numbers from the data do.

    `source_ids` are what it rests on; a sentence of the machine about all of its finding (`ON_ALL`) is stored without them, and gets them
    with the finding's sources. `origin` is machine, edited or human; `role` says what a machine's sentence does ("count" and
    "spread" are written anew from the numbers each time), or that it is its authors' own consideration ("own").
    """

    text: str
    origin: str
    role: str = "words"
    source_ids: tuple[str, ...] = ()
    quotes: tuple[Place, ...] = ()
    numbers: tuple[Binding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "text": self.text, "origin": self.origin, "role": self.role, "source_ids": list(self.source_ids),
            "quotes": [quote.as_json() for quote in self.quotes],
            **({"numbers": [[number.measure, number.form] for number in self.numbers]} if self.numbers else {}),
        }  # fmt: skip  # one row of values reads better so

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Sentence:
        """Back from storage."""
        quotes = tuple(Place.from_json(quote) for quote in value.get("quotes", ()))
        numbers = tuple(Binding(measure, form) for measure, form in value.get("numbers", ()))
        return cls(
            value["text"],
            value["origin"],
            value.get("role", "words"),
            tuple(value.get("source_ids", ())),
            quotes,
            numbers,
        )


def resting(sentences: Iterable[Sentence], supporting: Iterable[str]) -> tuple[Sentence, ...]:
    """Sentences of a finding with what they rest on; `supporting` are the sources that support it."""
    ids = tuple(supporting)
    return tuple(
        replace(s, source_ids=ids) if s.role in ON_ALL and s.origin == "machine" and not s.source_ids else s
        for s in sentences
    )


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence as it may be read now: words in place of quotes. `lost` where a quote of it can't be shown any more."""

    text: str
    origin: str
    role: str
    source_ids: tuple[str, ...]
    lost: bool = False

    @property
    def leads_to(self) -> tuple[str, ...]:
        """The sources its reader is led to: none of a group that says less than others, whose few would tell how few they are."""
        return () if self.role == "under" else self.source_ids


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What left a version because consent no longer covers it: `of` the version it was taken from, `findings` their numbers."""

    at: datetime
    quotes: int
    sources: int
    names: int
    of: int
    findings: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """As it is stored, and as files of data say it."""
        return {
            "at": self.at.isoformat(), "quotes": self.quotes, "sources": self.sources, "names": self.names, "of": self.of,
            "findings": list(self.findings),
        }  # fmt: skip  # one row of values reads better so

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TakenOut:
        """Back from storage."""
        return cls(
            datetime.fromisoformat(value["at"]), value["quotes"], value["sources"], value["names"], value["of"], tuple(value["findings"])
        )  # fmt: skip  # one row of values reads better so


@dataclass(frozen=True, slots=True)
class Number:
    """Voices of one value out of all of that value; `shown` None means «fewer than five»."""

    value: str
    voices: int
    of: int
    shown: int | None


class CitedSource(NamedTuple):
    """A source of a finding, without its words. A tuple: a paper reads twelve thousand of them at once."""

    finding_id: uuid.UUID
    source_id: uuid.UUID
    support: str
    pinned: int
    revision: int
    state: str
    channel: str
    zone_code: str | None
    speaker_kind: str | None
    #: Equal for what one voice said.
    voice: str
    origin: str
    position: int
    quote: Place | None
    #: Whether people gave it other codes than when it was cited.
    recoded: bool = False

    @property
    def live(self) -> bool:
        """Whether it still stands."""
        return self.state == "live"

    @property
    def stale(self) -> bool:
        """Whether it changed, was coded otherwise or was withdrawn, since it was cited."""
        return not self.live or self.revision != self.pinned or self.recoded


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding as workshop, paper and other rooms read it."""

    id: uuid.UUID
    section_id: uuid.UUID
    number: int
    position: int
    title: str
    sentences: tuple[Sentence, ...]
    origin: str
    state: str
    version: int
    strategy_id: uuid.UUID | None
    strategy_code: str | None
    strategy_title: str | None
    theme_id: uuid.UUID | None
    run_id: uuid.UUID | None
    news: dict[str, Any]
    changed_by: uuid.UUID | None
    changed_at: datetime
    sources: tuple[CitedSource, ...] = ()
    #: Live sources it rests on, live sources that speak against it, and those that changed or were withdrawn since they were cited.
    supporting: tuple[CitedSource, ...] = ()
    contrary: tuple[CitedSource, ...] = ()
    stale: tuple[CitedSource, ...] = ()

    def with_sources(self, sources: tuple[CitedSource, ...]) -> FindingRow:
        """The same finding with its sources, sorted out once."""
        live = [s for s in sources if s.live]
        supporting = tuple(s for s in live if s.support == "supporting")
        return replace(
            self,
            sentences=resting(self.sentences, (str(s.source_id) for s in supporting)),
            sources=sources,
            supporting=supporting,
            contrary=tuple(s for s in live if s.support == "contrary"),
            stale=tuple(s for s in sources if s.stale),
        )


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section of the paper."""

    id: uuid.UUID
    code: str
    kind: str
    position: int
    axis_number: int | None
    title: str
    words: str
    version: int
    changed_by: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class PaperRow:
    """The paper being written."""

    id: uuid.UUID
    title: str
    language: str
    last_run_id: uuid.UUID | None
    drafted_at: datetime | None
    #: Whether a draft of it was ever put in consultation.
    consulted: bool


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A published version, without its content."""

    id: uuid.UUID
    number: int
    note: str
    signed_name: str
    published_at: datetime
    findings: int
    redacts: int | None = None


@dataclass(frozen=True, slots=True)
class FindingCard:
    """A published finding as other rooms name it."""

    id: uuid.UUID
    process_id: uuid.UUID
    number: int
    title: str
    strategy_id: uuid.UUID | None
    strategy_code: str | None
    version: int
    published_at: datetime


#: Formats a paper is written in.
FILE_KINDS = ("html", "pdf", "docx", "odt", "json")


@dataclass(frozen=True, slots=True)
class Exported:
    """One file of a paper: `version` None for the draft."""

    body: bytes
    version: int | None
    findings: int


@dataclass(frozen=True, slots=True)
class PaperFiles:
    """What `build_outputs` wrote."""

    html: Path
    pdf: Path
    sources: int
    themes: int
    findings: int


@dataclass(frozen=True, slots=True)
class Whole:
    """What a finding's numbers are out of: totals of the process by dimension and value, and how many zones the territory has."""

    of: Mapping[str, Mapping[str, int]]
    zones: int


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the check of a finding rests on. For a whole paper the database counts it, so that no citation is read one by one.

    `voices` are distinct voices behind it by dimension and value; `quoted` the quotes beside it; `cited` the keys of all sources.
    """

    voices: Mapping[str, Mapping[str, int]]
    supporting: int
    stale: tuple[CitedSource, ...]
    quoted: tuple[Place, ...]
    live: frozenset[str]
    cited: frozenset[str]


@dataclass(frozen=True, slots=True)
class QuoteState:
    """A quote as it stands now: `gone` its words are no longer there, `silent` no consent covers it; `signs` of who may have said it."""

    gone: bool = False
    silent: bool = False
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the check found. `sentence` counts from 1; 0 is the finding as a whole. A severe one stops publication."""

    finding_id: uuid.UUID
    number: int
    title: str
    sentence: int
    code: str
    severe: bool
    words: str = ""
    measure: Measure | None = None
    instead: str = ""
    source_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class PaperCheck:
    """All findings that would stand in the paper, checked."""

    findings: int
    sentences: int
    claims: int
    sources: int
    problems: tuple[Problem, ...]

    @property
    def severe(self) -> tuple[Problem, ...]:
        """What must be mended before it is published."""
        return tuple(p for p in self.problems if p.severe)

    def of(self, finding_id: uuid.UUID) -> tuple[Problem, ...]:
        """What the check found in one finding."""
        return tuple(p for p in self.problems if p.finding_id == finding_id)


@dataclass(frozen=True, slots=True)
class PaperReview:
    """What would be published now: sections with the findings that would stand in them, and what the check found in those."""

    sections: tuple[tuple[SectionRow, tuple[FindingRow, ...]], ...]
    check: PaperCheck
    #: How many live sources support each of them.
    supporting: Mapping[uuid.UUID, int] = field(default_factory=dict)

    @property
    def findings(self) -> int:
        """How many findings would stand in it."""
        return sum(len(rows) for _section, rows in self.sections)


@dataclass(frozen=True, slots=True)
class Tried:
    """A sentence of a text that was tried without saving it, with what the check says of its numbers and words of quantity."""

    text: str
    problems: tuple[Problem, ...]
    claims: int
