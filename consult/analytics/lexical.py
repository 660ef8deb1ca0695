"""Words: tokens with offsets, keys (stem of the lemma), stop words, weighted term matrices, keywords and phrase labels.

Keys are only for counting; people are shown the most frequent surface form.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import simplemma
import snowballstemmer
import stopwordsiso
from numpy.typing import NDArray
from scipy import sparse

WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+")
STEMMERS = {"it": "italian", "en": "english", "fr": "french", "de": "german", "es": "spanish"}
NAME_SHARE = 0.6
LONGEST_LABEL = 5  # words
ONCE_GAIN = 1.5  # and one that only one person used is worth less
RUN_GAIN = 2.5  # a run of words people used names a theme better than a word alone
OFTEN = 3  # a run that so many said is a name even where its endings don't agree ("sala studio")
LONGEST_RUN = 4  # content words
MANY = 40  # texts of a group from which on what only one of them said is let go
SHORT = 6  # characters: a word in capitals that is shorter is an abbreviation
CLAUSES = re.compile(r"[.,;:!?()\[\]«»\"“”\n/…–—]+")
TELLING = 6  # words of a group of which a label must hold one
WORDS_ALONE = 3  # of them, single words that may be its label
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
BARE_ARTICLES = frozenset(["il", "lo", "la", "i", "gli", "le", "l", "un", "uno", "una", "les", "the"])
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
# What stands before an apostrophe in Italian and French.
ELIDED = "l un d c s n m t v all dell dall nell sull coll quell quest sant qu j"
# Words that no theme is named by though texts may be alike in them: counted when themes are looked for, left out of names.
NAMELESS = {
    "it": """entro mira ste art obiettivo obiettivi mezz vent trent quarant cinquant sessant settant ottant novant tutt nient
    senz anch dov cos com quand quant altr molt mill""",
}


def fold(text: str) -> str:
    """Lower case without accents, character by character where one stays one (so offsets hold for common letters)."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


@lru_cache(maxsize=16)
def stop_words(language: str) -> frozenset[str]:
    """Folded stop words of a language; unknown languages have none."""
    listed = stopwordsiso.stopwords(language) if stopwordsiso.has_lang(language) else set()
    return frozenset(fold(word) for word in [*listed, *SPOKEN.get(language, "").split(), *ELIDED.split()])


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
    key = fold(stemmer.stemWord(lemma.casefold()) if stemmer else lemma)
    return key if len(key) > 1 else ""


@lru_cache(maxsize=16)
def _nameless(language: str) -> frozenset[str]:
    return frozenset(NAMELESS.get(language, "").split())


@lru_cache(maxsize=262144)
def name_key(word: str, language: str) -> str:
    """The key of a word that may stand in the name of a theme or among its keywords; "" for all others."""
    return "" if fold(word) in _nameless(language) else key_of(word, language)


def content_keys(text: str, language: str = "it") -> list[str]:
    """Keys of the content words of a text, in order, repeated as often as they occur."""
    return [key for key in (key_of(word, language) for word in WORD.findall(text)) if key]


@dataclass(frozen=True, slots=True)
class Words:
    """The `content_keys` of a text and where each of their words stands."""

    keys: list[str]
    starts: array[int]
    ends: array[int]


def content_words(text: str, language: str) -> Words:
    """The content words of a text, in order."""
    keys: list[str] = []
    starts, ends = array("i"), array("i")
    for match in WORD.finditer(text):
        key = key_of(match.group(), language)
        if key:
            keys.append(key)
            start, end = match.span()
            starts.append(start)
            ends.append(end)
    return Words(keys, starts, ends)


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


def can_name(surface: str, language: str) -> bool:
    """Whether a run of words reads as a name: no verbs, joined only by articles, prepositions and "and"."""
    words = WORD.findall(surface)
    return (
        bool(words)
        and not is_participle(words[0], language)
        and not any(is_verb_form(word, language) for word in words)
        and all(name_key(word, language) or fold(word) in JOINING for word in words)
        and not any(fold(right) in BARE_ARTICLES and fold(left) not in JOINING for left, right in pairwise(words))
    )


def agrees(surface: str, language: str) -> bool:
    """Whether Italian words that stand side by side may be noun and adjective, by their endings."""
    if language != "it":
        return True
    words = WORD.findall(fold(surface))
    for left, right in pairwise(words):
        if left in JOINING or right in JOINING:
            continue
        if right[-1] not in AGREEING.get(left[-1], "aeioubcdfghjklmnpqrstvwxyz"):
            return False
    return True


@dataclass(slots=True)
class Run:
    """A run of two to four content words as the texts of one group have it."""

    language: str
    texts: int = 0
    surfaces: dict[str, int] = field(default_factory=dict)

    def surface(self) -> str:
        """The form people used most."""
        return min(self.surfaces.items(), key=lambda item: (-item[1], item[0]))[0]


def _shown(surface: str) -> str:
    """As it would be written inside a sentence; short abbreviations keep their capitals."""
    return surface if len(surface) < SHORT and surface.isupper() else surface.lower()


class PhraseCounter:
    """Counts words and runs of words by group (theme), each text once per phrase, and names the groups with what people said."""

    def __init__(self) -> None:
        self._weighed: dict[str, dict[str, float]] = {}
        self._words: dict[str, Counter[str]] = defaultdict(Counter)
        self._runs: dict[str, dict[tuple[str, ...], Run]] = defaultdict(dict)
        self._surfaces: dict[str, Counter[str]] = defaultdict(Counter)
        self._texts: Counter[str] = Counter()
        self._inside: Counter[str] = Counter()  # how often a key stands within a clause,
        self._capital: Counter[str] = Counter()  # and how often it is then written like a name
        self._overall: Counter[str] = Counter()
        self._languages: dict[str, str] = {}

    def add(self, group: str, texts: Iterable[tuple[str, str]]) -> None:
        """Count the texts of a group, each with its language: runs of words within a clause, stop words inside but not at the ends."""
        self._weighed.clear()
        runs = self._runs[group]
        for text, language in texts:
            self._texts[group] += 1
            words: set[str] = set()
            seen: set[tuple[str, ...]] = set()
            for clause in CLAUSES.split(text):
                self._add_clause(" ".join(clause.split()), language, runs, words, seen)
            self._words[group].update(words)
            self._overall.update(words)
        if self._texts[group] >= MANY:
            # What one of many said names nothing, and most of what is counted was said once.
            self._runs[group] = {keys: run for keys, run in runs.items() if run.texts > 1}

    def _add_clause(
        self,
        clause: str,
        language: str,
        runs: dict[tuple[str, ...], Run],
        words: set[str],
        seen: set[tuple[str, ...]],
    ) -> None:
        found = [
            (match.start(), match.end(), name_key(match.group(), language), match.group())
            for match in WORD.finditer(clause)
        ]
        for first, (start, end, key, word) in enumerate(found):
            if not key or is_verb_form(word, language):
                continue
            self._surfaces[key][_shown(word)] += 1
            self._languages.setdefault(key, language)
            words.add(key)
            if first:  # Where a clause begins, a capital says nothing.
                self._inside[key] += 1
                self._capital[key] += word.istitle()
            keys = [key]
            idle = 0
            for _, end, following, last in found[first + 1 :]:
                if not following:
                    idle += 1
                    if idle > 2:
                        break
                    continue
                idle = 0
                keys.append(following)
                if len(keys) > LONGEST_RUN:
                    break
                if is_verb_form(last, language):
                    continue
                run = runs.setdefault(tuple(keys), Run(language))
                surface = _shown(clause[start:end])
                run.surfaces[surface] = run.surfaces.get(surface, 0) + 1
                if tuple(keys) not in seen:
                    seen.add(tuple(keys))
                    run.texts += 1

    def is_name(self, key: str) -> bool:
        """Whether people mostly write a word like a name: no label or keyword is made of those."""
        return self._capital[key] > NAME_SHARE * self._inside[key] > 0

    def _surface(self, key: str) -> str:
        """The form people used most for a word."""
        return min(self._surfaces[key].items(), key=lambda item: (-item[1], item[0]))[0]

    def _weights(self, group: str) -> dict[str, float]:
        """c-TF-IDF (Grootendorst 2022) of a group's words: share of its texts times log of how special the word is to it."""
        if group not in self._weighed:
            texts, base = sum(self._texts.values()), self._texts[group]
            self._weighed[group] = {
                key: count / base * math.log(1 + (count / base) / ((self._overall[key] + 1) / (texts + 1)))
                for key, count in self._words[group].items()
                if not self.is_name(key)
            }
        return self._weighed[group]

    def keywords(self, number: int = 6) -> dict[str, tuple[str, ...]]:
        """Per group, the most telling words in the form people used most."""
        result = {}
        for group in list(self._texts):
            counts, least = self._words[group], 2 if self._texts[group] >= 5 else 1
            best = sorted(self._weights(group).items(), key=lambda item: (counts[item[0]] < least, -item[1], item[0]))
            words = [(self._surface(key), self._languages[key]) for key, _ in best[: number * 3]]
            named = [word for word, language in words if not is_verb_form(word, language)]
            result[group] = tuple(dict.fromkeys(named or [word for word, _ in words]))[:number]
        return result

    def candidates(self, group: str, most: int = 12) -> list[tuple[str, float]]:
        """Phrases that may name a group, with their scores, best first: runs of words people used, else single words.

        A run said by several wins over its parts when nearly as many said it; one said once must hold a telling word.
        """
        counts, single = self._words[group], self._weights(group)
        top = sorted(single.items(), key=lambda item: (-item[1], item[0]))[:TELLING]
        telling = {key for key, _ in top}
        runs: list[tuple[float, str]] = []
        for keys, run in self._runs[group].items():
            if telling.isdisjoint(keys) or len(set(keys)) < len(keys) or any(map(self.is_name, keys)):
                continue
            if run.texts < 2 and len(keys) > 3:
                continue
            surface, language = run.surface(), run.language
            if len(surface.split()) > LONGEST_LABEL or not can_name(surface, language):
                continue
            if run.texts < OFTEN and not agrees(surface, language):
                continue
            meaning = sum(single.get(key, 0.0) for key in keys) / len(keys) ** 0.5
            together = run.texts / max(1, min(counts[key] for key in keys))
            gain = RUN_GAIN if run.texts > 1 else ONCE_GAIN
            runs.append((gain * meaning * (0.35 + together) * math.log(1 + run.texts), surface))
        words = [
            (weight * math.log(1 + counts[key]), self._surface(key))
            for key, weight in top
            if counts[key] > 1 and can_name(self._surface(key), self._languages[key])
        ]
        best = sorted(runs, key=lambda item: (-item[0], item[1]))[: most - len(words[:WORDS_ALONE])]
        best += words[:WORDS_ALONE]
        if not best:
            best = [(weight, self._surface(key)) for key, weight in top[:1]]
        return [(surface, score) for score, surface in sorted(best, key=lambda item: (-item[0], item[1]))]

    def sizes(self) -> dict[str, int]:
        """How many texts each group has."""
        return dict(self._texts)
