"""Phrases that people used, counted over a group's texts, as candidates for its name. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from consult.analytics.lexical import (
    JOINING,
    STEMMERS,
    WORD,
    agrees,
    can_name,
    fold,
    is_verb_form,
)
from consult.analytics.phrase_words import (
    BEFORE_NOUNS,
    HAPPENS_FR,
    MERELY,
    ONE_OF_MANY,
    PARTICIPLES,
    as_written,
    looked_at,
    mended,
)

CLAUSES = re.compile(r"[.,;:!?()\[\]«»\"“”\n/…–—\x80-\x9f]+|\s-+\s")
LEANS = 0.5  # share of times from which a word that is said after another one is taken to belong to it
NOUN = 0.25  # share of times from which a word that comes after an article or a preposition is a noun
RARELY = 0.1  # and up to which a word that looks like a participle is one
ALONE = 0.25  # share of times up to which a noun may follow another word at once: what does so more often is an adjective
FOLLOWED = 0.6  # share of times up to which another word may follow a noun at once: adjectives that come before theirs are above
LONGEST_LABEL = 5  # words
LONGEST_RUN = 4  # content words
ONE_IN = 40  # texts of a group must use a run of words for it to name the group
MANY = 40  # texts of a group from which on what only one of them said is let go
SOME = 12  # and from which on what one said with a word that nobody else says is: "corsi di ceramica" of all that is said of courses
NAME_SHARE = 0.6
OFTEN = 3  # a run that so many said is a name even where its endings don't agree ("sala studio")
ONCE_GAIN = 0.5  # and one that only one person used is worth less: it is mostly a detail
RUN_GAIN = 2.5  # a run of words people used names a theme better than a word alone
COVER = 0.5  # exponent of the share of a group's texts that have even the rarest word of a run: a detail that two of fifteen name is no theme
APART = 0.5  # what a text counts that has all words of a run, but not side by side; of at most as many as say the run itself
FOREIGN = 0.25  # what a phrase in another language than the report's is worth, where the group also says it in this one
SPOKEN_HERE = 3  # texts of a group in the report's language from which on it is named in that language
OFTEN_SAID, HALF, SELDOM = 5, 0.5, 0.3  # what tells a noun from an adjective
TELLING = 6  # words of a group of which a label must hold one
SHARED, KNOWN = 0.1, 4  # share of a group's texts, or else texts of all, that say a word that is no detail
WORDS_ALONE = 3  # of them, single words that may be its label


@dataclass(slots=True)
class Run:
    """A run of two to four content words as the texts of one group have it."""

    language: str
    texts: int = 0
    said: int = 0
    leaning: int = 0  # how often it goes on from a word before it, as the end of a longer name or the rest of a sentence
    surfaces: dict[str, int] = field(default_factory=dict)

    def surface(self) -> str:
        """The form people used most."""
        return min(self.surfaces.items(), key=lambda item: (-item[1], item[0]))[0]


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
        self._said: Counter[str] = Counter()  # how often a key is said at all,
        self._leaning: Counter[str] = Counter()  # how often right after a word that it then belongs to,
        self._after_joint: Counter[str] = Counter()  # and how often after an article or a preposition, as nouns are
        self._after_article: Counter[str] = Counter()  # or after an article alone, as no French infinitive does
        self._followed: Counter[str] = Counter()  # how often right before another word that says something
        self._languages: dict[str, str] = {}
        self._spoken: dict[str, Counter[str]] = defaultdict(Counter)
        self._together: dict[str, list[frozenset[str]]] = defaultdict(list)  # the words of each text

    def add(self, group: str, texts: Iterable[tuple[str, str]]) -> None:
        """Count the texts of a group, each with its language: runs of words within a clause, stop words inside but not at the ends."""
        self._weighed.clear()
        runs = self._runs[group]
        for text, language in texts:
            self._texts[group] += 1
            self._spoken[group][language] += 1
            words: set[str] = set()
            seen: set[tuple[str, ...]] = set()
            for clause in CLAUSES.split(mended(text, language) if "-" in text else text):
                self._add_clause(" ".join(clause.split()), language, runs, words, seen)
            self._words[group].update(words)
            self._together[group].append(frozenset(words))
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
        found = [(*match.span(), *looked_at(match.group(), language)) for match in WORD.finditer(clause)]
        for first, (start, _, key, shown, verb, titled, _) in enumerate(found):
            if not key or verb:
                continue
            before = found[first - 1] if first else None
            end_of = before is not None and before[6]
            self._surfaces[key][shown] += 1
            self._languages.setdefault(key, language)
            words.add(key)
            self._said[key] += 1
            self._leaning[key] += end_of
            left = fold(clause[before[0] : before[1]]) if before is not None else ""
            self._after_joint[shown] += left in JOINING
            self._after_article[shown] += left in BEFORE_NOUNS
            self._followed[key] += first + 1 < len(found) and bool(found[first + 1][2]) and not found[first + 1][4]
            if first:  # Where a clause begins, a capital says nothing.
                self._inside[key] += 1
                self._capital[key] += titled
            keys: tuple[str, ...] = (key,)
            idle = 0
            for _, end, following, _, verb, _, _ in found[first + 1 :]:
                if not following:
                    idle += 1
                    if idle > 2:
                        break
                    continue
                idle = 0
                keys = (*keys, following)
                if len(keys) > LONGEST_RUN:
                    break
                if verb:
                    continue
                run = runs.get(keys)
                if run is None:
                    run = runs[keys] = Run(language)
                run.said += 1
                run.leaning += end_of
                surface = as_written(clause[start:end])
                run.surfaces[surface] = run.surfaces.get(surface, 0) + 1
                if keys not in seen:
                    seen.add(keys)
                    run.texts += 1

    def is_name(self, key: str) -> bool:
        """Whether people mostly write a word like a name: no label or keyword is made of those."""
        return self._capital[key] > NAME_SHARE * self._inside[key] > 0

    def _leans(self, key: str) -> bool:
        """Whether a word mostly follows another that it belongs to, as adjectives do."""
        return self._leaning[key] > LEANS * self._said[key]

    def _names(self, keys: tuple[str, ...], run: Run, base: int) -> bool:
        """Whether a run may name a group of `base` texts: it begins with a noun, goes together, and is no name of somebody nor a detail."""
        if len(set(keys)) < len(keys) or any(map(self.is_name, keys)):
            return False
        # "Emozionale ed estetico": what mostly follows another word is the end of a name, not its beginning.
        if self._leans(keys[0]) or run.leaning > LEANS * run.said:
            return False
        if (run.texts < 2 and len(keys) > 3) or run.texts * ONE_IN < base:
            return False
        surface = run.surface()
        if len(surface.split()) > LONGEST_LABEL or not can_name(surface, run.language):
            return False
        if self._only_happens(keys[0], WORD.findall(surface)[0], run.language):
            return False
        if not ONE_OF_MANY.isdisjoint(WORD.findall(surface)) or self._side_by_side(keys, run.language, surface):
            return False
        return run.texts >= OFTEN or agrees(surface, run.language)

    def _side_by_side(self, keys: tuple[str, ...], language: str, surface: str) -> bool:
        """Whether two nouns stand side by side as in headlines, with the word between them left out ("presentazione progetto")."""
        if language not in STEMMERS or language == "en":
            return False
        words = WORD.findall(surface)
        joined = any(fold(word) in JOINING for word in words)
        return not joined and len(words) == len(keys) and any(self._is_noun(key) for key in keys[1:])

    def _is_noun(self, key: str) -> bool:
        """Whether a word said often enough comes mostly after an article or a preposition, and seldom after a word that it belongs to."""
        said, surface = self._said[key], self._surface(key)
        return said >= OFTEN_SAID and self._after_joint[surface] >= HALF * said and self._leaning[key] <= SELDOM * said

    def _speak_of(self, group: str, keys: tuple[str, ...], run: Run) -> float:
        """How many texts say a run, those that have its words apart counting in part: what one put in few words others say at length."""
        words = frozenset(keys)
        apart = sum(words <= own for own in self._together[group]) - run.texts
        return run.texts + APART * min(apart, run.texts)

    def _goes_too_far(self, group: str, keys: tuple[str, ...], run: Run) -> bool:
        """Whether more texts than say a run say its beginning alone: "biglietto unico per treno" is cut out of a list."""
        shorter = (self._runs[group].get(keys[:length]) for length in range(2, len(keys)))
        return any(part is not None and part.texts > run.texts for part in shorter)

    def _names_alone(self, key: str) -> bool:
        """Whether a word may be a name by itself."""
        surface, language = self._surface(key), self._languages[key]
        return can_name(surface, language) and not self._leans(key) and not self._only_happens(key, surface, language)

    def _only_happens(self, key: str, first: str, language: str) -> bool:
        """Whether a word is a participle, or a French infinitive, not the noun that looks like one ("sequestrati capannoni", "financé grâce")."""
        said = self._surfaces[key][first]
        if language == "fr":
            return first.endswith(HAPPENS_FR) and self._after_article[first] <= RARELY * said
        return language == "it" and first.endswith(PARTICIPLES) and self._after_joint[first] <= RARELY * said

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

    def candidates(self, group: str, most: int = 12, language: str = "") -> list[tuple[str, float, float]]:
        """Phrases that may name a group, with their scores and how many texts say them, best first: runs of words people used, else single words.

        A run said by several wins over its parts when nearly as many said it; one said once must hold a telling word. Where the group also
        speaks `language`, phrases in others come last.
        """
        base = max(1, self._texts[group])
        wanted = language if self._spoken[group][language] >= min(SPOKEN_HERE, base) else ""

        def at_home(spoken: str) -> float:
            return FOREIGN if wanted and spoken != wanted else 1.0

        counts, single = self._words[group], self._weights(group)
        top = sorted(single.items(), key=lambda item: (-item[1], item[0]))[:TELLING]
        telling = {key for key, _ in top}
        runs: list[tuple[float, str, float]] = []
        for keys, run in self._runs[group].items():
            if telling.isdisjoint(keys) or not self._names(keys, run, base) or self._goes_too_far(group, keys, run):
                continue
            if run.texts < 2 and base >= SOME and min(counts[key] for key in keys) < 2:
                continue
            surface = run.surface()
            meaning = sum(single.get(key, 0.0) for key in keys) / len(keys) ** 0.5
            texts = self._speak_of(group, keys, run)
            together = texts / max(1, min(counts[key] for key in keys))
            gain = (RUN_GAIN if texts > 1 else ONCE_GAIN) * at_home(run.language)
            gain *= (min(counts[key] for key in keys) / base) ** COVER
            runs.append((gain * meaning * (0.35 + together) * math.log(1 + texts), surface, texts))
        words: list[tuple[float, str, float]] = [
            (
                weight * math.log(1 + counts[key]) * at_home(self._languages[key]),
                self._surface(key),
                counts[key],
            )
            for key, weight in top
            if counts[key] > 1 and self._names_alone(key)
        ]
        best = sorted(runs, key=lambda item: (-item[0], item[1]))[: most - len(words[:WORDS_ALONE])]
        best += words[:WORDS_ALONE]
        if not best:
            best = [(weight, self._surface(key), counts[key]) for key, weight in top[:1]]
        return [(surface, score, texts) for score, surface, texts in sorted(best, key=lambda item: (-item[0], item[1]))]

    def around(self, group: str, word: str, language: str = "") -> list[tuple[str, bool]]:
        """Phrases that have `word` with one more, which others of the group say too (true) or else, of a small group, those of other groups.

        "And", "more" and the like join no name: two things are named by `beside`.
        """
        base, counts = self._texts[group], self._words[group]
        found = []
        for keys, run in self._runs[group].items():
            if len(keys) != 2 or word not in map(self._surface, keys) or not self._names(keys, run, 0):
                continue
            surface = run.surface()
            other = min((key for key in keys if self._surface(key) != word), default=keys[0])
            here = counts[other] > 1 and counts[other] >= SHARED * base
            spoken = not language or run.language == language
            known = here or (base < SOME and self._overall[other] >= KNOWN)
            if spoken and known and MERELY.isdisjoint(map(fold, WORD.findall(surface))):
                found.append((surface, here))
        return sorted(found)

    def beside(self, group: str, word: str, most: int, language: str = "") -> list[tuple[str, float]]:
        """Nouns that tell a group apart beside `word`, the most telling first, each with its weight as a share of that word's.

        A noun comes after articles and prepositions, and is not mostly there for the sake of the word after it.
        """
        single, counts = self._weights(group), self._words[group]
        own = max((weight for key, weight in single.items() if self._surface(key) == word), default=1.0)
        found = [
            (-weight, self._surface(key))
            for key, weight in single.items()
            if counts[key] > 1
            and self._surface(key) != word
            and (not language or self._languages[key] == language)
            and self._names_alone(key)
            and self._leaning[key] <= ALONE * self._said[key]
            and self._after_joint[self._surface(key)] > NOUN * self._said[key]
            and self._followed[key] <= FOLLOWED * self._said[key]
        ]
        return [(surface, -weight / own) for weight, surface in sorted(found)[:most]]

    def sizes(self) -> dict[str, int]:
        """How many texts each group has."""
        return dict(self._texts)
