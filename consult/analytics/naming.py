"""What themes are called: of the phrases people used, the one that sets a theme apart and lies nearest to its middle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from consult.analytics.cores import WORTH_FORKING, shared_out, shared_with_children
from consult.analytics.embedding import Embedder, Vectors
from consult.analytics.grouping import Group
from consult.analytics.joining import joined
from consult.analytics.lexical import content_keys
from consult.analytics.phrases import PhraseCounter
from consult.analytics.segments import Material
from consult.analytics.space import drawn_out
from consult.analytics.subjects import directions

TEXTS_FOR_LABELS = 150  # arguments per theme whose words make its label
CANDIDATES = 14  # phrases per theme whose meaning is looked at for its label
NEARNESS = 3.5  # of a cosine, beside a share of the strongest phrase
CATCHES_UP = (
    1.2  # of that sum: a phrase farther behind the best is not looked at, since meaning hardly ever makes it up
)
SECONDS = 6  # nouns looked at to stand beside a word that would be a label alone,
SECOND, AGAIN = 0.5, 0.4  # and, of a cosine, what their share of its weight is worth, and what saying the same again costs
THE_SAME = 0.05  # how much nearer to the word than to the theme a noun may lie: "imprese e aziende" says one thing twice
OF_IT = 0.35  # share of the word's nearness to the theme that a noun beside it must have: "fibra e diritto" names a detail
AROUND = 12  # phrases with the word that are looked at
FARTHER, NEARER = -0.12, 0.05  # how much farther from the theme than the word a phrase of several may lie, and how much nearer one of few must
SEVERAL_WORDS, ONE_SAID = 0.7, 0.2  # what a phrase is worth more than a word alone, and what one that a single text says is


@dataclass(frozen=True, slots=True)
class _View:
    """How phrases and themes are looked at while themes are named: with what tells subjects apart drawn out."""

    embedder: Embedder
    middle: Vectors  # of all phrases that may become labels

    def phrases(self, surfaces: Sequence[str]) -> Vectors:
        """Phrases as unit rows, seen from their middle."""
        read = np.asarray([phrase_vector(surface, self.embedder) for surface in surfaces])
        return drawn_out(read - self.middle, directions(self.embedder))

    def theme(self, middle: Vectors) -> Vectors:
        """A theme's middle as it is looked at here."""
        row: Vectors = drawn_out(middle[None], directions(self.embedder))[0]
        return row


@dataclass(frozen=True, slots=True)
class Phrases:
    """What people say under some themes, counted: `likely` are each theme's phrases that may become its label, with what speaks for them."""

    keywords: Mapping[str, tuple[str, ...]]
    counter: PhraseCounter
    likely: Mapping[str, Mapping[str, float]]


def phrases_of(material: Material, groups: Sequence[Group], language: str = "") -> Phrases:
    """The phrases of themes, from what distinct arguments say; those in `language` first, where a theme also speaks it."""
    counter = _counted(material, groups)
    likely = {group.key: _weighed(counter.candidates(group.key, CANDIDATES, language)) for group in groups}
    return Phrases(counter.keywords(), counter, likely)


def labels_of(
    phrases: Phrases, middles: Mapping[str, Vectors], embedder: Embedder, language: str = ""
) -> dict[str, str]:
    """A label for each theme, by its key; `middles` are theirs.

    Of the phrases that set a theme apart, the one nearest in meaning to the theme's middle becomes its label.
    """
    counter, candidates, keywords = phrases.counter, phrases.likely, phrases.keywords
    likely = {
        key: [surface for surface, score in found.items() if score >= max(found.values()) - CATCHES_UP]
        for key, found in candidates.items()
    }
    surfaces = sorted({surface for found in likely.values() for surface in found})
    read = shared_out(lambda surface: phrase_vector(surface, embedder), surfaces)
    vectors = np.asarray(read, dtype=np.float32).reshape(-1, embedder.dimensions)
    middle = vectors.mean(axis=0) if len(surfaces) > 1 else np.zeros(embedder.dimensions, dtype=np.float32)
    view = _View(embedder, middle)
    labels: dict[str, str] = {}
    taken: set[frozenset[str]] = set()
    sizes = counter.sizes()
    for key in sorted(middles, key=lambda key: (-sizes.get(key, 0), key)):
        found = candidates[key]
        # What others are called already leaves a theme the phrases that came too far behind at first.
        free = [surface for surface in likely[key] if _said(surface) not in taken] or [
            surface for surface in found if _said(surface) not in taken
        ]
        words = ", ".join(keywords.get(key, ())[:3])
        if not free:
            labels[key] = f"{words} ({key[:5]})".strip()
            continue
        towards = view.theme(middles[key])
        near = np.asarray(view.phrases(free) @ towards, dtype=np.float32)
        labels[key] = min(
            (-round(found[surface] + NEARNESS * float(cosine), 5), surface)
            for surface, cosine in zip(free, near, strict=True)
        )[1]
        if " " not in labels[key]:
            # A word with another beside it stays taken alone too: the next theme that is called so would be given the same other one.
            taken.add(_said(labels[key]))
            whole = _in_a_phrase(labels[key], key, towards, counter, view, language, taken)
            labels[key] = whole or _with_another(labels[key], key, towards, counter, view, language, taken)
        taken.add(_said(labels[key]))
    return {key: label[:1].upper() + label[1:] for key, label in labels.items()}


def _counted(material: Material, groups: Sequence[Group]) -> PhraseCounter:
    """The phrases of all groups; those of many texts are counted by all cores, some groups at a time."""

    def count(some: Sequence[Group]) -> PhraseCounter:
        counter = PhraseCounter()
        for group in some:
            counter.add(group.key, _texts_for_label(material, group))
        return counter

    if len(material.usable) < WORTH_FORKING:
        return count(groups)
    return joined(shared_with_children(count, [groups[start : start + 10] for start in range(0, len(groups), 10)]))


def _in_a_phrase(
    word: str,
    key: str,
    towards: Vectors,
    counter: PhraseCounter,
    view: _View,
    language: str,
    taken: Collection[frozenset[str]],
) -> str:
    """A phrase of people's that has a word which would stand alone: not much farther from the theme than the word, or clearly nearer; "" for none.

    A phrase of words that several say may be a little farther ("piccola impresa"), one that a single text says here must be nearer.
    """
    phrases = [found for found in counter.around(key, word, language) if _said(found[0]) not in taken][:AROUND]
    if not phrases:
        return ""
    near = view.phrases([word, *(surface for surface, _ in phrases)]) @ towards
    fit = [
        (-round(float(own), 5), surface)
        for (surface, several), own in zip(phrases, near[1:], strict=True)
        if own >= near[0] + (FARTHER if several else NEARER)
    ]
    return min(fit)[1] if fit else ""


def _with_another(
    word: str,
    key: str,
    towards: Vectors,
    counter: PhraseCounter,
    view: _View,
    language: str,
    taken: Collection[frozenset[str]],
) -> str:
    """A word that says little alone, with the noun that says most beside it: near the theme's middle and not the same again ("animali e caccia")."""
    others = [
        found
        for found in counter.beside(key, word, SECONDS, language)
        if _said(found[0]) != _said(word) and _said(word) | _said(found[0]) not in taken
    ]
    if not others:
        return word
    rows = view.phrases([word, *(other for other, _ in others)])
    near, again, near_alone = rows[1:] @ towards, rows[1:] @ rows[0], float(rows[0] @ towards)
    worth = [
        (-round(float(here) + SECOND * min(1.0, share) - AGAIN * float(same), 5), other)
        for (other, share), here, same in zip(others, near, again, strict=True)
        if same <= here + THE_SAME and here >= OF_IT * near_alone
    ]
    return f"{word} {_and(min(worth)[1], language)} {min(worth)[1]}" if worth else word


def _and(word: str, language: str) -> str:
    if language == "it":
        return "ed" if word.startswith("e") else "e"
    return {"fr": "et", "en": "and"}.get(language, "e")


def _said(surface: str) -> frozenset[str]:
    """What a phrase says whatever the order and endings of its words: "piccola impresa" and "imprese piccole" are one name."""
    return frozenset(content_keys(surface)) or frozenset({surface})


def _texts_for_label(material: Material, group: Group) -> Iterator[tuple[str, str]]:
    """What distinct arguments of a theme say, each with its language, in order of place."""
    seen: set[str] = set()
    for segment in sorted(group.segments, key=lambda segment: segment.place):
        if len(seen) >= TEXTS_FOR_LABELS:
            break
        item, argument = material.items[material.usable[segment.place]], material.argument(segment.place)
        if argument not in seen and not ("off_topic" in item.marks and len(group.segments) > 1):
            seen.add(argument)
            yield (
                " . ".join(material.sentence_text(segment.place, number) for number in segment.sentences),
                item.language,
            )


def _weighed(found: Sequence[tuple[str, float, float]]) -> dict[str, float]:
    """What speaks for each phrase before its meaning is looked at: its share of the strongest, and several words, the more so if several say them."""
    strongest = max((score for _, score, _ in found), default=1.0) or 1.0
    return {
        surface: score / strongest
        + (ONE_SAID + (SEVERAL_WORDS - ONE_SAID) * min(1.0, max(0.0, texts - 1))) * (" " in surface)
        for surface, score, texts in found
    }


@lru_cache(maxsize=65536)
def phrase_vector(surface: str, embedder: Embedder) -> Vectors:
    """The vector of a phrase, kept for the process since the same phrases come back run after run."""
    row: Vectors = embedder.embed([surface])[0]
    return row
