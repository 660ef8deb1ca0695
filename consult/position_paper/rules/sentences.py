"""Pure rules of the paper: sentences and the quotes bound in them, numbers in words, what may be published."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from consult.evidence.rules import MARK, bind, shown
from consult.evidence.types import Place
from consult.position_paper.rules.claims import bind_numbers, fill
from consult.position_paper.rules.clauses import NUMBER_MARK
from consult.position_paper.types import OWN, CitedSource, Measure, Number, Sentence, ShownSentence

#: How alike a changed sentence must be to count as the same one edited, 0 to 1.
SAME_SENTENCE = 0.55
#: Machine's sentences that are written anew from the numbers each time.
COUNTED = frozenset({"count", "spread"})
_DIGITS = re.compile(r"\d[\d.]*|meno di \d+|fewer than \d+")
_END = re.compile(r"[.!?…]+[»”\"')\]]*(?=\s|$)")
_SHORT = frozenset(
    [
        "art.",
        "artt.",
        "n.",
        "nn.",
        "p.",
        "pp.",
        "es.",
        "ecc.",
        "cfr.",
        "dott.",
        "ing.",
        "prof.",
        "sig.",
        "sigg.",
        "ca.",
        "s.",
        "st.",
    ]
)
#: Decisions on what moved under a finding; the last of them may be taken back.
UNDOABLE = frozenset({"reread", "news_taken", "news_dropped", "news_left"})
#: States a finding may be given, by its present one.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "proposed": frozenset({"accepted", "refused"}),
    "accepted": frozenset({"proposed", "refused", "withdrawn"}),
    "refused": frozenset({"proposed", "accepted"}),
    "withdrawn": frozenset({"proposed", "accepted"}),
    "superseded": frozenset({"proposed", "accepted", "refused"}),
}
#: Voices of a channel after "37 dei 214 ...": the article of the whole, the words in the plural.
CHANNEL_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "it": {
        "answer": ("delle", "risposte al questionario"),
        "interview": ("delle", "interviste"),
        "meeting": ("delle", "annotazioni di incontri"),
        "contribution": ("dei", "contributi liberi"),
        "document": ("dei", "passaggi di documenti"),
    },
    "en": {
        "answer": ("of the", "questionnaire answers"),
        "interview": ("of the", "interviews"),
        "meeting": ("of the", "meeting notes"),
        "contribution": ("of the", "open contributions"),
        "document": ("of the", "document passages"),
    },
}
_WORDS = {
    "it": {
        "lead": "Ne parlano {counts}.",
        "none": "Nessuna voce la sostiene più.",
        "few": "meno di 5",
        "and": " e ",
        "out_of": "{words} (su {of})",
        "others": "{said}; meno di 5 voci in ciascuno di questi canali: {named}",
        "all_few": "meno di 5 voci per canale: {named}",
        "voice": "Tra le voci: «⟦0⟧»",
        "spread": "Le voci vengono da {zones} zone e da {kinds} di voce.",
        "one_zone": "Le voci vengono tutte da una sola zona.",
        "spread_known": "Le voci sono di {kinds}; quelle di cui si sa da dove vengono, di {zones} zone.",
        "one_kind": "un solo tipo",
        "kinds": "{number} tipi",
        "one_zone_known": "Le voci di cui si sa da dove vengono sono tutte di una sola zona.",
    },
    "en": {
        "lead": "It is raised in {counts}.",
        "none": "No voice supports it any more.",
        "few": "fewer than 5",
        "and": " and ",
        "out_of": "{words} (of {of})",
        "others": "{said}; fewer than 5 voices in each of these channels: {named}",
        "all_few": "fewer than 5 voices a channel: {named}",
        "voice": "In their words: «⟦0⟧»",
        "spread": "The voices come from {zones} zones and {kinds} of speaker.",
        "one_zone": "All voices come from one zone.",
        "spread_known": "The voices are of {kinds} of speaker; those whose place is known come from {zones} zones.",
        "one_kind": "one kind",
        "kinds": "{number} kinds",
        "one_zone_known": "The voices whose place is known all come from one zone.",
    },
}
#: Words that oppose what a theme asks for; only with them a criticism counts as contrary, and only as the machine's proposal.
_AGAINST = re.compile(
    r"\b(contrari[oaie]\b|non (?:sono|siamo) d['’]accordo|(?:dico|diciamo) no\b|no (?:al|alla|ai|alle|allo|all['’])\s?\w+|non serv(?:e|ono)\b|"
    r"\binutil\w+|\bsprec\w+|\bsbagliat\w+|opposed|against|contre\b|pas d['’]accord)",
    re.IGNORECASE,
)


def wording(language: str) -> Mapping[str, str]:
    """Patterns of the machine's sentences in a language, Italian for one it does not know."""
    return _WORDS.get(language, _WORDS["it"])


def split_sentences(text: str) -> list[str]:
    """Sentences of a statement; a point within quotation marks, or after a common abbreviation, ends none."""
    pieces: list[str] = []
    start = 0
    for match in _END.finditer(text):
        head = text[start : match.end()]
        open_quote = head.count("«") > head.count("»") or head.count("“") > head.count("”")
        last = re.split(r"[\s'’(]", head.strip())[-1].lower()
        if open_quote or last in _SHORT:
            continue
        pieces.append(head.strip())
        start = match.end()
    pieces.append(text[start:].strip())
    return [piece for line in pieces for piece in re.split(r"\n+", line) if piece.strip()]


def show(sentence: Sentence, words: Mapping[Place, str | None]) -> ShownSentence:
    """A sentence with words in place of its quotes; `lost` where one of them may not be shown any more."""
    lost = any(words.get(quote) is None for quote in sentence.quotes)

    def put(match: re.Match[str]) -> str:
        number = int(match.group(1))
        quoted = words.get(sentence.quotes[number]) if number < len(sentence.quotes) else None
        return " ".join(quoted.split()) if quoted is not None else "…"

    return ShownSentence(MARK.sub(put, sentence.text), sentence.origin, sentence.role, sentence.source_ids, lost)


def edit_sentences(
    old: Sequence[Sentence],
    shown_old: Sequence[str],
    text: str,
    sources: Mapping[str, tuple[str, int]],
    known: Mapping[str, Measure] | None = None,
) -> tuple[Sentence, ...]:
    """The sentences of an edited statement: untouched ones stay what they were, changed ones are marked, new ones are a person's.

    `shown_old` is each old sentence as the editor saw it; `sources` are the texts quotes may be bound to, `known` what numbers may be.
    """
    free = list(range(len(old)))
    result: list[Sentence] = []
    pieces = split_sentences(text)
    exact = {
        i: next((j for j in free if _untouched(old[j], shown_old[j], piece)), None) for i, piece in enumerate(pieces)
    }
    for j in exact.values():
        if j in free:
            free.remove(j)
    for i, piece in enumerate(pieces):
        kept = exact[i]
        if kept is not None:
            result.append(old[kept])
            continue
        body, quotes = bind(piece, sources)
        body, counted = bind_numbers(NUMBER_MARK.sub("", body), known or {})
        scores = [(SequenceMatcher(None, shown_old[j], piece, autojunk=False).ratio(), -j) for j in free]
        score, nearest = max(scores, default=(0.0, 0))
        if score >= SAME_SENTENCE:
            before = old[-nearest]
            free.remove(-nearest)
            origin = "human" if before.origin == "human" else "edited"
            cited = dict.fromkeys([*before.source_ids, *(q.source_id for q in quotes)])
            role = OWN if before.role == OWN and not quotes else "words"
            result.append(Sentence(body, origin, role, tuple(cited), quotes, counted))
        else:
            cites = tuple(dict.fromkeys(q.source_id for q in quotes))
            result.append(Sentence(body, "human", "words", cites, quotes, counted))
    return tuple(result)


def _untouched(sentence: Sentence, before: str, piece: str) -> bool:
    """Whether a person left a sentence as it was; of one the machine counts, the numbers may have moved since the page was opened."""
    if before == piece:
        return True
    return (
        sentence.role in COUNTED
        and sentence.origin == "machine"
        and _DIGITS.sub("0", before) == _DIGITS.sub("0", piece)
    )


def origin_of(sentences: Iterable[Sentence]) -> str:
    """Who made a finding, by its sentences: all machine, all human, else edited."""
    origins = {sentence.origin for sentence in sentences}
    return "machine" if origins == {"machine"} else "human" if origins <= {"human"} else "edited"


def voices_of(sources: Iterable[CitedSource]) -> dict[str, dict[str, int]]:
    """Distinct voices per channel, zone and kind of speaker; documents count in their channel only."""
    voices: dict[str, dict[str, set[Any]]] = {
        "channel": defaultdict(set),
        "zone": defaultdict(set),
        "speaker": defaultdict(set),
    }
    for source in sources:
        voices["channel"][source.channel].add(source.voice)
        if source.channel == "document":
            continue
        if source.zone_code:
            voices["zone"][source.zone_code].add(source.voice)
        if source.speaker_kind:
            voices["speaker"][source.speaker_kind].add(source.voice)
    return {dimension: {value: len(heard) for value, heard in found.items()} for dimension, found in voices.items()}


def numbers_of(voices: Mapping[str, Mapping[str, int]], of: Mapping[str, Mapping[str, int]]) -> dict[str, list[Number]]:
    """Voices that were counted, with their denominators, in the order of these."""
    return {
        dimension: [
            Number(value, heard, max(total, heard), shown(heard))
            for value, total in of.get(dimension, {}).items()
            if (heard := found.get(value, 0))
        ]
        for dimension, found in voices.items()
    }


def numbers(sources: Iterable[CitedSource], of: Mapping[str, Mapping[str, int]]) -> dict[str, list[Number]]:
    """Distinct voices per channel, zone and kind of speaker with their denominators; documents count in their channel only."""
    return numbers_of(voices_of(sources), of)


def in_words(counts: Sequence[Number], language: str) -> str:
    """«37 dei 214 contributi liberi e 12 delle 80 risposte al questionario», largest first; under five «meno di 5», said once."""
    patterns = wording(language)
    channels = CHANNEL_WORDS.get(language, CHANNEL_WORDS["it"])
    ordered = sorted(counts, key=lambda n: (-n.voices, n.value))
    few = [n for n in ordered if n.shown is None]
    parts = []
    for number in ordered:
        article, words = channels.get(number.value, ("di", number.value))
        if number.shown is not None or len(few) == 1:
            said_of = f"{article_before(article, number.of)} {number.of} {words}"
            parts.append(f"{patterns['few'] if number.shown is None else number.shown} {said_of}")
    said = _listed(parts, patterns)
    if len(few) < 2:
        return said
    named = [patterns["out_of"].format(words=channels.get(n.value, ("", n.value))[1], of=n.of) for n in few]
    return (patterns["others"] if said else patterns["all_few"]).format(said=said, named=_listed(named, patterns))


def article_before(article: str, number: int) -> str:
    """The article as Italian says it before a number in figures: «dei 84» is read «degli ottantaquattro»; others stay as they are.

    Eight, eleven, the eighties and the eight hundreds begin with a vowel, whatever thousands follow: 8.400 and 11.000 too, 18 and 180 not.
    """
    first = number
    while first >= 1000:
        first //= 1000
    vowel = first in {8, 11} or 80 <= first <= 89 or 800 <= first <= 899
    return "degli" if article == "dei" and vowel else article


def _listed(parts: Sequence[str], patterns: Mapping[str, str]) -> str:
    return "".join(parts) if len(parts) < 2 else ", ".join(parts[:-1]) + patterns["and"] + parts[-1]


def count_text(by_channel: Sequence[Number], language: str) -> str:
    """The sentence that says how many voices speak of it, per channel, never added up."""
    patterns = wording(language)
    return patterns["lead"].format(counts=in_words(by_channel, language)) if by_channel else patterns["none"]


def contrary_ids(
    kinds: Mapping[str, tuple[str | None, str | None]], texts: Mapping[str, str], *, of: int | None = None
) -> set[str]:
    """Which sources of a theme seem to speak against what the others ask for. `kinds`: id -> (declared kind of note, kind read).

    `of` is how many sources the theme has, where `kinds` holds only some of them.

    A note declared a criticism, or a text read as one, counts only where it says in so many words that it is against something: most
    criticism is of how things are, which supports what the theme asks for. Where criticism is the rule, none is contrary.
    """
    critics = {
        key for key, (note, kind) in kinds.items() if note == "criticism" or (note is None and kind == "criticism")
    }
    found = {key for key in critics if _AGAINST.search(texts.get(key, ""))}
    return found if len(critics) * 2 < (len(kinds) if of is None else of) else set()


def may_become(state: str, wanted: str) -> bool:
    """Whether a finding in this state may be given that one."""
    return wanted in TRANSITIONS.get(state, frozenset())


def publishable(*, state: str, origin: str, theme_state: str | None, supporting: int) -> bool:
    """Whether a finding may stand in a published version: accepted, and resting on an accepted theme or made by a person.

    A machine's or edited finding that no live source supports any more stays out.
    """
    if state != "accepted":
        return False
    if origin == "human":
        return True
    return supporting > 0 and theme_state in {"accepted", None}


def recount(
    sentences: Sequence[Sentence],
    counts: Mapping[str, Sequence[Number]],
    language: str,
    known: Mapping[str, Measure],
    *,
    small: bool = False,
) -> tuple[Sentence, ...]:
    """The sentences with today's numbers: the machine's counts written anew, numbers bound to the data filled in.

    Fewer than five people are told to staff only (`small`).
    """
    patterns = wording(language)
    zones, speakers = len(counts.get("zone", ())), len(counts.get("speaker", ()))
    spoken = sum(n.voices for n in counts.get("channel", ()) if n.value != "document")
    everyone = sum(n.voices for n in counts.get("zone", ())) >= spoken
    found = []
    for s in sentences:
        if s.role == "count" and s.origin == "machine":
            found.append(replace(s, text=count_text(counts.get("channel", ()), language)))
        elif s.role == "spread" and s.origin == "machine" and zones and speakers:
            pattern = patterns[("spread" if zones > 1 else "one_zone") + ("" if everyone else "_known")]
            kinds = patterns["one_kind"] if speakers == 1 else patterns["kinds"].format(number=speakers)
            found.append(replace(s, text=pattern.format(zones=zones, kinds=kinds)))
        elif s.numbers:
            found.append(replace(s, text=fill(s.text, s.numbers, known, language, small=small), numbers=()))
        else:
            found.append(s)
    return tuple(found)
