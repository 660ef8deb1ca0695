"""Words that say how many, when or where but not what, and a word or phrase as it looks by itself, before any is counted. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

import simplemma

from consult.analytics.lexical import STEMMERS, is_verb_form, name_key

ABBREVIATED = re.compile(r"(?<!\w)\w{2,5}(?!\w)|\w+")
PARTED = re.compile(r"\b([^\W\d_]{2,})-([^\W\d_]{2,})\b")
# What stands between words and joins no name.
MERELY = frozenset(["e", "ed", "et", "and", "piu", "meno", "non", "senza", "plus", "moins", "sans", "more", "not"])
# Numbers in words say how many, not what.
NUMERALS = frozenset(
    re.findall(
        r"\S+",
        """undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove venti trenta quaranta cinquanta sessanta settanta ottanta
    novanta duecento trecento cinquecento duemila sei sette otto nove decina dozzina ventina trentina cinquantina centinaio centinaia migliaia
    onze douze treize quatorze quinze seize vingt trente quarante cinquante soixante cent mille dizaine centaine six sept huit neuf dix
    eleven twelve thirteen fourteen fifteen sixteen twenty thirty forty fifty sixty hundred thousand seven eight nine ten""",
    )
)
# A law is not about its articles, nor an event about its press conference or where it takes place.
SAY_NOTHING = frozenset(
    re.findall(
        r"\S+",
        """articolo articoli comma commi modifica modifiche introduzione rango proposta proposte article articles modification
        legge leggi iniziativa numero numeri nombre nombres taux manière façon conferenza stampa ingresso via viale giunta
        costo costi coût coûts cost costs grâce type types genre sorte sortes niveau niveaux
        lunedì martedì mercoledì giovedì venerdì sabato domenica domani stasera weekend settimana settimane
        gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
        lundi mardi mercredi jeudi vendredi samedi dimanche demain semaine""",
    )
)
# Nouns that name nothing by themselves: an adjective after one of them leans on it as on any other ("zona industriale").
LEANT_ON = SAY_NOTHING | frozenset(
    re.findall(
        r"\S+",
        """cosa cose modo modi tipo tipi parte parti zona zone territorio territori comune comuni paese paesi persona persone gente punto punti
    caso casi anno anni mese mesi giorno giorni volta ore ora obiettivo obiettivi città chose choses gens ville commune communes année années
    jour jours mois""",
    )
)
ONE_OF_MANY = frozenset(["un", "uno", "una", "une", "an"])  # what one of them does is a detail: "cuoca in una mensa"
HAPPENS_FR = ("er", "ir", "oir", "dre", "tre", "é", "és", "ée", "ées", "ie", "ies", "ue", "ues", "ant")
# Articles and what French says like one; an infinitive comes after none of them.
BEFORE_NOUNS = frozenset(
    re.findall(
        r"\S+",
        """le la les l un une des du au aux d nos notre son sa ses leur leurs ce cet cette ces mon ma mes vos votre chaque plusieurs""",
    )
)
PARTICIPLES = tuple(f"{vowel}t{end}" for vowel in "aiu" for end in "aeio")
# What stands before a verb and before no noun: "on compte", "chi paga".
BEFORE_VERBS = {
    "it": frozenset(["io", "tu", "noi", "voi", "chi", "si", "ci", "vi", "non", "mi", "ti"]),
    "fr": frozenset(["on", "je", "j", "tu", "il", "ils", "elle", "elles", "qui", "ne", "n", "se", "s"]),
    "en": frozenset(["i", "you", "he", "she", "we", "they", "who", "to", "not"]),
}


def _key(word: str, language: str) -> str:
    """The key of a word that may name something; "" for all others."""
    return "" if (plain := word.casefold()) in NUMERALS or plain in SAY_NOTHING else name_key(word, language)


def as_written(surface: str) -> str:
    """As it would be written inside a sentence; short abbreviations keep their capitals, words of somebody who shouts do not."""
    if surface.isupper() and " " in surface:
        return surface.lower()
    return ABBREVIATED.sub(lambda word: word.group() if word.group().isupper() else word.group().lower(), surface)


def mended(text: str, language: str) -> str:
    """A text with words whole that the end of a line had parted ("educa-zione"): what stands after the hyphen is no word by itself."""

    def whole(match: re.Match[str]) -> str:
        word, rest = match.group(), match.group(2).casefold()
        plain = word.replace("-", "").casefold()
        parted = simplemma.is_known(plain, lang=language) and not simplemma.is_known(rest, lang=language)
        return word.replace("-", "") if parted else word

    return PARTED.sub(whole, text) if language in STEMMERS else text


@lru_cache(maxsize=131072)
def looked_at(word: str, language: str) -> tuple[str, str, bool, bool, bool]:
    """A word's key, how it would be written, whether it looks like a verb, is written like a name, and may be leant on by the next.

    That word leans on a noun before it, and is a verb after a pronoun: neither way does a name begin with it.
    """
    key = _key(word, language)
    if not key:
        plain = word.casefold()
        return "", "", False, False, plain in LEANT_ON or plain in BEFORE_VERBS.get(language, ())
    verb = is_verb_form(word, language)
    return key, as_written(word), verb, word.istitle(), not verb
