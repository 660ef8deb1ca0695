"""Words: tokens with offsets, keys (stem of the lemma), stop words, weighted term matrices, keywords and phrase labels.

Keys are only for counting; people are shown the most frequent surface form.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from threading import Lock

import numpy as np
import simplemma
import snowballstemmer
import stopwordsiso
from numpy.typing import NDArray
from scipy import sparse

MOST_WORDS = 262_144  # of a language whose keys are kept
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+")


STEMMERS = {"it": "italian", "en": "english", "fr": "french", "de": "german", "es": "spanish"}


# Words that open or colour what people say without naming a subject; stop lists for search don't hold them.
SPOKEN = {
    "it": """serve servono servirebbe servirebbero occorre occorrono bisogna bisognerebbe vorrei vorremmo vogliamo chiedo
    chiediamo propongo proponiamo proporrei manca mancano sarebbe sarebbero potrebbe potrebbero dovrebbe dovrebbero
    possibile cosa cose modo tipo parte esempio qui qua li la da fa fare fatto facciamo fanno viene vengono andare va
    vanno anno anni mese mesi giorno giorni volta volte oggi ora adesso sempre mai solo soltanto anche ancora gia poi
    tanto tanti tanta tante molto molti troppo troppi troppe troppa abbastanza quasi circa davvero proprio bene meglio
    credo penso secondo qualcuno nessuno niente nulla gente persone persona zona zone territorio comune comuni citta
    paese paesi metropolitana metropolitano torino dire detto dico parlo so sapere vedo vedere grazie punto caso senza
    invece mentre siamo sono abbiamo avere essere stato stata stati state nostro nostra nostri nostre mio mia miei mie
    vostro vostra ogni tutto tutti tutta tutte alcuni alcune vari varie diversi diverse primo prima dopo subito presto
    tre due quattro cinque dieci venti mila euro cento ore ora minuti passare passa basta finche perche cosi cioe boh
    magari ecco insomma ovvero oppure pure nemmeno neanche eppure dunque quindi infatti altrimenti almeno piu meno""",
    "en": "need needs would like should could please thing things way lot people area town city year years day days get",
    "fr": "faut besoin faudrait devrait pourrait serait chose choses gens fait faire ville commune ans annee jour jours",
}


# Endings of infinitives and of some finite forms that few Italian nouns share, and those that do.
VERB_ENDINGS = tuple(
    re.findall(
        r"\S+",
        """are ire arsi irsi ersi ivere ettere iedere endere enere ondere ggere orrere udere idere isce iscono""",
    )
)


NOT_VERBS = frozenset(["lettere", "genere", "cenere", "popolare", "militare", "familiare", "elementare", "alimentare"])


# French and English: endings of infinitives no noun has, of finite forms, and of the lemmas these must have.
VERBS_OF: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "fr": (("iser", "ifier"), ("ent", "ons", "ez", "ait", "aient", "ant"), ("er", "ir", "re")),
    "en": ((), ("ing", "ed"), tuple("abcdefghijklmnopqrstuvwxyz")),
}


# Endings of French adverbs, and nouns that have them too.
ADVERBS_FR = tuple(
    re.findall(
        r"\S+",
        """amment emment ément alement ellement ivement eusement iquement ablement iblement airement ièrement ètement ctement itement""",
    )
)


NOT_ADVERBS_FR = frozenset(
    re.findall(
        r"\S+",
        """élément agrément supplément complément étalement signalement nivellement renouvellement traitement recrutement""",
    )
)


BARE_ARTICLES = frozenset(["il", "lo", "la", "i", "gli", "le", "l", "un", "uno", "una", "les", "the"])


AND = frozenset(["e", "ed", "and", "et"])


NOT = frozenset(["non", "not", "pas", "meno", "piu", "en"])


ARTICLES = BARE_ARTICLES | {"le", "une", "a", "an"}


WITH_PRONOUN = re.compile(r"^\w{3,}(?:ar|er|ir)(?:ci|lo|la|li|le|ne|mi|ti|vi|gli)$")  # "venderlo", "parlarne"


# What may join the words of a name for a theme: articles, prepositions, "and".
JOINING = frozenset(
    re.findall(
        r"\S+",
        """di del dello della dei degli delle dell d a al allo alla ai agli alle all in nel nello nella nei negli nelle nell
        per con col su sul sullo sulla sui sugli sulle sull da dal dallo dalla dai dagli dalle dall tra fra senza e ed
        il lo la i gli le l un uno una piu meno non of the an and for to on with at de du des et au aux en pour sur avec
        sans une les""",
    )
)


# Endings an adjective may have after a noun with this ending.
AGREEING = {"a": "ae", "o": "oe", "i": "i"}


# A French adjective in the singular after a noun in the plural, with at most one word between them that joins nothing.
ONE_AFTER_MANY = re.compile(r"\b\w{3,}s (?:(?!de\b|du\b|à\b|et\b|en\b|d['’])\w{3,} )?\w+(?:if|al|el|ique|aire|able|ible)\b")


# And a participle of the other gender: "députés élues".
OF_OTHER_GENDER = re.compile(r"\w+és \w+[éiu]es\b|\w+[éiu]es \w+[éiu]s\b")


# What stands before an apostrophe in Italian and French.
ELIDED = "l un d c s n m t v all dell dall nell sull coll quell quest sant qu j"


# Words that no theme is named by though texts may be alike in them: counted when themes are looked for, left out of names.
NAMELESS = {
    "it": """entro mira ste art obiettivo obiettivi mezz vent trent quarant cinquant sessant settant ottant novant tutt nient
    senz anch dov cos com quand quant altr molt mill""",
}


class _Marks(dict[int, int | None]):
    """What becomes of each character: accents go, the rest stays; looked up once."""

    def __missing__(self, code: int) -> int | None:
        self[code] = kept = None if unicodedata.combining(chr(code)) else code
        return kept


_MARKS = _Marks()


def fold(text: str) -> str:
    """Lower case without accents, character by character where one stays one (so offsets hold for common letters)."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return plain if plain.isascii() else plain.translate(_MARKS)


@lru_cache(maxsize=16)
def stop_words(language: str) -> frozenset[str]:
    """Folded stop words of a language; unknown languages have none."""
    listed = stopwordsiso.stopwords(language) if stopwordsiso.has_lang(language) else set()
    return frozenset(fold(word) for word in [*listed, *SPOKEN.get(language, "").split(), *ELIDED.split()])


#: A stemmer keeps the word it works on in itself, and threads share it.
_STEMMING = Lock()


@lru_cache(maxsize=16)
def _stemmer(language: str) -> snowballstemmer.stemmer | None:
    return snowballstemmer.stemmer(STEMMERS[language]) if language in STEMMERS else None


@lru_cache(maxsize=262144)
def key_of(word: str, language: str) -> str:
    """The key under which forms of a word are counted together; "" for stop words, numbers and single letters."""
    folded = fold(word)
    if len(folded) < 2 or folded[0].isdigit() or folded in stop_words(language):
        return ""
    lemma = simplemma.lemmatize(word.casefold(), lang=language) if language in STEMMERS else word
    stemmer = _stemmer(language)
    if stemmer:
        with _STEMMING:
            lemma = stemmer.stemWord(lemma.casefold())
    key = fold(lemma)
    return key if len(key) > 1 else ""


class _Keys(dict[str, str]):
    """The `key_of` each word of a language, looked up once: asking a dictionary takes a third of what asking a cache of calls does."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, word: str) -> str:
        if len(self) >= MOST_WORDS:
            self.clear()
        self[word] = key = key_of(word, self._language)
        return key


@lru_cache(maxsize=16)
def _keys_of(language: str) -> _Keys:
    return _Keys(language)


@lru_cache(maxsize=16)
def _nameless(language: str) -> frozenset[str]:
    return frozenset(NAMELESS.get(language, "").split())


@lru_cache(maxsize=262144)
def name_key(word: str, language: str) -> str:
    """The key of a word that may stand in the name of a theme or among its keywords; "" for all others."""
    return "" if fold(word) in _nameless(language) else key_of(word, language)


def content_keys(text: str, language: str = "it") -> list[str]:
    """Keys of the content words of a text, in order, repeated as often as they occur."""
    keys = _keys_of(language)
    return [key for word in WORD.findall(text) if (key := keys[word])]


class Words:
    """The `content_keys` of a text; where each of their words stands is looked for when somebody asks, as far as they ask."""

    __slots__ = ("_all", "_found", "_starts", "_text", "_words", "keys")

    def __init__(self, text: str, found: list[str], keys: list[str]) -> None:
        self.keys = [key for key in keys if key]
        self._text, self._found, self._all = text, found, keys
        self._words: list[int] | None = None  # which words have the keys
        self._starts: list[int] = []  # of the words looked for so far, stop words too

    def place(self, number: int) -> tuple[int, int]:
        """Where the word of a key begins and ends."""
        if self._words is None:
            self._words = [word for word, key in enumerate(self._all) if key]
        word = self._words[number]
        self._look(word + 1, 0)
        start = self._starts[word]
        return start, start + len(self._found[word])

    def before(self, position: int) -> int:
        """How many keys have their word before a place in the text."""
        if position <= 0:
            return 0
        self._look(0, position)
        return sum(map(bool, self._all[: bisect_left(self._starts, position)]))

    def _look(self, number: int, position: int) -> None:
        """Look for words until so many are found and one stands at this place or behind it."""
        starts, index = self._starts, self._text.index
        end = starts[-1] + len(self._found[len(starts) - 1]) if starts else 0
        start = starts[-1] if starts else -1
        for word in self._found[len(starts) :]:
            if start >= position and len(starts) >= number:
                break
            # Between two words stands nothing that a word could begin with, so the next place where it is found is its own.
            start = index(word, end)
            starts.append(start)
            end = start + len(word)


def content_words(text: str, language: str) -> Words:
    """The content words of a text, in order."""
    found = WORD.findall(text)
    return Words(text, found, list(map(_keys_of(language).__getitem__, found)))


@dataclass(frozen=True, slots=True)
class Terms:
    """A weighted term matrix: rows as given, columns by `vocabulary` (sorted keys), rows of length 1."""

    matrix: sparse.csr_matrix
    vocabulary: dict[str, int]
    idf: NDArray[np.float64]


def count_matrix(rows: Sequence[Iterable[str]], vocabulary: dict[str, int]) -> sparse.csr_matrix:
    """Counts of known keys, one row per text."""
    pointers = [0]
    columns = array("i")
    for row in rows:
        columns.extend([vocabulary[key] for key in row if key in vocabulary])
        pointers.append(len(columns))
    shape = (len(pointers) - 1, len(vocabulary))
    places = np.frombuffer(columns, dtype=np.int32) if columns else np.zeros(0, dtype=np.int32)
    counts = sparse.csr_matrix((np.ones(len(columns)), places.copy(), pointers), shape=shape)
    counts.sum_duplicates()
    return counts


def weigh(counts: sparse.csr_matrix, idf: NDArray[np.float64]) -> sparse.csr_matrix:
    """Sublinear term frequency times idf, rows of length 1."""
    weighted = counts.copy()
    weighted.data = (1 + np.log(weighted.data)) * idf[weighted.indices]
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    scale = sparse.diags_array(1 / np.where(norms == 0, 1, norms))
    return sparse.csr_matrix(scale @ weighted)


def term_matrix(rows: Sequence[Sequence[str]], minimum: int = 2, most: float = 0.3) -> Terms:
    """TF-IDF over keys found in at least `minimum` rows and at most the share `most` of them."""
    frequency = Counter(key for row in rows for key in set(row))
    limit = max(minimum, most * len(rows))
    kept = sorted(key for key, count in frequency.items() if minimum <= count <= limit)
    vocabulary = {key: column for column, key in enumerate(kept)}
    idf = np.asarray([math.log((1 + len(rows)) / (1 + frequency[key])) + 1 for key in kept], dtype=np.float64)
    return Terms(weigh(count_matrix(rows, vocabulary), idf), vocabulary, idf)


@lru_cache(maxsize=65536)
def is_verb_form(word: str, language: str) -> bool:
    """Whether a word looks like a verb: those make poor names for a theme."""
    plain = word.casefold()
    if language in VERBS_OF:
        infinitives, finite, ends = VERBS_OF[language]
        lemma = simplemma.lemmatize(plain, lang=language).casefold()
        return plain.endswith(infinitives) or (lemma != plain and lemma.endswith(ends) and plain.endswith(finite))
    if language != "it":
        return False
    if len(plain) > 5 and plain.endswith(VERB_ENDINGS) and plain not in NOT_VERBS:
        return True
    if WITH_PRONOUN.search(plain):
        return True
    lemma = simplemma.lemmatize(plain, lang="it").casefold()
    if lemma == plain or not lemma.endswith(("are", "ere", "ire", "rre")) or lemma.endswith("iere"):
        return False
    # Participles and nouns like them pass ("soccorso", "trasporti"), finite forms in -ono and the like do not.
    return plain.endswith(("ono", "ano", "iamo", "ando", "endo", "avo", "evo", "ivo")) or not plain.endswith(
        ("to", "ti", "so", "si")
    )


@lru_cache(maxsize=65536)
def is_participle(word: str, language: str) -> bool:
    """Whether a word looks like an Italian past participle: fit to end a name ("aree dismesse"), not to begin it."""
    if language != "it":
        return False
    plain = word.casefold()
    lemma = simplemma.lemmatize(plain, lang="it").casefold()
    return plain.endswith(("to", "ta", "ti", "te", "so", "sa", "si", "se")) and lemma.endswith(
        ("are", "ere", "ire", "rre")
    )


@lru_cache(maxsize=65536)
def is_adverb(word: str, language: str) -> bool:
    """Whether a word looks like an adverb made from an adjective: no part of a name."""
    plain = word.casefold()
    if language == "fr":
        return plain.endswith(ADVERBS_FR) and plain not in NOT_ADVERBS_FR
    return language == "it" and plain.endswith("mente")


def _joins_clauses(words: Sequence[str]) -> bool:
    """Whether "and" is followed by an article or a preposition: then two things that somebody named one after the other, not one thing."""
    return any(fold(left) in AND and fold(right) in ARTICLES | JOINING for left, right in pairwise(words))


def can_name(surface: str, language: str) -> bool:
    """Whether a run of words reads as a name: no verbs or adverbs, joined only by articles, prepositions and "and"."""
    words = WORD.findall(surface)
    return (
        bool(words)
        and not is_participle(words[0], language)
        and not any(is_verb_form(word, language) for word in words)
        and not any(is_adverb(word, language) for word in words)
        and not _joins_clauses(words)
        and not any(fold(left) in AND and fold(right) in NOT for left, right in pairwise(words))
        and all(name_key(word, language) or fold(word) in JOINING for word in words)
        and not any(fold(right) in BARE_ARTICLES and fold(left) not in JOINING for left, right in pairwise(words))
    )


def agrees(surface: str, language: str) -> bool:
    """Whether words that stand side by side may be noun and adjective, by their endings; in French by number alone."""
    if language == "fr":
        return not ONE_AFTER_MANY.search(surface.casefold()) and not OF_OTHER_GENDER.search(surface.casefold())
    if language != "it":
        return True
    words = WORD.findall(fold(surface))
    for left, right in pairwise(words):
        if left in JOINING or right in JOINING:
            continue
        if right[-1] not in AGREEING.get(left[-1], "aeioubcdfghjklmnpqrstvwxyz"):
            return False
    return True
