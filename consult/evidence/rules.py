"""Pure rules: how work is cut, what a decision leads to, what may be shown of small numbers, hashes of words and inputs."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from consult.core.vocabulary import SpeakerKind
from consult.evidence.types import Count, Place

#: A part must be ready well within the worker's soft limit of 75 s on a busy core: at about 25 texts a second, a third of it.
SHARD_SOURCES = 100
SHARD_CHARACTERS = 60_000
SMALL_CELL = 5
#: Where a quote stands in a sentence: ⟦0⟧, ⟦1⟧ ...
MARK = re.compile(r"⟦(\d+)⟧")
_QUOTED = re.compile(r"«([^«»]{4,})»|“([^“”]{4,})”|\"([^\"]{8,})\"")
#: What may be asked of a theme in each state, and the state it leads to.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "proposed": frozenset({"accepted", "refused", "merged"}),
    "accepted": frozenset({"proposed", "refused", "merged"}),
    "refused": frozenset({"proposed", "accepted"}),
    "merged": frozenset({"proposed"}),
}


#: Kinds of speaker: Italian and English, in the plural, then for one of them.
_SPEAKERS = {
    SpeakerKind.resident: ("residenti", "residents", "residente", "resident"),
    SpeakerKind.municipality: ("comuni", "municipalities", "comune", "municipality"),
    SpeakerKind.zone_spokesperson: (
        "portavoce di zona",
        "zone spokespersons",
        "portavoce di zona",
        "zone spokesperson",
    ),
    SpeakerKind.association: ("associazioni", "associations", "associazione", "association"),
    SpeakerKind.business: ("imprese", "businesses", "impresa", "business"),
    SpeakerKind.trade_union: ("sindacati", "trade unions", "sindacato", "trade union"),
    SpeakerKind.education: ("scuole", "schools", "scuola", "school"),
    SpeakerKind.research: (
        "università e ricerca",
        "universities and research",
        "università o ricerca",
        "university or research",
    ),
    SpeakerKind.health_social: (
        "sanità e sociale",
        "health and social services",
        "sanità o sociale",
        "health or social services",
    ),
    SpeakerKind.professional: ("professioni", "professions", "libera professione", "professional"),
    SpeakerKind.utility: ("servizi pubblici", "public utilities", "servizio pubblico", "public utility"),
}


def speaker_words(language: str, *, one: bool = False) -> dict[str, str]:
    """Kinds of speaker in the plural, or for `one` of them, in sentences the machine writes; Italian for a language it does not know."""
    return {str(kind): words[2 * one + (language == "en")] for kind, words in _SPEAKERS.items()}


def cut_into_shards(sizes: Sequence[tuple[str, int]], most: int = SHARD_SOURCES) -> list[list[str]]:
    """Cut sources, given as (id, characters) in order, into parts of bounded number and length; a very long one stands alone."""
    shards: list[list[str]] = []
    room = 0
    for source_id, characters in sizes:
        if not shards or len(shards[-1]) >= most or room < characters:
            shards.append([])
            room = SHARD_CHARACTERS
        shards[-1].append(source_id)
        room -= characters
    return shards


def may_become(state: str, wanted: str) -> bool:
    """Whether a theme in this state may be given that one."""
    return wanted in TRANSITIONS.get(state, frozenset())


def words_hash(words: str) -> str:
    """Hash of quoted words, to know whether they still stand where they stood."""
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def inputs_hash(inputs: Iterable[tuple[str, int, str]]) -> str:
    """Hash over (id, revision, content hash) of all inputs in order of id: equal for equal inputs, whatever their order."""
    total = hashlib.sha256()
    for source_id, revision, digest in sorted(inputs):
        total.update(f"{source_id}\x1f{revision}\x1f{digest}\n".encode())
    return total.hexdigest()


def shown(voices: int) -> int | None:
    """The number as it may be published: None below five ("meno di 5"), 0 stays 0."""
    return voices if voices == 0 or voices >= SMALL_CELL else None


def count_by(rows: Iterable[tuple[str | None, Any]], totals: Mapping[str, int]) -> tuple[Count, ...]:
    """Distinct voices per value, in the order of `totals`; values without voices are left out, as is a missing value."""
    voices: dict[str, set[Any]] = defaultdict(set)
    for value, voice in rows:
        if value is not None:
            voices[value].add(voice)
    return tuple(Count(value, len(voices[value]), of) for value, of in totals.items() if voices.get(value))


def remaining_seconds(done: int, total: int, passed: float) -> float | None:
    """Seconds left at the pace so far; None until a tenth is done, since the first parts tell little."""
    if total <= 0 or done * 10 < total or passed <= 0:
        return None
    return passed / done * (total - done)


def find_words(words: str, text: str) -> tuple[int, int] | None:
    """Where words stand in a text, whatever the white space between them; None where they don't."""
    parts = words.split()
    if not parts:
        return None
    match = re.search(r"\s+".join(map(re.escape, parts)), text)
    return match.span() if match else None


def bind(text: str, sources: Mapping[str, tuple[str, int]]) -> tuple[str, tuple[Place, ...]]:
    """Replace words that stand verbatim in a source by their place. `sources`: id -> (text, revision).

    Words between quotation marks are looked for, and a sentence that is nothing but a piece of a source; other words stay.
    """
    found: list[Place] = []

    def place_of(words: str) -> str | None:
        for source_id, (body, revision) in sources.items():
            span = find_words(words.rstrip(" .") if words.endswith(".") else words, body)
            if span is not None:
                found.append(Place(source_id, span[0], span[1], words_hash(body[span[0] : span[1]]), revision))
                return f"⟦{len(found) - 1}⟧"
        return None

    text = MARK.sub("", text)
    bound = _QUOTED.sub(
        lambda m: f"«{mark}»" if (mark := place_of((m[1] or m[2] or m[3]).strip())) else m.group(), text
    )
    if not found and len(text.split()) >= 4:
        bound = f"«{mark}»" if (mark := place_of(text.strip(' «»“”"'))) else bound
    return bound, tuple(found)


def words_at(place: Place, text: str) -> str | None:
    """The quoted words where they still stand in the source's present text; None where the text changed there."""
    words = text[place.start : place.end]
    return words if words and words_hash(words) == place.sha256 else None
