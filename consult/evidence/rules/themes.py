"""What a decision on a theme leads to, counts, and what may be shown of small numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from consult.core.vocabulary import SpeakerKind

SMALL_CELL = 5
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


def may_become(state: str, wanted: str) -> bool:
    """Whether a theme in this state may be given that one."""
    return wanted in TRANSITIONS.get(state, frozenset())


def shown(voices: int) -> int | None:
    """The number as it may be published: None below five ("meno di 5"), 0 stays 0."""
    return voices if voices == 0 or voices >= SMALL_CELL else None
