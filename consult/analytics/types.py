"""What goes into the analytics and what comes out: frozen dataclasses, no behaviour beyond (de)serialising.

Offsets are in characters of `SourceText.text` as given, end exclusive, so `text[start:end]` is always verbatim.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceText:
    """One citable piece of what was said."""

    id: str
    text: str
    channel: str = "contribution"
    zone: str | None = None
    speaker: str | None = None  # kind of speaker, e.g. "resident"
    unit: str | None = None  # interview, meeting or question it belongs to
    language: str | None = None  # declared; None lets `prepare` find it
    respondent: str | None = None  # same value = same (possibly anonymous) person


@dataclass(frozen=True, slots=True)
class FrameTarget:
    """One strategy of the plan's frame, as a target for suggestions."""

    code: str
    title: str
    axis_code: str = ""
    axis_title: str = ""
    axis_objective: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()  # texts a person confirmed as belonging to this strategy


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a source's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PreparedSource:
    """A source after the map step; everything but `source` depends on text and language alone and may be cached.

    `vectors` holds float16 rows of `dimensions` numbers, little endian: the whole text first, then one row per sentence
    when there are at least two sentences. `signature` is the MinHash (128 unsigned 32-bit numbers).
    Marks: "empty", "off_topic", "personal_data", "evidence" (says why, a case, a number, a place).
    """

    source: SourceText
    digest: str  # content hash: equal for texts that differ only in case, spaces, accents of typing
    language: str
    sentences: tuple[Span, ...]
    marks: tuple[str, ...]
    kind: str | None  # "need", "proposal", "criticism", "question" where the words say so
    signature: bytes
    vectors: bytes | memoryview
    dimensions: int
    model: str  # name and version of the embedder that made `vectors`
    personal: tuple[Span, ...] = ()  # where personal data may stand


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a strategy was suggested: words of the text, or one of its sentences."""

    kind: str  # "words" | "sentence"
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One strategy suggested for a text. `confidence` is the calibrated probability that it is the right one."""

    code: str
    score: float
    confidence: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class StrategyLinks:
    """Up to three suggestions, best first; `none_confidence` is the probability that none of the frame fits.

    `fits` is False when "none of these" is the better answer; the suggestions are still there for a person to see.
    """

    source_id: str
    suggestions: tuple[Suggestion, ...]
    none_confidence: float
    fits: bool


@dataclass(frozen=True, slots=True)
class KnownTheme:
    """A theme of an earlier run. Accepted ones are kept with their members; others only hand on their key."""

    key: str
    label: str
    strategy_code: str | None
    member_ids: tuple[str, ...]
    accepted: bool
    excluded_ids: tuple[str, ...] = ()  # sources a person took out: never assigned here again


@dataclass(frozen=True, slots=True)
class Member:
    """A source under a theme: the share of the source (0 to 1) and the sentences that speak of it."""

    source_id: str
    share: float
    spans: tuple[Span, ...]
    margin: float = 0.0  # how clearly it belongs here rather than elsewhere, 0 to 1


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim piece of a source: `text == source.text[start:end]`."""

    source_id: str
    start: int
    end: int
    text: str
    zone: str | None = None
    speaker: str | None = None
    minority: bool = False  # chosen for a zone, kind or view that the others do not show


@dataclass(frozen=True, slots=True)
class CountRow:
    """Voices of one value of a dimension. `shown` is what may be published: None when suppressed (under 5)."""

    value: str
    sources: int
    voices: int
    total_voices: int  # denominator: all voices of that value in the run
    share: float
    low: float  # Wilson 95% interval of the share
    high: float
    shown: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of a run, a theme or several themes: sources by dimension and value, distinct voices also by channel.

    Under the dimension "channel" value and channel are the same.
    """

    sources: Mapping[tuple[str, str], int]
    voices: Mapping[tuple[str, str, str], int]

    def spoken(self) -> dict[tuple[str, str], int]:
        """Voices by dimension and value; one that speaks through two channels is a voice of each."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for (dimension, value, _), count in self.voices.items():
            found[dimension, value] += count
        return found

    def within(self, dimension: str, value: str) -> Tally:
        """The channels of one zone or kind of speaker, as a whole to count parts of it against."""
        own = {channel: n for (where, what, channel), n in self.voices.items() if (where, what) == (dimension, value)}
        return Tally(
            {("channel", channel): n for channel, n in own.items()},
            {("channel", channel, channel): n for channel, n in own.items()},
        )


@dataclass(frozen=True, slots=True)
class Representation:
    """A theme that a zone or kind of speaker raises more, or less, than the others do (within the same channels)."""

    dimension: str  # "zone" | "speaker"
    value: str
    direction: str  # "over" | "under"
    voices: int
    total_voices: int
    share: float
    rest_share: float
    p_value: float
    q_value: float  # Benjamini-Hochberg over all tests of the run


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """A sentence of a summary: `role` is "count", "definition", "quote", "spread", "divergence", "caution" ..."""

    role: str
    text: str
    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A short text on a theme, strategy, axis or zone, made of sentences that say what they rest on."""

    level: str  # "theme" | "strategy" | "axis" | "zone"
    key: str
    sentences: tuple[SummarySentence, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme: proposed by the machine, or accepted before and kept. `strategy_code` None: fits no strategy."""

    key: str
    strategy_code: str | None
    label: str
    keywords: tuple[str, ...]
    definition: str
    members: tuple[Member, ...]
    quotes: tuple[Quote, ...]
    by_channel: tuple[CountRow, ...]
    by_zone: tuple[CountRow, ...]
    by_speaker: tuple[CountRow, ...]
    representation: tuple[Representation, ...]
    coverage: float  # share of the theme's content that the quotes stand for, 0 to 1
    concentrated: str | None = None  # why the theme may be one voice: "copies" | "one_speaker_kind" | "one_zone"
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Texts that are nearly the same: each counts as a voice, together they are one argument."""

    key: str
    source_ids: tuple[str, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """What happened to a theme since the themes passed in: "kept", "new", "gone", "grown", "shrunk"."""

    key: str
    change: str
    label: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ThemeModel:
    """What is needed to assign new sources to existing themes without discovering them again."""

    model: str
    dimensions: int
    centre_languages: tuple[str, ...]  # "" for all, then the languages with a mean of their own
    centres: bytes  # float32 rows, one per centre language: the mean vector taken away from every vector
    keys: tuple[str, ...]
    strategy_codes: tuple[str | None, ...]
    centroids: bytes  # float32 rows, one per key
    labels: tuple[str, ...]
    prototypes: bytes = (
        b""  # float32 rows, one per target of the frame: where the run's own texts moved it; may be empty
    )


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a run may vary; kept in the manifest."""

    seed: int = 20240101
    sample: int = 8000  # texts used to discover themes without a frame
    sample_of_one: int = 1500  # texts of one strategy used to discover its themes
    neighbours: int = 15
    smoothing_steps: int = 4
    smoothing: float = 0.7
    lexical_weight: float = 0.4
    themes: int | None = None  # wished number of themes without a frame; None chooses
    smallest_theme: int = 4  # sources; a smaller cluster joins its neighbour or "other"
    quotes_per_theme: int = 4
    small_cell: int = 5
    language: str = "it"  # of labels, summaries, and of texts too short to tell
    languages: tuple[str, ...] = ("it", "en", "fr")


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The result of a run. Every sequence is ordered; equal inputs in any order give equal results."""

    links: tuple[StrategyLinks, ...]  # one per source, by source id
    themes: tuple[Theme, ...]  # by strategy code, then size
    other: tuple[str, ...]  # source ids that are under no theme
    duplicates: tuple[DuplicateGroup, ...]
    marks: dict[str, tuple[str, ...]]  # source id -> marks
    kinds: dict[str, str]  # source id -> suggested kind
    by_channel: tuple[CountRow, ...]  # of the whole run (total_voices = voices)
    by_zone: tuple[CountRow, ...]
    by_speaker: tuple[CountRow, ...]
    summaries: tuple[Summary, ...]
    changes: tuple[ThemeChange, ...]
    model: ThemeModel
    manifest: dict[str, Any] = field(default_factory=dict)
