"""Summaries made of counts and verbatim sentences; each sentence carries the sources it rests on.

Words of quantity follow from counts: what few say is never "many". Italian, English and French.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from consult.analytics.types import CountRow, Quote, Representation, SummarySentence

LANGUAGES = ("it", "en", "fr")
# Name of a channel's voices, as "one of, all of", in the order of LANGUAGES: the same words as in the paper and on the themes' pages
# (`position_paper.rules.CHANNEL_WORDS`), so that one thing has one name. A voice of a questionnaire is who filled it in, whatever they wrote.
CHANNELS = {
    "contribution": ("contributi liberi", "open contributions", "contributions libres"),
    "answer": ("risposte al questionario", "questionnaire answers", "réponses au questionnaire"),
    "interview": ("interviste", "interviews", "entretiens"),
    "meeting": ("annotazioni di incontri", "meeting notes", "notes de réunion"),
    "document": ("passaggi di documenti", "document passages", "passages de documents"),
    "proposal": ("proposte", "proposals", "propositions"),
    "text": ("testi", "texts", "textes"),
}
# The same for one voice.
ONE_OF = {
    "contribution": ("contributo libero", "open contribution", "contribution libre"),
    "answer": ("risposta al questionario", "questionnaire answer", "réponse au questionnaire"),
    "interview": ("intervista", "interview", "entretien"),
    "meeting": ("annotazione di incontri", "meeting note", "note de réunion"),
    "document": ("passaggio di documenti", "document passage", "passage de document"),
    "proposal": ("proposta", "proposal", "proposition"),
    "text": ("testo", "text", "texte"),
}
DIMENSIONS = {"zone": ("zona", "zone", "zone"), "speaker": ("tipo di voce", "kind of speaker", "type de voix")}
PHRASES = {
    "count": ("Ne parlano {counts}.", "Raised in {counts}.", "En parlent : {counts}."),
    "count_one": ("Ne parla {counts}.", "Raised in {counts}.", "En parle : {counts}."),
    "of": ("{count} {name} su {total}", "{count} of {total} {name}", "{count} {name} sur {total}"),
    "and": (" e ", " and ", " et "),
    "few": (
        "Sono poche voci: vanno lette come casi, non come tendenza.",
        "Few voices: to be read as cases, not as a trend.",
        "Ces voix sont peu nombreuses : à lire comme des cas, non comme une tendance.",
    ),
    "over": (
        "{place}: se ne parla più che altrove ({share} delle voci, contro {rest}).",
        "{place}: raised more than elsewhere ({share} of the voices, against {rest}).",
        "{place} : on en parle plus qu'ailleurs ({share} des voix, contre {rest}).",
    ),
    "under": (
        "{place}: se ne parla meno che altrove ({share} delle voci, contro {rest}).",
        "{place}: raised less than elsewhere ({share} of the voices, against {rest}).",
        "{place} : on en parle moins qu'ailleurs ({share} des voix, contre {rest}).",
    ),
    "divergence": (
        "{one}: «{first}»; altrove invece: «{second}» (differenza provata, q = {q})",
        "{one}: “{first}”; elsewhere, whereas: “{second}” (difference tested, q = {q})",
        "{one} : « {first} » ; ailleurs en revanche : « {second} » (différence testée, q = {q})",
    ),
    "quote": ("«{text}»", "“{text}”", "« {text} »"),
    "copies": (
        "Una parte delle voci viene da testi quasi uguali: {count} voci ripetono {groups}.",
        "Some of the voices come from nearly equal texts: {count} voices repeat {groups}.",
        "Une partie des voix vient de textes presque identiques : {count} voix répètent {groups}.",
    ),
    "arguments": ("lo stesso testo", "the same text", "le même texte"),
    "several": ("gli stessi {number} testi", "the same {number} texts", "les mêmes {number} textes"),
    "spread": (
        "Le voci vengono da {zones} zone e da {speakers} tipi di voce.",
        "The voices come from {zones} zones and {speakers} kinds of speaker.",
        "Les voix viennent de {zones} zones et de {speakers} types de voix.",
    ),
    "spread_known": (
        "Le voci sono di {speakers} tipi; quelle di cui si sa da dove vengono, di {zones} zone.",
        "The voices are of {speakers} kinds of speaker; those whose place is known come from {zones} zones.",
        "Les voix sont de {speakers} types ; celles dont on connaît l'origine viennent de {zones} zones.",
    ),
    "one_zone": (
        "Le voci vengono tutte da una sola zona.",
        "All voices come from one zone.",
        "Toutes les voix viennent d'une seule zone.",
    ),
    "themes": (
        "I temi più sentiti: {themes}.",
        "The themes raised most: {themes}.",
        "Les thèmes les plus évoqués : {themes}.",
    ),
    "none": ("Nessuna fonte ne parla.", "No source speaks of it.", "Aucune source n'en parle."),
}
# Words of quantity: from which share of a channel's voices they may be used. Under FEW voices only "few" may.
QUANTIFIERS = (
    (0.9, ("quasi tutte le voci", "nearly all voices", "presque toutes les voix")),
    (0.5, ("più di metà delle voci", "more than half of the voices", "plus de la moitié des voix")),
    (0.25, ("più di una voce su quattro", "more than one voice in four", "plus d'une voix sur quatre")),
    (0.1, ("più di una voce su dieci", "more than one voice in ten", "plus d'une voix sur dix")),
    (0.0, ("meno di una voce su dieci", "fewer than one voice in ten", "moins d'une voix sur dix")),
)
FEW = 5


def _place(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else 0


def phrase(code: str, language: str, **values: object) -> str:
    """A sentence pattern in Italian, or in English or French when asked."""
    return PHRASES[code][_place(language)].format(**values)


def quantifier(count: int, total: int, language: str) -> str:
    """The word of quantity that a count of a channel's voices allows; "" for few voices or none to compare with."""
    if count < FEW or total <= 0:
        return ""
    share = count / total
    # More than the share, strictly: half is not "more than half"; a tenth or less is the last.
    words = next((words for least, words in QUANTIFIERS if share > least), QUANTIFIERS[-1][1])
    return words[_place(language)]


def place_name(dimension: str, value: str, names: Mapping[str, str], language: str) -> str:
    """The name of a zone or kind as given in `names` under "zone:5", else "zona 5"."""
    return names.get(f"{dimension}:{value}") or f"{DIMENSIONS[dimension][_place(language)]} {value}"


def channel_name(channel: str, count: int, names: Mapping[str, str], language: str) -> str:
    """What the voices of a channel are called: «1 intervista su 18», «1 of 18 interviews», «12 interviste su 18»."""
    # English counts the whole in the plural, Italian and French agree with the number before the noun.
    known = (ONE_OF if count == 1 and language != "en" else CHANNELS).get(channel)
    return names.get(f"channel:{channel}") or (known[_place(language)] if known else channel)


def joined(parts: Sequence[str], language: str) -> str:
    """Parts as a list in a sentence."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + phrase("and", language) + parts[-1]


def percentage(share: float, language: str) -> str:
    """A share as a whole percentage, in the reader's notation."""
    text = f"{share * 100:.0f}"
    if text == "0" and share > 0:
        return ("meno dell'1%", "under 1%", "moins de 1 %")[_place(language)]
    return f"{text} %" if language == "fr" else f"{text}%"


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
            name=channel_name(row.value, row.voices, names, language),
        )
        for row in sorted(by_channel, key=lambda row: (-row.voices, row.value))
        if row.voices
    ]
    alone = sum(row.voices for row in by_channel) == 1
    code = "count_one" if alone else "count"
    text = phrase(code, language, counts=joined(parts, language)) if parts else phrase("none", language)
    return SummarySentence("count", text, tuple(source_ids))


def spread_sentences(
    by_zone: Sequence[CountRow],
    by_speaker: Sequence[CountRow],
    by_channel: Sequence[CountRow],
    source_ids: Sequence[str],
    language: str,
) -> list[SummarySentence]:
    """Whether the voices are few, and how widely they are spread; of voices whose zone nobody said nothing is said."""
    sentences = []
    zones, speakers = sum(row.voices > 0 for row in by_zone), sum(row.voices > 0 for row in by_speaker)
    spoken = sum(row.voices for row in by_channel if row.value != "document")
    known = sum(row.voices for row in by_zone) >= spoken
    if 0 < sum(row.voices for row in by_channel) < FEW:
        sentences.append(SummarySentence("caution", phrase("few", language), tuple(source_ids)))
    elif zones > 1 and speakers > 1:
        text = phrase("spread" if known else "spread_known", language, zones=zones, speakers=speakers)
        sentences.append(SummarySentence("spread", text, tuple(source_ids)))
    elif zones == 1 and len(by_zone) > 1 and known:
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


def copies_sentence(
    arguments: Mapping[str, Hashable], source_ids: Sequence[str], language: str
) -> list[SummarySentence]:
    """Says when nearly equal texts make up a part of the voices; `arguments` gives the group of copies of a source."""
    groups: dict[Hashable, list[str]] = defaultdict(list)
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


def divergence_sentence(
    dimension: str,
    value: str,
    q_value: float,
    first: Quote,
    second: Quote,
    names: Mapping[str, str],
    language: str,
) -> SummarySentence:
    """What a group says that was found to speak otherwise, beside what the others say: one quote of each."""
    shown = f"{max(q_value, 0.001):.3f}"
    text = phrase(
        "divergence",
        language,
        one=place_name(dimension, value, names, language),
        first=" ".join(first.text.split()).rstrip("."),
        second=" ".join(second.text.split()).rstrip("."),
        q=shown if language == "en" else shown.replace(".", ","),
    )
    return SummarySentence("divergence", text, (first.source_id, second.source_id))
