"""Summaries made of counts and verbatim sentences; each sentence carries the sources it rests on.

Words of quantity follow from counts: what few say is never "many". Italian and English.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from consult.analytics.types import CountRow, Quote, Representation, SummarySentence

# it, en: name of a channel's voices, as "one of, all of"
CHANNELS = {
    "contribution": ("contributi", "contributions"),
    "answer": ("questionari", "questionnaires"),
    "interview": ("interviste", "interviews"),
    "meeting": ("note di incontro", "meeting notes"),
    "document": ("passi di documenti", "document passages"),
    "proposal": ("proposte", "proposals"),
}
DIMENSIONS = {"zone": ("zona", "zone"), "speaker": ("tipo di voce", "kind of speaker")}
PHRASES = {
    "count": ("Ne parlano {counts}.", "Raised in {counts}."),
    "of": ("{count} {name} su {total}", "{count} of {total} {name}"),
    "and": (" e ", " and "),
    "few": (
        "Sono poche voci: vanno lette come casi, non come tendenza.",
        "Few voices: to be read as cases, not as a trend.",
    ),
    "over": (
        "{place}: se ne parla più che altrove ({share} delle voci, contro {rest}).",
        "{place}: raised more than elsewhere ({share} of the voices, against {rest}).",
    ),
    "under": (
        "{place}: se ne parla meno che altrove ({share} delle voci, contro {rest}).",
        "{place}: raised less than elsewhere ({share} of the voices, against {rest}).",
    ),
    "divergence": ("{one}: «{first}»; invece {other}: «{second}»", "{one}: “{first}”; whereas {other}: “{second}”"),
    "quote": ("«{text}»", "“{text}”"),
    "copies": (
        "Una parte delle voci viene da testi quasi uguali: {count} voci ripetono {groups}.",
        "Some of the voices come from nearly equal texts: {count} voices repeat {groups}.",
    ),
    "arguments": ("lo stesso testo", "the same text"),
    "several": ("gli stessi {number} testi", "the same {number} texts"),
    "spread": (
        "Le voci vengono da {zones} zone e da {speakers} tipi di voce.",
        "The voices come from {zones} zones and {speakers} kinds of speaker.",
    ),
    "one_zone": ("Le voci vengono tutte da una sola zona.", "All voices come from one zone."),
    "themes": ("I temi più sentiti: {themes}.", "The themes raised most: {themes}."),
    "none": ("Nessuna fonte ne parla.", "No source speaks of it."),
}
FEW = 5


def phrase(code: str, language: str, **values: object) -> str:
    """A sentence pattern in Italian, or English when asked."""
    return PHRASES[code][1 if language == "en" else 0].format(**values)


def place_name(dimension: str, value: str, names: Mapping[str, str], language: str) -> str:
    """The name of a zone or kind as given in `names` under "zone:5", else "zona 5"."""
    english = language == "en"
    return names.get(f"{dimension}:{value}") or f"{DIMENSIONS[dimension][english]} {value}"


def joined(parts: Sequence[str], language: str) -> str:
    """Parts as a list in a sentence."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + phrase("and", language) + parts[-1]


def percentage(share: float, language: str) -> str:
    """A share as a whole percentage, in the reader's notation."""
    text = f"{share * 100:.0f}"
    return "meno dell'1%" if text == "0" and share > 0 and language != "en" else f"{text}%"


def count_sentence(
    by_channel: Sequence[CountRow], source_ids: Sequence[str], names: Mapping[str, str], language: str
) -> SummarySentence:
    """How many voices of each channel, with the channel's denominator."""
    parts = [
        phrase(
            "of",
            language,
            count=row.voices,
            total=row.total_voices,
            name=names.get(f"channel:{row.value}") or CHANNELS.get(row.value, (row.value, row.value))[language == "en"],
        )
        for row in sorted(by_channel, key=lambda row: (-row.voices, row.value))
        if row.voices
    ]
    text = phrase("count", language, counts=joined(parts, language)) if parts else phrase("none", language)
    return SummarySentence("count", text, tuple(source_ids))


def spread_sentences(
    by_zone: Sequence[CountRow],
    by_speaker: Sequence[CountRow],
    by_channel: Sequence[CountRow],
    source_ids: Sequence[str],
    language: str,
) -> list[SummarySentence]:
    """Whether the voices are few, and how widely they are spread."""
    sentences = []
    zones, speakers = sum(row.voices > 0 for row in by_zone), sum(row.voices > 0 for row in by_speaker)
    if 0 < sum(row.voices for row in by_channel) < FEW:
        sentences.append(SummarySentence("caution", phrase("few", language), tuple(source_ids)))
    elif zones > 1 and speakers > 1:
        text = phrase("spread", language, zones=zones, speakers=speakers)
        sentences.append(SummarySentence("spread", text, tuple(source_ids)))
    elif zones == 1 and len(by_zone) > 1:
        sentences.append(SummarySentence("caution", phrase("one_zone", language), tuple(source_ids)))
    return sentences


def representation_sentences(
    rows: Sequence[Representation],
    members: Mapping[tuple[str, str], Sequence[str]],
    names: Mapping[str, str],
    language: str,
) -> list[SummarySentence]:
    """Over- and under-representation in words; `members` gives the theme's sources per dimension and value."""
    return [
        SummarySentence(
            row.direction,
            phrase(
                row.direction,
                language,
                place=place_name(row.dimension, row.value, names, language),
                share=percentage(row.share, language),
                rest=percentage(row.rest_share, language),
            ),
            tuple(members.get((row.dimension, row.value), ())),
        )
        for row in rows[:3]
    ]


def copies_sentence(arguments: Mapping[str, str], source_ids: Sequence[str], language: str) -> list[SummarySentence]:
    """Says when nearly equal texts make up a part of the voices; `arguments` gives the group of copies of a source."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in source_ids:
        if name in arguments:
            groups[arguments[name]].append(name)
    found = [ids for ids in groups.values() if len(ids) > 1]
    if not found:
        return []
    ids = sorted(name for group in found for name in group)
    what = phrase("arguments", language) if len(found) == 1 else phrase("several", language, number=len(found))
    return [SummarySentence("copies", phrase("copies", language, count=len(ids), groups=what), tuple(ids))]


def quote_sentence(quote: Quote, language: str, role: str = "quote") -> SummarySentence:
    """A verbatim quote as a sentence of the summary."""
    return SummarySentence(role, phrase("quote", language, text=" ".join(quote.text.split())), (quote.source_id,))


def divergence_sentence(first: Quote, second: Quote, names: Mapping[str, str], language: str) -> SummarySentence | None:
    """Two quotes of different zones, or else kinds of speaker, side by side; None when neither differs."""
    for dimension in ("zone", "speaker"):
        one, other = getattr(first, dimension), getattr(second, dimension)
        if one and other and one != other:
            text = phrase(
                "divergence",
                language,
                one=place_name(dimension, one, names, language),
                first=" ".join(first.text.split()).rstrip("."),
                other=place_name(dimension, other, names, language),
                second=" ".join(second.text.split()).rstrip("."),
            )
            return SummarySentence("divergence", text, (first.source_id, second.source_id))
    return None
